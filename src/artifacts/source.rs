//! The entries of `sources`.

use serde::Serialize;

use super::column::Columns;
use super::parts::{Object, meta, relation_name};
use crate::resource::{ConfigMap, FreshnessRule, FreshnessThreshold, JsonMap, Node, QuotingOverride, Source, UniqueId};

/// A source table.
#[derive(Serialize)]
pub(super) struct SourceEntry<'a> {
    database: Option<&'a str>,
    schema: &'a str,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    fqn: &'a [String],
    source_name: &'a str,
    source_description: &'a str,
    loader: &'a str,
    identifier: &'a str,
    quoting: Quoting,
    loaded_at_field: Option<&'a str>,
    loaded_at_query: Option<&'a str>,
    freshness: Option<Criteria<'a>>,
    external: Option<JsonMap>,
    description: &'a str,
    columns: Columns<'a>,
    meta: Object<'a>,
    source_meta: &'a JsonMap,
    tags: &'a [String],
    config: &'a ConfigMap,
    patch_path: Option<&'a str>,
    unrendered_config: &'a JsonMap,
    relation_name: Option<String>,
    created_at: f64,
    unrendered_database: Option<&'a str>,
    unrendered_schema: Option<&'a str>,
    doc_blocks: &'a [UniqueId],
}

impl<'a> SourceEntry<'a> {
    pub(super) fn new(node: &'a Node, source: &'a Source) -> Self {
        Self {
            database: node.relation.as_ref().map(|relation| relation.database.as_str()),
            schema: node.relation.as_ref().map_or("", |relation| relation.schema.as_str()),
            name: &node.name,
            resource_type: node.resource_type().as_str(),
            package_name: &node.package,
            // COMPAT: of a source both paths are the one from the package root.
            path: &node.origin.original_file_path,
            original_file_path: &node.origin.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            source_name: &source.source_name,
            source_description: &source.source_description,
            loader: &source.loader,
            identifier: &source.identifier,
            quoting: source.quoting.into(),
            loaded_at_field: source.loaded_at_field.as_deref(),
            loaded_at_query: source.loaded_at_query.as_deref(),
            freshness: Criteria::shown(source, &node.config.values),
            external: source.external.as_ref().map(external),
            description: &node.description,
            columns: Columns(&node.columns),
            meta: meta(node),
            source_meta: &source.source_meta,
            tags: &node.config.tags,
            config: &node.config.values,
            patch_path: node.origin.patch_path.as_deref(),
            unrendered_config: &node.unrendered_config,
            relation_name: relation_name(node),
            created_at: node.created_at,
            unrendered_database: source.unrendered_database.as_deref(),
            unrendered_schema: source.unrendered_schema.as_deref(),
            doc_blocks: &node.doc_blocks,
        }
    }
}

/// `external:` with all of its known keys.
fn external(written: &JsonMap) -> JsonMap {
    const KNOWN: [&str; 5] = ["location", "file_format", "row_format", "tbl_properties", "partitions"];
    let known = KNOWN.map(|key| (key.to_owned(), written.get(key).cloned().unwrap_or_default()));
    let mut all: JsonMap = known.into_iter().collect();
    all.extend(written.clone());
    all
}

/// `quoting`, whose `column` nothing sets.
#[derive(Serialize)]
pub(super) struct Quoting {
    database: Option<bool>,
    schema: Option<bool>,
    identifier: Option<bool>,
    column: Option<bool>,
}

impl From<QuotingOverride> for Quoting {
    fn from(quoting: QuotingOverride) -> Self {
        Self { database: quoting.database, schema: quoting.schema, identifier: quoting.identifier, column: None }
    }
}

/// How old a source may be, as in `freshness` and `criteria`.
#[derive(Serialize)]
pub(super) struct Criteria<'a> {
    warn_after: Threshold<'a>,
    error_after: Threshold<'a>,
    filter: Option<&'a str>,
}

#[derive(Serialize)]
struct Threshold<'a> {
    count: Option<i64>,
    period: Option<&'a str>,
}

impl<'a> Criteria<'a> {
    /// COMPAT: a source without a rule shows one of nulls, unless it says `freshness: null` (dbt 1.11).
    fn shown(source: &'a Source, config: &'a ConfigMap) -> Option<Self> {
        if let Some(rule) = &source.freshness {
            return Some(rule.into());
        }
        let unset = config.get("freshness").filter(|written| written.is_object())?;
        let nothing = || Threshold { count: None, period: None };
        let filter = unset.get("filter").and_then(serde_json::Value::as_str);
        Some(Self { warn_after: nothing(), error_after: nothing(), filter })
    }
}

impl<'a> From<&'a FreshnessRule> for Criteria<'a> {
    fn from(rule: &'a FreshnessRule) -> Self {
        Self {
            warn_after: (&rule.warn_after).into(),
            error_after: (&rule.error_after).into(),
            filter: rule.filter.as_deref(),
        }
    }
}

impl<'a> From<&'a FreshnessThreshold> for Threshold<'a> {
    fn from(threshold: &'a FreshnessThreshold) -> Self {
        let threshold = threshold.as_ref();
        Self { count: threshold.map(|period| period.count), period: threshold.map(|period| period.period.as_str()) }
    }
}
