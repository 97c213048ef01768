use crate::relation::RelationKind;

/// What a warehouse can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Several operations commit together.
    pub transactional_ddl: bool,
    /// MERGE by key.
    pub merge: bool,
    /// Overwrite by predicate.
    pub replace_where: bool,
    /// Materialized views.
    pub materialized_views: bool,
    /// Privileges.
    pub grants: bool,
    /// A table can become a copy of another without reading its rows.
    pub clones_tables: bool,
    /// Batches of one model may be written at the same time.
    pub concurrent_batches: bool,
    /// Earlier states of a table can be read.
    pub time_travel: bool,
    /// Views are stored queries checked against their inputs.
    pub views_bind_early: bool,
    /// Longest identifier, in bytes.
    pub max_identifier_bytes: usize,
    /// What its tables are kept in, as `file_format` names it; `None` for a database's own storage.
    pub file_format: Option<&'static str>,
    /// Kind a seed's or table's relation has.
    pub table_kind: RelationKind,
}
