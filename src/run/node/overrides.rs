//! Built-in macros that the project or a package overrides, honoured by the engine's own way to build:
//! the macro's text becomes the statement in place of the operation, everything around it stays.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Work, lost};
use crate::compile::CompileOptions;
use crate::diagnostic::Diagnostic;
use crate::jinja::{column_argument, relation_argument};
use crate::relation::{AlterColumns, Column, Relation, RelationKind, RelationOp};
use crate::resource::{Materialization, UniqueId};

/// A part of a node's build.
pub(super) enum Step {
    /// Operations, applied together.
    Apply(Vec<RelationOp>),
    /// A macro of the user's that does its work itself, with its arguments.
    Call(&'static str, Vec<Value>),
}

impl Step {
    /// Its operations; those of a macro are not known.
    pub(super) fn ops(&self) -> &[RelationOp] {
        match self {
            Self::Apply(unit) => unit,
            Self::Call(..) => &[],
        }
    }
}

/// Macros whose text creates a table.
const TABLE: &[&str] = &[
    "get_create_table_as_sql",
    "create_table_as",
    "get_table_columns_and_constraints",
    "get_select_subquery",
    "get_column_names",
    "get_assert_columns_equivalent",
];
const VIEW: &[&str] = &["get_create_view_as_sql", "create_view_as"];
const MATERIALIZED_VIEW: &[&str] = &["get_create_materialized_view_as_sql"];
const INDEXES: &[&str] = &["create_indexes", "get_create_index_sql"];
const DOCS: &[&str] = &["persist_docs", "alter_relation_comment", "alter_column_comment", "validate_doc_columns"];
const GRANTS: &[&str] = &[
    "apply_grants",
    "get_grant_sql",
    "get_revoke_sql",
    "get_dcl_statement_list",
    "call_dcl_statements",
    "support_multiple_grantees_per_dcl_statement",
];
const COLUMNS: &[&str] = &["alter_relation_add_remove_columns", "alter_column_type"];
const APPEND: &[&str] = &["get_incremental_append_sql", "get_insert_into_sql"];
const DELETE_INSERT: &[&str] = &["get_incremental_delete_insert_sql", "get_delete_insert_merge_sql"];
const MERGE: &[&str] =
    &["get_incremental_merge_sql", "get_merge_sql", "get_merge_update_columns", "get_merge_unique_key_match"];

/// Macros that stage and merge a snapshot's changes in dbt's way.
const SNAPSHOT: &[&str] = &[
    "snapshot_staging_table",
    "build_snapshot_staging_table",
    "build_snapshot_table",
    "snapshot_merge_sql",
    "create_columns",
    "post_snapshot",
    "get_dbt_valid_to_current",
    "unique_key_fields",
    "unique_key_join_on",
];

/// Macros that make and fill a seed's table in dbt's way.
const SEED: &[&str] = &["create_csv_table", "reset_csv_table", "load_csv_rows", "get_csv_sql", "get_binding_char"];

/// The relations and columns at hand when a macro is asked for a statement.
struct Made<'a> {
    steps: Vec<Step>,
    columns: &'a [Column],
}

impl Made<'_> {
    fn op(&mut self, op: RelationOp) {
        match self.steps.last_mut() {
            Some(Step::Apply(unit)) => unit.push(op),
            _ => self.steps.push(Step::Apply(vec![op])),
        }
    }
}

