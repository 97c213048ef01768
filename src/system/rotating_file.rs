use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A log file that is only appended to and moved aside when it is full: `dbt.log` becomes
/// `dbt.log.1`, that becomes `dbt.log.2`, and so on; the oldest is dropped.
///
/// Two processes may append to the same file: every text is one write at the file's end, and before
/// a rotation each looks whether the other has already done it.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    max_bytes: u64,
    backups: u32,
}

#[allow(clippy::disallowed_methods, reason = "system is the one home of std::fs")]
impl RotatingFile {
    /// Opens the file for appending, creating it and its folder. A limit of 0 bytes is none.
    ///
    /// # Errors
    /// The folder or file cannot be created or opened.
    pub fn open(path: &Path, max_bytes: u64, backups: u32) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        Ok(Self { path: path.to_owned(), file: open_for_append(path)?, max_bytes, backups })
    }

    /// Appends the text in one write, rotating first if it would not fit.
    ///
    /// # Errors
    /// The file cannot be written, or not be rotated.
    pub fn append(&mut self, text: &[u8]) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if self.max_bytes > 0 && length > 0 && length + text.len() as u64 > self.max_bytes {
            self.rotate(text.len() as u64)?;
        }
        self.file.write_all(text)
    }

    fn rotate(&mut self, wanted: u64) -> io::Result<()> {
        // Processes that share the file wait here for each other; where locks are not to be had,
        // the worst is a backup that is shorter than it could be.
        let _ = self.file.lock();
        let length = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if length > 0 && length + wanted > self.max_bytes {
            self.move_aside()?;
        }
        self.file = open_for_append(&self.path)?;
        Ok(())
    }

    fn move_aside(&self) -> io::Result<()> {
        for number in (1..self.backups).rev() {
            rename_if_there(&self.backup(number), &self.backup(number + 1))?;
        }
        if self.backups == 0 { std::fs::remove_file(&self.path) } else { rename_if_there(&self.path, &self.backup(1)) }
    }

    fn backup(&self, number: u32) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{number}"));
        self.path.with_file_name(name)
    }
}

fn open_for_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use super::*;

    fn content(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_full_file_is_moved_aside_and_the_oldest_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/dbt.log");
        let mut log = RotatingFile::open(&path, 10, 2).unwrap();
        for text in ["first\n", "second\n", "third\n", "fourth\n"] {
            log.append(text.as_bytes()).unwrap();
        }
        assert_eq!(content(&path), "fourth\n");
        assert_eq!(content(&path.with_file_name("dbt.log.1")), "third\n");
        assert_eq!(content(&path.with_file_name("dbt.log.2")), "second\n");
        assert!(!path.with_file_name("dbt.log.3").exists());
    }

    #[test]
    fn a_second_writer_follows_the_rotation_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dbt.log");
        let mut one = RotatingFile::open(&path, 10, 5).unwrap();
        let mut two = RotatingFile::open(&path, 10, 5).unwrap();
        one.append(b"12345678\n").unwrap();
        one.append(b"one\n").unwrap();
        two.append(b"two\n").unwrap();
        assert_eq!(content(&path), "one\ntwo\n");
        assert_eq!(content(&path.with_file_name("dbt.log.1")), "12345678\n");
    }

    #[test]
    fn many_threads_lose_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dbt.log");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let mut log = RotatingFile::open(path, 0, 5).unwrap();
                    for line in 0..200 {
                        log.append(format!("{writer} {line}\n").as_bytes()).unwrap();
                    }
                });
            }
        });
        let text = content(&path);
        assert_eq!(text.lines().count(), 800);
        assert!(text.lines().all(|line| line.split(' ').count() == 2));
    }
}
