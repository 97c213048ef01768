//! Rows of characters, each with its tone: where marks and connectors under a source line are drawn.

use super::Tone;

/// One row, drawn at any column, read from left to right.
#[derive(Debug, Default)]
pub(super) struct Row {
    cells: Vec<(char, Tone)>,
}

impl Row {
    /// Draws `text` from `column`, over what stands there.
    pub(super) fn put(&mut self, column: usize, text: &str, tone: Tone) {
        for (offset, character) in text.chars().enumerate() {
            self.put_char(column + offset, character, tone);
        }
    }

    /// Draws one character.
    pub(super) fn put_char(&mut self, column: usize, character: char, tone: Tone) {
        if self.cells.len() <= column {
            self.cells.resize(column + 1, (' ', Tone::Plain));
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = (character, tone);
        }
    }

    /// Draws `character` over `columns`.
    pub(super) fn fill(&mut self, columns: std::ops::Range<usize>, character: char, tone: Tone) {
        for column in columns {
            self.put_char(column, character, tone);
        }
    }

    /// Columns up to the last one that is not blank.
    pub(super) fn width(&self) -> usize {
        self.cells.iter().rposition(|(character, _)| *character != ' ').map_or(0, |last| last + 1)
    }

    /// The row as text without trailing blanks.
    pub(super) fn write(&self, out: &mut String, colored: bool) {
        let mut rest = self.cells.get(..self.width()).unwrap_or_default();
        while let Some((_, tone)) = rest.first() {
            let run = rest.iter().take_while(|(_, other)| other == tone).count();
            let (same, after) = rest.split_at(run);
            let text: String = same.iter().map(|(character, _)| *character).collect();
            tone.write(out, &text, colored);
            rest = after;
        }
    }
}
