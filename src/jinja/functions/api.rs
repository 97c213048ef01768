//! `api`: relations and columns made by hand.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::adapter::{argument, text_argument};
use super::snapshots;
use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::objects::{ColumnValue, KINDS, Namespace, RelationValue, Run, numeric_type, string_type};
use crate::jinja::rendering::Rendering;
use crate::relation::{Column, Relation, RelationKind};

type Outcome = Result<Value, Error>;

/// `api`: `api.Relation.create(...)`, `api.Column(...)`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    const RELATION: &[(&str, Run)] = &[
        ("create", create_relation),
        ("add_ephemeral_prefix", add_ephemeral_prefix),
        ("scd_args", snapshots::scd_args),
    ];
    const COLUMN: &[(&str, Run)] = &[
        ("create", create_labelled_column),
        ("translate_type", translate_type),
        ("numeric_type", column_numeric_type),
        ("string_type", column_string_type),
        ("from_description", describe_column),
    ];
    let kinds = Value::from_pairs(KINDS);
    let relation = Namespace::new("api.Relation", RELATION, rendering).with("Types", kinds);
    let relation = KINDS.iter().fold(relation, |relation, (name, word)| relation.with(name, Value::from(*word)));
    Namespace::new("api", &[], rendering)
        .with("Relation", relation.value())
        .with("Column", Namespace::new("api.Column", COLUMN, rendering).callable(create_column).value())
        .value()
}

fn create_relation(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let part = |index: usize, name: &str| text_argument(args, index, name).unwrap_or_default();
    let mut relation = Relation::new(part(0, "database"), part(1, "schema"), part(2, "identifier"));
    relation.kind = text_argument(args, 3, "type").as_deref().and_then(RelationKind::named);
    if let Some(policy) = argument(args, usize::MAX, "quote_policy") {
        let wants = |part: &str| {
            policy.get_attr(part).ok().filter(|flag| !flag.is_undefined()).is_none_or(|flag| flag.is_true())
        };
        relation.quote.database = wants("database");
        relation.quote.schema = wants("schema");
        relation.quote.identifier = wants("identifier");
    }
    Ok(RelationValue::value(relation))
}

/// The name under which an ephemeral model stands in front of what uses it.
fn add_ephemeral_prefix(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    Ok(Value::from(format!("__dbt__cte__{}", text_argument(args, 0, "name").unwrap_or_default())))
}

fn named(args: &[Value]) -> Result<String, Error> {
    let name = text_argument(args, 0, "column").or_else(|| text_argument(args, 0, "name"));
    name.ok_or_else(|| fail(Code::JinjaError, "a column needs a name"))
}

fn number(args: &[Value], index: usize, name: &str) -> Option<i64> {
    argument(args, index, name).and_then(|number| number.as_i64())
}

/// `api.Column(name, dtype, char_size, numeric_precision, numeric_scale)`.
fn create_column(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let dtype = text_argument(args, 1, "dtype").unwrap_or_default();
    let numbers = (number(args, 3, "numeric_precision"), number(args, 4, "numeric_scale"));
    Ok(ColumnValue::described(named(args)?, &dtype, number(args, 2, "char_size"), numbers))
}

/// `api.Column.create(name, label_or_dtype)`.
fn create_labelled_column(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let label = text_argument(args, 1, "label_or_dtype").or_else(|| text_argument(args, 1, "dtype"));
    Ok(ColumnValue::value(Column::new(named(args)?, translated(&label.unwrap_or_default()))))
}

/// `api.Column.from_description(name, 'numeric(10,2)')`.
fn describe_column(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let dtype = text_argument(args, 1, "raw_data_type").unwrap_or_default();
    Ok(ColumnValue::value(Column::new(named(args)?, dtype)))
}

/// COMPAT: the labels of dbt 1.11.
fn translated(label: &str) -> String {
    match label.to_ascii_uppercase().as_str() {
        "STRING" => "TEXT".to_owned(),
        "INTEGER" => "INT".to_owned(),
        known @ ("TIMESTAMP" | "FLOAT" | "BOOLEAN") => known.to_owned(),
        _ => label.to_owned(),
    }
}

fn translate_type(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    Ok(Value::from(translated(&text_argument(args, 0, "dtype").unwrap_or_default())))
}

fn column_numeric_type(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let dtype = text_argument(args, 0, "dtype").unwrap_or_default();
    Ok(Value::from(numeric_type(&dtype, number(args, 1, "precision"), number(args, 2, "scale"))))
}

fn column_string_type(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let size = number(args, 0, "size").ok_or_else(|| fail(Code::JinjaError, "`string_type` needs a size"))?;
    Ok(Value::from(string_type(size)))
}
