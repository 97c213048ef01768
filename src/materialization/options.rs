use serde_json::Value;

use crate::relation::{IndexSpec, TableOptions};
use crate::resource::NodeConfig;

/// Storage options as the config says.
pub fn table_options(config: &NodeConfig) -> TableOptions {
    let properties = match config.get("table_properties") {
        Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.clone(), plain_text(value))).collect(),
        _ => indexmap::IndexMap::new(),
    };
    TableOptions {
        indexes: index_specs(config.get("indexes")),
        unlogged: config.flag("unlogged").unwrap_or(false),
        partition_by: config.text_list("partition_by"),
        cluster_by: config.text_list("cluster_by"),
        properties,
    }
}

/// Indexes as written.
pub(super) fn index_specs(written: Option<&Value>) -> Vec<IndexSpec> {
    let Some(Value::Array(items)) = written else { return Vec::new() };
    items
        .iter()
        .filter_map(Value::as_object)
        .map(|index| IndexSpec {
            columns: match index.get("columns") {
                Some(Value::Array(columns)) => columns.iter().map(plain_text).collect(),
                Some(Value::String(column)) => vec![column.clone()],
                _ => Vec::new(),
            },
            unique: index.get("unique").and_then(Value::as_bool).unwrap_or(false),
            method: index.get("type").and_then(Value::as_str).map(str::to_owned),
        })
        .filter(|index| !index.columns.is_empty())
        .collect()
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
