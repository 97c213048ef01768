//! Source tables: properties -> node.

use serde_json::{Value, json};

use super::context::{Context, Draft};
use super::data_test::{Target, TargetKind};
use super::node_config::node_config;
use crate::diagnostic::Diagnostics;
use crate::project::parsed::{Properties, WrittenSource, WrittenTable};
use crate::relation::Relation;
use crate::resource::{
    ConfigMap, FreshnessPeriod, FreshnessRule, Node, NodeKind, Origin, ResourceType, Source, UniqueId,
};

impl Context<'_> {
    /// The nodes of a source's tables with their tests.
    pub fn source_nodes(&self, file: &Properties, source: &WrittenSource) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for table in &source.tables {
            drafts.push(self.source_node(file, source, table));
            let target = Target {
                place: &file.place,
                name: &table.name,
                of: TargetKind::Source(&source.name),
                quote_columns: table.quote_columns,
                tags: &table.test_tags,
                exists: true,
            };
            drafts.extend(self.tests_of(&target, table.columns.iter(), &table.tests));
        }
        drafts
    }

    fn source_node(&self, file: &Properties, source: &WrittenSource, table: &WrittenTable) -> Draft {
        let mut problems = Diagnostics::new();
        let place = &file.place;
        let package = place.package.as_ref();
        let mut fqn = vec![place.package.to_string()];
        let folders: Vec<&str> = place.path.split('/').collect();
        fqn.extend(folders.iter().take(folders.len().saturating_sub(1)).map(|folder| (*folder).to_owned()));
        fqn.extend([source.name.clone(), table.name.clone()]);
        let what = format!("source table `{}.{}`", source.name, table.name);
        let mut merged = self.merged(ResourceType::Source, package, &fqn, &config(table));
        self.finish(&mut merged, ResourceType::Source, package, &fqn, &ConfigMap::new());
        let mut config = node_config(merged.values, &what, table.span, &mut problems);
        let freshness = freshness_of(&mut config.values);
        let kind = NodeKind::Source(Box::new(Source {
            source_name: source.name.clone(),
            source_description: self.described(&source.description, package, Some(source.span), &mut problems).text,
            source_meta: source.meta.clone(),
            identifier: table.identifier.clone(),
            unrendered_database: source.written_database.clone(),
            unrendered_schema: source.written_schema.clone(),
            loader: source.loader.clone(),
            loaded_at_field: table.loaded_at_field.clone(),
            loaded_at_query: table.loaded_at_query.clone(),
            external: table.external.clone(),
            quoting: table.quoting,
            freshness,
        }));
        let origin = Origin {
            file: place.file,
            span: table.span,
            path: place.original.clone(),
            original_file_path: place.original.clone(),
            patch_path: None,
            patch_span: None,
            config_span: None,
        };
        let mut node = Node::bare(kind, table.name.clone(), package.to_owned(), fqn, origin);
        node.unique_id = UniqueId::new(format!("source.{package}.{}.{}", source.name, table.name));
        node.config = config;
        node.unrendered_config = merged.unrendered;
        let described = self.described(&table.description, package, Some(table.span), &mut problems);
        (node.description, node.doc_blocks) = (described.text, described.doc_blocks);
        let columns: Vec<_> = table.columns.iter().collect();
        node.columns = self.columns(&columns, package, &mut problems);
        let database = source.database.clone().unwrap_or_else(|| self.settings.profile.database.clone());
        let schema = source.schema.clone().unwrap_or_else(|| source.name.clone());
        node.alias = table.identifier.clone();
        node.relation = Some(Relation {
            quote: self.quote_policy(table.quoting),
            ..Relation::new(database, schema, table.identifier.clone())
        });
        Draft { place: table.span, display: place.display.clone(), node, problems, is_orphan: false }
    }
}

/// What a table says of its config, in dbt's order.
fn config(table: &WrittenTable) -> ConfigMap {
    let mut config = table.config.clone();
    if let Some(freshness) = &table.freshness {
        config.insert("freshness".to_owned(), freshness.as_ref().map_or(Value::Null, freshness_json));
    }
    config.insert("loaded_at_field".to_owned(), table.loaded_at_field.clone().into());
    config.insert("loaded_at_query".to_owned(), table.loaded_at_query.clone().into());
    for key in ["meta", "tags"] {
        if let Some(value) = config.shift_remove(key) {
            config.insert(key.to_owned(), value);
        }
    }
    config
}

fn freshness_json(rule: &FreshnessRule) -> Value {
    let period = |period: &Option<FreshnessPeriod>| match period {
        Some(period) => json!({ "count": period.count, "period": period.period }),
        None => json!({ "count": null, "period": null }),
    };
    json!({
        "warn_after": period(&rule.warn_after),
        "error_after": period(&rule.error_after),
        "filter": rule.filter,
    })
}

/// The rule in the merged config (a project file may have given it), written out in full.
fn freshness_of(values: &mut ConfigMap) -> Option<FreshnessRule> {
    let written = values.get("freshness").filter(|value| value.is_object())?;
    let period = |key: &str| {
        let written = written.get(key)?;
        let count = written.get("count")?.as_i64()?;
        Some(FreshnessPeriod { count, period: written.get("period")?.as_str()?.to_owned() })
    };
    let rule = FreshnessRule {
        warn_after: period("warn_after"),
        error_after: period("error_after"),
        filter: written.get("filter").and_then(Value::as_str).map(str::to_owned),
    };
    values.insert("freshness".to_owned(), freshness_json(&rule));
    let is_set = rule.warn_after.is_some() || rule.error_after.is_some();
    is_set.then_some(rule)
}
