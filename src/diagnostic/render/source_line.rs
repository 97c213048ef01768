//! One source line as it is displayed: tabs spread, wide characters counted, long lines cut.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// Columns a tab takes.
const TAB: usize = 4;
/// Stands for what was cut away.
const ELLIPSIS: &str = "...";
/// Columns kept visible before a label when a line is cut.
const LEAD: usize = 16;

/// A displayed line that knows the column of each of its bytes.
#[derive(Debug)]
pub(super) struct SourceLine {
    /// What is shown.
    pub(super) text: String,
    /// Display column of every byte of the original line, and of its end.
    columns: Vec<usize>,
    /// Columns before this one are cut away.
    cut: usize,
    /// Columns that stand for those.
    lead: usize,
}

impl SourceLine {
    /// Lays a line out; if it is wider than `width`, keeps the part around the bytes in `focus`.
    pub(super) fn new(line: &str, width: usize, focus: Option<Range<usize>>) -> Self {
        let mut text = String::with_capacity(line.len());
        let mut columns = Vec::with_capacity(line.len() + 1);
        let mut column = 0;
        for character in line.chars() {
            columns.extend(std::iter::repeat_n(column, character.len_utf8()));
            column += push_displayed(&mut text, character);
        }
        columns.push(column);
        let whole = Self { text, columns, cut: 0, lead: 0 };
        if column > width { whole.cut_around(width, focus) } else { whole }
    }

    /// The display column of a byte of the line; the end for bytes past it.
    pub(super) fn column(&self, byte: usize) -> usize {
        let column = self.columns.get(byte).or(self.columns.last()).copied().unwrap_or(0);
        (column + self.lead).saturating_sub(self.cut)
    }

    fn cut_around(self, width: usize, focus: Option<Range<usize>>) -> Self {
        let focus = focus.map_or(0..0, |bytes| self.column(bytes.start)..self.column(bytes.end));
        let room = width.saturating_sub(2 * ELLIPSIS.len()).max(1);
        let start = if focus.end <= room { 0 } else { focus.start.saturating_sub(LEAD) };
        let end = start + room;
        let mut text = if start > 0 { ELLIPSIS.to_owned() } else { String::new() };
        let mut column = 0;
        for character in self.text.chars() {
            let next = column + character.width().unwrap_or(0);
            if column >= start && next <= end {
                text.push(character);
            } else if column < start && next > start {
                // A wide character cut in the middle leaves a blank, so that columns still agree.
                text.push(' ');
            }
            column = next;
        }
        if column > end {
            text.push_str(ELLIPSIS);
        }
        let lead = if start > 0 { ELLIPSIS.len() } else { 0 };
        Self { text, columns: self.columns, cut: start, lead }
    }
}

/// Appends what a terminal should show for a character; gives its width.
fn push_displayed(text: &mut String, character: char) -> usize {
    match character {
        '\t' => {
            text.push_str("    ");
            TAB
        }
        // A control character could move the cursor or change colours: its place is shown instead.
        character if character.is_control() => {
            text.push('\u{fffd}');
            1
        }
        character => {
            text.push(character);
            character.width().unwrap_or(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_and_wide_characters_take_their_columns() {
        let line = SourceLine::new("\tか = 'é'", 80, None);
        assert_eq!(line.text, "    か = 'é'");
        assert_eq!(line.column(1), 4);
        assert_eq!(line.column(4), 6);
        assert_eq!(line.column(999), 12);
    }

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let long = format!("select {} as wrong, {} from t", "a, ".repeat(40), "b, ".repeat(40));
        let start = long.find("wrong").unwrap();
        let line = SourceLine::new(&long, 60, Some(start..start + 5));
        assert_eq!(line.text, "...a, a, a, a,  as wrong, b, b, b, b, b, b, b, b, b, b, b...");
        assert_eq!(line.text.get(line.column(start)..).map(|rest| &rest[..5]), Some("wrong"));
    }
}
