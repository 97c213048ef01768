//! Lines of one file with the marks of its labels.
//!
//! Labels within a line are underlined, `^^^` for the primary one and `---` for the others; the words
//! of the rightmost stand beside its mark, those of the others hang below theirs. A label over
//! several lines is a bracket in the left margin:
//!
//! ```text
//!  2 | / select *
//!  3 | | from a
//!    | |______^ words
//! ```

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::canvas::Row;
use super::source_line::SourceLine;
use super::{Style, Tone};
use crate::source::SourceFile;

/// Lines shown at the start and at the end of a label over many lines.
const EDGE_LINES: u32 = 3;

/// One label, placed.
#[derive(Debug)]
pub(super) struct Mark {
    lines: std::ops::RangeInclusive<u32>,
    /// Byte of the first line where it starts, and of the last line where it ends.
    bytes: Range<usize>,
    text: String,
    tone: Tone,
}

impl Mark {
    /// A mark over a byte range of the file.
    pub(super) fn new(file: &SourceFile, range: Range<usize>, text: String, tone: Tone) -> Self {
        let offset = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        let first = file.position(offset(range.start)).line;
        let last = file.position(offset(range.end)).line;
        let within = |byte: usize, line: u32| byte - file.lines().line_start(line).map_or(0, |start| start as usize);
        Self { lines: first..=last, bytes: within(range.start, first)..within(range.end, last), text, tone }
    }

    fn is_within_a_line(&self) -> bool {
        self.lines.start() == self.lines.end()
    }

    const fn character(&self) -> char {
        match self.tone {
            Tone::Severity(_) => '^',
            _ => '-',
        }
    }
}

/// The marks of one file.
#[derive(Debug)]
pub(super) struct Snippet {
    /// The file.
    pub(super) file: Arc<SourceFile>,
    /// Its marks; the first one names the place.
    pub(super) marks: Vec<Mark>,
}

impl Snippet {
    /// The greatest line number shown.
    pub(super) fn last_line(&self) -> u32 {
        self.marks.iter().map(|mark| *mark.lines.end()).max().unwrap_or(1)
    }

    /// Appends `--> path:line:column` and the marked lines.
    pub(super) fn write(&self, out: &mut String, arrow: &str, gutter: usize, style: Style) {
        let Some(first) = self.marks.first() else { return };
        let column = self.character_column(first);
        out.push_str(&" ".repeat(gutter + 1));
        Tone::Frame.write(out, arrow, style.colored);
        out.push_str(&format!(" {}:{}:{column}\n", self.file.display, first.lines.start()));
        if self.file.text.is_empty() {
            return;
        }
        let mut page = Page { out, gutter, margin: 2 * self.brackets().count(), style };
        page.frame("|");
        let mut previous: Option<u32> = None;
        for line in self.shown_lines() {
            if previous.is_some_and(|previous| previous + 1 < line) {
                page.gap(&self.open_brackets(line));
            }
            self.write_line(&mut page, line);
            previous = Some(line);
        }
    }

    fn character_column(&self, mark: &Mark) -> usize {
        let line = self.file.lines().line_text(&self.file.text, *mark.lines.start());
        line.get(..mark.bytes.start).map_or(0, |before| before.chars().count()) + 1
    }

    fn brackets(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(|mark| !mark.is_within_a_line())
    }

    /// Margin column and tone of every bracket that is open on a line.
    fn open_brackets(&self, line: u32) -> Vec<(usize, Tone)> {
        let open = |mark: &Mark| *mark.lines.start() < line && line <= *mark.lines.end();
        self.brackets().enumerate().filter(|(_, mark)| open(mark)).map(|(index, mark)| (2 * index, mark.tone)).collect()
    }

