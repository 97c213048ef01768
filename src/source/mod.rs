//! Files as text, and places in them.
//!
//! Every byte the engine reads from a project is registered once in a [`SourceSet`] and named by a
//! [`FileId`]; a [`Span`] is a byte range in one file. Lines and columns exist only when a
//! diagnostic is rendered: see [`LineIndex`].
//!
//! This module knows nothing of YAML, SQL, Jinja, or of the editor's UTF-16 columns.

mod line_index;
mod span;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, RwLock};

pub use line_index::{LineColumn, LineIndex};
pub use span::Span;

/// Names one file of a [`SourceSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// One text file: where it stands, what it holds.
#[derive(Debug)]
pub struct SourceFile {
    /// The id under which the set knows it.
    pub id: FileId,
    /// Absolute path on disk (or a name in angle brackets for text that has no file).
    pub path: PathBuf,
    /// Path as shown to the user: relative to the project, with forward slashes.
    pub display: String,
    /// The whole text.
    pub text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// The file's line index, built at the first use.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Line and column (both from 1, in characters) of a byte offset.
    pub fn position(&self, offset: u32) -> LineColumn {
        self.lines().position(&self.text, offset)
    }
}

/// All files read so far. Grows, never forgets, so that a [`Span`] stays valid for the whole run.
#[derive(Debug, Default)]
pub struct SourceSet {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl SourceSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a text under its path and gives its id.
    pub fn add(&self, path: impl Into<PathBuf>, display: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let mut files = self.files.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        files.push(Arc::new(SourceFile {
            id,
            path: path.into(),
            display: display.into(),
            text: text.into(),
            lines: OnceLock::new(),
        }));
        id
    }

    /// The file of an id, if this set gave that id out.
    pub fn get(&self, id: FileId) -> Option<Arc<SourceFile>> {
        let files = self.files.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        files.get(id.0 as usize).cloned()
    }

    /// The text of a file; empty for an unknown id.
    pub fn text(&self, id: FileId) -> Arc<str> {
        self.get(id).map_or_else(|| Arc::from(""), |file| file.text.clone())
    }

    /// The newest file registered under this absolute path.
    pub fn find(&self, path: &Path) -> Option<Arc<SourceFile>> {
        let files = self.files.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        files.iter().rev().find(|file| file.path == path).cloned()
    }

    /// How many files are registered.
    pub fn len(&self) -> usize {
        self.files.read().unwrap_or_else(|poisoned| poisoned.into_inner()).len()
    }

    /// Whether no file is registered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
