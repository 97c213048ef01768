use serde_json::Value;

use super::{Scope, column, data_test, list_of, name_of};
use crate::config::yaml::{Fields, Yaml};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::{WrittenSource, WrittenTable};
use crate::resource::{ConfigMap, FreshnessPeriod, FreshnessRule, JsonMap, QuotingOverride};

const SOURCE_KEYS: [&str; 16] = [
    "name",
    "description",
    "database",
    "schema",
    "loader",
    "meta",
    "tags",
    "quoting",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "config",
    "tables",
    "overrides",
    "tests",
    "data_tests",
];

const TABLE_KEYS: [&str; 18] = [
    "name",
    "description",
    "identifier",
    "meta",
    "tags",
    "quoting",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "config",
    "columns",
    "tests",
    "data_tests",
    "external",
    "loader",
    "quote_columns",
    "docs",
    "constraints",
];

/// An entry of `sources:`.
pub(super) fn read(entry: &Yaml, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Option<WrittenSource> {
    let (name, span) = name_of(entry, "a source", diagnostics)?;
    let what = format!("source `{name}`");
    let mut fields = Fields::new(&what, entry, diagnostics);
    fields.check_keys(&SOURCE_KEYS);
    let overrides = fields.text("overrides");
    if let Some((key, _)) = entry.entry("overrides") {
        fields.report(
            Diagnostic::warning(Code::Deprecated, format!("`overrides` of {what} is deprecated"))
                .event("SourceOverrideDeprecation")
                .at(key.span, "will not work for ever")
                .help("disable the package's source in the project file and declare it here under a name of your own"),
        );
    }
    let database = fields.text("database").or_else(|| fields.text("dbname"));
    let (schema, loader) = (fields.text("schema"), fields.text("loader").unwrap_or_default());
    let description = fields.text("description").unwrap_or_default();
    let tables = list_of(entry, "tables", &what, diagnostics);
    let defaults = Defaults::read(entry, &what, diagnostics);
    let meta = defaults.meta();
    let tables = tables.iter().filter_map(|item| table(item, &name, &defaults, scope, diagnostics)).collect();
    let (written_database, written_schema) = (None, None);
    Some(WrittenSource {
        name,
        span,
        description,
        database,
        schema,
        written_database,
        written_schema,
        loader,
        meta,
        entry: entry.clone(),
        overrides,
        tables,
    })
}

/// What a source and each of its tables can say.
#[derive(Debug, Clone, Default)]
struct Defaults {
    config: ConfigMap,
    meta: JsonMap,
    tags: Vec<String>,
    quoting: QuotingOverride,
    freshness: Vec<Freshness>,
    loaded_at_field: Option<Option<String>>,
    loaded_at_query: Option<String>,
}

impl Defaults {
    fn read(entry: &Yaml, what: &str, diagnostics: &mut Diagnostics) -> Self {
        let mut fields = Fields::new(what, entry, diagnostics);
        let config = fields.map("config");
        let text = |yaml: Option<&Yaml>, key: &str| yaml.and_then(|yaml| yaml.get(key)).and_then(Yaml::scalar_text);
        let loaded_at_field = entry.get("loaded_at_field").map(Yaml::scalar_text).or_else(|| {
            let field = text(config, "loaded_at_field")?;
            Some(Some(field))
        });
        let loaded_at_query = text(Some(entry), "loaded_at_query").or_else(|| text(config, "loaded_at_query"));
        if loaded_at_query.is_some() && loaded_at_field.as_ref().is_some_and(Option::is_some) {
            let span = entry.entry("loaded_at_query").map_or(entry.span, |(key, _)| key.span);
            fields.report(
                Diagnostic::error(Code::InvalidValue, format!("{what} has `loaded_at_field` and `loaded_at_query`"))
                    .at(span, "one of the two is enough")
                    .help("remove one of them"),
            );
        }
        let freshness = vec![
            Freshness::read(entry.get("freshness")),
            Freshness::read(config.and_then(|config| config.get("freshness"))),
        ];
        Self {
            meta: fields.map("meta").map(Yaml::to_json_map).unwrap_or_default(),
            tags: fields.texts("tags").unwrap_or_default(),
            quoting: quoting(fields.map("quoting")),
            config: config.map(Yaml::to_json_map).unwrap_or_default(),
            freshness,
            loaded_at_field,
            loaded_at_query,
        }
    }

    /// `meta`, alone and within `config`.
    fn meta(&self) -> JsonMap {
        let mut meta = self.meta.clone();
        if let Some(Value::Object(more)) = self.config.get("meta") {
            meta.extend(more.clone());
        }
        meta
    }

    fn all_tags(&self) -> Vec<String> {
        let mut tags = self.tags.clone();
        tags.extend(column::texts_of(self.config.get("tags")));
        tags
    }
}

fn table(
    item: &Yaml,
    source: &str,
    above: &Defaults,
    scope: Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<WrittenTable> {
    let (name, span) = name_of(item, &format!("a table of source `{source}`"), diagnostics)?;
    let what = format!("source table `{source}.{name}`");
    let (columns, _) = column::read(item, &what, scope, diagnostics);
    let tests = data_test::read(item, &what, scope, diagnostics).unwrap_or_default();
    let own = Defaults::read(item, &what, diagnostics);
    let mut fields = Fields::new(&what, item, diagnostics);
    fields.check_keys(&TABLE_KEYS);
    let mut config = above.config.clone();
    config.extend(own.config.clone());
    for key in ["freshness", "loaded_at_field", "loaded_at_query", "meta", "tags"] {
        config.shift_remove(key);
    }
    let mut meta = above.meta();
    meta.extend(own.meta());
    let mut tags: Vec<String> = above.all_tags();
    tags.extend(own.all_tags());
    tags.sort();
    tags.dedup();
    config.insert("meta".to_owned(), meta.into());
    config.insert("tags".to_owned(), tags.into());
    let loaded_at_query = match (&own.loaded_at_query, &own.loaded_at_field) {
        (None, None) => above.loaded_at_query.clone(),
        (own, _) => own.clone(),
    };
    Some(WrittenTable {
        description: fields.text("description").unwrap_or_default(),
        identifier: fields.text("identifier").unwrap_or_else(|| name.clone()),
        external: fields.map("external").map(Yaml::to_json_map),
        quote_columns: fields.flag("quote_columns").unwrap_or(false),
        freshness: merged(above.freshness.iter().chain(&own.freshness)),
        loaded_at_field: own.loaded_at_field.or_else(|| above.loaded_at_field.clone()).flatten(),
        loaded_at_query,
        test_tags: above.tags.iter().chain(&own.tags).cloned().collect(),
        quoting: QuotingOverride {
            database: own.quoting.database.or(above.quoting.database),
            schema: own.quoting.schema.or(above.quoting.schema),
            identifier: own.quoting.identifier.or(above.quoting.identifier),
        },
        name,
        span,
        config,
        columns,
        tests,
    })
}

fn quoting(yaml: Option<&Yaml>) -> QuotingOverride {
    let flag = |key: &str| match yaml.and_then(|yaml| yaml.get(key)).map(Yaml::to_json) {
        Some(Value::Bool(flag)) => Some(flag),
        _ => None,
    };
    QuotingOverride { database: flag("database"), schema: flag("schema"), identifier: flag("identifier") }
}

/// A freshness rule as one place says it.
#[derive(Debug, Clone, PartialEq)]
enum Freshness {
    /// `null`: switched off.
    Off,
    /// A rule, maybe an empty one.
    Rule { warn: Threshold, error: Threshold, filter: Option<String> },
}

/// A threshold as one place says it.
#[derive(Debug, Clone, PartialEq)]
enum Threshold {
    Unsaid,
    Off,
    After(FreshnessPeriod),
}

impl Freshness {
    fn read(yaml: Option<&Yaml>) -> Self {
        let Some(yaml) = yaml else {
            return Self::Rule { warn: Threshold::Unsaid, error: Threshold::Unsaid, filter: None };
        };
        if yaml.is_null() {
            return Self::Off;
        }
        Self::Rule {
            warn: Threshold::read(yaml.get("warn_after")),
            error: Threshold::read(yaml.get("error_after")),
            filter: yaml.get("filter").and_then(Yaml::scalar_text),
        }
    }

    fn says_something(&self) -> bool {
        matches!(self, Self::Rule { warn: Threshold::After(_), .. } | Self::Rule { error: Threshold::After(_), .. })
    }

    /// COMPAT: what is said further in wins; `null` switches off (dbt 1.11).
    fn over(self, below: Self) -> Self {
        match (below, self) {
            (
                Self::Rule { warn, error, filter },
                Self::Rule { warn: new_warn, error: new_error, filter: new_filter },
            ) => Self::Rule { warn: new_warn.over(warn), error: new_error.over(error), filter: new_filter.or(filter) },
            (Self::Off, rule) if rule.says_something() => rule,
            _ => Self::Off,
        }
    }
}

impl Threshold {
    fn read(yaml: Option<&Yaml>) -> Self {
        let Some(yaml) = yaml else { return Self::Unsaid };
        if yaml.is_null() {
            return Self::Off;
        }
        let count = yaml.get("count").and_then(Yaml::scalar_text).and_then(|count| count.parse().ok());
        match (count, yaml.get("period").and_then(Yaml::scalar_text)) {
            (Some(count), Some(period)) => Self::After(FreshnessPeriod { count, period }),
            _ => Self::Unsaid,
        }
    }

    fn over(self, below: Self) -> Self {
        if self == Self::Unsaid { below } else { self }
    }

    fn period(self) -> Option<FreshnessPeriod> {
        match self {
            Self::After(period) => Some(period),
            _ => None,
        }
    }
}

fn merged<'a>(rules: impl Iterator<Item = &'a Freshness>) -> Option<Option<FreshnessRule>> {
    let merged = rules.cloned().reduce(|below, rule| rule.over(below))?;
    let says_something = merged.says_something();
    match merged {
        Freshness::Off => Some(None),
        Freshness::Rule { warn, error, filter } if says_something => {
            Some(Some(FreshnessRule { warn_after: warn.period(), error_after: error.period(), filter }))
        }
        Freshness::Rule { .. } => None,
    }
}
