use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

/// Makes a file's content.
pub type Fill<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

/// Files, as the engine uses them.
pub trait FileSystem: Send + Sync + std::fmt::Debug {
    /// The whole file as UTF-8 text.
    ///
    /// # Errors
    /// The file is absent, unreadable, or not UTF-8.
    fn read_to_string(&self, path: &Path) -> io::Result<String>;
    /// The whole file as bytes.
    ///
    /// # Errors
    /// The file is absent or unreadable.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The file, to be read piece by piece.
    ///
    /// # Errors
    /// The file is absent or unreadable.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(io::Cursor::new(self.read(path)?)))
    }
    /// Writes a file so that readers see the old or the new content, creating parent folders.
    ///
    /// # Errors
    /// The folder or file cannot be written.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()>;
    /// Makes a file hold this, for files that only people read: nothing is done when it does already, and
    /// while it changes readers may find it absent or in part. Two writers never mix.
    ///
    /// # Errors
    /// The folder or file cannot be written.
    fn refresh(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.write(path, content)
    }
    /// As [`FileSystem::write`], with content that is made while it is written.
    ///
    /// # Errors
    /// Those of `fill`, too; nothing is left behind then.
    fn write_with(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        let mut content = Vec::new();
        fill(&mut content)?;
        self.write(path, &content)
    }
    /// All files below a folder, in path order; symbolic links to files are followed. An absent
    /// folder has none.
    fn files_below(&self, folder: &Path) -> Vec<PathBuf>;
    /// Whether a file stands there.
    fn is_file(&self, path: &Path) -> bool;
    /// Whether a folder stands there.
    fn is_dir(&self, path: &Path) -> bool;
    /// Removes a folder and all in it; absent is fine.
    ///
    /// # Errors
    /// Something in it cannot be removed.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Removes a file; absent is fine.
    ///
    /// # Errors
    /// It cannot be removed.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Gives a file a second name, replacing what stood there; readers see the old or the new file.
    /// Where a file cannot have two names it is copied.
    ///
    /// # Errors
    /// It is absent, or the second place cannot be written.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Moves a file or folder to a place where nothing stands, creating parent folders.
    ///
    /// # Errors
    /// It is absent, or the target is taken or on another disk.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// The folders that stand directly in a folder, in path order; links to folders count.
    fn folders_in(&self, folder: &Path) -> Vec<PathBuf>;
    /// Makes a symbolic link to a folder, or a copy of it where there are none, creating parent
    /// folders.
    ///
    /// # Errors
    /// The target is taken, or its folder cannot be written.
    fn link_folder(&self, folder: &Path, at: &Path) -> io::Result<()>;
    /// Symbolic links below a folder that lead out of it, or nowhere.
    fn links_out_of(&self, folder: &Path) -> Vec<PathBuf>;
}

/// The operating system's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsFileSystem;

impl OsFileSystem {
    /// Makes a folder and those above it; one that stands is fine.
    ///
    /// # Errors
    /// It cannot be made.
    #[allow(clippy::disallowed_methods, reason = "the one home of std::fs")]
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }
}

#[allow(clippy::disallowed_methods, reason = "the one home of std::fs")]
impl FileSystem for OsFileSystem {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(std::fs::File::open(path)?))
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        write_atomically(path, content)
    }

    fn refresh(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        // Renaming over a file makes file systems flush it to the disk: a run of a thousand models would
        // wait for the disk two thousand times.
        match std::fs::read(path) {
            Ok(standing) if standing == content => return Ok(()),
            // Another process may have been as quick.
            Ok(_) => drop(std::fs::remove_file(path)),
            Err(_) => {}
        }
        match create_new(path).and_then(|mut file| file.write_all(content)) {
            // Another process came first, or something stands there that cannot be read.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => write_atomically(path, content),
            done => done,
        }
    }

    fn write_with(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        write_beside(path, fill)
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        walkdir::WalkDir::new(folder)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect()
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        if path.is_symlink() {
            return std::fs::remove_file(path);
        }
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let temporary = beside(to);
        match std::fs::hard_link(from, &temporary).and_then(|()| std::fs::rename(&temporary, to)) {
            Ok(()) => Ok(()),
            Err(_) => write_atomically(to, &std::fs::read(from)?),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::rename(from, to)
    }

    fn folders_in(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
    }

    fn link_folder(&self, folder: &Path, at: &Path) -> io::Result<()> {
        if let Some(parent) = at.parent() {
            std::fs::create_dir_all(parent)?;
        }
        #[cfg(unix)]
        return std::os::unix::fs::symlink(folder, at);
        #[cfg(not(unix))]
        return copy_folder(self, folder, at);
    }

    fn links_out_of(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(home) = std::fs::canonicalize(folder) else { return Vec::new() };
        let stays = |link: &Path| std::fs::canonicalize(link).is_ok_and(|target| target.starts_with(&home));
        let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
        let links = entries.filter(|entry| entry.path_is_symlink()).map(walkdir::DirEntry::into_path);
        links.filter(|link| !stays(link)).collect()
    }
}

/// Copies all files below a folder.
fn copy_folder(fs: &dyn FileSystem, folder: &Path, to: &Path) -> io::Result<()> {
    for file in fs.files_below(folder) {
        let below = file.strip_prefix(folder).map_err(io::Error::other)?;
        fs.write(&to.join(below), &fs.read(&file)?)?;
    }
    Ok(())
}

