//! Command line, environment, project file and profile -> [`Settings`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::{Arguments, OptionValues, unknown_variables};
use super::profile::{ProfileRequest, ProfileSearch};
use super::project_load::{PROJECT_FILES, ProjectFile};
use super::{
    DBT_VERSION, Flags, Invocation, Profile, ProjectSettings, RenderSetting, SettingRenderer, SettingScope, Settings,
    flags_read, invocation,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem};

impl Settings {
    /// Finds and reads everything that decides how a command runs. Packages are left to
    /// [`crate::package::installed`].
    ///
    /// # Errors
    /// All that stands in the way: `usage`, `no-project`, `missing-profile`, `missing-target`,
    /// `invalid-yaml`, `invalid-value`.
    pub fn load(
        arguments: &Arguments,
        environment: &Arc<Environment>,
        fs: &dyn FileSystem,
        sources: &SourceSet,
        render: RenderSetting<'_>,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut diagnostics = unknown_variables(environment);
        let known = Places::find(arguments, environment, fs, sources, &mut diagnostics);
        let Some((places, file)) = known else { return Err(diagnostics) };
        let project_flags = file.tree.get("flags");
        let values = OptionValues::resolve(arguments, environment, project_flags, sources, &mut diagnostics);
        flags_read::check_together(&values, &mut diagnostics);
        let mut flags = flags_read::flags(&values, &places.root);
        flags.behaviors = flags_read::behaviors(project_flags, &mut diagnostics);
        flags.operation = arguments.operand.clone().map(|name| (name, values.map("args").cloned().unwrap_or_default()));
        let vars = values.map("vars").cloned().unwrap_or_default();
        let renderer = SettingRenderer::new(render, SettingScope { vars: &vars, target: None, secrets: false });

        let request = profile_request(&values, &file, &renderer, &mut diagnostics);
        let profile = if arguments.command.needs_profile() {
            let (profile, found) = Profile::load(fs, sources, &places.profiles, &request, &renderer);
            diagnostics.extend(found);
            profile
        } else {
            Some(Profile::embedded(&request))
        };
        let target = profile.as_ref().map(|profile| profile.context.clone()).unwrap_or_default();
        let project = ProjectSettings::understand(&file, &renderer.with_target(&target), &mut diagnostics);
        let (Some(project), Some(mut profile)) = (project, profile) else { return Err(diagnostics) };
        if flags.version_check {
            check_version(&project, &mut diagnostics);
        }
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        profile.threads = invocation::threads(&flags, &profile);
        let target_path = target_path(&values, &project);
        let log_path = places.log_path(&values, &project);
        let command_line = invocation::scrubbed_command_line(environment, &vars);
        let mut record = places.record(fs, &values, &flags, &log_path);
        record.insert("invocation_command".to_owned(), command_line.as_str().into());
        let invocation = Invocation {
            id: uuid::Uuid::new_v4().to_string(),
            started_at: chrono::Utc::now(),
            command: arguments.command.name().to_owned(),
            command_line,
            arguments: record,
        };
        let settings = Self {
            packages: Vec::new(),
            project: Arc::new(project),
            profile,
            flags,
            vars,
            invocation,
            environment: environment.clone(),
            target_path,
            log_path,
        };
        Ok((settings, diagnostics))
    }

    /// A renderer for further settings of this run, with `target` known.
    pub fn renderer<'a>(&'a self, render: RenderSetting<'a>) -> SettingRenderer<'a> {
        let scope = SettingScope { vars: &self.vars, target: Some(&self.profile.context), secrets: false };
        SettingRenderer::new(render, scope)
    }

    /// Jinja's `flags`.
    pub fn jinja_flags(&self) -> JsonMap {
        invocation::jinja_flags(&self.flags, &self.invocation.arguments)
    }
}

/// Where project and profiles are, before either is understood.
#[derive(Debug, Clone)]
pub struct Places {
    /// The project's folder.
    pub root: PathBuf,
    /// Where profiles are looked for.
    pub profiles: ProfileSearch,
    working_directory: PathBuf,
}

