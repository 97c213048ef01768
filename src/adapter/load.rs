use crate::relation::{Column, Relation};

/// Rows as text, ready to be loaded into a table.
#[derive(Debug)]
pub struct Load<'a> {
    /// The table; it exists and has `columns`.
    pub target: &'a Relation,
    /// Columns with their types, in the order of the rows' fields.
    pub columns: &'a [Column],
    /// One list per row, one field per column; `None` is NULL.
    pub rows: &'a [Vec<Option<String>>],
}
