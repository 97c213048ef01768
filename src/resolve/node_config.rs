//! Merged config values -> [`NodeConfig`].

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::relation::Grants;
use crate::resource::{ConfigMap, Hook, Materialization, NodeConfig, OnError, PersistDocs, QuotingOverride};
use crate::source::Span;

/// Reads the values that every kind of node shares; `what` and `place` are for messages.
pub(super) fn node_config(mut values: ConfigMap, what: &str, place: Span, problems: &mut Diagnostics) -> NodeConfig {
    let mut reader = Reader { what, place, problems };
    reader.normalize(&mut values);
    let values = &mut values;
    NodeConfig {
        enabled: reader.flag(values, "enabled").unwrap_or(true),
        materialized: Materialization::from_name(values.get("materialized").and_then(Value::as_str).unwrap_or("view")),
        database: reader.text(values, "database"),
        schema: reader.text(values, "schema"),
        alias: reader.text(values, "alias"),
        tags: distinct(texts(values.get("tags"))),
        group: reader.text(values, "group"),
        full_refresh: reader.flag(values, "full_refresh"),
        persist_docs: persist_docs(values.get("persist_docs")),
        quoting: quoting(values.get("quoting")),
        pre_hook: hooks(values.get("pre-hook")),
        post_hook: hooks(values.get("post-hook")),
        grants: grants(values.get("grants")),
        contract_enforced: contract_enforced(values),
        on_error: match values.get("on_error").and_then(Value::as_str) {
            Some("continue") => OnError::Continue,
            _ => OnError::SkipChildren,
        },
        values: std::mem::take(values),
    }
}

struct Reader<'a> {
    what: &'a str,
    place: Span,
    problems: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// Short forms written out, as artifacts show them.
    fn normalize(&mut self, values: &mut ConfigMap) {
        for key in ["pre-hook", "post-hook"] {
            if let Some(value) = values.get_mut(key) {
                *value = listed(value.take()).into_iter().map(hook_as_map).collect();
            }
        }
        if let Some(tags @ Value::String(_)) = values.get_mut("tags") {
            *tags = Value::Array(vec![tags.take()]);
        }
        if let Some(analysis @ Value::Bool(_)) = values.get_mut("static_analysis") {
            *analysis = if analysis == &Value::Bool(true) { "on".into() } else { "off".into() };
        }
        for key in ["enabled", "full_refresh", "store_failures"] {
            if let Some(value @ Value::String(_)) = values.get_mut(key) {
                match value.as_str().map(str::to_ascii_lowercase).as_deref() {
                    Some("true") => *value = true.into(),
                    Some("false") => *value = false.into(),
                    _ => {}
                }
            }
        }
        if let Some(begin @ Value::String(_)) = values.get_mut("begin") {
            *begin = moment(begin.as_str().unwrap_or_default()).into();
        }
        if values.contains_key("severity") {
            self.test(values);
        }
        if let Some(freshness) = values.get("freshness").filter(|_| values.contains_key("access")) {
            // COMPAT: a model's freshness counts only with `build_after` (dbt 1.11).
            if freshness.get("build_after").is_none() {
                values.insert("freshness".to_owned(), Value::Null);
            }
        }
    }

    fn test(&mut self, values: &mut ConfigMap) {
        let severity = values.get("severity").and_then(Value::as_str).unwrap_or_default();
        if !matches!(severity.to_ascii_lowercase().as_str(), "warn" | "error") {
            let message = format!("`severity` of {} must be `warn` or `error`, but is `{severity}`", self.what);
            self.problems.push(Diagnostic::error(Code::InvalidValue, message).at(self.place, "configured here"));
        }
        // COMPAT: the two keys follow each other; `store_failures_as` leads (dbt 1.11).
        let stored_as = values.get("store_failures_as").and_then(Value::as_str).map(str::to_owned);
        let (key, value) = match (stored_as.as_deref(), values.get("store_failures").and_then(Value::as_bool)) {
            (Some("ephemeral"), _) => ("store_failures", json!(false)),
            (Some(_), _) => ("store_failures", json!(true)),
            (None, Some(true)) => ("store_failures_as", json!("table")),
            (None, Some(false)) => ("store_failures_as", json!("ephemeral")),
            (None, None) => return,
        };
        values.insert(key.to_owned(), value);
    }

    fn flag(&mut self, values: &ConfigMap, key: &str) -> Option<bool> {
        match values.get(key)? {
            Value::Bool(flag) => Some(*flag),
            Value::Null => None,
            other => {
                let message = format!("`{key}` of {} must be `true` or `false`, but is {other}", self.what);
                self.problems.push(Diagnostic::error(Code::InvalidValue, message).at(self.place, "configured here"));
                None
            }
        }
    }

    fn text(&mut self, values: &ConfigMap, key: &str) -> Option<String> {
        match values.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Number(number) => Some(number.to_string()),
            other => {
                let message = format!("`{key}` of {} must be text, but is {other}", self.what);
                self.problems.push(Diagnostic::error(Code::InvalidValue, message).at(self.place, "configured here"));
                None
            }
        }
    }
}

