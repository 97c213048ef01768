/// A place as a person reads it: both numbers from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Byte offsets of the line starts of one text.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Scans a text once.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        for (offset, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                starts.push(u32::try_from(offset + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts }
    }

    /// Number of lines (at least 1).
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// Byte offset at which a line (from 1) starts; `None` past the last line.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// The place of a byte offset; offsets past the end give the end.
    pub fn position(&self, text: &str, offset: u32) -> LineColumn {
        let offset = (offset as usize).min(text.len());
        let line = self.starts.partition_point(|start| *start as usize <= offset);
        let start = self.starts.get(line.saturating_sub(1)).map_or(0, |start| *start as usize);
        let column = text.get(start..offset).map_or(0, |before| before.chars().count());
        LineColumn { line: line as u32, column: column as u32 + 1 }
    }

    /// The text of a line (from 1) without its line end.
    pub fn line_text<'a>(&self, text: &'a str, line: u32) -> &'a str {
        let Some(start) = self.line_start(line) else { return "" };
        let end = self.line_start(line + 1).map_or(text.len(), |next| next as usize);
        text.get(start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "a\nüb\n";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 0), LineColumn { line: 1, column: 1 });
        assert_eq!(index.position(text, 2), LineColumn { line: 2, column: 1 });
        assert_eq!(index.position(text, 4), LineColumn { line: 2, column: 2 });
        assert_eq!(index.position(text, 99), LineColumn { line: 3, column: 1 });
        assert_eq!(index.line_text(text, 2), "üb");
    }
}
