//! Statements that templates run: `statement`, `run_query`, `adapter.execute`, and their results.

use std::sync::Arc;

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, State, Value};

use crate::diagnostic::Code;
use crate::jinja::SEED_ROWS;
use crate::jinja::failure::{fail, raise};
use crate::jinja::objects::{MutableList, ResponseValue, seed_table, table_value};
use crate::jinja::python::{Arguments, text};
use crate::jinja::rendering::Rendering;
use crate::outcome::AdapterResponse;

/// Runs a statement, in the node's transaction where it has one.
fn run(
    rendering: &Arc<Rendering>,
    sql: &str,
    auto_begin: bool,
    fetch: bool,
) -> Result<(AdapterResponse, Value), Error> {
    let Some(introspect) = rendering.introspect() else { return Ok((AdapterResponse::default(), Value::from(()))) };
    if auto_begin && rendering.is_materialization {
        introspect.begin().map_err(raise)?;
    }
    let (table, response) = introspect.query(sql, fetch).map_err(raise)?;
    Ok((response, table_value(&table)?))
}

/// `{% call statement('name', fetch_result=true) %} ... {% endcall %}`.
pub(super) fn statement(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(introspect) = rendering.introspect() else { return Ok(Value::from("")) };
    let given = Arguments::new(args);
    let name = given.text(0, "name");
    let sql = match given.named("caller") {
        Some(caller) => text(&caller.call(state, &[])?),
        None => String::new(),
    };
    if name.as_deref() == Some("main") {
        introspect.executing(&sql);
    }
    let fetch = given.flag(1, "fetch_result", false);
    let (response, table) = run(rendering, &sql, given.flag(2, "auto_begin", true), fetch)?;
    if let Some(name) = name {
        keep(rendering, name, ResponseValue::value(response), if fetch { table } else { Value::from(()) });
    }
    Ok(Value::from(""))
}

/// `run_query(sql)`: the rows, or none while parsing.
pub(super) fn run_query(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let sql = Arguments::new(args).text(0, "sql").unwrap_or_default();
    let (response, table) = run(rendering, &sql, false, true)?;
    if rendering.executes() {
        keep(rendering, "run_query_statement".to_owned(), ResponseValue::value(response), table.clone());
    }
    Ok(table)
}

/// `adapter.execute(sql, auto_begin=false, fetch=false)`: the answer and the rows.
pub(super) fn execute(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let given = Arguments::new(args);
    let sql = given.text(0, "sql").unwrap_or_default();
    let (response, table) = run(rendering, &sql, given.flag(1, "auto_begin", false), given.flag(2, "fetch", false))?;
    Ok(MutableList::value(vec![ResponseValue::value(response), table]))
}

/// `adapter.add_query(sql, auto_begin=true, bindings=none)`: each `%s` stands for a binding.
pub(super) fn add_query(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let given = Arguments::new(args);
    let mut sql = given.text(0, "sql").unwrap_or_default();
    if let Some(bindings) = given.get(2, "bindings") {
        let mut pieces = sql.split("%s");
        let mut bound = pieces.next().unwrap_or_default().to_owned();
        let mut bindings = bindings.try_iter()?;
        for piece in pieces {
            let binding =
                bindings.next().ok_or_else(|| fail(Code::JinjaError, "fewer bindings than places for them"))?;
            bound.push_str(&literal(&binding));
            bound.push_str(piece);
        }
        sql = bound;
    }
    let (response, table) = run(rendering, &sql, given.flag(1, "auto_begin", true), false)?;
    Ok(MutableList::value(vec![ResponseValue::value(response), table]))
}

/// A value as it stands in SQL.
fn literal(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "null".to_owned(),
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number => text(value),
        _ => format!("'{}'", text(value).replace('\'', "''")),
    }
}

/// A seed as it is handed to templates: names and types of its columns, and its rows.
type SeedRows = (Vec<(String, String)>, Vec<Vec<Option<String>>>);

/// `load_agate_table()`: a seed's rows.
pub(super) fn load_agate_table(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    let seed = rendering.node.extra.get(SEED_ROWS).cloned().unwrap_or_default();
    let (columns, rows): SeedRows =
        serde_json::from_value(seed).map_err(|_| fail(Code::JinjaError, "`load_agate_table` is for seeds"))?;
    Ok(seed_table(&columns, &rows))
}

/// Keeps what `load_result` gives: the answer, the rows as tuples, the rows as a table.
pub(super) fn keep(rendering: &Rendering, name: String, response: Value, table: Value) {
    let rows = table.get_attr("rows").ok().filter(|rows| !rows.is_undefined());
    let tuple = |row: Value| Some(Value::from(Tuple::from(row.try_iter().ok()?.collect::<Vec<Value>>())));
    let rows = rows.and_then(|rows| rows.try_iter().ok()).map(|rows| rows.filter_map(tuple).collect());
    let data = MutableList::value(rows.unwrap_or_default());
    let value = Value::from_pairs([("response", response), ("data", data), ("table", table)]);
    rendering.results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(name, value);
}

/// `load_result('name')`.
pub(super) fn load_result(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = Arguments::new(args).text(0, "name").unwrap_or_default();
    let results = rendering.results.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    Ok(results.get(&name).cloned().unwrap_or_else(|| Value::from(())))
}

/// `store_result('name', response, agate_table)`.
pub(super) fn store_result(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let given = Arguments::new(args);
    let part = |index: usize, name: &str| given.get(index, name).unwrap_or_else(|| Value::from(()));
    keep(rendering, given.text(0, "name").unwrap_or_default(), part(1, "response"), part(2, "agate_table"));
    Ok(Value::from(""))
}

/// `store_raw_result('name', message, code, rows_affected, agate_table)`.
pub(super) fn store_raw_result(
    rendering: &Arc<Rendering>,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let given = Arguments::new(args);
    let rows = given.text(3, "rows_affected").and_then(|rows| rows.parse().ok());
    let response = AdapterResponse {
        message: given.text(1, "message").unwrap_or_default(),
        code: given.text(2, "code").unwrap_or_default(),
        rows_affected: rows,
    };
    let table = given.get(4, "agate_table").unwrap_or_else(|| Value::from(()));
    keep(rendering, given.text(0, "name").unwrap_or_default(), ResponseValue::value(response), table);
    Ok(Value::from(""))
}

/// `write(sql)`: for `target/run`.
pub(super) fn write(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if let Some(introspect) = rendering.introspect() {
        introspect.executing(&Arguments::new(args).text(0, "payload").unwrap_or_default());
    }
    Ok(Value::from(""))
}