    /// The lines worth showing, ascending; a gap of a single line is filled.
    fn shown_lines(&self) -> Vec<u32> {
        let mut wanted = BTreeMap::new();
        for mark in &self.marks {
            let (first, last) = (*mark.lines.start(), *mark.lines.end());
            for line in (first..=last).take(EDGE_LINES as usize) {
                wanted.insert(line, ());
            }
            for line in last.saturating_sub(EDGE_LINES - 1).max(first)..=last {
                wanted.insert(line, ());
            }
        }
        let mut lines: Vec<u32> = Vec::with_capacity(wanted.len());
        for line in wanted.into_keys() {
            if lines.last().is_some_and(|last| last + 2 == line) {
                lines.push(line - 1);
            }
            lines.push(line);
        }
        lines
    }

    fn write_line(&self, page: &mut Page<'_>, line: u32) {
        let text = self.file.lines().line_text(&self.file.text, line);
        let here: Vec<&Mark> =
            self.marks.iter().filter(|mark| mark.is_within_a_line() && *mark.lines.start() == line).collect();
        let laid_out = SourceLine::new(text, page.room(), self.focus(line));
        let mut margin = Row::default();
        for (column, tone) in self.open_brackets(line) {
            margin.put_char(column, '|', tone);
        }
        let mut hanging_starts = Vec::new();
        for (index, mark) in self.brackets().enumerate().filter(|(_, mark)| *mark.lines.start() == line) {
            if text.get(..mark.bytes.start).is_some_and(|before| before.trim().is_empty()) {
                margin.put_char(2 * index, '/', mark.tone);
            } else {
                hanging_starts.push((2 * index, mark));
            }
        }
        page.source(line, &margin, &laid_out.text);
        self.write_marks(page, line, &laid_out, here);
        for (column, mark) in hanging_starts {
            let mut row = self.margin_row(line);
            bracket_arm(&mut row, column, page.margin + laid_out.column(mark.bytes.start), mark);
            page.row(&row);
        }
        self.write_bracket_ends(page, line, &laid_out);
    }

    fn margin_row(&self, line: u32) -> Row {
        let mut row = Row::default();
        for (column, tone) in self.open_brackets(line) {
            row.put_char(column, '|', tone);
        }
        row
    }

    fn write_bracket_ends(&self, page: &mut Page<'_>, line: u32, laid_out: &SourceLine) {
        let mut closed = Vec::new();
        for (index, mark) in self.brackets().enumerate().filter(|(_, mark)| *mark.lines.end() == line) {
            let mut row = self.margin_row(line);
            for column in &closed {
                row.put_char(*column, ' ', Tone::Plain);
            }
            row.put_char(2 * index, '|', mark.tone);
            let end = page.margin + laid_out.column(mark.bytes.end).saturating_sub(1);
            bracket_arm(&mut row, 2 * index, end, mark);
            row.put(end + 2, &one_line(&mark.text), mark.tone);
            page.row(&row);
            closed.push(2 * index);
        }
    }

    /// The bytes of a line that must stay visible when it is cut.
    fn focus(&self, line: u32) -> Option<Range<usize>> {
        let within = self.marks.iter().filter(|mark| mark.is_within_a_line() && *mark.lines.start() == line);
        let ranges = within.map(|mark| mark.bytes.clone());
        let ends = self.brackets().filter(|mark| *mark.lines.end() == line).map(|mark| mark.bytes.end..mark.bytes.end);
        ranges.chain(ends).reduce(|left, right| left.start.min(right.start)..left.end.max(right.end))
    }

