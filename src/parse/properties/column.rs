use serde_json::Value;

use super::{Scope, data_test, list_of, name_of};
use crate::config::yaml::{Fields, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::{ColumnChoice, WrittenColumn};
use crate::resource::{ColumnSpec, Constraint, ConstraintKind, JsonMap};

const KEYS: [&str; 12] = [
    "name",
    "description",
    "data_type",
    "quote",
    "meta",
    "tags",
    "constraints",
    "config",
    "data_tests",
    "tests",
    "docs",
    "granularity",
];

/// The columns of a resource, and which of the model's columns a version has.
pub(super) fn read(
    owner: &Yaml,
    what: &str,
    scope: Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> (Vec<WrittenColumn>, ColumnChoice) {
    let mut columns: Vec<WrittenColumn> = Vec::new();
    let mut choice = ColumnChoice::default();
    let items = list_of(owner, "columns", what, diagnostics);
    for item in items {
        if item.get("name").is_none() && (item.get("include").is_some() || item.get("exclude").is_some()) {
            choice = choice_of(item);
            continue;
        }
        columns.extend(column(item, what, scope, diagnostics));
    }
    (columns, choice)
}

fn choice_of(item: &Yaml) -> ColumnChoice {
    let names = |key: &str| -> Option<Vec<String>> {
        let value = item.get(key)?;
        match &value.value {
            YamlValue::Text(text) if text == "*" || text == "all" => None,
            YamlValue::List(items) => Some(items.iter().filter_map(Yaml::scalar_text).collect()),
            _ => value.scalar_text().map(|text| vec![text]),
        }
    };
    ColumnChoice { include: names("include"), exclude: names("exclude").unwrap_or_default() }
}

fn column(item: &Yaml, what: &str, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Option<WrittenColumn> {
    let (name, span) = name_of(item, &format!("a column of {what}"), diagnostics)?;
    let owner = format!("column `{name}` of {what}");
    let tests = data_test::read(item, &owner, scope, diagnostics).unwrap_or_default();
    let constraints = constraints(item, &owner, diagnostics).unwrap_or_default();
    let mut fields = Fields::new(&owner, item, diagnostics);
    fields.check_keys(&KEYS);
    let config = fields.map("config").map(Yaml::to_json_map).unwrap_or_default();
    // COMPAT: tags and meta of the column and of its config are one (dbt 1.11).
    let mut meta: JsonMap = fields.map("meta").map(Yaml::to_json_map).unwrap_or_default();
    if let Some(Value::Object(more)) = config.get("meta") {
        meta.extend(more.clone());
    }
    let mut tags = fields.texts("tags").unwrap_or_default();
    tags.extend(texts_of(config.get("tags")));
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    let spec = ColumnSpec {
        description: fields.text("description").unwrap_or_default(),
        data_type: fields.text("data_type"),
        quote: fields.flag("quote"),
        granularity: fields.text("granularity"),
        name,
        tags,
        meta,
        constraints,
        doc_blocks: Vec::new(),
        config,
        span: Some(span),
    };
    Some(WrittenColumn { spec, tests })
}

/// A text or list of texts.
pub(super) fn texts_of(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `constraints:` of a column or model; `None` when there is no such key.
pub(super) fn constraints(owner: &Yaml, what: &str, diagnostics: &mut Diagnostics) -> Option<Vec<Constraint>> {
    owner.get("constraints").filter(|list| !list.is_null())?;
    let items = list_of(owner, "constraints", what, diagnostics);
    Some(items.iter().filter_map(|item| constraint(item, what, diagnostics)).collect())
}

fn constraint(item: &Yaml, what: &str, diagnostics: &mut Diagnostics) -> Option<Constraint> {
    let owner = format!("a constraint of {what}");
    let mut fields = Fields::new(&owner, item, diagnostics);
    let place = item.get("type").map_or(item.span, |value| value.span);
    let kind = fields.required_text("type")?;
    let Some(kind) = constraint_kind(&kind) else {
        fields.report(
            Diagnostic::error(Code::InvalidValue, format!("`{kind}` is not a type of constraint"))
                .at(place, "not known")
                .help("types are not_null, unique, primary_key, foreign_key, check and custom"),
        );
        return None;
    };
    Some(Constraint {
        kind,
        name: fields.text("name"),
        expression: fields.text("expression"),
        columns: fields.texts("columns").unwrap_or_default(),
        to: fields.text("to"),
        to_columns: fields.texts("to_columns").unwrap_or_default(),
        warn_unenforced: fields.flag("warn_unenforced").unwrap_or(true),
        warn_unsupported: fields.flag("warn_unsupported").unwrap_or(true),
    })
}

fn constraint_kind(name: &str) -> Option<ConstraintKind> {
    Some(match name {
        "not_null" => ConstraintKind::NotNull,
        "unique" => ConstraintKind::Unique,
        "primary_key" => ConstraintKind::PrimaryKey,
        "foreign_key" => ConstraintKind::ForeignKey,
        "check" => ConstraintKind::Check,
        "custom" => ConstraintKind::Custom,
        _ => return None,
    })
}
