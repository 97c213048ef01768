//! Which files a project has, and what each is read as.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::ignored::Ignored;
use crate::config::ProjectSettings;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::FilePlace;
use crate::source::SourceSet;
use crate::system::FileSystem;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A file of macros, or of generic tests.
    Macros,
    /// A model.
    Model,
    /// A Python model.
    PythonModel,
    /// A seed.
    Seed,
    /// A file of snapshot blocks.
    Snapshots,
    /// A data test in SQL.
    SingularTest,
    /// An analysis.
    Analysis,
    /// A user-defined function, in SQL or Python.
    Function,
    /// Docs blocks.
    Docs,
    /// A properties file.
    Properties,
    /// A unit test fixture.
    Fixture,
}

/// A file with its text.
#[derive(Debug)]
pub(super) struct ReadFile {
    pub kind: FileKind,
    pub place: Arc<FilePlace>,
    /// The whole text; empty for seeds.
    pub text: Arc<str>,
    /// dbt's checksum of it.
    pub checksum: String,
}

/// Above this size a seed's checksum is its path: dbt does not read it while parsing.
const LARGEST_HASHED_SEED: usize = 1024 * 1024;

/// A file found and not yet read.
struct Found {
    kind: FileKind,
    package: Arc<str>,
    path: String,
    original: String,
    absolute: PathBuf,
    display: String,
}

/// All files of a project, then of its packages, read.
pub(super) fn read_all(
    packages: &[Arc<ProjectSettings>],
    fs: &dyn FileSystem,
    sources: &SourceSet,
    diagnostics: &mut Diagnostics,
) -> Vec<ReadFile> {
    let root = packages.first().map(|package| package.root.clone()).unwrap_or_default();
    let found: Vec<Found> = packages.iter().flat_map(|package| find(package, &root, fs)).collect();
    let texts: Vec<_> = found.par_iter().map(|file| read(file, fs)).collect();
    let mut files = Vec::with_capacity(found.len());
    for (file, text) in found.into_iter().zip(texts) {
        match text {
            Ok((text, checksum)) => {
                let id = sources.add(file.absolute.clone(), file.display.clone(), text.clone());
                let place = Arc::new(FilePlace {
                    package: file.package,
                    file: id,
                    path: file.path,
                    original: file.original,
                    absolute: file.absolute,
                    display: file.display,
                });
                files.push(ReadFile { kind: file.kind, place, text, checksum });
            }
            Err(error) => diagnostics
                .push(Diagnostic::error(Code::Io, format!("`{}` cannot be read", file.display)).caused_by(error)),
        }
    }
    files
}

/// A file's text and checksum. COMPAT: the checksum is of the stripped text (dbt 1.11).
fn read(file: &Found, fs: &dyn FileSystem) -> std::io::Result<(Arc<str>, String)> {
    if file.kind != FileKind::Seed {
        let text = fs.read_to_string(&file.absolute)?;
        let checksum = sha256(text.trim().as_bytes());
        return Ok((Arc::from(text), checksum));
    }
    let bytes = fs.read(&file.absolute)?;
    let checksum = if bytes.len() > LARGEST_HASHED_SEED {
        file.original.clone()
    } else {
        match std::str::from_utf8(&bytes) {
            Ok(text) => sha256(text.trim().as_bytes()),
            Err(_) => sha256(&bytes),
        }
    };
    Ok((Arc::from(""), checksum))
}

/// A text's checksum as dbt writes it.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The files of one package, each once, kind by kind.
fn find(package: &ProjectSettings, root: &Path, fs: &dyn FileSystem) -> Vec<Found> {
    let name: Arc<str> = Arc::from(package.name.as_str());
    let paths = &package.paths;
    let ignored = Ignored::of(&package.root, fs);
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut folders = paths.sources();
    folders.extend(paths.docs.iter().filter(|path| !folders.contains(path)).cloned().collect::<Vec<_>>());
    for folder in &folders {
        let folder = folder.trim_end_matches('/');
        for absolute in fs.files_below(&crate::config::normalized(&package.root.join(folder))) {
            let Some(original) = relative(&absolute, &package.root) else { continue };
            let Some(kind) = kind_of(package, folder, &original, &absolute) else { continue };
            if ignored.has(&original) || !seen.insert(absolute.clone()) {
                continue;
            }
            let path = original.strip_prefix(folder).unwrap_or(&original).trim_start_matches('/').to_owned();
            let display = relative(&absolute, root).unwrap_or_else(|| absolute.display().to_string());
            found.push(Found { kind, package: name.clone(), path, original, absolute, display });
        }
    }
    found
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).ok()?;
    Some(relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// What a file in a resource folder is read as; `None` for files that mean nothing there.
fn kind_of(package: &ProjectSettings, folder: &str, original: &str, absolute: &Path) -> Option<FileKind> {
    let paths = &package.paths;
    let within = |folders: &[String]| folders.iter().any(|path| path.trim_end_matches('/') == folder);
    let below = original.strip_prefix(folder).unwrap_or(original).trim_start_matches('/');
    let first = below.split('/').next().unwrap_or_default();
    let is_test_folder = within(&paths.tests);
    let extension = absolute.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "sql" if within(&paths.macros) => Some(FileKind::Macros),
        "sql" if is_test_folder && first == "generic" => Some(FileKind::Macros),
        "sql" | "csv" if is_test_folder && first == "fixtures" => Some(FileKind::Fixture),
        "sql" if within(&paths.models) => Some(FileKind::Model),
        "py" if within(&paths.models) => Some(FileKind::PythonModel),
        "csv" if within(&paths.seeds) => Some(FileKind::Seed),
        "sql" if within(&paths.snapshots) => Some(FileKind::Snapshots),
        "sql" if is_test_folder => Some(FileKind::SingularTest),
        "sql" if within(&paths.analyses) => Some(FileKind::Analysis),
        "sql" | "py" if within(&paths.functions) => Some(FileKind::Function),
        "md" if within(&paths.docs) => Some(FileKind::Docs),
        "yml" | "yaml" => Some(FileKind::Properties),
        _ => None,
    }
}
