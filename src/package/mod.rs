//! Packages: what `packages.yml` asks for, and what stands in the install folder.
//!
//! It reads project files of packages and nothing else of them: models and macros are for `parse`.

mod declared;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{
    PROJECT_FILES, ProjectFile, ProjectSettings, RenderSetting, SettingRenderer, Settings, check_version,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::SourceSet;
use crate::system::FileSystem;

pub use declared::{DeclaredPackage, PackageSource, declared};

/// Installed packages of a run, those that `packages.yml` names first and in its order. A package
/// that is asked for and not installed is an error.
pub fn installed(
    settings: &Settings,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    render: RenderSetting<'_>,
) -> (Vec<Arc<ProjectSettings>>, Diagnostics) {
    let renderer = settings.renderer(render);
    let project = &settings.project;
    let (declared, mut diagnostics) = declared(&project.root, fs, sources, &renderer);
    let mut folders = folders(project, fs);
    let mut missing = Vec::new();
    for package in &declared {
        if folders.iter().any(|folder| package.may_stand_in(folder)) {
            continue;
        }
        match package.local_folder(&project.root).filter(|folder| holds_project(folder, fs)) {
            // A folder on this disk needs no installing.
            Some(folder) => folders.push(folder),
            None => missing.push(package),
        }
    }
    report_missing(&missing, folders.len(), &declared, project, &mut diagnostics);
    let rank = |folder: &PathBuf| declared.iter().position(|package| package.may_stand_in(folder));
    folders.sort_by_key(|folder| (rank(folder).unwrap_or(usize::MAX), folder.clone()));
    let mut packages: Vec<Arc<ProjectSettings>> = Vec::with_capacity(folders.len());
    for folder in &folders {
        let Some(package) = load(folder, project, fs, sources, &renderer, &mut diagnostics) else { continue };
        if settings.flags.version_check {
            check_version(&package, &mut diagnostics);
        }
        if let Some(twin) = [project].into_iter().chain(&packages).find(|earlier| earlier.name == package.name) {
            diagnostics.push(same_name(&package, twin));
            continue;
        }
        packages.push(Arc::new(package));
    }
    (packages, diagnostics)
}

/// Folders below the install folder that hold a project.
fn folders(project: &ProjectSettings, fs: &dyn FileSystem) -> Vec<PathBuf> {
    let install = project.root.join(&project.paths.packages_install);
    let mut folders: Vec<PathBuf> = Vec::new();
    for file in fs.files_below(&install) {
        let Some(folder) = file.parent() else { continue };
        let is_project_file =
            file.file_name().and_then(|name| name.to_str()).is_some_and(|name| PROJECT_FILES.contains(&name));
        if is_project_file
            && folder.parent() == Some(install.as_path())
            && folders.last().is_none_or(|last| last != folder)
        {
            folders.push(folder.to_owned());
        }
    }
    folders
}

fn holds_project(folder: &Path, fs: &dyn FileSystem) -> bool {
    PROJECT_FILES.iter().any(|name| fs.is_file(&folder.join(name)))
}

/// A package's settings. Its warnings are its author's affair, so only errors are kept.
fn load(
    folder: &Path,
    project: &ProjectSettings,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    renderer: &SettingRenderer<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<ProjectSettings> {
    let shown = format!("{}/", folder.strip_prefix(&project.root).unwrap_or(folder).display());
    let (file, mut found) = ProjectFile::read(fs, sources, folder, &shown);
    let package = file.and_then(|file| ProjectSettings::understand(&file, renderer, &mut found));
    diagnostics.extend(found.into_iter().filter(Diagnostic::is_error));
    package
}

/// Packages from git and tarballs may be called anything, so they are missing only when fewer
/// folders stand there than were asked for.
fn report_missing(
    missing: &[&DeclaredPackage],
    installed: usize,
    declared: &[DeclaredPackage],
    project: &ProjectSettings,
    diagnostics: &mut Diagnostics,
) {
    let some_are = installed < declared.len();
    for package in missing.iter().filter(|package| some_are || package.name_is_certain()) {
        let problem =
            Diagnostic::error(Code::PackageMissing, format!("the package `{}` is not installed", package.label()))
                .at(package.span, format!("not in `{}`", project.paths.packages_install));
        diagnostics.push(match &package.source {
            PackageSource::Local { path } => problem.help(format!("there is no project in `{path}`: check the path")),
            _ => problem.help("run `aquifer deps`"),
        });
    }
}

fn same_name(package: &ProjectSettings, twin: &ProjectSettings) -> Diagnostic {
    let message = format!("two packages are called `{}`", package.name);
    Diagnostic::error(Code::DuplicateName, message)
        .note(format!("they stand in `{}` and `{}`", twin.root.display(), package.root.display()))
        .help("remove one of them from `packages.yml`, or rename the project")
}
