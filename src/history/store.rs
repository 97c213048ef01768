use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::RunRecord;
use crate::system::FileSystem;

/// The records in a folder.
#[derive(Debug, Clone)]
pub struct History {
    files: Arc<dyn FileSystem>,
    folder: PathBuf,
}

impl History {
    /// The records in this folder; it need not exist.
    pub fn new(files: Arc<dyn FileSystem>, folder: PathBuf) -> Self {
        Self { files, folder }
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, record: &RunRecord) -> io::Result<()> {
        // The time first, so that names in order are runs in order.
        let time: String = record.at.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("{time}-{}.json", record.invocation_id);
        self.files.write(&self.folder.join(name), &serde_json::to_vec(record)?)
    }

    /// The last records, the oldest of them first. What cannot be read is passed over: a record is never
    /// worth failing for.
    pub fn last(&self, most: usize) -> Vec<RunRecord> {
        let mut paths = self.files.files_below(&self.folder);
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort_unstable();
        let from = paths.len().saturating_sub(most);
        let read = |path: &PathBuf| serde_json::from_slice(&self.files.read(path).ok()?).ok();
        paths.get(from..).unwrap_or_default().iter().filter_map(read).collect()
    }
}
