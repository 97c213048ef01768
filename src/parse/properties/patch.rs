use super::{Scope, column, data_test, list_of, name_of};
use crate::config::yaml::{Fields, Yaml};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::{Patch, WrittenVersion};
use crate::resource::{ConfigMap, ResourceType, VersionRef};

const KEYS: [&str; 21] = [
    "name",
    "description",
    "config",
    "columns",
    "data_tests",
    "tests",
    "meta",
    "docs",
    "group",
    "contract",
    "access",
    "constraints",
    "versions",
    "latest_version",
    "deprecation_date",
    "time_spine",
    "relation",
    "quote_columns",
    "arguments",
    "returns",
    "data_type",
];

const VERSION_KEYS: [&str; 12] = [
    "v",
    "defined_in",
    "description",
    "config",
    "constraints",
    "columns",
    "data_tests",
    "tests",
    "access",
    "docs",
    "deprecation_date",
    "meta",
];

/// Config keys that may stand beside `config:`.
const BESIDE_CONFIG: [&str; 5] = ["meta", "docs", "group", "contract", "access"];

/// An entry of `models:`, `seeds:`, `snapshots:`, `analyses:`, `data_tests:` or `functions:`.
pub(super) fn read(kind: ResourceType, entry: &Yaml, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Option<Patch> {
    let word = if kind == ResourceType::Test { "data test" } else { kind.as_str() };
    let (name, span) = name_of(entry, &format!("a {word} entry"), diagnostics)?;
    let what = format!("{word} `{name}`");
    let (columns, _) = column::read(entry, &what, scope, diagnostics);
    let tests = data_test::read(entry, &what, scope, diagnostics).unwrap_or_default();
    let constraints = column::constraints(entry, &what, diagnostics).unwrap_or_default();
    let versions = versions(entry, &what, scope, diagnostics);
    let config = config(entry, &what, diagnostics);
    let mut fields = Fields::new(&what, entry, diagnostics);
    fields.check_keys(&KEYS);
    let latest = entry.get("latest_version").filter(|version| !version.is_null());
    if let Some(unknown) = latest.filter(|latest| !versions.iter().any(|known| known.version.0 == latest.to_json())) {
        let known: Vec<String> = versions.iter().map(|version| version.version.text()).collect();
        fields.report(
            Diagnostic::error(Code::InvalidValue, format!("`latest_version` of {what} is not one of its versions"))
                .at(unknown.span, "no such version")
                .help(format!("its versions are {}", known.join(", "))),
        );
    }
    Some(Patch {
        description: fields.text("description").unwrap_or_default(),
        latest_version: latest.map(|version| VersionRef(version.to_json())),
        deprecation_date: fields.text("deprecation_date"),
        time_spine: fields.map("time_spine").map(Yaml::to_json),
        relation: fields.get("relation").and_then(|relation| Some((relation.scalar_text()?, relation.span))),
        quote_columns: fields.flag("quote_columns").unwrap_or(false),
        definition: if kind == ResourceType::Function { entry.to_json_map() } else { ConfigMap::new() },
        kind,
        name,
        span,
        config,
        written: ConfigMap::new(),
        columns,
        tests,
        constraints,
        versions,
    })
}

/// `config:` with the keys that may stand beside it.
fn config(entry: &Yaml, what: &str, diagnostics: &mut Diagnostics) -> ConfigMap {
    let mut fields = Fields::new(what, entry, diagnostics);
    let mut config: ConfigMap = fields.map("config").map(Yaml::to_json_map).unwrap_or_default();
    for key in BESIDE_CONFIG {
        let Some((place, value)) = entry.entry(key) else { continue };
        if config.contains_key(key) {
            fields.report(
                Diagnostic::error(Code::InvalidValue, format!("{what} has `{key}` twice: alone and within `config`"))
                    .at(place.span, "given here too")
                    .help("keep the one within `config`"),
            );
        } else {
            config.insert(key.to_owned(), value.to_json());
        }
    }
    config
}

fn versions(entry: &Yaml, what: &str, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Vec<WrittenVersion> {
    let mut versions: Vec<WrittenVersion> = Vec::new();
    for item in list_of(entry, "versions", what, diagnostics) {
        let Some(version) = version(item, what, scope, diagnostics) else { continue };
        if let Some(twin) = versions.iter().find(|earlier| earlier.version.text() == version.version.text()) {
            diagnostics.push(
                Diagnostic::error(Code::DuplicateName, format!("{what} has version {} twice", version.version.text()))
                    .at(version.span, "also given here")
                    .and_at(twin.span, "first given here")
                    .help("remove one of them"),
            );
            continue;
        }
        versions.push(version);
    }
    versions
}

fn version(item: &Yaml, what: &str, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Option<WrittenVersion> {
    let owner = format!("a version of {what}");
    let Some(v) = item.get("v").filter(|v| v.scalar_text().is_some()) else {
        diagnostics.push(
            Diagnostic::error(Code::MissingKey, format!("{owner} has no `v`"))
                .at(item.span, "`v:` is required")
                .help("add for instance `v: 1`"),
        );
        return None;
    };
    let (columns, inherits) = column::read(item, &owner, scope, diagnostics);
    let tests = data_test::read(item, &owner, scope, diagnostics);
    let constraints = column::constraints(item, &owner, diagnostics).unwrap_or_default();
    let mut fields = Fields::new(&owner, item, diagnostics);
    fields.check_keys(&VERSION_KEYS);
    let mut config: ConfigMap = fields.map("config").map(Yaml::to_json_map).unwrap_or_default();
    for key in ["access", "docs"] {
        if let Some(value) = fields.get(key) {
            config.insert(key.to_owned(), value.to_json());
        }
    }
    let defined_in = fields.text("defined_in");
    let defined_in = defined_in.map(|name| name.strip_suffix(".sql").unwrap_or(&name).to_owned());
    Some(WrittenVersion {
        version: VersionRef(v.to_json()),
        span: v.span,
        defined_in,
        description: fields.text("description").filter(|text| !text.is_empty()),
        deprecation_date: fields.text("deprecation_date"),
        config,
        written: ConfigMap::new(),
        constraints,
        tests,
        columns,
        inherits,
    })
}
