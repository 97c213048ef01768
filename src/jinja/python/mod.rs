//! Values as Python shows them, and the methods that Python's own types have.

mod arguments;
pub(super) mod arithmetic;
mod formatting;
mod text_methods;

pub(super) use arguments::Arguments;
use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value};
use serde_json::Value as Json;

use super::objects::{MutableList, MutableMap};

/// What `{{ value }}` prints.
pub(super) fn write_value(out: &mut Output<'_>, _state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return out.write_str(text).map_err(Error::from);
    }
    out.write_str(&text(value)).map_err(Error::from)
}

/// Python's `str(value)`; undefined is empty.
pub(super) fn text(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined => String::new(),
        ValueKind::String => value.to_string(),
        ValueKind::Plain => value.to_string(),
        _ => repr(value),
    }
}

/// Python's `repr(value)`.
pub(super) fn repr(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined => "Undefined".to_owned(),
        ValueKind::None => "None".to_owned(),
        ValueKind::Bool if value.is_true() => "True".to_owned(),
        ValueKind::Bool => "False".to_owned(),
        ValueKind::Number if !value.is_integer() => {
            f64::try_from(value.clone()).map_or_else(|_| value.to_string(), formatting::float)
        }
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Seq if value.is_tuple() => tuple(value),
        ValueKind::Seq => format!("[{}]", joined(value)),
        ValueKind::Map if value.as_object().is_some_and(|object| !shows_itself(object)) => map(value),
        _ => match value.downcast_object_ref::<super::objects::DateTimeValue>() {
            Some(time) => time.repr_text(),
            None => value.to_string(),
        },
    }
}

/// Objects that print their own way although their parts can be read.
fn shows_itself(object: &minijinja::value::DynObject) -> bool {
    object.downcast_ref::<super::objects::RelationValue>().is_some()
        || object.downcast_ref::<super::objects::ColumnValue>().is_some()
        || object.downcast_ref::<super::objects::ResponseValue>().is_some()
}

fn tuple(value: &Value) -> String {
    let comma = if value.len() == Some(1) { "," } else { "" };
    format!("({}{comma})", joined(value))
}

fn joined(value: &Value) -> String {
    let Ok(items) = value.try_iter() else { return String::new() };
    items.map(|item| repr(&item)).collect::<Vec<String>>().join(", ")
}

fn map(value: &Value) -> String {
    let Ok(keys) = value.try_iter() else { return "{}".to_owned() };
    let entries: Vec<String> = keys
        .map(|key| format!("{}: {}", repr(&key), repr(&value.get_item(&key).unwrap_or(Value::UNDEFINED))))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

/// A Python string literal: single quotes unless the text has them and no double ones.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            letter if letter == quote => {
                literal.push('\\');
                literal.push(letter);
            }
            letter => literal.push(letter),
        }
    }
    literal.push(quote);
    literal
}

/// Methods of strings, lists and dicts that minijinja does not know.
pub(super) fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if let Some(own) = value.as_str()
        && let Some(result) = text_methods::call(own, name, args)?
    {
        return Ok(result);
    }
    match (value.kind(), name) {
        (ValueKind::Map | ValueKind::Seq, "copy") => Ok(to_mutable(value)),
        _ => minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args),
    }
}

/// Positional arguments, and the arguments by name as a map.
pub(super) fn split_kwargs(args: &[Value]) -> (&[Value], Value) {
    match args.split_last() {
        Some((last, rest)) if last.is_kwargs() => (rest, last.clone()),
        _ => (args, Value::from_pairs(Vec::<(String, Value)>::new())),
    }
}

/// JSON as a value that templates may change.
pub(super) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), ..) => Value::from(whole),
            (_, Some(whole), _) => Value::from(whole),
            (_, _, number) => Value::from(number.unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => MutableList::value(items.iter().map(from_json).collect()),
        Json::Object(map) => {
            MutableMap::value(map.iter().map(|(key, value)| (Value::from(key.as_str()), from_json(value))).collect())
        }
    }
}

/// A value as JSON; what JSON cannot hold becomes its text.
pub(super) fn to_json(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => number(value),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().map_or(Json::Null, |items| items.map(|item| to_json(&item)).collect())
        }
        ValueKind::Map if value.as_object().is_some_and(shows_itself) => Json::String(value.to_string()),
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            let entry = |key: Value| (text(&key), to_json(&value.get_item(&key).unwrap_or(Value::UNDEFINED)));
            Json::Object(keys.map(entry).collect())
        }
        _ => Json::String(text(value)),
    }
}

fn number(value: &Value) -> Json {
    match value.as_i64() {
        Some(whole) if value.is_integer() => whole.into(),
        _ => serde_json::to_value(value).unwrap_or(Json::Null),
    }
}

/// A list or dict of which this is a copy that may be changed.
pub(super) fn to_mutable(value: &Value) -> Value {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => MutableList::value(value.try_iter().into_iter().flatten().collect()),
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            MutableMap::value(
                keys.map(|key| {
                    let item = value.get_item(&key).unwrap_or(Value::UNDEFINED);
                    (key, item)
                })
                .collect(),
            )
        }
        _ => value.clone(),
    }
}
