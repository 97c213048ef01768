use super::columns::{retyped, widened};
use super::{Request, is_incremental, replace_table};
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{AlterColumns, Column, ConflictPolicy, MergeSpec, RelationOp, TableShape};
use crate::resource::{NodeConfig, OnSchemaChange};

/// How new rows meet the existing ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Append,
    DeleteInsert,
    Merge,
    InsertOverwrite,
    Microbatch,
}

/// Replaces the table on the first run and on a full refresh; changes it otherwise.
pub(crate) fn build(request: &Request<'_>, shape: TableShape) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
    // A strategy that does not exist is told of at once, not when the table stands.
    strategy(request, &request.node.config.text_list("unique_key"))?;
    if !is_incremental(request.node, request.existing, request.full_refresh) {
        return Ok(vec![replace_table(request, shape)]);
    }
    let existing = request.existing_columns.unwrap_or_default();
    let found = request.query_columns.unwrap_or_default();
    let change = SchemaChange::between(existing, found);
    let mut unit = Vec::new();
    let columns = target_columns(request, existing, &change, &mut unit)?;
    unit.push(write(request, columns)?);
    Ok(unit)
}

/// The difference between the table's columns and the query's.
#[derive(Debug, Default)]
struct SchemaChange {
    added: Vec<Column>,
    removed: Vec<String>,
    retyped: Vec<Column>,
}

impl SchemaChange {
    fn between(existing: &[Column], found: &[Column]) -> Self {
        let find = |columns: &'_ [Column], name: &str| columns.iter().position(|column| column.name == name);
        Self {
            added: found.iter().filter(|column| find(existing, &column.name).is_none()).cloned().collect(),
            removed: existing
                .iter()
                .filter(|column| find(found, &column.name).is_none())
                .map(|column| column.name.clone())
                .collect(),
            retyped: retyped(existing, found),
        }
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.retyped.is_empty()
    }

    fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for column in &self.added {
            sentences.push(format!("`{}` ({}) is new in the query", column.name, column.data_type));
        }
        for name in &self.removed {
            sentences.push(format!("`{name}` is in the table and no longer in the query"));
        }
        for column in &self.retyped {
            sentences.push(format!(
                "`{}` is {} in the query and of another type in the table",
                column.name, column.data_type
            ));
        }
        sentences
    }
}

/// Adapts the table as `on_schema_change` says and gives the columns to write.
fn target_columns(
    request: &Request<'_>,
    existing: &[Column],
    change: &SchemaChange,
    unit: &mut Vec<RelationOp>,
) -> Result<Vec<String>, Box<Diagnostic>> {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<String>>();
    let mut columns = names(existing);
    let wider = widened(existing, request.query_columns.unwrap_or_default());
    let (add, drop, retype) = match on_schema_change(&request.node.config) {
        OnSchemaChange::Ignore => (Vec::new(), Vec::new(), wider),
        OnSchemaChange::Fail if !change.is_empty() => return Err(Box::new(schema_changed(request, change))),
        OnSchemaChange::Fail => (Vec::new(), Vec::new(), wider),
        OnSchemaChange::AppendNewColumns => (change.added.clone(), Vec::new(), wider),
        OnSchemaChange::SyncAllColumns => {
            let is_retyped = |column: &Column| change.retyped.iter().any(|other| other.name == column.name);
            let wider = wider.into_iter().filter(|column| !is_retyped(column));
            let retype = change.retyped.iter().cloned().chain(wider).collect();
            (change.added.clone(), change.removed.clone(), retype)
        }
    };
    if on_schema_change(&request.node.config) != OnSchemaChange::Ignore {
        columns.extend(names(&change.added));
        columns.retain(|name| !change.removed.contains(name));
    }
    if !(add.is_empty() && drop.is_empty() && retype.is_empty()) {
        unit.push(RelationOp::AlterColumns(AlterColumns { relation: request.target.clone(), add, drop, retype }));
    }
    Ok(columns)
}

fn on_schema_change(config: &NodeConfig) -> OnSchemaChange {
    match config.text("on_schema_change") {
        Some("append_new_columns") => OnSchemaChange::AppendNewColumns,
        Some("sync_all_columns") => OnSchemaChange::SyncAllColumns,
        Some("fail") => OnSchemaChange::Fail,
        _ => OnSchemaChange::Ignore,
    }
}

fn schema_changed(request: &Request<'_>, change: &SchemaChange) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(
        Code::SchemaChanged,
        format!("the columns of `{}` changed, and its `on_schema_change` is `fail`", request.node.name),
    )
    .at(request.node.origin.configured(), "")
    .help("run it with --full-refresh, or set `on_schema_change` to `append_new_columns` or `sync_all_columns`");
    diagnostic.notes = change.sentences();
    diagnostic
}

