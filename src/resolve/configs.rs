use serde_json::Value;

use crate::resource::{ConfigMap, JsonMap};

/// How a key's values of two levels become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Merge {
    /// The later value wins.
    Replace,
    /// Both, the later one behind.
    Append,
    /// Key by key, the later one winning.
    Update,
    /// Key by key; a key with a `+` adds to the list, one without replaces it.
    UpdateOrAppend,
}

/// COMPAT: the merge rules of dbt 1.11's config classes.
fn merge_of(key: &str) -> Merge {
    match key {
        "tags" | "pre-hook" | "post-hook" | "packages" => Merge::Append,
        "meta" | "quoting" | "column_types" | "docs" | "contract" => Merge::Update,
        "grants" => Merge::UpdateOrAppend,
        _ => Merge::Replace,
    }
}

/// The levels of a config tree of the project file (`models:`, `seeds:`, ...) that apply to a node,
/// outermost first: the tree itself, then each part of the node's path of names.
///
/// A key with `+` is config; a key without is config too unless its value is a mapping, which is the
/// next level.
pub fn levels_for(tree: &JsonMap, fqn: &[String]) -> Vec<ConfigMap> {
    let mut levels = vec![config_keys(tree)];
    let mut at = tree;
    for name in fqn {
        let Some(Value::Object(next)) = at.get(name) else { break };
        levels.push(config_keys(next));
        at = next;
    }
    levels
}

fn config_keys(level: &JsonMap) -> ConfigMap {
    level
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix('+') {
            Some(key) => Some((key.trim().to_owned(), value.clone())),
            None if value.is_object() => None,
            None => Some((key.clone(), value.clone())),
        })
        .collect()
}

/// Puts one level's config over what has been merged so far.
pub fn merge_config(merged: &mut ConfigMap, level: &ConfigMap) {
    for (key, value) in level {
        let key = canonical_key(key);
        let before = merged.get(key).cloned().unwrap_or(Value::Null);
        let after = match merge_of(key) {
            Merge::Replace => value.clone(),
            Merge::Append => append(before, value),
            Merge::Update => update(before, value),
            Merge::UpdateOrAppend => update_or_append(before, value),
        };
        merged.insert(key.to_owned(), after);
    }
}

/// Spellings that mean the same key.
fn canonical_key(key: &str) -> &str {
    match key {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        "dbname" => "database",
        other => other,
    }
}

fn append(before: Value, value: &Value) -> Value {
    let mut all = listed(before);
    all.extend(listed(value.clone()));
    Value::Array(all)
}

fn update(before: Value, value: &Value) -> Value {
    match (before, value) {
        (Value::Object(mut before), Value::Object(after)) => {
            before.extend(after.clone());
            Value::Object(before)
        }
        (_, value) => value.clone(),
    }
}

fn update_or_append(before: Value, value: &Value) -> Value {
    let Value::Object(after) = value else { return value.clone() };
    let mut merged: JsonMap = match before {
        Value::Object(before) => before.into_iter().map(|(key, value)| (key, Value::Array(listed(value)))).collect(),
        _ => JsonMap::new(),
    };
    for (key, value) in after {
        let name = key.trim_start_matches('+');
        let adds = name.len() < key.len();
        let grown = match merged.get(name) {
            Some(known) if adds => append(known.clone(), value),
            _ => Value::Array(listed(value.clone())),
        };
        merged.insert(name.to_owned(), grown);
    }
    Value::Object(merged)
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> ConfigMap {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn each_part_of_the_path_adds_a_level() {
        let tree = map(json!({
            "+tags": ["all"],
            "materialized": "view",
            "shop": { "+schema": "shop", "marts": { "+materialized": "table", "+meta": { "owner": "ann" } } }
        }));
        let fqn: Vec<String> = ["shop", "marts", "orders"].map(str::to_owned).to_vec();
        assert_eq!(
            json!(levels_for(&tree, &fqn)),
            json!([
                { "tags": ["all"], "materialized": "view" },
                { "schema": "shop" },
                { "materialized": "table", "meta": { "owner": "ann" } }
            ])
        );
    }

    #[test]
    fn keys_merge_by_their_own_rule() {
        let mut merged = ConfigMap::new();
        for level in [
            json!({ "tags": "a", "meta": { "x": 1, "y": 1 }, "grants": { "select": "ann" }, "pre_hook": "one", "schema": "s" }),
            json!({ "tags": ["b", "a"], "meta": { "y": 2 }, "grants": { "+select": ["bob"], "insert": "cy" }, "pre-hook": ["two"] }),
            json!({ "grants": { "insert": [] }, "schema": null }),
        ] {
            merge_config(&mut merged, &map(level));
        }
        assert_eq!(
            Value::Object(merged),
            json!({
                "tags": ["a", "b", "a"],
                "meta": { "x": 1, "y": 2 },
                "grants": { "select": ["ann", "bob"], "insert": [] },
                "pre-hook": ["one", "two"],
                "schema": null
            })
        );
    }
}