    /// The row of underlines, then the words that did not fit beside theirs.
    fn write_marks(&self, page: &mut Page<'_>, line: u32, laid_out: &SourceLine, mut marks: Vec<&Mark>) {
        if marks.is_empty() {
            return;
        }
        marks.sort_by_key(|mark| mark.bytes.start);
        let columns = |mark: &Mark| {
            let start = page.margin + laid_out.column(mark.bytes.start);
            start..(page.margin + laid_out.column(mark.bytes.end)).max(start + 1)
        };
        let mut placed: Vec<(Range<usize>, &Mark)> = marks.into_iter().map(|mark| (columns(mark), mark)).collect();
        let mut row = self.margin_row(line);
        // Drawn last, the primary label's mark stays whole where labels overlap.
        for (range, mark) in placed.iter().filter(|(_, mark)| mark.character() == '-') {
            row.fill(range.clone(), '-', mark.tone);
        }
        for (range, mark) in placed.iter().filter(|(_, mark)| mark.character() == '^') {
            row.fill(range.clone(), '^', mark.tone);
        }
        let reach = placed.iter().map(|(range, _)| range.end).max().unwrap_or(0);
        if let Some((range, last)) = placed.pop_if(|(range, _)| range.end == reach) {
            row.put(range.end + 1, &one_line(&last.text), last.tone);
        }
        page.row(&row);
        placed.retain(|(_, mark)| !mark.text.is_empty());
        self.write_hanging(page, line, placed);
    }

    /// Words below their marks, the rightmost first, so that no connector crosses words.
    fn write_hanging(&self, page: &mut Page<'_>, line: u32, mut placed: Vec<(Range<usize>, &Mark)>) {
        let connect = |row: &mut Row, placed: &[(Range<usize>, &Mark)]| {
            for (range, mark) in placed {
                row.put_char(range.start, '|', mark.tone);
            }
        };
        if !placed.is_empty() {
            let mut row = self.margin_row(line);
            connect(&mut row, &placed);
            page.row(&row);
        }
        while let Some((range, mark)) = placed.pop() {
            let mut row = self.margin_row(line);
            connect(&mut row, &placed);
            row.put(range.start, &one_line(&mark.text), mark.tone);
            page.row(&row);
        }
    }
}

/// Draws `|____^` from a bracket's margin column to the column it points at.
fn bracket_arm(row: &mut Row, from: usize, to: usize, mark: &Mark) {
    row.fill(from + 1..to, '_', mark.tone);
    row.put_char(to, mark.character(), mark.tone);
}

/// Words beside a mark keep to one line.
fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

/// Where a snippet's lines are written to.
struct Page<'a> {
    out: &'a mut String,
    /// Digits of the greatest line number.
    gutter: usize,
    /// Columns reserved for brackets.
    margin: usize,
    style: Style,
}

impl Page<'_> {
    /// Columns left for the text of a source line.
    fn room(&self) -> usize {
        self.style.width.saturating_sub(self.gutter + 4 + self.margin).max(20)
    }

    fn frame(&mut self, text: &str) {
        self.out.push_str(&" ".repeat(self.gutter + 2));
        Tone::Frame.write(self.out, text, self.style.colored);
        self.out.push('\n');
    }

    fn gap(&mut self, open: &[(usize, Tone)]) {
        Tone::Frame.write(self.out, "...", self.style.colored);
        let mut row = Row::default();
        for (column, tone) in open {
            row.put_char(self.gutter + 1 + column, '|', *tone);
        }
        row.write(self.out, self.style.colored);
        self.out.push('\n');
    }

    fn source(&mut self, line: u32, margin: &Row, text: &str) {
        let number = format!(" {line:>width$} |", width = self.gutter);
        Tone::Frame.write(self.out, &number, self.style.colored);
        let before = self.out.len();
        if self.margin > 0 {
            self.out.push(' ');
            let mut drawn = String::new();
            margin.write(&mut drawn, self.style.colored);
            self.out.push_str(&drawn);
            self.out.push_str(&" ".repeat(self.margin.saturating_sub(margin.width())));
        } else if !text.is_empty() {
            self.out.push(' ');
        }
        self.out.push_str(text);
        let kept = self.out.trim_end().len().max(before);
        self.out.truncate(kept);
        self.out.push('\n');
    }

    fn row(&mut self, row: &Row) {
        self.out.push_str(&" ".repeat(self.gutter + 2));
        Tone::Frame.write(self.out, "|", self.style.colored);
        self.out.push(' ');
        row.write(self.out, self.style.colored);
        self.out.push('\n');
    }
}
