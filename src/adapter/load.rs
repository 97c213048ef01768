use std::ops::Range;

use crate::relation::{Column, Relation};

/// Rows as text, ready to be loaded into a table.
#[derive(Debug)]
pub struct Load<'a> {
    /// The table; it exists and has `columns`.
    pub target: &'a Relation,
    /// Columns with their types, in the order of the rows' fields.
    pub columns: &'a [Column],
    /// The rows, with a field for each column.
    pub rows: &'a TextRows,
}

/// Rows of text fields, one after the other in one text: a field costs its bytes and four more,
/// however many there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextRows {
    width: usize,
    text: String,
    /// Where each row starts in the text.
    starts: Vec<usize>,
    /// Where each field ends, from the start of its row; with [`NULL`] if it is NULL.
    ends: Vec<u32>,
}

/// Marks the end of a field that is NULL.
const NULL: u32 = 1 << 31;

impl TextRows {
    /// No rows yet, of so many fields each.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds a row's fields, one for each column; `None` is NULL.
    ///
    /// # Errors
    /// For a row of more text than two gigabytes.
    pub fn push<'a>(&mut self, fields: impl IntoIterator<Item = Option<&'a str>>) -> Result<(), RowTooLarge> {
        let start = self.text.len();
        self.starts.push(start);
        for field in fields {
            self.text.push_str(field.unwrap_or_default());
            self.end_field(start, field.is_none())?;
        }
        Ok(())
    }

    fn end_field(&mut self, start: usize, is_null: bool) -> Result<(), RowTooLarge> {
        let end = u32::try_from(self.text.len() - start).ok().filter(|end| *end < NULL).ok_or(RowTooLarge)?;
        self.ends.push(if is_null { end | NULL } else { end });
        Ok(())
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Takes all rows away.
    pub fn clear(&mut self) {
        *self = Self::new(self.width);
    }

    /// A field; `None` is NULL.
    pub fn field(&self, row: usize, column: usize) -> Option<&str> {
        let at = row * self.width + column;
        let end = self.ends.get(at).copied().filter(|end| end & NULL == 0)?;
        let before = if column == 0 { 0 } else { self.ends[at - 1] & !NULL };
        let start = *self.starts.get(row)?;
        self.text.get(start + before as usize..start + end as usize)
    }

    /// The fields of a row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Option<&str>> {
        (0..self.width).map(move |column| self.field(row, column))
    }

    /// The fields of a column, from the first row to the last.
    pub fn column(&self, column: usize) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(move |row| self.field(row, column))
    }

    /// Leaves a part of every field, or NULL.
    pub fn narrow(&mut self, part: impl Fn(usize, &str) -> Option<Range<usize>>) {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        let mut kept = 0;
        for (row, fields) in self.ends.chunks_mut(self.width.max(1)).enumerate() {
            let (from, to) = (self.starts[row], kept);
            let mut before = 0;
            for (column, field) in fields.iter_mut().enumerate() {
                let (end, was_null) = ((*field & !NULL) as usize, *field & NULL != 0);
                let text = std::str::from_utf8(&bytes[from + before..from + end]).unwrap_or_default();
                let left = if was_null { None } else { part(column, text) };
                let span = left.clone().unwrap_or(0..0);
                bytes.copy_within(from + before + span.start..from + before + span.end, kept);
                kept += span.len();
                // What is left is no longer than it was.
                let new_end = u32::try_from(kept - to).unwrap_or(NULL - 1);
                *field = if left.is_none() { new_end | NULL } else { new_end };
                before = end;
            }
            self.starts[row] = to;
        }
        bytes.truncate(kept);
        self.text = String::from_utf8(bytes).unwrap_or_default();
    }
}

/// A row has too much text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row has more than two gigabytes of text")]
pub struct RowTooLarge;

impl<'a> FromIterator<Vec<Option<&'a str>>> for TextRows {
    fn from_iter<T: IntoIterator<Item = Vec<Option<&'a str>>>>(rows: T) -> Self {
        let mut all = Self::default();
        for row in rows {
            all.width = row.len();
            // Such a row is not written out in a program.
            let _ = all.push(row);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_narrowed() {
        let mut rows: TextRows = [vec![Some(" ü "), None], vec![Some(""), Some("b ")]].into_iter().collect();
        assert_eq!((rows.len(), rows.field(0, 0), rows.field(0, 1)), (2, Some(" ü "), None));
        rows.narrow(|column, field| match (column, field.len()) {
            (0, 0) => None,
            (0, length) => Some(1..length - 1),
            (_, length) => Some(0..length),
        });
        assert_eq!(rows.row(0).collect::<Vec<_>>(), [Some("ü"), None]);
        assert_eq!(rows.row(1).collect::<Vec<_>>(), [None, Some("b ")]);
        assert_eq!(rows.column(0).collect::<Vec<_>>(), [Some("ü"), None]);
        assert_eq!(rows.field(2, 0), None);
        rows.clear();
        assert!(rows.is_empty());
    }
}
