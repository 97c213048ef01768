//! Text: JSON, YAML, hashes, messages, and dbt's filters.

use std::sync::Arc;

use md5::{Digest, Md5};
use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, State, Value};
use serde_json::Value as Json;

use crate::config::yaml;
use crate::diagnostic::Code;
use crate::jinja::Said;
use crate::jinja::failure::{Failure, fail};
use crate::jinja::python::{from_json, repr, split_kwargs, text, to_json};
use crate::jinja::rendering::{Rendering, Scope};
use crate::source::SourceSet;

/// A value by position or name, else the default given to the function, else none.
fn default_of(args: &[Value], name: &str) -> Value {
    let (positional, named) = split_kwargs(args);
    let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
    positional.get(1).cloned().or(named).unwrap_or_else(|| Value::from(()))
}

pub(super) fn from_json_text(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let written = args.first().map(text).unwrap_or_default();
    match serde_json::from_str::<Json>(&written) {
        Ok(json) => Ok(from_json(&json)),
        Err(_) => Ok(default_of(args, "default")),
    }
}

pub(super) fn to_json_text(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let sorted =
        positional.get(2).cloned().or_else(|| named.get_attr("sort_keys").ok()).is_some_and(|flag| flag.is_true());
    Ok(Value::from(python_json(&positional.first().map(to_json).unwrap_or(Json::Null), sorted)))
}

/// JSON with a space after `,` and `:` and nothing beyond ASCII, as Python writes it.
fn python_json(value: &Json, sorted: bool) -> String {
    match value {
        Json::Array(items) => {
            format!("[{}]", items.iter().map(|item| python_json(item, sorted)).collect::<Vec<String>>().join(", "))
        }
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| format!("{}: {}", in_ascii(key), python_json(value, sorted));
            format!("{{{}}}", entries(map, sorted).into_iter().map(entry).collect::<Vec<String>>().join(", "))
        }
        Json::String(text) => in_ascii(text),
        other => other.to_string(),
    }
}

fn entries(map: &serde_json::Map<String, Json>, sorted: bool) -> Vec<(&String, &Json)> {
    let mut entries: Vec<(&String, &Json)> = map.iter().collect();
    if sorted {
        entries.sort_by_key(|(key, _)| *key);
    }
    entries
}

fn in_ascii(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    for letter in Json::from(text).to_string().chars() {
        if letter.is_ascii() {
            written.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                written.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    written
}

/// The filter `tojson`: keys sorted, safe within HTML, as Jinja2 has it.
fn html_safe_json(value: &Value, options: &Kwargs) -> Result<String, Error> {
    let json = to_json(value);
    let written = match options.get::<Option<usize>>("indent")? {
        Some(width) => indented_json(&json, width, 0),
        None => python_json(&json, true),
    };
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\'', "\\u0027")];
    Ok(escapes.iter().fold(written, |text, (letter, escape)| text.replace(*letter, escape)))
}

fn indented_json(value: &Json, width: usize, depth: usize) -> String {
    let inner = " ".repeat(width * (depth + 1));
    let outer = " ".repeat(width * depth);
    let block = |open: char, items: Vec<String>, close: char| {
        format!("{open}\n{inner}{}\n{outer}{close}", items.join(&format!(",\n{inner}")))
    };
    match value {
        Json::Array(items) if !items.is_empty() => {
            block('[', items.iter().map(|item| indented_json(item, width, depth + 1)).collect(), ']')
        }
        Json::Object(map) if !map.is_empty() => {
            let entry = |(key, value): (&String, &Json)| {
                format!("{}: {}", in_ascii(key), indented_json(value, width, depth + 1))
            };
            block('{', entries(map, true).into_iter().map(entry).collect(), '}')
        }
        plain => python_json(plain, true),
    }
}

