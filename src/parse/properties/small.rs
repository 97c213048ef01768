//! Entries that are little more than a name: macros, groups, and what is carried along as written.

use serde_json::Value;

use super::{list_of, name_of};
use crate::config::yaml::{Fields, Yaml};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::{FilePlace, MacroPatch, WrittenPassthrough};
use crate::resource::{Group, JsonMap, MacroArgument, ResourceType, UniqueId};
use crate::source::Span;

/// An entry of `macros:`.
pub(super) fn macro_patch(entry: &Yaml, diagnostics: &mut Diagnostics) -> Option<MacroPatch> {
    let (name, span) = name_of(entry, "a macro entry", diagnostics)?;
    let what = format!("macro `{name}`");
    let mut fields = Fields::new(&what, entry, diagnostics);
    fields.check_keys(&["name", "description", "arguments", "meta", "docs", "config"]);
    let description = fields.text("description").unwrap_or_default();
    let config = fields.map("config").map(Yaml::to_json_map).unwrap_or_default();
    let mut meta: JsonMap = fields.map("meta").map(Yaml::to_json_map).unwrap_or_default();
    if let Some(Value::Object(more)) = config.get("meta") {
        meta.extend(more.clone());
    }
    let docs = config.get("docs").cloned().or_else(|| fields.map("docs").map(Yaml::to_json));
    let docs_show = docs.as_ref().and_then(|docs| docs.get("show")).and_then(Value::as_bool).unwrap_or(true);
    let items = list_of(entry, "arguments", &what, diagnostics);
    let mut arguments = Vec::with_capacity(items.len());
    for item in items {
        let mut argument = Fields::new("a macro argument", item, diagnostics);
        let Some(name) = argument.required_text("name") else { continue };
        let (data_type, description) = (argument.text("type"), argument.text("description").unwrap_or_default());
        arguments.push(MacroArgument { name, data_type, description });
    }
    Some(MacroPatch { name, span, description, arguments, meta, docs_show })
}

/// An entry of `groups:`.
pub(super) fn group(entry: &Yaml, place: &FilePlace, diagnostics: &mut Diagnostics) -> Option<(Group, Span)> {
    let (name, span) = name_of(entry, "a group", diagnostics)?;
    let what = format!("group `{name}`");
    let mut fields = Fields::new(&what, entry, diagnostics);
    fields.check_keys(&["name", "owner", "description", "config"]);
    let owner = fields.map("owner").map(Yaml::to_json_map).unwrap_or_default();
    if !["name", "email"].iter().any(|key| owner.get(*key).is_some_and(|value| !value.is_null())) {
        fields.report(no_owner(&what, span));
    }
    let group = Group {
        unique_id: UniqueId::new(format!("group.{}.{name}", place.package)),
        package: place.package.to_string(),
        path: place.path.clone(),
        original_file_path: place.original.clone(),
        description: fields.text("description"),
        config: fields.map("config").map(Yaml::to_json_map).unwrap_or_default(),
        owner,
        name,
    };
    Some((group, span))
}

/// Groups and exposures must say who to ask.
pub(super) fn no_owner(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::MissingKey, format!("{what} has no owner"))
        .at(span, "an owner has a `name` or an `email`")
        .help("add `owner: {name: ..., email: ...}`")
}

/// An entry of `metrics:`, `semantic_models:` or `saved_queries:`.
pub(super) fn passthrough(
    kind: ResourceType,
    entry: &Yaml,
    diagnostics: &mut Diagnostics,
) -> Option<WrittenPassthrough> {
    let (name, span) = name_of(entry, &format!("a {kind} entry"), diagnostics)?;
    Some(WrittenPassthrough { kind, name, span, definition: entry.to_json_map() })
}
