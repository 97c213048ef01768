//! Calls seen from outside: arguments going in, places of `ref()` and `source()` in the text.

use serde_json::Value as Json;

use super::objects::RelationValue;
use super::{Harvest, HarvestRequest, python};
use crate::relation::Relation;
use crate::resource::JsonMap;
use crate::source::Span;

/// `this` of a node in manifest form.
pub(super) fn this_of(model: &JsonMap) -> Option<Relation> {
    let part = |name: &str| model.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let name = match part("alias") {
        alias if alias.is_empty() => part("name"),
        alias => alias,
    };
    (!name.is_empty()).then(|| Relation::new(part("database"), part("schema"), name))
}

/// An argument as a value: `{"$relation": {database, schema, identifier}}` is a relation.
pub(super) fn argument(json: &Json) -> minijinja::Value {
    match json.get("$relation").and_then(Json::as_object) {
        Some(parts) => {
            let part = |name: &str| parts.get(name).and_then(Json::as_str).unwrap_or_default();
            RelationValue::value(Relation::new(part("database"), part("schema"), part("identifier")))
        }
        None => python::from_json(json),
    }
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
