//! Properties files: one file per kind of entry.
//!
//! Strings with Jinja are rendered where dbt renders them at this point; descriptions, tests and hooks
//! stay as written.

mod column;
mod data_test;
mod exposure;
mod overrides;
mod patch;
mod render;
mod small;
mod source;
mod unit_test;
mod written;

pub(super) use overrides::apply as apply_overrides;

use std::sync::Arc;

use serde_json::Value;

use super::files::ReadFile;
use crate::config::yaml::{Fields, Yaml, YamlValue, parse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::project::parsed::Properties;
use crate::resource::ResourceType;
use crate::source::{SourceFile, Span};

/// What properties need to know of the world around them.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Renders a string of a package.
    pub render: RenderProperty<'a>,
    /// Whether `arguments:` of a test holds its arguments.
    pub arguments_property: bool,
}

/// Renders a text, as seen from a package, to a value.
pub(super) type RenderProperty<'a> = &'a (dyn Fn(&str, &str) -> Result<Value, Box<Diagnostic>> + Sync);

/// Sections of a properties file.
const SECTIONS: [&str; 15] = [
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "data_tests",
    "tests",
    "sources",
    "exposures",
    "unit_tests",
    "macros",
    "groups",
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
];

/// Reads a properties file; `None` when it is empty or not readable as one.
pub(super) fn read(
    file: &ReadFile,
    source: &Arc<SourceFile>,
    scope: Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Properties> {
    let (tree, found) = parse(source);
    diagnostics.extend(found);
    let tree = tree.filter(|tree| !tree.is_null())?;
    if !matches!(tree.value, YamlValue::Map(_)) {
        let message = format!("`{}` must hold `key: value` lines, but is {}", file.place.display, tree.kind());
        diagnostics
            .push(Diagnostic::error(Code::InvalidYaml, message).at(tree.span, "expected for instance `models:`"));
        return None;
    }
    check_sections(&tree, diagnostics);
    let mut properties = Properties {
        place: file.place.clone(),
        checksum: file.checksum.clone(),
        patches: Vec::new(),
        sources: Vec::new(),
        exposures: Vec::new(),
        unit_tests: Vec::new(),
        macros: Vec::new(),
        groups: Vec::new(),
        passthrough: Vec::new(),
    };
    for section in SECTIONS {
        let mut entries = entries_of(&tree, section, diagnostics);
        for entry in &mut entries {
            let written = written::Written::of(entry, &properties);
            render::render(entry, section, &file.place.package, scope.render, diagnostics);
            read_entry(section, entry, &mut properties, scope, diagnostics);
            written.keep(&mut properties);
        }
    }
    Some(properties)
}

fn read_entry(section: &str, entry: &Yaml, into: &mut Properties, scope: Scope<'_>, diagnostics: &mut Diagnostics) {
    use ResourceType as Kind;
    let mut patch = |kind| into.patches.extend(patch::read(kind, entry, scope, diagnostics));
    match section {
        "models" => patch(Kind::Model),
        "seeds" => patch(Kind::Seed),
        "snapshots" => patch(Kind::Snapshot),
        "analyses" => patch(Kind::Analysis),
        "data_tests" | "tests" => patch(Kind::Test),
        "sources" => into.sources.extend(source::read(entry, scope, diagnostics)),
        "exposures" => into.exposures.extend(exposure::read(entry, diagnostics)),
        "unit_tests" => into.unit_tests.extend(unit_test::read(entry, diagnostics)),
        "macros" => into.macros.extend(small::macro_patch(entry, diagnostics)),
        "groups" => into.groups.extend(small::group(entry, &into.place, diagnostics)),
        "metrics" => into.passthrough.extend(small::passthrough(Kind::Metric, entry, diagnostics)),
        "semantic_models" => into.passthrough.extend(small::passthrough(Kind::SemanticModel, entry, diagnostics)),
        "functions" => patch(Kind::Function),
        _ => into.passthrough.extend(small::passthrough(Kind::SavedQuery, entry, diagnostics)),
    }
}

fn check_sections(tree: &Yaml, diagnostics: &mut Diagnostics) {
    for (key, _) in tree.entries() {
        if SECTIONS.contains(&key.name.as_str()) || matches!(key.name.as_str(), "version" | "anchors") {
            continue;
        }
        let warning = Diagnostic::warning(Code::UnknownKey, format!("a properties file has no section `{}`", key.name))
            .at(key.span, "has no effect");
        diagnostics.push(match closest(&key.name, SECTIONS) {
            Some(near) => warning.help(format!("did you mean `{near}`?")),
            None => warning.help("remove it; YAML anchors may stand under `anchors:`"),
        });
    }
}

/// The entries of a section that are mappings.
fn entries_of(tree: &Yaml, section: &str, diagnostics: &mut Diagnostics) -> Vec<Yaml> {
    let Some((key, list)) = tree.entry(section) else { return Vec::new() };
    match &list.value {
        YamlValue::List(items) => items
            .iter()
            .filter(|item| {
                let is_map = matches!(item.value, YamlValue::Map(_));
                if !is_map {
                    let message = format!("an entry of `{section}` must be a mapping, but is {}", item.kind());
                    diagnostics.push(
                        Diagnostic::error(Code::InvalidValue, message).at(item.span, "expected `name:` and more"),
                    );
                }
                is_map
            })
            .cloned()
            .collect(),
        YamlValue::Null => Vec::new(),
        _ => {
            diagnostics.push(
                Diagnostic::error(Code::InvalidValue, format!("`{section}` must be a list, but is {}", list.kind()))
                    .at(key.span, "expected a list of entries, each with a `name`"),
            );
            Vec::new()
        }
    }
}

/// The items of a list in an entry; a value of another kind is reported.
fn list_of<'y>(entry: &'y Yaml, key: &str, what: &str, diagnostics: &mut Diagnostics) -> &'y [Yaml] {
    Fields::new(what, entry, diagnostics).list(key);
    entry.get(key).map_or(&[], Yaml::items)
}

/// An entry's name with its place; one without is reported.
fn name_of(entry: &Yaml, what: &str, diagnostics: &mut Diagnostics) -> Option<(String, Span)> {
    let named = entry.get("name").filter(|name| !name.is_null());
    match named.and_then(|name| Some((name.scalar_text()?, name.span))) {
        Some(named) => Some(named),
        None => {
            let place = entry.entries().first().map_or(entry.span, |(key, _)| key.span);
            diagnostics.push(
                Diagnostic::error(Code::MissingKey, format!("{what} has no `name`"))
                    .at(place, "`name:` is required")
                    .help("add `name: ...`"),
            );
            None
        }
    }
}
