//! Unpacking `.tar.gz` archives that come from elsewhere: files only, and nothing outside the folder.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use crate::system::FileSystem;

/// No archive may grow beyond this.
const MOST_BYTES: u64 = 2 << 30;

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    /// It is broken, or not an archive at all.
    #[error("it is not a whole .tar.gz archive: {0}")]
    Broken(io::Error),
    /// A file would be written outside the folder.
    #[error("it holds `{0}`, which leads out of the package's folder")]
    Escapes(String),
    /// It holds something that is neither a file nor a folder.
    #[error("it holds `{0}`, which is neither a file nor a folder")]
    Special(String),
    /// It is larger than any package.
    #[error("it holds more than {} MiB", MOST_BYTES >> 20)]
    TooLarge,
    /// The disk refuses.
    #[error("`{0}` cannot be written: {1}")]
    Write(PathBuf, io::Error),
}

/// Files by path within the archive.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Unpacks an archive into a folder. What all files share as their first folder is left out, as hub
/// archives have `name-version/` there. Gives the number of folders and files at the archive's top.
///
/// # Errors
/// Nothing is written unless every entry may be.
pub(super) fn unpack(archive: &[u8], folder: &Path, fs: &dyn FileSystem) -> Result<usize, ArchiveError> {
    let files = files(archive)?;
    let mut tops: Vec<&Path> = files.keys().filter_map(|path| path.iter().next()).map(Path::new).collect();
    tops.dedup();
    let shared = match tops.as_slice() {
        [one] if files.keys().all(|path| path.components().count() > 1) => one,
        _ => Path::new(""),
    };
    for (path, content) in &files {
        let target = folder.join(path.strip_prefix(shared).unwrap_or(path));
        fs.write(&target, content).map_err(|error| ArchiveError::Write(target, error))?;
    }
    Ok(tops.len())
}

fn files(archive: &[u8]) -> Result<Files, ArchiveError> {
    // A server may have undone the compression on the way.
    let zipped = archive.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn Read + '_> = if zipped { Box::new(MultiGzDecoder::new(archive)) } else { Box::new(archive) };
    let mut archive = Archive::new(reader.take(MOST_BYTES + 1));
    let mut files = Files::new();
    let mut links: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut bytes = 0;
    for entry in archive.entries().map_err(ArchiveError::Broken)? {
        let mut entry = entry.map_err(ArchiveError::Broken)?;
        let path = entry.path().map_err(ArchiveError::Broken)?.into_owned();
        let shown = path.display().to_string();
        let path = inside(&path).ok_or_else(|| ArchiveError::Escapes(shown.clone()))?;
        bytes += entry.size();
        if bytes > MOST_BYTES {
            return Err(ArchiveError::TooLarge);
        }
        match entry.header().entry_type() {
            EntryType::Directory | EntryType::XGlobalHeader | EntryType::XHeader => {}
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(ArchiveError::Broken)?;
                files.insert(path, content);
            }
            kind @ (EntryType::Symlink | EntryType::Link) => {
                let target = link_target(&entry, &path, kind)?;
                links.push((path, target));
            }
            _ => return Err(ArchiveError::Special(shown)),
        }
    }
    copy_links(&mut files, &links);
    Ok(files)
}

/// A path without `.`; `None` if it is absolute or climbs above its start.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir if clean.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(clean)
}

fn link_target<R: Read>(entry: &Entry<'_, R>, path: &Path, kind: EntryType) -> Result<PathBuf, ArchiveError> {
    let escapes = || ArchiveError::Escapes(path.display().to_string());
    let target = entry.link_name().map_err(ArchiveError::Broken)?.ok_or_else(escapes)?;
    // A hard link names a path of the archive; a symbolic one starts from where it stands.
    let written = match kind {
        EntryType::Link => target.into_owned(),
        _ if target.is_absolute() => return Err(escapes()),
        _ => path.parent().unwrap_or(Path::new("")).join(target),
    };
    inside(&written).ok_or_else(escapes)
}

