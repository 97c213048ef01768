//! Constraints of a contract as SQL, as macros ask the adapter for them.

use std::sync::Arc;

use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::adapter::argument;
use crate::jinja::objects::MutableList;
use crate::jinja::python::to_json;
use crate::jinja::rendering::Rendering;

fn texts(texts: Vec<String>) -> Value {
    MutableList::value(texts.into_iter().map(Value::from).collect())
}

fn word<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn names(json: &Json, key: &str) -> String {
    let listed = json.get(key).and_then(Json::as_array);
    listed.into_iter().flatten().filter_map(Json::as_str).collect::<Vec<&str>>().join(", ")
}

/// `adapter.render_raw_columns_constraints(raw_columns=model['columns'])`: name, type and constraints
/// of each column.
pub(super) fn columns(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let columns = argument(args, 0, "raw_columns").map(|columns| to_json(&columns)).unwrap_or_default();
    let column = |column: &Json| {
        let name = word(column, "name");
        let quoted = column.get("quote").and_then(Json::as_bool).unwrap_or(false);
        let name = if quoted { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() };
        let constraints = column.get("constraints").and_then(Json::as_array).into_iter().flatten();
        let clauses: Vec<String> = constraints.filter_map(|constraint| clause(constraint, None)).collect();
        [format!("{name} {}", word(column, "data_type"))].into_iter().chain(clauses).collect::<Vec<String>>().join(" ")
    };
    Ok(texts(columns.as_object().into_iter().flat_map(|columns| columns.values()).map(column).collect()))
}

/// `adapter.render_raw_model_constraints(raw_constraints=model['constraints'])`.
pub(super) fn model(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let listed = argument(args, 0, "raw_constraints").map(|listed| to_json(&listed)).unwrap_or_default();
    let of_model = |constraint: &Json| clause(constraint, Some(names(constraint, "columns")));
    Ok(texts(listed.as_array().into_iter().flatten().filter_map(of_model).collect()))
}

/// One constraint; `columns` are those of a constraint of the whole model.
fn clause(constraint: &Json, columns: Option<String>) -> Option<String> {
    let expression = word(constraint, "expression");
    let list = columns.as_ref().map(|columns| format!(" ({columns})")).unwrap_or_default();
    let body = match word(constraint, "type") {
        "not_null" => format!("not null {expression}"),
        "unique" => format!("unique{list} {expression}"),
        "primary_key" => format!("primary key{list} {expression}"),
        "check" => format!("check ({expression})"),
        "custom" => expression.to_owned(),
        "foreign_key" => {
            let own = columns.as_ref().map(|_| format!("foreign key{list} ")).unwrap_or_default();
            match word(constraint, "to") {
                "" => format!("{own}references {expression}"),
                to => format!("{own}references {to} ({})", names(constraint, "to_columns")),
            }
        }
        _ => return None,
    };
    let body = body.trim_end();
    match word(constraint, "name") {
        "" => Some(body.to_owned()),
        name => Some(format!("constraint {name} {body}")),
    }
}
