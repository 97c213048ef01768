use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that grows line by line while its writer lives, and tells others whether it still does.
///
/// Each line is one write, so a reader never sees half of one, and what was written outlives the
/// writer however that ends. The file is locked as long as the writer lives.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

#[allow(clippy::disallowed_methods, reason = "system is the one home of std::fs")]
impl Journal {
    /// Begins a journal, with its folder.
    ///
    /// # Errors
    /// The folder or file cannot be created or locked.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let file = OpenOptions::new().create_new(true).append(true).open(path)?;
        file.lock()?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds a line; its end is added too.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut whole = line.to_vec();
        whole.push(b'\n');
        self.file.write_all(&whole)
    }

    /// Ends the journal: what it says stands elsewhere now.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// Whether a journal stands there whose writer lives. Where locks are not to be had it counts as
    /// left behind.
    pub fn is_held(path: &Path) -> bool {
        let Ok(file) = File::open(path) else { return false };
        matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_held_until_its_writer_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/one/progress.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(b"{}").unwrap();
        assert!(Journal::is_held(&path));
        drop(journal);
        assert!(!Journal::is_held(&path));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
    }

    #[test]
    fn a_journal_that_ends_well_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.jsonl");
        Journal::create(&path).unwrap().remove().unwrap();
        assert!(!path.exists());
    }
}
