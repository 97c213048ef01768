//! Where things are: the project's folder, the folders of profiles.

use std::path::{Path, PathBuf};

use super::arguments::OptionValues;
use super::profile::ProfileSearch;
use super::project_load::PROJECT_FILES;
use crate::diagnostic::{Code, Diagnostic};
use crate::system::{Environment, FileSystem};

/// Where project and profiles are, before either is understood.
#[derive(Debug, Clone)]
pub struct Places {
    /// The project's folder: the one that was named, else the nearest one upwards.
    pub project: Result<PathBuf, Box<Diagnostic>>,
    /// Where profiles are looked for.
    pub profiles: ProfileSearch,
}

impl Places {
    /// Looks for a project file; asks `values` for `--project-dir` and `--profiles-dir`.
    pub fn find(values: &OptionValues, environment: &Environment, fs: &dyn FileSystem) -> Self {
        let working_directory = &environment.working_directory;
        let named = |option: &str| values.path(option).map(|path| normalized(&working_directory.join(path)));
        let project = project_folder(fs, named("project-dir").as_deref(), working_directory);
        let mut usual = vec![working_directory.clone()];
        usual.extend(project.iter().filter(|root| *root != working_directory).cloned());
        usual.extend(environment.home.iter().map(|home| home.join(".dbt")));
        Self { project, profiles: ProfileSearch { named: named("profiles-dir"), usual } }
    }
}

/// The folder of the project file: the one that was named, else the nearest one upwards.
fn project_folder(
    fs: &dyn FileSystem,
    named: Option<&Path>,
    working_directory: &Path,
) -> Result<PathBuf, Box<Diagnostic>> {
    let holds_project = |folder: &&Path| PROJECT_FILES.iter().any(|name| fs.is_file(&folder.join(name)));
    let found = match named {
        Some(folder) => Some(folder).filter(holds_project),
        None => working_directory.ancestors().find(holds_project),
    };
    found.map(Path::to_owned).ok_or_else(|| {
        let looked = match named {
            Some(folder) => format!("looked in `{}`", folder.display()),
            None => format!("looked in `{}` and the folders above it", working_directory.display()),
        };
        Box::new(
            Diagnostic::error(Code::NoProject, "there is no project here: no `project.yml` or `dbt_project.yml`")
                .note(looked)
                .help("change into a project's folder, or name it with `--project-dir`")
                .help("`aquifer init <name>` begins a new project"),
        )
    })
}

/// The path without `.` and `..`, so that it reads well and compares equal.
pub fn normalized(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}