fn write(request: &Request<'_>, columns: Vec<String>) -> Result<RelationOp, Box<Diagnostic>> {
    let config = &request.node.config;
    // COMPAT: an empty text is no key (dbt 1.11).
    let mut unique_key = config.text_list("unique_key");
    unique_key.retain(|key| !key.trim().is_empty());
    let predicates = match config.text_list("incremental_predicates") {
        none if none.is_empty() => config.text_list("predicates"),
        some => some,
    };
    let target = request.target.clone();
    let query = request.query.to_owned();
    // COMPAT: with a key, a batch is merged as on PostgreSQL (dbt 1.11); without one, its span of event time
    // is replaced.
    let strategy = match strategy(request, &unique_key)? {
        Strategy::Microbatch if !unique_key.is_empty() && request.capabilities.merge => Strategy::Merge,
        other => other,
    };
    Ok(match strategy {
        // COMPAT: without a key nothing matches, and a merge adds all rows (dbt 1.11).
        Strategy::Merge if unique_key.is_empty() => RelationOp::Append { target, columns, query },
        Strategy::Append => RelationOp::Append { target, columns, query },
        Strategy::DeleteInsert => RelationOp::DeleteInsert { target, columns, unique_key, predicates, query },
        Strategy::Merge => {
            let update_columns = merge_update_columns(config, &columns);
            let conflict = ConflictPolicy::Fail;
            RelationOp::Merge(MergeSpec {
                target,
                columns,
                unique_key,
                source_key: None,
                update_columns,
                predicates,
                query,
                conflict,
            })
        }
        Strategy::Microbatch => {
            let predicate = batch_condition(request)?;
            RelationOp::ReplaceWhere { target, columns, predicate, query }
        }
        Strategy::InsertOverwrite => {
            let predicate = predicates.join(" and ");
            if predicate.is_empty() {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::MissingKey,
                        format!("`{}` overwrites by predicate and has no `incremental_predicates`", request.node.name),
                    )
                    .at(request.node.origin.configured(), ""),
                ));
            }
            RelationOp::ReplaceWhere { target, columns, predicate, query }
        }
    })
}

fn strategy(request: &Request<'_>, unique_key: &[String]) -> Result<Strategy, Box<Diagnostic>> {
    let named = request.node.config.text("incremental_strategy");
    Ok(match named {
        Some("append") => Strategy::Append,
        // What is written, and how, is the macro's to say.
        Some(_) if request.strategy_is_macro => Strategy::Append,
        Some("delete+insert") => Strategy::DeleteInsert,
        Some("merge") => Strategy::Merge,
        Some("microbatch") => Strategy::Microbatch,
        Some("insert_overwrite") if request.capabilities.replace_where => Strategy::InsertOverwrite,
        None | Some("default") if unique_key.is_empty() => Strategy::Append,
        // Where several statements cannot commit together, a merge is the one atomic way.
        None | Some("default") if request.capabilities.transactional_ddl => Strategy::DeleteInsert,
        None | Some("default") => Strategy::Merge,
        Some(other) => {
            return Err(Box::new(
                Diagnostic::error(
                    Code::InvalidValue,
                    // COMPAT: dbt looks for a macro of such a name (dbt 1.11).
                    format!(
                        "dbt could not find an incremental strategy macro with the name \
                         \"get_incremental_{}_sql\" in {}",
                        other.replace('+', "_"),
                        request.node.package
                    ),
                )
                .at(request.node.origin.configured(), "")
                .note(format!("`{}` has the incremental strategy `{other}`", request.node.name))
                .help("use `append`, `delete+insert` or `merge`, or write that macro"),
            ));
        }
    })
}

/// The condition that a row of the table lies in the batch.
fn batch_condition(request: &Request<'_>) -> Result<String, Box<Diagnostic>> {
    let (Some(batch), Some(column)) = (request.batch, request.node.config.text("event_time")) else {
        // COMPAT: dbt's sentence (dbt 1.11).
        let message = format!(
            "Microbatch model '{}' must provide an 'event_time' (string) config that indicates the name of the event \
             time column.",
            request.node.name
        );
        return Err(Box::new(
            Diagnostic::error(Code::MissingKey, message)
                .at(request.node.origin.span, "")
                .help("add `event_time` to its config, or a `unique_key`"),
        ));
    };
    Ok(batch.condition(column))
}

fn merge_update_columns(config: &NodeConfig, columns: &[String]) -> Option<Vec<String>> {
    let only = config.text_list("merge_update_columns");
    if !only.is_empty() {
        return Some(only);
    }
    let except = config.text_list("merge_exclude_columns");
    if except.is_empty() {
        return None;
    }
    Some(
        columns
            .iter()
            .filter(|name| !except.iter().any(|left_out| left_out.eq_ignore_ascii_case(name)))
            .cloned()
            .collect(),
    )
}
