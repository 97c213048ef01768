//! Putting exact packages into the install folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::declared::PackageSource;
use super::fetch::{Fetcher, not_written};
use super::git::Repository;
use super::hub::HubPackage;
use super::lock::LockedPackage;
use super::version::Version;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::report::{Event, PackageStep};
use crate::system::FileSystem;

/// Below the install folder: what stands there and how it came.
const RECORD: &str = ".installed.json";

/// What stands in the install folder, by name of the folder.
type Record = BTreeMap<String, Installed>;

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Installed {
    /// Its entry of the lock file.
    entry: Vec<String>,
    /// Digest of all its files.
    sha256: String,
}

/// Installs packages and removes what else stands in the install folder. What is there already, and
/// unchanged since, stays: for that no network is needed.
///
/// # Errors
/// `download-failed`, `io`; the folder then still holds what it held, as far as nothing was replaced.
pub fn install(packages: &[LockedPackage], fetcher: &Fetcher<'_>) -> Result<(), Diagnostics> {
    let folder = fetcher.install_folder();
    let before = read_record(&folder, fetcher.fs);
    let mut record = Record::new();
    let mut outdated = Vec::new();
    for package in packages {
        let say = |step| fetcher.reporter.report(&Event::Package(step));
        say(PackageStep::Installing(package.asked_as()));
        let problems = |problem: Box<Diagnostic>| vec![*problem];
        let (name, installed) = match kept(package, &before, &folder, fetcher.fs) {
            Some(kept) => {
                say(PackageStep::Kept(package.version_in_words()));
                kept
            }
            None => {
                let (name, newest) = place(package, &folder, fetcher).map_err(problems)?;
                say(PackageStep::Installed(package.version_in_words()));
                if let Some(newest) = newest {
                    say(PackageStep::Newest(newest.clone()));
                    outdated.extend(newest.map(|_| package.asked_as()));
                }
                let sha256 = digest(&folder.join(&name), fetcher.fs);
                (name, Installed { entry: entry(package), sha256 })
            }
        };
        if let PackageSource::Git { subdirectory: Some(subdirectory), .. } = &package.source {
            say(PackageStep::Subdirectory(subdirectory.clone()));
        }
        record.insert(name, installed);
    }
    if !outdated.is_empty() {
        fetcher.reporter.report(&Event::Package(PackageStep::Outdated(outdated)));
    }
    finish(&folder, &record, fetcher).map_err(|problem| vec![*problem])
}

