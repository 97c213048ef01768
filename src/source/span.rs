use super::FileId;

/// A byte range `start..end` in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end` in `file`; offsets beyond 4 GiB saturate.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    /// The same range, moved right by `base` bytes: from a block's own offsets to its file's.
    pub fn shifted(self, base: u32) -> Self {
        Self { file: self.file, start: self.start.saturating_add(base), end: self.end.saturating_add(base) }
    }
}