impl Places {
    /// Finds the project file and reads it.
    pub fn find(
        arguments: &Arguments,
        environment: &Environment,
        fs: &dyn FileSystem,
        sources: &SourceSet,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Self, ProjectFile)> {
        let mut ignored = Diagnostics::new();
        let values = OptionValues::resolve(arguments, environment, None, sources, &mut ignored);
        let working_directory = &environment.working_directory;
        let named = values.path("project-dir").map(|path| normalized(&working_directory.join(path)));
        let root = match project_folder(fs, named.as_deref(), working_directory) {
            Ok(root) => root,
            Err(problem) => {
                diagnostics.push(*problem);
                return None;
            }
        };
        let profiles = Self::profile_search(&values, environment, &root);
        let (file, found) = ProjectFile::read(fs, sources, &root, "");
        diagnostics.extend(found);
        Some((Self { root, profiles, working_directory: working_directory.clone() }, file?))
    }

    /// Where profiles are looked for from a project's folder.
    pub fn profile_search(values: &OptionValues, environment: &Environment, root: &Path) -> ProfileSearch {
        let working_directory = &environment.working_directory;
        let mut usual = vec![working_directory.clone(), root.to_owned()];
        usual.dedup();
        usual.extend(environment.home.iter().map(|home| home.join(".dbt")));
        ProfileSearch {
            named: values.path("profiles-dir").map(|path| normalized(&working_directory.join(path))),
            usual,
        }
    }

    fn log_path(&self, values: &OptionValues, project: &ProjectSettings) -> PathBuf {
        match values.path("log-path") {
            Some(path) => normalized(&self.working_directory.join(path)),
            None => normalized(&self.root.join(project.log_path.as_deref().unwrap_or("logs"))),
        }
    }

    fn record(&self, fs: &dyn FileSystem, values: &OptionValues, flags: &Flags, log_path: &Path) -> JsonMap {
        let shown = |path: &Path| path.display().to_string();
        let places = [
            ("project_dir", shown(&self.root)),
            ("profiles_dir", shown(&self.profiles.shown(fs))),
            ("log_path", shown(log_path)),
        ];
        invocation::record(values, flags, &places)
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

fn profile_request(
    values: &OptionValues,
    file: &ProjectFile,
    renderer: &SettingRenderer<'_>,
    diagnostics: &mut Diagnostics,
) -> ProfileRequest {
    let typed = values.text("profile").map(str::to_owned);
    let place = file.tree.entry("profile").map(|(_, value)| value.span).filter(|_| typed.is_none());
    ProfileRequest {
        name: typed.or_else(|| file.profile(renderer, diagnostics)),
        name_place: place,
        target: values.text("target").map(str::to_owned),
        threads: values.number("threads").and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0),
        project: file.tree.get("name").and_then(super::yaml::Yaml::scalar_text).unwrap_or_default(),
        root: file.root.clone(),
    }
}

fn target_path(values: &OptionValues, project: &ProjectSettings) -> PathBuf {
    let said = values.path("target-path").or_else(|| project.target_path.clone().map(PathBuf::from));
    normalized(&project.root.join(said.unwrap_or_else(|| PathBuf::from("target"))))
}

/// Whether the project asks for a dbt version whose contract is not the one kept here.
pub fn check_version(project: &ProjectSettings, diagnostics: &mut Diagnostics) {
    let place = project.tree.get("require-dbt-version").map(|value| value.span);
    let wanted = || project.require_dbt_version.join(", ");
    match project.takes_dbt_version(DBT_VERSION) {
        Ok(true) => {}
        Ok(false) => diagnostics.push(
            Diagnostic::error(
                Code::InvalidValue,
                format!("project `{}` requires dbt {}, but this is dbt {DBT_VERSION}", project.name, wanted()),
            )
            .at_opt(place, "not satisfied")
            .help("widen `require-dbt-version`, or use `--no-version-check`"),
        ),
        Err(requirement) => diagnostics.push(
            Diagnostic::error(Code::InvalidValue, format!("`{requirement}` is not a version requirement"))
                .at_opt(place, "not understood")
                .help("write for instance `>=1.8.0` or `[\">=1.8.0\", \"<2.0.0\"]`"),
        ),
    }
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
