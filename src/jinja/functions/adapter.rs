//! `adapter` and `api`: the warehouse as templates ask it.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::{changes, constraints, snapshots, warehouse};
use crate::diagnostic::Code;
use crate::jinja::Introspect;
use crate::jinja::failure::{fail_with_help, raise};
use crate::jinja::objects::{ColumnValue, MutableList, Namespace, RelationValue, Run, column_type};
use crate::jinja::python::Arguments;
use crate::jinja::rendering::Rendering;
use crate::relation::{Column, Relation, SchemaRef};

const FUNCTIONS: &[(&str, Run)] = &[
    ("dispatch", dispatch),
    ("quote", quote),
    ("quote_as_configured", quote),
    ("quote_seed_column", quote_seed_column),
    ("type", adapter_type),
    ("get_relation", get_relation),
    ("load_relation", load_relation),
    ("list_relations_without_caching", list_relations_anew),
    ("list_relations", list_relations),
    ("__list_relations", list_relations),
    ("get_columns_in_relation", get_columns),
    ("__get_columns_in_relation", native_get_columns),
    ("get_columns_in_table", get_columns),
    ("get_missing_columns", get_missing_columns),
    ("get_column_schema_from_query", describe),
    ("check_schema_exists", check_schema_exists),
    ("__check_schema_exists", native_check_schema_exists),
    ("list_schemas", list_schemas),
    ("__list_schemas", native_list_schemas),
    ("create_schema", changes::create_schema),
    ("__create_schema", changes::native_create_schema),
    ("drop_schema", changes::drop_schema),
    ("__drop_schema", changes::native_drop_schema),
    ("drop_relation", changes::drop_relation),
    ("__drop_relation", changes::native_drop_relation),
    ("truncate_relation", changes::truncate_relation),
    ("__truncate_relation", changes::native_truncate_relation),
    ("rename_relation", changes::rename_relation),
    ("__rename_relation", changes::native_rename_relation),
    ("execute", warehouse::execute),
    ("add_query", warehouse::add_query),
    ("commit", changes::commit),
    ("__materialize", changes::materialize),
    ("get_incremental_strategy_macro", changes::strategy_macro),
    ("valid_incremental_strategies", changes::valid_strategies),
    ("parse_index", changes::parse_index),
    ("standardize_grants_dict", changes::standardize_grants_dict),
    ("verify_database", changes::verify_database),
    ("already_exists", already_exists),
    ("render_raw_columns_constraints", constraints::columns),
    ("render_raw_model_constraints", constraints::model),
    ("cache_added", nothing),
    ("cache_dropped", nothing),
    ("cache_renamed", nothing),
    ("commit_if_has_connection", nothing),
    ("clear_transaction", nothing),
    ("expand_target_column_types", changes::expand_target_column_types),
    ("convert_type", convert_type),
    ("get_hard_deletes_behavior", snapshots::hard_deletes_behavior),
];

/// `adapter`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    Namespace::new("adapter", FUNCTIONS, rendering).value()
}

/// An argument by place or name.
pub(super) fn argument(args: &[Value], index: usize, name: &str) -> Option<Value> {
    Arguments::new(args).get(index, name)
}

pub(super) fn text_argument(args: &[Value], index: usize, name: &str) -> Option<String> {
    Arguments::new(args).text(index, name)
}

/// A relation given to a function.
pub(super) fn relation_of(args: &[Value], index: usize, name: &str) -> Result<Relation, Error> {
    let value = argument(args, index, name);
    let relation = value.as_ref().and_then(|value| value.downcast_object_ref::<RelationValue>());
    relation.map(|value| value.relation.clone()).ok_or_else(|| {
        fail_with_help(
            Code::JinjaError,
            format!("`{name}` must be a relation"),
            "use `ref()`, `source()`, `this` or `api.Relation.create()`",
        )
    })
}

fn ask(rendering: &Arc<Rendering>) -> Option<&Arc<dyn Introspect>> {
    rendering.introspect()
}

pub(super) fn none() -> Value {
    Value::from(())
}

fn empty() -> Value {
    MutableList::value(Vec::new())
}

fn columns_value(columns: Vec<Column>) -> Value {
    MutableList::value(columns.into_iter().map(ColumnValue::value).collect())
}

fn dispatch(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = text_argument(args, 0, "macro_name").unwrap_or_default();
    let namespace = text_argument(args, 1, "macro_namespace");
    if name.contains('.') {
        return Err(fail_with_help(
            Code::JinjaError,
            format!("`adapter.dispatch('{name}')`: the package is given by itself"),
            "write `adapter.dispatch('name', 'package')`",
        ));
    }
    let shared = &rendering.shared;
    match shared.macros.dispatch(&shared.settings, &rendering.node.package, &name, namespace.as_deref()) {
        Ok(id) => Ok(rendering.macro_value(id)),
        Err(searched) => Err(fail_with_help(
            Code::UndefinedName,
            format!("no macro implements `{name}` for this warehouse"),
            format!("searched for {}", searched.join(", ")),
        )),
    }
}

