//! How a node becomes a relation: pure functions from a [`Request`] (the node, its compiled query,
//! what stands there now) to the [`RelationOp`]s that build it.
//!
//! Nothing here holds a connection; what must be known of the warehouse is handed in, and
//! [`needs_columns`] says beforehand what that is. User-written `{% materialization %}` blocks are
//! not here: they run in `run`.

mod data_test;
mod incremental;
mod options;
mod persist_docs;
mod seed;
mod snapshot;
#[cfg(test)]
mod tests;

use crate::adapter::Capabilities;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{Column, Relation, RelationKind, RelationOp, TableShape};
use crate::resource::{Materialization, Node};

pub use data_test::{DataTestQuery, DataTestVerdict, data_test_query, judge, verdict};
pub use seed::{SeedRows, parse_seed};
pub use snapshot::{SnapshotStrategy, snapshot_columns};

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
    /// Columns of the existing table, if [`needs_columns`] asked for them.
    pub existing_columns: Option<&'a [Column]>,
    /// Columns of the query, if [`needs_columns`] asked for them.
    pub query_columns: Option<&'a [Column]>,
    /// Whether a macro of the user's writes the rows of an incremental model: what [`build`] gives for
    /// it then only says which columns are written.
    pub strategy_is_macro: bool,
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
            NeededColumns { existing: true, query: true }
        }
        Materialization::Snapshot => {
            let exists = request.existing_kind() == Some(RelationKind::Table);
            NeededColumns { existing: exists, query: true }
        }
        _ => NeededColumns { existing: false, query: request.node.config.contract_enforced },
    }
}

/// The operations that build the node, to be applied as one unit.
///
/// # Errors
/// `unknown-materialization`, `schema-changed`, `contract-broken`, `invalid-value`,
/// `missing-key`, `relation-conflict`.
pub fn build(request: &Request<'_>) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
    let shape = options::table_shape(request)?;
    let mut unit = match &request.node.config.materialized {
        Materialization::View => vec![RelationOp::ReplaceView {
            target: request.target.clone(),
            existing: request.existing_kind(),
            query: request.query.to_owned(),
        }],
        Materialization::Table => vec![replace_table(request, shape)],
        Materialization::Incremental => incremental::build(request, shape)?,
        Materialization::MaterializedView => vec![materialized_view(request)?],
        Materialization::Snapshot => snapshot::build(request)?,
        other => return Err(Box::new(not_built_here(request.node, other))),
    };
    unit.extend(persist_docs::comments(request));
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

fn materialized_view(request: &Request<'_>) -> Result<RelationOp, Box<Diagnostic>> {
    if !request.capabilities.materialized_views {
        return Err(Box::new(
            Diagnostic::error(
                Code::Unsupported,
                format!("`{}` is a materialized view, which this warehouse does not have", request.node.name),
            )
            .help("materialize it as `table` or `view`"),
        ));
    }
    let unchanged_kind = request.existing_kind() == Some(RelationKind::MaterializedView);
    if unchanged_kind && !request.full_refresh {
        return Ok(RelationOp::Refresh(request.target.clone()));
    }
    Ok(RelationOp::ReplaceMaterializedView {
        target: request.target.clone(),
        existing: request.existing_kind(),
        query: request.query.to_owned(),
        options: options::table_options(&request.node.config),
    })
}

fn not_built_here(node: &Node, materialization: &Materialization) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownMaterialization,
        format!("`{}` is to be materialized as `{}`, which does not exist", node.name, materialization.as_str()),
    )
    .at(node.origin.span, "")
    .help("known are view, table, incremental, ephemeral, materialized_view")
}
