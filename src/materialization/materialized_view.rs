//! Materialized views, and what becomes of one whose configuration has changed.

use super::{Request, options};
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{IndexSpec, RelationKind, RelationOp};

/// Replaces the view, brings its rows up to date, or follows its changed indexes.
pub(crate) fn build(request: &Request<'_>) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
    if !request.capabilities.materialized_views {
        return Err(Box::new(
            Diagnostic::error(
                Code::Unsupported,
                format!("`{}` is a materialized view, which this warehouse does not have", request.node.name),
            )
            .help("materialize it as `table` or `view`"),
        ));
    }
    let stays = request.existing_kind() == Some(RelationKind::MaterializedView) && !request.full_refresh;
    if !stays {
        return Ok(vec![RelationOp::ReplaceMaterializedView {
            target: request.target.clone(),
            existing: request.existing_kind(),
            query: request.query.to_owned(),
            options: options::table_options(&request.node.config),
        }]);
    }
    let refresh = RelationOp::Refresh(request.target.clone());
    let Some(change) = index_change(request) else { return Ok(vec![refresh]) };
    match request.node.config.text("on_configuration_change") {
        // COMPAT: a view whose configuration changes is not refreshed (dbt 1.11).
        None | Some("apply") => Ok(vec![change]),
        Some("continue") => Ok(Vec::new()),
        Some("fail") => Err(Box::new(changed(request).at(request.node.origin.span, ""))),
        Some(other) => Err(Box::new(
            Diagnostic::error(
                Code::InvalidValue,
                format!("`on_configuration_change` of `{}` is `{other}`", request.node.name),
            )
            .at(request.node.origin.span, "")
            .help("use `apply`, `continue` or `fail`"),
        )),
    }
}

/// What is to be said of a changed configuration that is left alone.
pub fn configuration_warning(request: &Request<'_>) -> Option<Diagnostic> {
    let continues = request.node.config.text("on_configuration_change") == Some("continue");
    (continues && index_change(request).is_some()).then(|| {
        // COMPAT: dbt's sentence (dbt 1.11).
        let message = format!(
            "Configuration changes were identified and `on_configuration_change` was set to `continue` for `{}`",
            request.target
        );
        Diagnostic::warning(Code::SchemaChanged, message).at(request.node.origin.span, "")
    })
}

/// COMPAT: dbt's sentence (dbt 1.11).
fn changed(request: &Request<'_>) -> Diagnostic {
    let message = format!(
        "Configuration changes were identified and `on_configuration_change` was set to `fail` for `{}`",
        request.target
    );
    Diagnostic::error(Code::SchemaChanged, message)
        .help("set `on_configuration_change` to `apply`, or run it with --full-refresh")
}

/// Indexes that are there and not configured, and the other way round; `None` when they agree.
fn index_change(request: &Request<'_>) -> Option<RelationOp> {
    let existing = request.existing_indexes?;
    let wanted = options::table_options(&request.node.config).indexes;
    let drop: Vec<String> = existing
        .iter()
        .filter(|(_, index)| !wanted.iter().any(|other| same(index, other)))
        .map(|(name, _)| name.clone())
        .collect();
    let create: Vec<IndexSpec> =
        wanted.into_iter().filter(|index| !existing.iter().any(|(_, other)| same(index, other))).collect();
    let changes = !(drop.is_empty() && create.is_empty());
    changes.then(|| RelationOp::AlterIndexes { relation: request.target.clone(), drop, create })
}

/// COMPAT: columns in any order and case; without a method it is a tree (dbt 1.11).
fn same(one: &IndexSpec, other: &IndexSpec) -> bool {
    let columns = |index: &IndexSpec| {
        let mut columns: Vec<String> = index.columns.iter().map(|column| column.to_ascii_lowercase()).collect();
        columns.sort_unstable();
        columns
    };
    let method = |index: &IndexSpec| index.method.clone().unwrap_or_else(|| "btree".to_owned());
    one.unique == other.unique && method(one) == method(other) && columns(one) == columns(other)
}