fn quote(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(format!("\"{}\"", text_argument(args, 0, "identifier").unwrap_or_default().replace('"', "\"\""))))
}

fn quote_seed_column(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let column = text_argument(args, 0, "column").unwrap_or_default();
    let quoted = argument(args, 1, "quote_config").is_none_or(|flag| flag.is_true());
    Ok(Value::from(if quoted { format!("\"{column}\"") } else { column }))
}

fn adapter_type(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(rendering.shared.settings.adapter_type.as_str()))
}

fn get_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(none()) };
    let part = |index: usize, name: &str| text_argument(args, index, name).unwrap_or_default();
    let place = Relation::new(part(0, "database"), part(1, "schema"), part(2, "identifier"));
    Ok(introspect.relation(&place).map_err(raise)?.map_or_else(none, RelationValue::value))
}

fn load_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(none()) };
    let place = relation_of(args, 0, "relation")?;
    Ok(introspect.relation(&place).map_err(raise)?.map_or_else(none, RelationValue::value))
}

pub(super) fn schema_of(args: &[Value]) -> SchemaRef {
    if let Ok(relation) = relation_of(args, 0, "schema_relation") {
        return relation.schema_ref();
    }
    SchemaRef {
        database: text_argument(args, 0, "database").unwrap_or_default(),
        schema: text_argument(args, 1, "schema").unwrap_or_default(),
    }
}

fn list_relations(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let relations = introspect.relations(&schema_of(args)).map_err(raise)?;
    Ok(MutableList::value(relations.into_iter().map(RelationValue::value).collect()))
}

/// `adapter.list_relations_without_caching(schema_relation)`, as a macro of the user's tells it.
fn list_relations_anew(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let read = changes::read_overridden(rendering, state, ("list_relations_without_caching", "_relation_values"), args);
    read.unwrap_or_else(|| list_relations(rendering, state, args))
}

fn get_columns(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let asked = rendering.executes().then(|| changes::overridden(rendering, state, "get_columns_in_relation", args));
    asked.flatten().unwrap_or_else(|| native_get_columns(rendering, state, args))
}

fn native_get_columns(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let relation = relation_of(args, 0, "relation")?;
    introspect.columns(&relation).map(columns_value).map_err(raise)
}

/// `adapter.already_exists('schema', 'name')`.
fn already_exists(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(Value::from(false)) };
    let database = rendering.shared.settings.target.get("database").and_then(serde_json::Value::as_str);
    let part = |index: usize, name: &str| text_argument(args, index, name).unwrap_or_default();
    let place = Relation::new(database.unwrap_or_default(), part(0, "schema"), part(1, "table"));
    Ok(Value::from(introspect.relation(&place).map_err(raise)?.is_some()))
}

fn get_missing_columns(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let from = introspect.columns(&relation_of(args, 0, "from_relation")?).map_err(raise)?;
    let to = introspect.columns(&relation_of(args, 1, "to_relation")?).map_err(raise)?;
    Ok(columns_value(from.into_iter().filter(|column| !to.iter().any(|known| known.name == column.name)).collect()))
}

fn describe(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let sql = text_argument(args, 0, "sql").unwrap_or_default();
    introspect.describe(&sql).map(columns_value).map_err(raise)
}

fn check_schema_exists(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let read = changes::read_overridden(rendering, state, ("check_schema_exists", "_schema_exists"), args);
    read.unwrap_or_else(|| native_check_schema_exists(rendering, state, args))
}

fn native_check_schema_exists(
    rendering: &Arc<Rendering>,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(Value::from(false)) };
    let schema = schema_of(args);
    let schemas = introspect.schemas(&schema.database).map_err(raise)?;
    Ok(Value::from(schemas.iter().any(|known| known.eq_ignore_ascii_case(&schema.schema))))
}

fn list_schemas(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let read = changes::read_overridden(rendering, state, ("list_schemas", "_schema_names"), args);
    read.unwrap_or_else(|| native_list_schemas(rendering, state, args))
}

fn native_list_schemas(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let schemas = introspect.schemas(&text_argument(args, 0, "database").unwrap_or_default()).map_err(raise)?;
    Ok(MutableList::value(schemas.into_iter().map(Value::from).collect()))
}

fn convert_type(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (table, index) = (argument(args, 0, "agate_table"), argument(args, 1, "col_idx"));
    let index = index.and_then(|index| index.as_usize()).unwrap_or(usize::MAX);
    Ok(Value::from(table.map_or("text", |table| column_type(&table, index))))
}

fn nothing(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(""))
}
