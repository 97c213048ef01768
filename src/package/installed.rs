use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::declared::{DeclaredPackage, PackageSource, declared};
use super::lock::{LOCK_FILE, LockFile, LockedPackage};
use crate::config::{
    PROJECT_FILES, ProjectFile, ProjectSettings, RenderSetting, SettingRenderer, Settings, check_version,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::SourceSet;
use crate::system::FileSystem;

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
    let (mut missing, mut in_place) = (Vec::new(), Vec::new());
    for package in &declared {
        if folders.iter().any(|folder| package.may_stand_in(folder)) {
            continue;
        }
        match package.local_folder(&project.root).filter(|folder| holds_project(folder, fs)) {
            // A folder on this disk needs no installing.
            Some(folder) => {
                folders.push(folder.clone());
                in_place.push(folder);
            }
            None => missing.push(package),
        }
    }
    let lock = LockFile::read(&project.root, fs, sources, &renderer, &mut diagnostics);
    match lock.filter(|lock| lock.fits(&declared)) {
        Some(lock) => report_missing_of_lock(&lock.packages, &folders, project, fs, &mut diagnostics),
        None => report_missing(&missing, folders.len(), &declared, project, &mut diagnostics),
    }
    let rank = |folder: &PathBuf| declared.iter().position(|package| package.may_stand_in(folder));
    folders.sort_by_key(|folder| (rank(folder).unwrap_or(usize::MAX), folder.clone()));
    let mut packages: Vec<Arc<ProjectSettings>> = Vec::with_capacity(folders.len());
    for folder in &folders {
        let Some(package) = load(folder, project, fs, sources, &renderer, &mut diagnostics) else { continue };
        if settings.flags.version_check {
            check_version(&package, &mut diagnostics);
        }
        if let Some(twin) = [project].into_iter().chain(&packages).find(|earlier| earlier.name == package.name) {
            // A folder on this disk that was also installed, under its package's name, is one package.
            if ![&package.root, &twin.root].into_iter().any(|root| in_place.contains(root)) {
                diagnostics.push(same_name(&package, twin));
            }
            continue;
        }
        packages.push(Arc::new(package));
    }
    (packages, diagnostics)
}

/// Folders below the install folder that hold a project.
fn folders(project: &ProjectSettings, fs: &dyn FileSystem) -> Vec<PathBuf> {
    let install = project.root.join(&project.paths.packages_install);
    fs.folders_in(&install).into_iter().filter(|folder| holds_project(folder, fs)).collect()
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

/// The lock file names every folder, so nothing has to be guessed.
fn report_missing_of_lock(
    locked: &[LockedPackage],
    folders: &[PathBuf],
    project: &ProjectSettings,
    fs: &dyn FileSystem,
    diagnostics: &mut Diagnostics,
) {
    let stands = |name: &str| folders.iter().any(|folder| folder.file_name().is_some_and(|folder| folder == name));
    let is_local =
        |package: &LockedPackage| package.local_folder(&project.root).is_some_and(|folder| holds_project(&folder, fs));
    for package in locked {
        let Some(name) = package.name.as_deref().filter(|name| !stands(name) && !is_local(package)) else { continue };
        let message = format!("the package `{name}` is not installed");
        diagnostics.push(
            Diagnostic::error(Code::PackageMissing, message)
                .at(package.span, format!("`{LOCK_FILE}` names it, `{}` has none", project.paths.packages_install))
                .help("run `aquifer deps`"),
        );
    }
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
