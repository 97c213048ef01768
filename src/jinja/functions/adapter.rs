//! `adapter` and `api`: the warehouse as templates ask it.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use crate::diagnostic::Code;
use crate::jinja::failure::{fail, fail_with_help, raise};
use crate::jinja::objects::{ColumnValue, MutableList, Namespace, RelationValue, Run};
use crate::jinja::python::{split_kwargs, text};
use crate::jinja::rendering::Rendering;
use crate::jinja::{Introspect, objects};
use crate::relation::{Column, Relation, RelationOp, SchemaRef};

const FUNCTIONS: &[(&str, Run)] = &[
    ("dispatch", dispatch),
    ("quote", quote),
    ("quote_as_configured", quote),
    ("quote_seed_column", quote_seed_column),
    ("type", adapter_type),
    ("get_relation", get_relation),
    ("load_relation", load_relation),
    ("list_relations_without_caching", list_relations),
    ("list_relations", list_relations),
    ("get_columns_in_relation", get_columns),
    ("get_missing_columns", get_missing_columns),
    ("get_column_schema_from_query", describe),
    ("check_schema_exists", check_schema_exists),
    ("list_schemas", list_schemas),
    ("create_schema", create_schema),
    ("drop_schema", drop_schema),
    ("drop_relation", drop_relation),
    ("truncate_relation", truncate_relation),
    ("rename_relation", rename_relation),
    ("execute", execute),
    ("cache_added", nothing),
    ("cache_dropped", nothing),
    ("cache_renamed", nothing),
    ("commit_if_has_connection", nothing),
    ("clear_transaction", nothing),
    ("expand_target_column_types", nothing),
    ("convert_type", convert_type),
];

/// `adapter`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    Namespace::new("adapter", FUNCTIONS, rendering).value()
}

/// `api`: `api.Relation.create(...)`, `api.Column(...)`.
pub(super) fn api(rendering: &Arc<Rendering>) -> Value {
    const RELATION: &[(&str, Run)] = &[("create", create_relation)];
    const COLUMN: &[(&str, Run)] = &[("create", create_column), ("translate_type", translate_type)];
    let kinds = ["table", "view", "materialized_view", "external", "cte"];
    let types = Value::from_pairs([
        ("Table", kinds[0]),
        ("View", kinds[1]),
        ("MaterializedView", kinds[2]),
        ("External", kinds[3]),
        ("CTE", kinds[4]),
    ]);
    Namespace::new("api", &[], rendering)
        .with("Relation", Namespace::new("api.Relation", RELATION, rendering).with("Types", types).value())
        .with("Column", Namespace::new("api.Column", COLUMN, rendering).callable(create_column).value())
        .value()
}

/// An argument by place or name.
fn argument(args: &[Value], index: usize, name: &str) -> Option<Value> {
    let (positional, named) = split_kwargs(args);
    let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
    positional.get(index).cloned().or(named).filter(|value| !value.is_none())
}

fn text_argument(args: &[Value], index: usize, name: &str) -> Option<String> {
    argument(args, index, name).map(|value| text(&value))
}

/// A relation given to a function.
fn relation_of(args: &[Value], index: usize, name: &str) -> Result<Relation, Error> {
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

fn none() -> Value {
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

fn schema_of(args: &[Value]) -> SchemaRef {
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

fn get_columns(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let relation = relation_of(args, 0, "relation")?;
    introspect.columns(&relation).map(columns_value).map_err(raise)
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

fn check_schema_exists(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(Value::from(false)) };
    let schema = schema_of(args);
    let schemas = introspect.schemas(&schema.database).map_err(raise)?;
    Ok(Value::from(schemas.iter().any(|known| known.eq_ignore_ascii_case(&schema.schema))))
}

fn list_schemas(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(empty()) };
    let schemas = introspect.schemas(&text_argument(args, 0, "database").unwrap_or_default()).map_err(raise)?;
    Ok(MutableList::value(schemas.into_iter().map(Value::from).collect()))
}

fn apply(rendering: &Arc<Rendering>, op: RelationOp) -> Result<Value, Error> {
    if let Some(introspect) = ask(rendering) {
        introspect.apply(&[op]).map_err(raise)?;
    }
    Ok(Value::from(""))
}

fn create_schema(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    apply(rendering, RelationOp::CreateSchema(schema_of(args)))
}

fn drop_schema(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    apply(rendering, RelationOp::DropSchema(schema_of(args)))
}

fn drop_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if ask(rendering).is_none() {
        return Ok(Value::from(""));
    }
    apply(rendering, RelationOp::Drop { relation: relation_of(args, 0, "relation")?, cascade: true })
}

fn truncate_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if ask(rendering).is_none() {
        return Ok(Value::from(""));
    }
    apply(rendering, RelationOp::Truncate(relation_of(args, 0, "relation")?))
}

fn rename_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if ask(rendering).is_none() {
        return Ok(Value::from(""));
    }
    let (from, to) = (relation_of(args, 0, "from_relation")?, relation_of(args, 1, "to_relation")?);
    apply(rendering, RelationOp::Rename { from, to })
}

fn execute(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = ask(rendering) else { return Ok(MutableList::value(vec![none(), none()])) };
    let fetch = argument(args, 2, "fetch").is_some_and(|flag| flag.is_true());
    let sql = text_argument(args, 0, "sql").unwrap_or_default();
    let (table, response) = introspect.query(&sql, fetch).map_err(raise)?;
    Ok(MutableList::value(vec![Value::from(response.message), objects::table_value(&table)?]))
}

fn convert_type(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from("text"))
}

fn nothing(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(""))
}

fn create_relation(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let part = |index: usize, name: &str| text_argument(args, index, name).unwrap_or_default();
    let mut relation = Relation::new(part(0, "database"), part(1, "schema"), part(2, "identifier"));
    relation.kind = text_argument(args, 3, "type").as_deref().and_then(objects::kind_of);
    if let Some(policy) = argument(args, 9, "quote_policy") {
        let wants = |part: &str| {
            policy.get_attr(part).ok().filter(|flag| !flag.is_undefined()).is_none_or(|flag| flag.is_true())
        };
        relation.quote.database = wants("database");
        relation.quote.schema = wants("schema");
        relation.quote.identifier = wants("identifier");
    }
    Ok(RelationValue::value(relation))
}

fn create_column(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = text_argument(args, 0, "column").or_else(|| text_argument(args, 0, "name"));
    let name = name.ok_or_else(|| fail(Code::JinjaError, "a column needs a name"))?;
    let kind = text_argument(args, 1, "dtype").or_else(|| text_argument(args, 1, "label_or_dtype")).unwrap_or_default();
    let size = argument(args, 2, "char_size").and_then(|size| size.as_i64());
    let kind = size.map_or_else(|| kind.clone(), |size| format!("{kind}({size})"));
    Ok(ColumnValue::value(Column::new(name, kind)))
}

fn translate_type(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let written = text_argument(args, 0, "dtype").unwrap_or_default();
    // COMPAT: the labels of dbt 1.11 for PostgreSQL.
    Ok(Value::from(match written.to_ascii_uppercase().as_str() {
        "STRING" => "TEXT".to_owned(),
        _ => written,
    }))
}