/// Puts copies where links stood; a link to nothing is left out.
fn copy_links(files: &mut Files, links: &[(PathBuf, PathBuf)]) {
    // A link may lead to a link: no chain is longer than there are links, and none of sense is long.
    for _ in 0..links.len().min(8) {
        for (path, target) in links.iter().filter(|(path, target)| !path.starts_with(target)) {
            let copies: Vec<(PathBuf, Vec<u8>)> = files
                .iter()
                .filter_map(|(file, content)| Some((file.strip_prefix(target).ok()?, content)))
                .map(|(below, content)| {
                    (if below == Path::new("") { path.clone() } else { path.join(below) }, content.clone())
                })
                .collect();
            files.extend(copies);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::system::MemoryFileSystem;

    /// An archive of entries, written without the checks of a well-meaning writer.
    fn archive(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            let body = if is_link { "" } else { content };
            if is_link {
                header.as_mut_bytes()[157..157 + content.len()].copy_from_slice(content.as_bytes());
            }
            header.set_size(body.len() as u64);
            header.set_cksum();
            builder.append(&header, body.as_bytes()).unwrap();
        }
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(&builder.into_inner().unwrap()).unwrap();
        zip.finish().unwrap()
    }

    fn unpacked(entries: &[(&str, EntryType, &str)]) -> String {
        let fs = MemoryFileSystem::default();
        let folder = Path::new("/p");
        match unpack(&archive(entries), folder, &fs) {
            Ok(_) => {
                let line = |path: &PathBuf| format!("{}={}", path.display(), fs.read_to_string(path).unwrap());
                fs.files_below(folder).iter().map(line).collect::<Vec<_>>().join(" ")
            }
            Err(error) => {
                assert!(fs.files_below(Path::new("/")).is_empty(), "nothing of a refused archive is written");
                error.to_string()
            }
        }
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn the_shared_folder_is_left_out() {
        let entries = [("x-1/", EntryType::Directory, ""), ("x-1/a.sql", FILE, "a"), ("x-1/m/b.sql", FILE, "b")];
        assert_eq!(unpacked(&entries), "/p/a.sql=a /p/m/b.sql=b");
        assert_eq!(unpacked(&[("a.sql", FILE, "a"), ("m/b.sql", FILE, "b")]), "/p/a.sql=a /p/m/b.sql=b");
    }

    #[test]
    fn nothing_leaves_the_folder() {
        let escape = |entry| unpacked(&[("x/a", FILE, "a"), entry]);
        assert_eq!(escape(("x/../../b", FILE, "b")), "it holds `x/../../b`, which leads out of the package's folder");
        assert_eq!(escape(("/etc/b", FILE, "b")), "it holds `/etc/b`, which leads out of the package's folder");
        let link = EntryType::Symlink;
        assert_eq!(escape(("x/b", link, "../../b")), "it holds `x/b`, which leads out of the package's folder");
        assert_eq!(escape(("x/b", link, "/etc/passwd")), "it holds `x/b`, which leads out of the package's folder");
        assert_eq!(escape(("x/b", EntryType::Link, "../b")), "it holds `x/b`, which leads out of the package's folder");
        assert_eq!(escape(("x/b", EntryType::Fifo, "")), "it holds `x/b`, which is neither a file nor a folder");
    }

    #[test]
    fn links_inside_become_copies() {
        let link = EntryType::Symlink;
        let entries = [
            ("x/m/a", FILE, "a"),
            ("x/b", link, "m/a"),
            ("x/c", link, "b"),
            ("x/n", link, "m"),
            ("x/h", EntryType::Link, "x/m/a"),
            ("x/dead", link, "none"),
        ];
        assert_eq!(unpacked(&entries), "/p/b=a /p/c=a /p/h=a /p/m/a=a /p/n/a=a");
    }

    #[test]
    fn half_an_archive_is_refused() {
        let whole = archive(&[("x/a", FILE, &"content ".repeat(500))]);
        let error = unpack(&whole[..whole.len() / 2], Path::new("/p"), &MemoryFileSystem::default()).unwrap_err();
        assert!(error.to_string().starts_with("it is not a whole .tar.gz archive"), "{error}");
    }
}
