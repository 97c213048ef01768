//! Metrics, semantic models and saved queries: carried along, in dbt's shape.
//!
//! What the user wrote is kept; keys that were not written get the value dbt gives them.

use serde_json::{Value, json};

use super::parts::{Dependencies, refs};
use crate::resource::{JsonMap, Node, Passthrough, ResourceType};

/// The entry of a resource that is carried along.
pub(super) fn semantic_entry(node: &Node, resource: &Passthrough) -> JsonMap {
    let mut entry = head(node);
    let written = Value::Object(resource.definition.clone());
    entry.extend(match resource.resource_type {
        ResourceType::Metric => metric(node, &written),
        ResourceType::SemanticModel => semantic_model(node, &written),
        ResourceType::SavedQuery => saved_query(node, &written),
        _ => resource.definition.clone(),
    });
    entry
}

fn head(node: &Node) -> JsonMap {
    map(json!({
        "name": node.name,
        "resource_type": node.resource_type().as_str(),
        "package_name": node.package,
        "path": node.origin.path,
        "original_file_path": node.origin.original_file_path,
        "unique_id": node.unique_id,
        "fqn": node.fqn,
    }))
}

fn metric(node: &Node, written: &Value) -> JsonMap {
    map(json!({
        "description": node.description,
        "label": field(written, "label"),
        "type": field(written, "type"),
        "type_params": type_params(&field(written, "type_params"), &field(written, "input_measures")),
        "filter": filter(&field(written, "filter")),
        "metadata": null,
        "time_granularity": field(written, "time_granularity"),
        "meta": node.config.get("meta").cloned().unwrap_or_else(|| json!({})),
        "tags": node.config.tags,
        "config": node.config.values,
        "unrendered_config": node.unrendered_config,
        "sources": [],
        "depends_on": Dependencies::from(&node.depends_on),
        "refs": refs(&node.refs),
        "metrics": node.metrics,
        "created_at": node.created_at,
        "group": node.config.group,
    }))
}

fn type_params(written: &Value, input_measures: &Value) -> Value {
    let measure = optional(&field(written, "measure"), measure_input);
    let own: Vec<Value> = [&measure].into_iter().filter(|measure| !measure.is_null()).cloned().collect();
    let input_measures = if input_measures.is_null() { own } else { each(input_measures, measure_input) };
    json!({
        "measure": measure,
        "input_measures": input_measures,
        "numerator": optional(&field(written, "numerator"), metric_input),
        "denominator": optional(&field(written, "denominator"), metric_input),
        "expr": expression(&field(written, "expr")),
        "window": optional(&field(written, "window"), window),
        "grain_to_date": field(written, "grain_to_date"),
        "metrics": each(&field(written, "metrics"), metric_input),
        "conversion_type_params": optional(&field(written, "conversion_type_params"), conversion),
        "cumulative_type_params": optional(&field(written, "cumulative_type_params"), cumulative),
        "metric_aggregation_params": null,
    })
}

/// An input may be written as its name alone.
fn measure_input(written: &Value) -> Value {
    json!({
        "name": name(written),
        "filter": filter(&field(written, "filter")),
        "alias": field(written, "alias"),
        "join_to_timespine": flag(written, "join_to_timespine"),
        "fill_nulls_with": field(written, "fill_nulls_with"),
    })
}

fn metric_input(written: &Value) -> Value {
    json!({
        "name": name(written),
        "filter": filter(&field(written, "filter")),
        "alias": field(written, "alias"),
        "offset_window": optional(&field(written, "offset_window"), window),
        "offset_to_grain": field(written, "offset_to_grain"),
    })
}

fn conversion(written: &Value) -> Value {
    json!({
        "base_measure": optional(&field(written, "base_measure"), measure_input),
        "conversion_measure": optional(&field(written, "conversion_measure"), measure_input),
        "entity": field(written, "entity"),
        "calculation": or(written, "calculation", json!("conversion_rate")),
        "window": optional(&field(written, "window"), window),
        "constant_properties": field(written, "constant_properties"),
    })
}

