//! Statements that templates run: `statement`, `run_query`, and their results.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use crate::jinja::failure::raise;
use crate::jinja::objects::table_value;
use crate::jinja::python::{split_kwargs, text};
use crate::jinja::rendering::Rendering;
use crate::outcome::AdapterResponse;

/// `{% call statement('name', fetch_result=true) %} ... {% endcall %}`.
pub(super) fn statement(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let given = |index: usize, name: &str| {
        positional.get(index).cloned().or_else(|| named.get_attr(name).ok().filter(|value| !value.is_undefined()))
    };
    let name = given(0, "name").filter(|name| !name.is_none()).map(|name| text(&name));
    let fetch = given(1, "fetch_result").is_some_and(|flag| flag.is_true());
    let Some(introspect) = rendering.introspect() else { return Ok(Value::from("")) };
    let sql = match named.get_attr("caller") {
        Ok(caller) if !caller.is_undefined() => text(&caller.call(state, &[])?),
        _ => String::new(),
    };
    let (table, response) = introspect.query(&sql, fetch).map_err(raise)?;
    if let Some(name) = name {
        keep(rendering, name, result(&response, if fetch { table_value(&table)? } else { Value::from(()) }));
    }
    Ok(Value::from(""))
}

/// `run_query(sql)`: the rows, or none while parsing.
pub(super) fn run_query(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = rendering.introspect() else { return Ok(Value::from(())) };
    let (positional, named) = split_kwargs(args);
    let sql = positional.first().cloned().or_else(|| named.get_attr("sql").ok());
    let (table, _) = introspect.query(&sql.as_ref().map(text).unwrap_or_default(), true).map_err(raise)?;
    table_value(&table)
}

/// What `load_result` gives: the rows, the answer, the rows as lists.
fn result(response: &AdapterResponse, table: Value) -> Value {
    let answer = Value::from_pairs([
        ("_message", Value::from(response.message.as_str())),
        ("code", Value::from(response.code.as_str())),
        ("rows_affected", response.rows_affected.map_or_else(|| Value::from(()), Value::from)),
    ]);
    let data = match table.get_attr("rows") {
        Ok(rows) if !rows.is_undefined() => rows,
        _ => Value::from(Vec::<Value>::new()),
    };
    Value::from_pairs([("response", answer), ("data", data), ("table", table)])
}

fn keep(rendering: &Rendering, name: String, value: Value) {
    rendering.results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(name, value);
}

/// `load_result('name')`.
pub(super) fn load_result(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.first().map(text).unwrap_or_default();
    let results = rendering.results.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    Ok(results.get(&name).cloned().unwrap_or_else(|| Value::from(())))
}

/// `store_result('name', response, agate_table)`.
pub(super) fn store_result(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let name = positional.first().cloned().or_else(|| named.get_attr("name").ok()).map(|name| text(&name));
    let part = |index: usize, name: &str| {
        let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
        positional.get(index).cloned().or(named).unwrap_or_else(|| Value::from(()))
    };
    let table = part(2, "agate_table");
    let data = table.get_attr("rows").ok().filter(|rows| !rows.is_undefined());
    let value = Value::from_pairs([
        ("response", part(1, "response")),
        ("data", data.unwrap_or_else(|| Value::from(Vec::<Value>::new()))),
        ("table", table),
    ]);
    keep(rendering, name.unwrap_or_default(), value);
    Ok(Value::from(""))
}
