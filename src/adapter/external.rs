//! Source tables that stand outside of the warehouse.

use std::sync::Arc;

use super::{Adapter, AdapterError};
use crate::relation::{Column, Relation};

/// A source table that others keep.
#[derive(Debug, Clone)]
pub struct ExternalSource {
    /// The name queries use.
    pub relation: Relation,
    /// Where its rows are.
    pub place: ExternalPlace,
    /// Described columns with types, if any.
    pub columns: Vec<Column>,
}

/// Where the rows of an external source are: what `external:` says.
#[derive(Debug, Clone)]
pub enum ExternalPlace {
    /// In files.
    Files {
        /// A file, a folder or a glob.
        location: String,
        /// `csv`, `json`, `parquet`, `avro`, `delta`; `None` follows the file's ending.
        format: Option<String>,
        /// Further options as written.
        options: Vec<(String, String)>,
    },
    /// In another warehouse.
    Table(ForeignTable),
}

/// A table of another warehouse.
#[derive(Clone)]
pub struct ForeignTable {
    /// The target's name.
    pub target: String,
    /// The warehouse, or why it cannot be used.
    pub warehouse: Result<Arc<dyn Adapter>, AdapterError>,
    /// The table.
    pub relation: Relation,
}

impl std::fmt::Debug for ForeignTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForeignTable").field("target", &self.target).field("relation", &self.relation).finish()
    }
}