impl Work<'_> {
    /// A unit with the user's own macros in place of the operations they override.
    pub(super) async fn with_overrides(
        &self,
        unit: Vec<RelationOp>,
        columns: &[Column],
    ) -> Result<Vec<Step>, Box<Diagnostic>> {
        let mut made = Made { steps: Vec::new(), columns };
        for op in unit {
            self.put(op, &mut made).await?;
        }
        Ok(made.steps)
    }

    async fn put(&self, op: RelationOp, made: &mut Made<'_>) -> Result<(), Box<Diagnostic>> {
        match op {
            RelationOp::ReplaceTable { .. } => self.put_table(op, made).await?,
            RelationOp::ReplaceView { target, existing, query } if self.overrides(VIEW) => {
                let beside = self.beside(&target, RelationKind::View);
                let args = vec![relation_argument(&beside), query.into()];
                made.op(RelationOp::Statement(self.text_of("get_create_view_as_sql", args).await?));
                let (kind, indexes) = (RelationKind::View, Vec::new());
                made.op(RelationOp::PutInPlace { from: beside, target, existing, kind, indexes });
            }
            RelationOp::ReplaceMaterializedView { target, existing, query, .. }
                if self.overrides(MATERIALIZED_VIEW) =>
            {
                let beside = self.beside(&target, RelationKind::MaterializedView);
                let args = vec![relation_argument(&beside), query.into()];
                made.op(RelationOp::Statement(self.text_of("get_create_materialized_view_as_sql", args).await?));
                let (kind, indexes) = (RelationKind::MaterializedView, Vec::new());
                made.op(RelationOp::PutInPlace { from: beside, target, existing, kind, indexes });
            }
            RelationOp::Append { .. }
            | RelationOp::DeleteInsert { .. }
            | RelationOp::Merge(_)
            | RelationOp::ReplaceWhere { .. }
                if self.strategy_is_overridden() =>
            {
                self.put_rows(op, made).await?;
            }
            RelationOp::Comment { relation, .. } if self.overrides(DOCS) => {
                let model = Value::Object(crate::artifacts::jinja_model(self.node));
                made.steps.push(Step::Call("persist_docs", vec![self.argument(&relation), model]));
            }
            RelationOp::Grant(change) if self.overrides(GRANTS) => {
                let wanted = json!(self.node.config.grants);
                let args = vec![self.argument(&change.relation), wanted, Value::Bool(!change.revoke.is_empty())];
                made.steps.push(Step::Call("apply_grants", args));
            }
            RelationOp::AlterColumns(change) if self.overrides(COLUMNS) => self.put_columns(&change, made),
            other => made.op(other),
        }
        Ok(())
    }

    /// New, dropped and changed columns, by the macros for each.
    fn put_columns(&self, change: &AlterColumns, made: &mut Made<'_>) {
        let relation = self.argument(&change.relation);
        let dropped = |name: &String| column_argument(&Column::new(name.clone(), "text"));
        let added: Vec<Value> = change.add.iter().map(column_argument).collect();
        let dropped: Vec<Value> = change.drop.iter().map(dropped).collect();
        if !(added.is_empty() && dropped.is_empty()) {
            let args = vec![relation.clone(), Value::Array(added), Value::Array(dropped)];
            made.steps.push(Step::Call("alter_relation_add_remove_columns", args));
        }
        for column in &change.retype {
            let args = vec![relation.clone(), json!(column.name), json!(column.data_type)];
            made.steps.push(Step::Call("alter_column_type", args));
        }
    }

    /// A table, and indexes on it.
    async fn put_table(&self, op: RelationOp, made: &mut Made<'_>) -> Result<(), Box<Diagnostic>> {
        let RelationOp::ReplaceTable { target, existing, query, shape, mut options } = op else { return Ok(()) };
        let own_indexes = self.overrides(INDEXES) && !options.indexes.is_empty();
        if own_indexes {
            options.indexes.clear();
        }
        let args = vec![relation_argument(&target.clone().with_kind(RelationKind::Table))];
        if self.overrides(TABLE) {
            let beside = self.beside(&target, RelationKind::Table);
            let args = vec![Value::Bool(false), relation_argument(&beside), query.into()];
            made.op(RelationOp::Statement(self.text_of("get_create_table_as_sql", args).await?));
            let (kind, indexes) = (RelationKind::Table, options.indexes);
            made.op(RelationOp::PutInPlace { from: beside, target, existing, kind, indexes });
        } else {
            made.op(RelationOp::ReplaceTable { target, existing, query, shape, options });
        }
        if own_indexes {
            made.steps.push(Step::Call("create_indexes", args));
        }
        Ok(())
    }

    /// Rows that a strategy's macro writes, out of a temporary table that holds the query's.
    async fn put_rows(&self, op: RelationOp, made: &mut Made<'_>) -> Result<(), Box<Diagnostic>> {
        let (target, names, query) = match op {
            RelationOp::Append { target, columns, query }
            | RelationOp::DeleteInsert { target, columns, query, .. }
            | RelationOp::ReplaceWhere { target, columns, query, .. } => (target, columns, query),
            RelationOp::Merge(merge) => (merge.target, merge.columns, merge.query),
            other => {
                made.op(other);
                return Ok(());
            }
        };
        let beside = self.runner.warehouse.adapter().dialect().beside(&target);
        let source = Relation { database: String::new(), schema: String::new(), ..beside };
        if self.overrides(TABLE) {
            let args = vec![Value::Bool(true), relation_argument(&source), query.into()];
            made.op(RelationOp::Statement(self.text_of("get_create_table_as_sql", args).await?));
        } else {
            made.op(RelationOp::CreateTemporaryTable { target: source.clone(), query });
        }
        let arguments = self.strategy_arguments(&target, &source, (&names, made.columns));
        let text = self.text_of(&self.strategy_macro(), vec![arguments]).await?;
        made.op(RelationOp::Statement(text));
        made.op(RelationOp::Drop { relation: source.with_kind(RelationKind::Table), cascade: false });
        Ok(())
    }

    /// The dict that strategies are called with.
    fn strategy_arguments(
        &self,
        target: &Relation,
        source: &Relation,
        (names, columns): (&[String], &[Column]),
    ) -> Value {
        let config = |name: &str| self.node.config.get(name).cloned().filter(|value| !value.is_null());
        let column = |name: &String| {
            let known = columns.iter().find(|column| column.name == *name).cloned();
            column_argument(&known.unwrap_or_else(|| Column::new(name.clone(), "text")))
        };
        json!({
            "target_relation": self.argument(target),
            "temp_relation": relation_argument(&source.clone().with_kind(RelationKind::Table)),
            "unique_key": config("unique_key"),
            "dest_columns": names.iter().map(column).collect::<Vec<Value>>(),
            "incremental_predicates": config("predicates").or_else(|| config("incremental_predicates")),
        })
    }

    /// A block of the engine's own that builds this node by dbt's macros, where one of them is the user's.
    pub(super) fn by_macros(&self) -> Option<UniqueId> {
        match self.node.config.materialized {
            Materialization::Snapshot if self.overrides(SNAPSHOT) => {
                Some(UniqueId::new("macro.dbt.materialization__snapshot_by_macros_default"))
            }
            Materialization::Seed if self.overrides(SEED) => {
                Some(UniqueId::new("macro.dbt.materialization__seed_by_macros_default"))
            }
            _ => None,
        }
    }

    fn strategy(&self) -> &str {
        self.node.config.text("incremental_strategy").unwrap_or("default")
    }

    fn strategy_macro(&self) -> String {
        format!("get_incremental_{}_sql", self.strategy().replace('+', "_"))
    }

    /// Whether a macro of the user's writes the rows of this incremental model.
    pub(super) fn strategy_is_overridden(&self) -> bool {
        if self.node.config.materialized != Materialization::Incremental {
            return false;
        }
        let behind: &[&[&str]] = match self.strategy() {
            "append" => &[APPEND],
            "delete+insert" => &[DELETE_INSERT],
            "merge" | "microbatch" => &[MERGE],
            "default" => &[APPEND, DELETE_INSERT],
            _ => &[],
        };
        self.overrides(&[self.strategy_macro().as_str()]) || behind.iter().any(|names| self.overrides(names))
    }

    /// Whether any of these built-in macros is overridden.
    pub(super) fn overrides(&self, names: &[&str]) -> bool {
        let engine = self.runner.compiler.engine();
        names.iter().any(|name| engine.is_overridden(&self.node.package, name))
    }

    fn beside(&self, target: &Relation, kind: RelationKind) -> Relation {
        self.runner.warehouse.adapter().dialect().beside(target).with_kind(kind)
    }

    /// The node's relation as an argument, its kind as it will be.
    fn argument(&self, relation: &Relation) -> Value {
        let kind = match self.node.config.materialized {
            Materialization::View => RelationKind::View,
            Materialization::MaterializedView => RelationKind::MaterializedView,
            _ => RelationKind::Table,
        };
        relation_argument(&relation.clone().with_kind(kind))
    }

    /// The text that a macro gives.
    pub(super) async fn text_of(&self, name: &str, args: Vec<Value>) -> Result<String, Box<Diagnostic>> {
        match self.call(name, args).await? {
            Value::String(text) => Ok(text.trim().to_owned()),
            other => Ok(other.to_string()),
        }
    }

    /// Calls a macro in the node's context.
    pub(super) async fn call(&self, name: &str, args: Vec<Value>) -> Result<Value, Box<Diagnostic>> {
        let options = CompileOptions { introspect: self.introspect(), ..CompileOptions::default() };
        let (compiler, node, name) = (Arc::clone(&self.runner.compiler), Arc::clone(self.node), name.to_owned());
        let called = tokio::task::spawn_blocking(move || compiler.call_macro(&node, (&name, args), &options)).await;
        called.map_err(|error| lost(&error))?
    }
}
