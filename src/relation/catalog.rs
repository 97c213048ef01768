//! A relation as `docs generate` shows it.

use super::{Column, Relation};

/// How large a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationSize {
    /// The table.
    pub relation: Relation,
    /// Rows, where the warehouse knows them without counting.
    pub rows: Option<u64>,
    /// Bytes of storage.
    pub bytes: u64,
}

/// One relation of `docs generate`.
#[derive(Debug, Clone)]
pub struct CatalogRelation {
    /// The relation, kind set.
    pub relation: Relation,
    /// Warehouse's own word for its kind (`BASE TABLE`, `VIEW`).
    pub table_type: String,
    /// Stored comment.
    pub comment: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Statistics: id, label, value, description.
    pub stats: Vec<(String, String, serde_json::Value, String)>,
}