fn cumulative(written: &Value) -> Value {
    json!({
        "window": optional(&field(written, "window"), window),
        "grain_to_date": field(written, "grain_to_date"),
        "period_agg": or(written, "period_agg", json!("first")),
        "metric": optional(&field(written, "metric"), metric_input),
    })
}

/// `7 days` -> count and unit.
fn window(written: &Value) -> Value {
    let Some((count, unit)) = written.as_str().and_then(|text| text.trim().split_once(' ')) else {
        return written.clone();
    };
    let unit = unit.trim().to_lowercase();
    json!({ "count": count.parse::<i64>().unwrap_or_default(), "granularity": unit.strip_suffix('s').unwrap_or(&unit) })
}

/// One condition or several, each as a template.
fn filter(written: &Value) -> Value {
    let conditions = match written {
        Value::String(_) => vec![written.clone()],
        Value::Array(conditions) => conditions.clone(),
        _ => return Value::Null,
    };
    let conditions: Vec<Value> =
        conditions.into_iter().map(|condition| json!({ "where_sql_template": condition })).collect();
    json!({ "where_filters": conditions })
}

fn semantic_model(node: &Node, written: &Value) -> JsonMap {
    let meta = node.config.get("meta").cloned().unwrap_or_default();
    let parts = |key: &str, shape: fn(&Value) -> Value| -> Vec<Value> {
        each(&field(written, key), |part| with_meta(shape(part), &meta))
    };
    map(json!({
        "model": field(written, "model"),
        "node_relation": field(written, "node_relation"),
        "description": text(&node.description),
        "label": field(written, "label"),
        "defaults": optional(&field(written, "defaults"), |defaults| json!({
            "agg_time_dimension": field(defaults, "agg_time_dimension"),
        })),
        "entities": parts("entities", entity),
        "measures": parts("measures", measure),
        "dimensions": parts("dimensions", dimension),
        "metadata": null,
        "depends_on": Dependencies::from(&node.depends_on),
        "refs": refs(&node.refs),
        "created_at": node.created_at,
        "config": node.config.values,
        "unrendered_config": node.unrendered_config,
        "primary_entity": field(written, "primary_entity"),
        "group": node.config.group,
    }))
}

/// A model's place, as the semantic layer names it.
pub(super) fn node_relation(relation: &crate::relation::Relation) -> Value {
    json!({
        "alias": relation.identifier,
        "schema_name": relation.schema,
        "database": relation.database,
        "relation_name": relation.render(),
    })
}

fn entity(written: &Value) -> Value {
    json!({
        "name": field(written, "name"),
        "type": lower(written, "type"),
        "description": field(written, "description"),
        "label": field(written, "label"),
        "role": field(written, "role"),
        "expr": expression(&field(written, "expr")),
        "config": element_config(written),
    })
}

fn measure(written: &Value) -> Value {
    json!({
        "name": field(written, "name"),
        "agg": lower(written, "agg"),
        "description": field(written, "description"),
        "label": field(written, "label"),
        // COMPAT: the metric made of it stands among the metrics; here dbt says no.
        "create_metric": false,
        "expr": expression(&field(written, "expr")),
        "agg_params": optional(&field(written, "agg_params"), |params| json!({
            "percentile": field(params, "percentile"),
            "use_discrete_percentile": flag(params, "use_discrete_percentile"),
            "use_approximate_percentile": flag(params, "use_approximate_percentile"),
        })),
        "non_additive_dimension": optional(&field(written, "non_additive_dimension"), |limit| json!({
            "name": field(limit, "name"),
            "window_choice": or(limit, "window_choice", json!("min")),
            "window_groupings": or(limit, "window_groupings", json!([])),
        })),
        "agg_time_dimension": field(written, "agg_time_dimension"),
        "config": element_config(written),
    })
}