/// A date or moment as ISO 8601 has it, as artifacts show it; other texts stay.
fn moment(text: &str) -> String {
    let with_time = |format: &str| chrono::NaiveDateTime::parse_from_str(text, format).ok();
    let of_date = || chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let found = of_date().or_else(|| with_time("%Y-%m-%d %H:%M:%S")).or_else(|| with_time("%Y-%m-%dT%H:%M:%S"));
    found.map_or_else(|| text.to_owned(), |moment| moment.format("%Y-%m-%dT%H:%M:%S").to_string())
}

fn contract_enforced(values: &ConfigMap) -> bool {
    values.get("contract").and_then(|contract| contract.get("enforced")).and_then(Value::as_bool).unwrap_or(false)
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => vec![other],
    }
}

/// A hook as a mapping. COMPAT: a hook's text may be JSON (dbt 1.11, `before_begin()`).
fn hook_as_map(hook: Value) -> Value {
    let map = match hook {
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(map)) => map,
            _ => return json!({ "sql": text, "transaction": true, "index": null }),
        },
        Value::Object(map) => map,
        other => return json!({ "sql": other.to_string(), "transaction": true, "index": null }),
    };
    json!({
        "sql": map.get("sql").cloned().unwrap_or_default(),
        "transaction": map.get("transaction").cloned().unwrap_or(Value::Bool(true)),
        "index": map.get("index").cloned().unwrap_or_default(),
    })
}

fn hooks(value: Option<&Value>) -> Vec<Hook> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .map(|hook| Hook {
            sql: hook.get("sql").and_then(Value::as_str).unwrap_or_default().to_owned(),
            transaction: hook.get("transaction").and_then(Value::as_bool).unwrap_or(true),
            index: hook.get("index").and_then(Value::as_i64),
        })
        .collect()
}

fn persist_docs(value: Option<&Value>) -> PersistDocs {
    let flag = |key| value.and_then(|docs| docs.get(key)).and_then(Value::as_bool).unwrap_or(false);
    PersistDocs { relation: flag("relation"), columns: flag("columns") }
}

fn quoting(value: Option<&Value>) -> QuotingOverride {
    let flag = |key| value.and_then(|quoting| quoting.get(key)).and_then(Value::as_bool);
    QuotingOverride { database: flag("database"), schema: flag("schema"), identifier: flag("identifier") }
}

fn grants(value: Option<&Value>) -> Option<Grants> {
    let map = value?.as_object().filter(|map| !map.is_empty())?;
    Some(map.iter().map(|(privilege, grantees)| (privilege.clone(), texts(Some(grantees)))).collect())
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Each once, in order of first appearance.
pub(super) fn distinct(mut items: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.clone()));
    items
}
