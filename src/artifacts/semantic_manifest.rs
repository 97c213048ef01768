//! `semantic_manifest.json`, for the semantic layer.

use serde_json::{Value, json};

use super::graph::{Section, in_section};
use super::node::manifest_node;
use super::semantic::node_relation;
use crate::project::Project;
use crate::resource::Node;

/// Semantic models, metrics, saved queries and time spines of the project.
pub fn semantic_manifest(project: &Project) -> Vec<u8> {
    let entries = |section, shape: fn(&Value) -> Value| -> Vec<Value> {
        in_section(project, section).map(|node| shape(&Value::Object(manifest_node(node)))).collect()
    };
    let spines: Vec<Value> = in_section(project, Section::Nodes).filter_map(time_spine).collect();
    super::bytes(&json!({
        "semantic_models": entries(Section::SemanticModels, semantic_model),
        "metrics": entries(Section::Metrics, metric),
        "project_configuration": {
            "time_spine_table_configurations": [],
            "metadata": null,
            "dsi_package_version": { "major_version": "0", "minor_version": "9", "patch_version": "0" },
            "time_spines": spines,
        },
        "saved_queries": entries(Section::SavedQueries, saved_query),
    }))
}

fn semantic_model(entry: &Value) -> Value {
    const ENTITY: [&str; 8] = ["name", "description", "type", "role", "expr", "metadata", "label", "config"];
    const MEASURE: [&str; 11] = [
        "name",
        "agg",
        "description",
        "create_metric",
        "expr",
        "agg_params",
        "metadata",
        "non_additive_dimension",
        "agg_time_dimension",
        "label",
        "config",
    ];
    const DIMENSION: [&str; 9] =
        ["name", "description", "type", "is_partition", "type_params", "expr", "metadata", "label", "config"];
    json!({
        "name": entry.get("name"),
        "defaults": entry.get("defaults"),
        "description": entry.get("description"),
        "node_relation": entry.get("node_relation"),
        "primary_entity": entry.get("primary_entity"),
        "entities": each(entry, "entities", &ENTITY),
        "measures": each(entry, "measures", &MEASURE),
        "dimensions": each(entry, "dimensions", &DIMENSION),
        "label": entry.get("label"),
        "metadata": null,
        "config": meta(entry),
    })
}

fn metric(entry: &Value) -> Value {
    const PARAMETERS: [&str; 10] = [
        "measure",
        "numerator",
        "denominator",
        "expr",
        "window",
        "grain_to_date",
        "metrics",
        "conversion_type_params",
        "cumulative_type_params",
        "input_measures",
    ];
    json!({
        "name": entry.get("name"),
        "description": entry.get("description"),
        "type": entry.get("type"),
        "type_params": picked(entry.get("type_params").unwrap_or(&Value::Null), &PARAMETERS),
        "filter": entry.get("filter"),
        "metadata": null,
        "label": entry.get("label"),
        "config": meta(entry),
        "time_granularity": entry.get("time_granularity"),
    })
}

fn saved_query(entry: &Value) -> Value {
    let query = entry.get("query_params").unwrap_or(&Value::Null);
    let exports = entry.get("exports").and_then(Value::as_array);
    let exports: Vec<Value> = exports.map(|all| all.iter().map(export).collect()).unwrap_or_default();
    json!({
        "name": entry.get("name"),
        "query_params": picked(query, &["metrics", "group_by", "order_by", "limit", "where"]),
        "description": entry.get("description"),
        "metadata": null,
        "label": entry.get("label"),
        "exports": exports,
        "tags": entry.get("tags"),
    })
}

fn export(entry: &Value) -> Value {
    let config = entry.get("config").unwrap_or(&Value::Null);
    json!({ "name": entry.get("name"), "config": picked(config, &["export_as", "schema_name", "alias"]) })
}

/// A model that lists all days, hours, ...
fn time_spine(node: &Node) -> Option<Value> {
    let spine = node.as_model()?.time_spine.as_ref()?;
    let column = spine.get("standard_granularity_column").and_then(Value::as_str)?;
    let granularities = spine.get("custom_granularities").and_then(Value::as_array);
    let granularities: Vec<Value> = granularities
        .map(|all| all.iter().map(|one| picked(one, &["name", "column_name"])).collect())
        .unwrap_or_default();
    Some(json!({
        "node_relation": node.relation.as_ref().map(node_relation),
        "primary_column": {
            "name": column,
            "time_granularity": node.columns.get(column).and_then(|column| column.granularity.as_deref()),
        },
        "custom_granularities": granularities,
    }))
}

fn meta(entry: &Value) -> Value {
    let meta = entry.get("config").and_then(|config| config.get("meta")).filter(|meta| meta.is_object());
    json!({ "meta": meta.cloned().unwrap_or_else(|| json!({})) })
}

fn each(entry: &Value, key: &str, keys: &[&str]) -> Vec<Value> {
    let items = entry.get(key).and_then(Value::as_array);
    items.map(|items| items.iter().map(|item| picked(item, keys)).collect()).unwrap_or_default()
}

/// These keys in this order; null where there is none.
fn picked(entry: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), entry.get(key).cloned().unwrap_or_default())).collect()
}