/// A file where none stands, and its folders.
#[allow(clippy::disallowed_methods, reason = "the one home of std::fs")]
fn create_new(path: &Path) -> io::Result<std::fs::File> {
    match (std::fs::File::create_new(path), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(parent)?;
            std::fs::File::create_new(path)
        }
        (outcome, _) => outcome,
    }
}

/// Writes through a temporary file beside the target, then renames it: readers (and a second
/// process) see a whole file, old or new.
///
/// # Errors
/// The folder or file cannot be written.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    write_beside(path, &mut |out| out.write_all(content))
}

#[allow(clippy::disallowed_methods, reason = "the one home of std::fs")]
fn write_beside(path: &Path, fill: Fill<'_>) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let temporary = beside(path);
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| fill(&mut file))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report; the leftover is best removed, not required to be.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// A name beside a file that nobody else uses.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    path.with_file_name(name)
}

/// Files in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryFileSystem {
    files: RwLock<BTreeMap<PathBuf, Vec<u8>>>,
}

impl MemoryFileSystem {
    /// Files by path.
    pub fn new<P: Into<PathBuf>, C: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, C)>) -> Self {
        let files = files.into_iter().map(|(path, content)| (path.into(), content.into())).collect();
        Self { files: RwLock::new(files) }
    }

    fn files(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.files.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn files_mut(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.files.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl FileSystem for MemoryFileSystem {
    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(self.read(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files().get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.files_mut().insert(path.to_owned(), content.to_owned());
        Ok(())
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        self.files().keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files().contains_key(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.files().keys().any(|file| file != path && file.starts_with(path))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.files_mut().remove(path);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.files_mut().retain(|file, _| !file.starts_with(path));
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.write(to, &self.read(from)?)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.files_mut();
        let moved: Vec<PathBuf> = files.keys().filter(|file| file.starts_with(from)).cloned().collect();
        if moved.is_empty() {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        for file in moved {
            let below = file.strip_prefix(from).unwrap_or(Path::new("")).to_owned();
            if let Some(content) = files.remove(&file) {
                let target = if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) };
                files.insert(target, content);
            }
        }
        Ok(())
    }

    fn folders_in(&self, folder: &Path) -> Vec<PathBuf> {
        let files = self.files_below(folder);
        let mut folders: Vec<PathBuf> = Vec::new();
        for file in &files {
            let mut below = file.strip_prefix(folder).into_iter().flat_map(Path::components);
            if let (Some(first), Some(_)) = (below.next(), below.next())
                && folders.last().is_none_or(|last| *last != folder.join(first))
            {
                folders.push(folder.join(first));
            }
        }
        folders
    }

    fn link_folder(&self, folder: &Path, at: &Path) -> io::Result<()> {
        copy_folder(self, folder, at)
    }

    fn links_out_of(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// Unsaved editor buffers over another file system.
#[derive(Debug)]
pub struct OverlayFileSystem {
    below: Arc<dyn FileSystem>,
    buffers: MemoryFileSystem,
}

impl OverlayFileSystem {
    /// No buffers yet.
    pub fn new(below: Arc<dyn FileSystem>) -> Self {
        Self { below, buffers: MemoryFileSystem::default() }
    }

    /// Puts a buffer over a file.
    pub fn open(&self, path: PathBuf, text: String) {
        self.buffers.files_mut().insert(path, text.into_bytes());
    }

    /// Lets the file below show again.
    pub fn close(&self, path: &Path) {
        self.buffers.files_mut().remove(path);
    }
}

impl FileSystem for OverlayFileSystem {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        if self.buffers.is_file(path) { self.buffers.open(path) } else { self.below.open(path) }
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        if self.buffers.is_file(path) { self.buffers.read_to_string(path) } else { self.below.read_to_string(path) }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.buffers.is_file(path) { self.buffers.read(path) } else { self.below.read(path) }
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.below.write(path, content)
    }

    fn write_with(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        self.below.write_with(path, fill)
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        let mut files = self.below.files_below(folder);
        files.extend(self.buffers.files_below(folder));
        files.sort();
        files.dedup();
        files
    }

    fn is_file(&self, path: &Path) -> bool {
        self.buffers.is_file(path) || self.below.is_file(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.buffers.is_dir(path) || self.below.is_dir(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.below.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.below.remove_dir_all(path)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.below.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.below.rename(from, to)
    }

    fn folders_in(&self, folder: &Path) -> Vec<PathBuf> {
        let mut folders = self.below.folders_in(folder);
        folders.extend(self.buffers.folders_in(folder));
        folders.sort();
        folders.dedup();
        folders
    }

    fn link_folder(&self, folder: &Path, at: &Path) -> io::Result<()> {
        self.below.link_folder(folder, at)
    }

    fn links_out_of(&self, folder: &Path) -> Vec<PathBuf> {
        self.below.links_out_of(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refreshed_file_holds_the_content_and_is_left_alone_when_it_does_already() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compiled/shop/a.sql");
        let touched = || std::fs::metadata(&path).unwrap().modified().unwrap();
        OsFileSystem.refresh(&path, b"select 1").unwrap();
        let first = touched();
        OsFileSystem.refresh(&path, b"select 1").unwrap();
        assert_eq!(touched(), first);
        OsFileSystem.refresh(&path, b"select 2, three").unwrap();
        OsFileSystem.refresh(&path, b"select 2").unwrap();
        assert_eq!(OsFileSystem.read(&path).unwrap(), b"select 2");
        assert_eq!(OsFileSystem.files_below(folder.path()), [path]);
    }
}