/// The same with the keys of every dict in order.
fn with_sorted_keys(value: Json) -> Json {
    match value {
        Json::Array(items) => items.into_iter().map(with_sorted_keys).collect(),
        Json::Object(map) => {
            let mut entries: Vec<(String, Json)> = map.into_iter().collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(entries.into_iter().map(|(key, value)| (key, with_sorted_keys(value))).collect())
        }
        plain => plain,
    }
}

pub(super) fn from_yaml_text(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let set = SourceSet::new();
    let id = set.add("<yaml>", "<yaml>", args.first().map(text).unwrap_or_default());
    let parsed = set.get(id).map(|file| yaml::parse(&file).0);
    match parsed {
        Some(Some(tree)) => Ok(from_json(&tree.to_json())),
        _ => Ok(default_of(args, "default")),
    }
}

pub(super) fn to_yaml_text(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let sorted =
        positional.get(2).cloned().or_else(|| named.get_attr("sort_keys").ok()).is_some_and(|flag| flag.is_true());
    let json = positional.first().map(to_json).unwrap_or(Json::Null);
    let json = if sorted { with_sorted_keys(json) } else { json };
    Ok(dbt_yaml::to_string(&json).map_or_else(|_| default_of(args, "default"), Value::from))
}

/// The MD5 of a text in hexadecimal.
pub(super) fn local_md5(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(hex::encode(Md5::digest(args.first().map(text).unwrap_or_default().as_bytes()))))
}

/// `render(text)`: a text that is a template itself.
pub(super) fn render(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let source = crate::jinja::prepare::prepare(&args.first().map(text).unwrap_or_default()).source;
    let rendered = state.env().render_named_str("<rendered text>", &source, Scope::of_node(rendering));
    rendered.map(Value::from).map_err(|error| Failure::of(&error).into_error())
}

/// `log(message, info=false)`.
pub(super) fn log(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let info = positional.get(1).cloned().or_else(|| named.get_attr("info").ok()).is_some_and(|flag| flag.is_true());
    rendering.say(Said::Log { text: positional.first().map(text).unwrap_or_default(), info })?;
    Ok(Value::from(""))
}

/// `print(message)`.
pub(super) fn print(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    rendering.say(Said::Print(args.first().map(text).unwrap_or_default()))?;
    Ok(Value::from(""))
}

/// Accepted, and without effect.
pub(super) fn nothing(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(""))
}

/// dbt's filters, and those whose result differs from Jinja2's.
pub(in crate::jinja) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("as_text", |value: Value| text(&value));
    environment.add_filter("as_native", |state: &State<'_, '_>, value: Value| {
        native(state, value, |value| Ok(as_native(value)))
    });
    environment.add_filter("as_number", |state: &State<'_, '_>, value: Value| native(state, value, as_number));
    environment.add_filter("as_bool", |state: &State<'_, '_>, value: Value| native(state, value, as_bool));
    environment.add_filter("string", |value: Value| text(&value));
    environment.add_filter("pprint", |value: Value| repr(&value));
    environment.add_filter("tojson", |value: Value, options: Kwargs| html_safe_json(&value, &options));
    environment.add_filter("join", join);
    environment.add_filter("float", |value: Value, default: Rest<Value>| to_float(&value, default.first()));
    environment.add_filter("int", to_int);
}

/// The name by which filters know that they are to give values and not text.
pub(in crate::jinja) const NATIVE: &str = "__native";

/// COMPAT: what turns text into values does so in YAML files and leaves SQL as it is (dbt 1.11).
fn native(
    state: &State<'_, '_>,
    value: Value,
    convert: impl Fn(&Value) -> Result<Value, Error>,
) -> Result<Value, Error> {
    if state.lookup(NATIVE).is_some_and(|native| native.is_true()) { convert(&value) } else { Ok(value) }
}

