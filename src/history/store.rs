use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::RunRecord;
use crate::outcome::Observed;
use crate::system::FileSystem;

/// Ending of the files that hold what tests measured.
const OBSERVED: &str = ".observed.json";

/// Runs that are kept, and that tests look back at.
pub const KEPT: usize = 1000;

/// The records in a folder.
#[derive(Debug, Clone)]
pub struct History {
    files: Arc<dyn FileSystem>,
    folder: PathBuf,
}

/// What the tests of one run measured.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ObservedFile {
    target: String,
    observed: BTreeMap<String, Observed>,
}

impl History {
    /// The records in this folder; it need not exist.
    pub fn new(files: Arc<dyn FileSystem>, folder: PathBuf) -> Self {
        Self { files, folder }
    }

    /// Keeps a record, and takes the oldest away where there are more than are kept.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, record: &RunRecord) -> io::Result<()> {
        // The time first, so that names in order are runs in order.
        let time: String = record.at.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = self.folder.join(format!("{time}-{}.json", record.invocation_id));
        self.files.write(&path, &serde_json::to_vec(record)?)?;
        if !record.observed.is_empty() {
            let observed = ObservedFile { target: record.target.clone(), observed: record.observed.clone() };
            self.files.write(&observed_beside(&path), &serde_json::to_vec(&observed)?)?;
        }
        let paths = self.records();
        for old in paths.iter().take(paths.len().saturating_sub(KEPT)) {
            self.files.remove_file(old)?;
            self.files.remove_file(&observed_beside(old))?;
        }
        Ok(())
    }

    /// The last records, the oldest of them first. What cannot be read is passed over: a record is never
    /// worth failing for.
    pub fn last(&self, most: usize) -> Vec<RunRecord> {
        let paths = self.records();
        let from = paths.len().saturating_sub(most);
        let read = |path: &PathBuf| {
            let record: RunRecord = serde_json::from_slice(&self.files.read(path).ok()?).ok()?;
            let observed = self.read_observed(&observed_beside(path)).unwrap_or_default().observed;
            Some(RunRecord { observed, ..record })
        };
        paths.get(from..).unwrap_or_default().iter().filter_map(read).collect()
    }

    /// What tests of earlier runs into a target measured, the oldest first.
    pub(super) fn observed(&self, target: &str) -> Vec<Observed> {
        let paths = self.paths(|name| name.ends_with(OBSERVED));
        let files = paths.iter().filter_map(|path| self.read_observed(path));
        files.filter(|file| file.target == target).flat_map(|file| file.observed.into_values()).collect()
    }

    fn read_observed(&self, path: &Path) -> Option<ObservedFile> {
        serde_json::from_slice(&self.files.read(path).ok()?).ok()
    }

    fn records(&self) -> Vec<PathBuf> {
        self.paths(|name| name.ends_with(".json") && !name.ends_with(OBSERVED))
    }

    fn paths(&self, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let mut paths = self.files.files_below(&self.folder);
        paths.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted));
        paths.sort_unstable();
        paths
    }
}

/// Where the measurements of a record's run stand.
fn observed_beside(path: &Path) -> PathBuf {
    path.with_extension(OBSERVED.trim_start_matches('.'))
}
