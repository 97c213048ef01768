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
        "meta"
        | "quoting"
        | "column_types"
        | "docs"
        | "contract"
        | "snapshot_meta_column_names"
        | "latest_version_pointer" => Merge::Update,
        "grants" => Merge::UpdateOrAppend,
        _ => Merge::Replace,
    }
}

/// Puts one level's config over what has been merged so far.
pub fn merge_config(merged: &mut ConfigMap, level: &ConfigMap) {
    for (key, value) in level {
        let key = canonical_key(key);
        let rule = merge_of(key);
        let before = match merged.get_mut(key) {
            Some(before) if rule != Merge::Replace => before.take(),
            _ => Value::Null,
        };
        let after = match rule {
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