fn join(value: Value, separator: Option<Value>, options: Kwargs) -> Result<String, Error> {
    let separator = match separator {
        Some(separator) => text(&separator),
        None => options.get::<Option<String>>("d")?.unwrap_or_default(),
    };
    let attribute = options.get::<Option<String>>("attribute")?;
    let mut pieces = Vec::new();
    for item in value.try_iter()? {
        let item = match &attribute {
            Some(path) => path.split('.').try_fold(item, |value, part| value.get_attr(part))?,
            None => item,
        };
        pieces.push(text(&item));
    }
    Ok(pieces.join(&separator))
}

fn to_float(value: &Value, default: Option<&Value>) -> f64 {
    let read = |value: &Value| f64::try_from(value.clone()).ok().or_else(|| text(value).trim().parse().ok());
    read(value).or_else(|| default.and_then(read)).unwrap_or(0.0)
}

/// A whole number; the default for what is none. `"42.9"|int` is 42, as in Jinja2.
fn to_int(value: Value, more: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = more.first().cloned().or(named.get::<Option<Value>>("default")?).unwrap_or_else(|| Value::from(0));
    let base = more.get(1).cloned().or(named.get::<Option<Value>>("base")?);
    let base = base.and_then(|base| u32::try_from(base.as_i64()?).ok()).filter(|base| (2..=36).contains(base));
    if value.is_number() && value.is_integer() {
        return Ok(value);
    }
    if let Ok(flag) = bool::try_from(value.clone()) {
        return Ok(Value::from(i64::from(flag)));
    }
    let written = if value.is_number() { String::new() } else { text(&value).trim().replace('_', "") };
    if let Ok(whole) = i128::from_str_radix(without_prefix(&written, base), base.unwrap_or(10)) {
        return Ok(i64::try_from(whole).map_or_else(|_| Value::from(whole), Value::from));
    }
    let number = f64::try_from(value).ok().or_else(|| written.parse().ok()).filter(|number| number.is_finite());
    Ok(number.map_or(default, |number| Value::from(number.trunc() as i64)))
}

/// `0x1f` in base 16 is `1f`.
fn without_prefix(written: &str, base: Option<u32>) -> &str {
    let prefixes: &[&str] = match base {
        Some(2) => &["0b", "0B"],
        Some(8) => &["0o", "0O"],
        Some(16) => &["0x", "0X"],
        _ => &[],
    };
    prefixes.iter().find_map(|prefix| written.strip_prefix(prefix)).unwrap_or(written)
}

/// Text that is a Python literal as its value.
fn as_native(value: &Value) -> Value {
    let written = text(value);
    literal(written.trim()).unwrap_or_else(|| value.clone())
}

/// A literal of numbers, words, strings, lists and dicts.
fn literal(written: &str) -> Option<Value> {
    match written {
        "True" | "true" => return Some(Value::from(true)),
        "False" | "false" => return Some(Value::from(false)),
        "None" | "none" | "null" => return Some(Value::from(())),
        _ => {}
    }
    if let Ok(whole) = written.parse::<i64>() {
        return Some(Value::from(whole));
    }
    if let Ok(number) = written.parse::<f64>() {
        return Some(Value::from(number));
    }
    if written.starts_with(['[', '{', '(', '\'', '"']) {
        let environment = Environment::empty();
        let value = environment.compile_expression(written).ok()?.eval(()).ok()?;
        return Some(from_json(&to_json(&value)));
    }
    None
}

fn as_number(value: &Value) -> Result<Value, Error> {
    if value.is_number() {
        return Ok(value.clone());
    }
    let found = literal(text(value).trim()).filter(Value::is_number);
    found.ok_or_else(|| fail(Code::InvalidValue, format!("`{}` is not a number", text(value))))
}

fn as_bool(value: &Value) -> Result<Value, Error> {
    let written = text(value);
    match written.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Value::from(true)),
        "false" | "0" => Ok(Value::from(false)),
        _ => Err(fail(Code::InvalidValue, format!("`{written}` is neither true nor false"))),
    }
}
