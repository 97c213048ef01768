//! Metrics, semantic models and saved queries: as written, between the keys every resource has.

use serde_json::{Value, json};

use super::parts::{Dependencies, refs};
use crate::resource::{JsonMap, Node, Passthrough};

/// The entry of a resource that is carried along.
pub(super) fn semantic_entry(node: &Node, resource: &Passthrough) -> JsonMap {
    let mut entry = JsonMap::new();
    let mut add = |key: &str, value: Value| entry.insert(key.to_owned(), value);
    add("name", json!(node.name));
    add("resource_type", json!(node.resource_type().as_str()));
    add("package_name", json!(node.package));
    add("path", json!(node.origin.path));
    add("original_file_path", json!(node.origin.original_file_path));
    add("unique_id", json!(node.unique_id));
    add("fqn", json!(node.fqn));
    for (key, value) in &resource.definition {
        add(key, value.clone());
    }
    add("config", json!(node.config.values));
    add("unrendered_config", json!(node.unrendered_config));
    add("group", json!(node.config.group));
    add("depends_on", json!(Dependencies::from(&node.depends_on)));
    add("refs", json!(refs(&node.refs)));
    add("created_at", json!(node.created_at));
    entry
}
