//! The folder of one run below `target/runs`: its own set of artifacts, whole whatever other runs write
//! at the same time, and until it ends its progress.

use std::path::{Path, PathBuf};

use crate::config::Invocation;
use crate::system::{FileSystem, Journal};

/// Folders kept, the newest.
const KEPT: usize = 10;
const PROGRESS: &str = "progress.jsonl";

/// Below the target folder.
fn runs(target: &Path) -> PathBuf {
    target.join("runs")
}

/// The folder of this run: by time, so that names sort as runs began.
pub(super) fn of_run(target: &Path, invocation: &Invocation) -> PathBuf {
    let begun = invocation.started_at.format("%Y%m%dT%H%M%S%.6fZ");
    let id = invocation.id.get(..8).unwrap_or(&invocation.id);
    runs(target).join(format!("{begun}-{id}"))
}

/// Removes the folders of old runs; what cannot be removed is left.
pub(super) fn prune(files: &dyn FileSystem, target: &Path) {
    let all = folders(files, target);
    for folder in all.iter().rev().skip(KEPT).filter(|folder| !Journal::is_held(&progress_of(folder))) {
        // Another run may be tidying up too.
        let _ = files.remove_dir_all(folder);
    }
}

/// Folders of runs, the oldest first.
fn folders(files: &dyn FileSystem, target: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        files.files_below(&runs(target)).iter().filter_map(|file| Some(file.parent()?.to_owned())).collect();
    found.dedup();
    found
}

/// The file that keeps a run's progress.
pub(super) fn progress_of(folder: &Path) -> PathBuf {
    folder.join(PROGRESS)
}

/// Files of progress that no run writes any more, the newest first.
pub(super) fn left_progress(files: &dyn FileSystem, target: &Path) -> impl Iterator<Item = PathBuf> {
    let newest = folders(files, target).into_iter().rev().map(|folder| progress_of(&folder));
    newest.filter(|path| files.is_file(path) && !Journal::is_held(path))
}
