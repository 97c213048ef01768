//! Calls seen from outside: arguments going in, places of `ref()` and `source()` in the text.

use serde_json::{Value as Json, json};

use super::objects::{ColumnValue, MutableList, MutableMap, RelationValue};
use super::{Harvest, HarvestRequest, python};
use crate::relation::{Column, Relation, RelationKind};
use crate::source::Span;

/// A relation as an argument of a macro.
pub fn relation_argument(relation: &Relation) -> Json {
    let quote = relation.quote;
    json!({ "$relation": {
        "database": relation.database, "schema": relation.schema, "identifier": relation.identifier,
        "type": relation.kind.map(RelationKind::as_str),
        "quote": { "database": quote.database, "schema": quote.schema, "identifier": quote.identifier },
    } })
}

/// A column as an argument of a macro.
pub fn column_argument(column: &Column) -> Json {
    json!({ "$column": { "name": column.name, "data_type": column.data_type } })
}

/// An argument as a value, relations and columns anywhere within it.
pub(super) fn argument(json: &Json) -> minijinja::Value {
    match json {
        Json::Array(items) => MutableList::value(items.iter().map(argument).collect()),
        Json::Object(map) => match (map.get("$relation"), map.get("$column")) {
            (Some(parts), _) => RelationValue::value(relation_of(parts)),
            (_, Some(parts)) => ColumnValue::value(Column::new(word(parts, "name"), word(parts, "data_type"))),
            _ => MutableMap::value(map.iter().map(|(key, item)| (key.as_str().into(), argument(item))).collect()),
        },
        plain => python::from_json(plain),
    }
}

fn word<'a>(parts: &'a Json, name: &str) -> &'a str {
    parts.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn relation_of(parts: &Json) -> Relation {
    let mut relation = Relation::new(word(parts, "database"), word(parts, "schema"), word(parts, "identifier"));
    relation.kind = RelationKind::named(word(parts, "type"));
    let quoted = |part: &str| parts.get("quote").and_then(|quote| quote.get(part)).and_then(Json::as_bool);
    let quote = &mut relation.quote;
    for (slot, part) in
        [(&mut quote.database, "database"), (&mut quote.schema, "schema"), (&mut quote.identifier, "identifier")]
    {
        *slot = quoted(part).unwrap_or(true);
    }
    relation
}

/// Replaces a mark in every text of a value.
pub(super) fn replace_text(value: &mut Json, mark: &str, text: &str) {
    match value {
        Json::String(own) if own.contains(mark) => *own = own.replace(mark, text),
        Json::Array(items) => items.iter_mut().for_each(|item| replace_text(item, mark, text)),
        Json::Object(map) => map.values_mut().for_each(|item| replace_text(item, mark, text)),
        _ => {}
    }
}

/// Says where each call stands: the name it gives, found in the text.
pub(super) fn add_spans(harvest: &mut Harvest, request: &HarvestRequest<'_>) {
    let finder = Finder { request };
    for call in &mut harvest.refs {
        call.span = finder.find("ref", &call.name);
    }
    for call in &mut harvest.sources {
        call.span = finder.find("source", &call.table);
    }
    if !harvest.config.is_empty() {
        let at = request.code.find("config(").map(|at| (at, at + "config".len()));
        harvest.config_span = at.map(|(start, end)| finder.span(start, end));
    }
}

struct Finder<'a> {
    request: &'a HarvestRequest<'a>,
}

impl Finder<'_> {
    /// The quoted name within the call of a function, if it is written out.
    fn find(&self, function: &str, name: &str) -> Option<Span> {
        let code = self.request.code;
        let mut from = 0;
        while let Some(at) = code.get(from..)?.find(name).map(|at| from + at) {
            let end = at + name.len();
            from = end;
            let quoted = |offset: Option<usize>| {
                offset.and_then(|offset| code.as_bytes().get(offset)).is_some_and(|byte| matches!(byte, b'\'' | b'"'))
            };
            if quoted(at.checked_sub(1)) && quoted(Some(end)) && is_argument_of(function, code.get(..at - 1)?) {
                return Some(self.span(at, end));
            }
        }
        None
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset = self.request.offset as usize;
        Span::new(self.request.file, offset + start, offset + end)
    }
}

/// Whether a text ends within the arguments of a call of the function.
fn is_argument_of(function: &str, before: &str) -> bool {
    let Some((head, arguments)) = before.rsplit_once('(') else { return false };
    let is_simple = arguments.chars().all(|letter| letter.is_alphanumeric() || "'\", _-.\n\t".contains(letter));
    is_simple && head.trim_end().ends_with(function)
}