fn read_record(folder: &Path, fs: &dyn FileSystem) -> Record {
    let text = fs.read_to_string(&folder.join(RECORD)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn entry(package: &LockedPackage) -> Vec<String> {
    package.entries().iter().map(|(key, value)| format!("{key}: {value}")).collect()
}

/// The package as it stands, if it came from the same entry and nobody touched it since.
fn kept(package: &LockedPackage, before: &Record, folder: &Path, fs: &dyn FileSystem) -> Option<(String, Installed)> {
    let name = package.name.clone()?;
    let installed = before.get(&name)?;
    // A local package is a link, made anew each time.
    let is_local = matches!(package.source, PackageSource::Local { .. });
    let same = !is_local && installed.entry == entry(package) && installed.sha256 == digest(&folder.join(&name), fs);
    same.then(|| (name, installed.clone()))
}

/// Digest of all files of a folder with their paths.
fn digest(folder: &Path, fs: &dyn FileSystem) -> String {
    let mut hash = Sha256::new();
    for file in fs.files_below(folder) {
        let content = fs.read(&file).unwrap_or_default();
        let path = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        hash.update(format!("{path}\0{}\0", content.len()));
        hash.update(&content);
    }
    hex::encode(hash.finalize())
}

/// The name of a package's folder, and for hub packages the newest version if that is a newer one.
type Placed = (String, Option<Option<String>>);

/// Fetches a package and puts it where it belongs.
fn place(package: &LockedPackage, folder: &Path, fetcher: &Fetcher<'_>) -> Result<Placed, Box<Diagnostic>> {
    let located = |problem: Box<Diagnostic>| match problem.primary {
        Some(_) => problem,
        None => Box::new(problem.at(package.span, "asked for here")),
    };
    if let Some(local) = package.local_folder(&fetcher.settings.project.root) {
        let name = name_of(package, &local, fetcher)?;
        let target = folder.join(&name);
        let linked = fetcher.fs.remove_dir_all(&target).and_then(|()| fetcher.fs.link_folder(&local, &target));
        return linked.map(|()| (name, None)).map_err(|error| Box::new(not_written(&target, &error)));
    }
    let (fetched, newest) = fetched(package, fetcher).map_err(located)?;
    let name = name_of(package, &fetched, fetcher)?;
    let target = folder.join(&name);
    let moved = fetcher.fs.remove_dir_all(&target).and_then(|()| fetcher.fs.rename(&fetched, &target));
    moved.map(|()| (name, newest)).map_err(|error| Box::new(not_written(&target, &error)))
}

/// Its folder's name, once it is sure that a project stands there.
fn name_of(package: &LockedPackage, folder: &Path, fetcher: &Fetcher<'_>) -> Result<String, Box<Diagnostic>> {
    let project = fetcher.project(folder).map_err(|problems| {
        let cause = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        let message = format!("`{}` holds no project that can be read", package.source.address());
        Box::new(Diagnostic::error(Code::DownloadFailed, message).at(package.span, "asked for here").caused_by(cause))
    })?;
    Ok(package.name.clone().unwrap_or(project.name))
}

type Fetched = (PathBuf, Option<Option<String>>);

fn fetched(package: &LockedPackage, fetcher: &Fetcher<'_>) -> Result<Fetched, Box<Diagnostic>> {
    match &package.source {
        PackageSource::Registry { package, versions, .. } => {
            let known = fetcher.hub(package)?;
            let version = versions.first().map_or("", String::as_str);
            let info = known.versions.get(version).ok_or_else(|| {
                let message = format!("the registry has no version {version} of `{package}`");
                let problem = Diagnostic::error(Code::UnknownPackage, message);
                Box::new(problem.help("run `aquifer deps --upgrade` to take another one"))
            })?;
            let archive = fetcher.archive(&info.downloads.tarball, info.downloads.sha1.as_deref())?;
            let newest = newest(&known, version, fetcher.settings.flags.version_check);
            Ok((archive.folder, Some(newest)))
        }
        PackageSource::Git { url, revision, subdirectory, .. } => {
            let repository = Repository { url, revision: revision.as_deref(), subdirectory: subdirectory.as_deref() };
            Ok((fetcher.git(repository)?.folder, None))
        }
        PackageSource::Tarball { url } => Ok((fetcher.archive(url, None)?.folder, None)),
        PackageSource::Local { path: address } | PackageSource::Private { name: address } => {
            Err(Box::new(Diagnostic::error(Code::Unsupported, format!("`{address}` cannot be fetched"))))
        }
    }
}

/// The newest version if `current` is not it.
fn newest(known: &HubPackage, current: &str, check_dbt_version: bool) -> Option<String> {
    let prereleases = Version::parse(current).is_some_and(|version| version.is_prerelease());
    let newest = known.installable(prereleases, check_dbt_version).pop()?;
    (newest.as_str() != current).then(|| newest.as_str().to_owned())
}

/// Removes what is not asked for any more and writes down what stands there.
fn finish(folder: &Path, record: &Record, fetcher: &Fetcher<'_>) -> Result<(), Box<Diagnostic>> {
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for old in fetcher.fs.folders_in(folder).into_iter().filter(|path| !record.contains_key(&name(path))) {
        fetcher.fs.remove_dir_all(&old).map_err(|error| Box::new(not_written(&old, &error)))?;
    }
    let path = folder.join(RECORD);
    let text = serde_json::to_vec_pretty(record).unwrap_or_default();
    fetcher.fs.write(&path, &text).map_err(|error| Box::new(not_written(&path, &error)))
}