fn dimension(written: &Value) -> Value {
    json!({
        "name": field(written, "name"),
        "type": lower(written, "type"),
        "description": field(written, "description"),
        "label": field(written, "label"),
        "is_partition": flag(written, "is_partition"),
        "type_params": optional(&field(written, "type_params"), |params| json!({
            "time_granularity": or(params, "time_granularity", json!("day")),
            "validity_params": optional(&field(params, "validity_params"), |validity| json!({
                "is_start": flag(validity, "is_start"),
                "is_end": flag(validity, "is_end"),
            })),
        })),
        "expr": expression(&field(written, "expr")),
        "metadata": null,
        "config": element_config(written),
    })
}

/// A part of a semantic model has the model's `meta` under its own.
fn with_meta(mut part: Value, meta: &Value) -> Value {
    let Some(own) = part.pointer_mut("/config/meta").and_then(Value::as_object_mut) else { return part };
    let mut all = meta.as_object().cloned().unwrap_or_default();
    all.extend(std::mem::take(own));
    *own = all;
    part
}

fn element_config(written: &Value) -> Value {
    json!({ "meta": or(&field(written, "config"), "meta", json!({})) })
}

fn saved_query(node: &Node, written: &Value) -> JsonMap {
    let query = field(written, "query_params");
    map(json!({
        "query_params": {
            "metrics": or(&query, "metrics", json!([])),
            "group_by": or(&query, "group_by", json!([])),
            "where": filter(&field(&query, "where")),
            "order_by": or(&query, "order_by", json!([])),
            "limit": field(&query, "limit"),
        },
        "exports": each(&field(written, "exports"), |written| export(written, node)),
        "description": text(&node.description),
        "label": field(written, "label"),
        "metadata": null,
        "config": node.config.values,
        "unrendered_config": node.unrendered_config,
        "group": node.config.group,
        "depends_on": Dependencies::from(&node.depends_on),
        "created_at": node.created_at,
        "refs": refs(&node.refs),
        "tags": node.config.tags,
    }))
}

/// What an export does not say, its query says, and else the target.
fn export(written: &Value, query: &Node) -> Value {
    let own = field(written, "config");
    let configured = |key: &str| query.config.get(key).filter(|value| !value.is_null()).cloned();
    let (database, target) = query.database_and_schema().unwrap_or_default();
    let mut config = own.clone();
    for (key, fallback) in [("export_as", None), ("schema", Some(target)), ("database", Some(database))] {
        if let Value::Object(config) = &mut config
            && field(&own, key).is_null()
        {
            let fallback = configured(key).or_else(|| fallback.map(Value::from)).unwrap_or_default();
            config.insert(key.to_owned(), fallback);
        }
    }
    let schema =
        if field(&own, "schema_name").is_null() { field(&config, "schema") } else { field(&own, "schema_name") };
    json!({
        "name": field(written, "name"),
        "config": {
            "export_as": or(&config, "export_as", json!("table")),
            "schema_name": schema,
            "alias": or(&config, "alias", field(written, "name")),
            "database": field(&config, "database"),
        },
        "unrendered_config": optional(&own, Value::clone),
    })
}

fn field(written: &Value, key: &str) -> Value {
    written.get(key).cloned().unwrap_or_default()
}

fn or(written: &Value, key: &str, default: Value) -> Value {
    Some(field(written, key)).filter(|value| !value.is_null()).unwrap_or(default)
}

fn flag(written: &Value, key: &str) -> bool {
    written.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn lower(written: &Value, key: &str) -> Option<String> {
    written.get(key).and_then(Value::as_str).map(str::to_lowercase)
}

/// SQL; a number is one, too.
fn expression(written: &Value) -> Value {
    match written {
        Value::Null | Value::String(_) => written.clone(),
        other => json!(other.to_string()),
    }
}

fn name(written: &Value) -> Value {
    if written.is_string() { written.clone() } else { field(written, "name") }
}

fn text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn optional(written: &Value, shape: impl Fn(&Value) -> Value) -> Value {
    if written.is_null() { Value::Null } else { shape(written) }
}

fn each(written: &Value, shape: impl Fn(&Value) -> Value) -> Vec<Value> {
    written.as_array().map(|items| items.iter().map(shape).collect()).unwrap_or_default()
}

fn map(value: Value) -> JsonMap {
    match value {
        Value::Object(map) => map,
        _ => JsonMap::new(),
    }
}
