//! How a node becomes a relation: pure functions from a [`Request`] (the node, its compiled query,
//! what stands there now) to the [`RelationOp`]s that build it.
//!
//! Nothing here holds a connection; what must be known of the warehouse is handed in, and
//! [`needs_columns`] says beforehand what that is. User-written `{% materialization %}` blocks are
//! not here: they run in `run`.

mod columns;
mod contract;
mod data_test;
mod function;
mod incremental;
mod intervals;
mod materialized_view;
mod microbatch;
mod options;
mod persist_docs;
mod publication;
mod seed;
mod snapshot;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::adapter::Capabilities;
use crate::config::EventWindow;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{Column, IndexSpec, Relation, RelationKind, RelationOp, TableShape};
use crate::resource::{Materialization, Node};

pub use contract::{check_contract, contract_query};
pub use data_test::{DataTestQuery, DataTestVerdict, data_test_query, judge, limited_failures, verdict};
pub use function::build_function;
pub use intervals::{gaps, merged};
pub use materialized_view::configuration_warning;
pub use microbatch::{BatchLimits, BatchSize, batch_size, batches, is_microbatch};
pub use options::{check_file_format, table_options};
pub use persist_docs::{comments, missing_columns};
pub use publication::{Publication, PublishedTable, publication};
pub use seed::{SeedRows, parse_seed};
pub use snapshot::{HardDeletes, SnapshotColumns, SnapshotStrategy, snapshot_columns};
pub use standing::{Standing, changes_in_place};

/// Everything a materialization looks at.
#[derive(Debug)]
pub struct Request<'a> {
    /// The node.
    pub node: &'a Node,
    /// Where it is to stand.
    pub target: &'a Relation,
    /// What stands there now, kind known.
    pub existing: Option<&'a Relation>,
    /// Its compiled SELECT.
    pub query: &'a str,
    /// Whether to build from scratch.
    pub full_refresh: bool,
    /// What the warehouse can do.
    pub capabilities: Capabilities,
    /// Relations of the nodes that foreign keys name, by how the constraints write them.
    pub foreign_keys: &'a HashMap<String, Relation>,
    /// Columns of the existing table, if [`needs_columns`] asked for them.
    pub existing_columns: Option<&'a [Column]>,
    /// Indexes of the existing relation by name, if [`needs_columns`] asked for them.
    pub existing_indexes: Option<&'a [(String, IndexSpec)]>,
    /// Columns of the query, if [`needs_columns`] asked for them.
    pub query_columns: Option<&'a [Column]>,
    /// The event time of the batch, while a microbatch model is built.
    pub batch: Option<EventWindow>,
    /// Whether a macro of the user's writes the rows of an incremental model: what [`build`] gives for
    /// it then only says which columns are written.
    pub strategy_is_macro: bool,
    /// What the project's own macro says of a snapshot's changes, if it has one.
    pub snapshot_strategy: Option<&'a SnapshotStrategy>,
}

impl Request<'_> {
    /// Kind of what stands there now.
    pub fn existing_kind(&self) -> Option<RelationKind> {
        self.existing.and_then(|relation| relation.kind)
    }
}

/// Which columns [`build`] must be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NeededColumns {
    /// Those of the existing table.
    pub existing: bool,
    /// Those of the query.
    pub query: bool,
    /// The existing relation's indexes.
    pub indexes: bool,
}

/// Whether a node changes its existing table instead of replacing it: what `is_incremental()` says.
pub fn is_incremental(node: &Node, existing: Option<&Relation>, full_refresh: bool) -> bool {
    node.config.materialized == Materialization::Incremental
        && existing.is_some_and(|relation| relation.kind == Some(RelationKind::Table))
        && !full_refresh
}

/// What [`build`] will need to know of the warehouse.
pub fn needs_columns(request: &Request<'_>) -> NeededColumns {
    match request.node.config.materialized {
        Materialization::Incremental if is_incremental(request.node, request.existing, request.full_refresh) => {
            NeededColumns { existing: true, query: true, ..NeededColumns::default() }
        }
        Materialization::Snapshot => {
            let exists = request.existing_kind() == Some(RelationKind::Table);
            NeededColumns { existing: exists, query: true, ..NeededColumns::default() }
        }
        Materialization::MaterializedView => NeededColumns {
            indexes: request.existing_kind() == Some(RelationKind::MaterializedView) && !request.full_refresh,
            query: request.node.config.contract_enforced,
            ..NeededColumns::default()
        },
        _ => NeededColumns { query: request.node.config.contract_enforced, ..NeededColumns::default() },
    }
}

/// The operations that build the node, to be applied as one unit.
///
/// # Errors
/// `unknown-materialization`, `schema-changed`, `invalid-value`, `missing-key`, `relation-conflict`.
pub fn build(request: &Request<'_>) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
    let shape = contract::table_shape(request);
    let mut unit: Vec<RelationOp> = request
        .node
        .config
        .text("sql_header")
        .map(|header| RelationOp::Statement(header.to_owned()))
        .into_iter()
        .collect();
    unit.extend(match &request.node.config.materialized {
        Materialization::View => vec![RelationOp::ReplaceView {
            target: request.target.clone(),
            existing: request.existing_kind(),
            query: request.query.to_owned(),
        }],
        Materialization::Table => vec![replace_table(request, shape)],
        Materialization::Incremental => incremental::build(request, shape)?,
        Materialization::MaterializedView => materialized_view::build(request)?,
        Materialization::Snapshot => snapshot::build(request)?,
        other => return Err(Box::new(not_built_here(request.node, other))),
    });
    unit.extend(persist_docs::comments(request.node, request.target));
    Ok(unit)
}

/// The table as a whole, from the query.
pub(crate) fn replace_table(request: &Request<'_>, shape: TableShape) -> RelationOp {
    RelationOp::ReplaceTable {
        target: request.target.clone(),
        existing: request.existing_kind(),
        query: request.query.to_owned(),
        shape,
        options: options::table_options(&request.node.config),
    }
}

fn not_built_here(node: &Node, materialization: &Materialization) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownMaterialization,
        format!("`{}` is to be materialized as `{}`, which does not exist", node.name, materialization.as_str()),
    )
    .at(node.origin.configured(), "")
    .help("known are view, table, incremental, ephemeral, materialized_view")
}
