//! Every config key that a kind of resource has, with its default, in dbt's order.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::resource::{ConfigMap, ResourceType};

/// Configs before anything is said. COMPAT: keys, defaults and order of dbt 1.11's config classes.
pub(super) fn defaults(kind: ResourceType) -> &'static ConfigMap {
    static MODEL: OnceLock<ConfigMap> = OnceLock::new();
    static SEED: OnceLock<ConfigMap> = OnceLock::new();
    static SNAPSHOT: OnceLock<ConfigMap> = OnceLock::new();
    static TEST: OnceLock<ConfigMap> = OnceLock::new();
    static UNIT_TEST: OnceLock<ConfigMap> = OnceLock::new();
    static SOURCE: OnceLock<ConfigMap> = OnceLock::new();
    static PLAIN: OnceLock<ConfigMap> = OnceLock::new();
    static FUNCTION: OnceLock<ConfigMap> = OnceLock::new();
    static NODE: OnceLock<ConfigMap> = OnceLock::new();
    static SEMANTIC: OnceLock<ConfigMap> = OnceLock::new();
    static QUERY: OnceLock<ConfigMap> = OnceLock::new();
    match kind {
        ResourceType::Model => MODEL.get_or_init(|| node("view", json!({ "access": "protected", "freshness": null }))),
        ResourceType::Seed => SEED.get_or_init(|| node("seed", json!({ "delimiter": ",", "quote_columns": null }))),
        ResourceType::Snapshot => SNAPSHOT.get_or_init(|| node("snapshot", snapshot())),
        ResourceType::Test => TEST.get_or_init(test),
        ResourceType::UnitTest => {
            UNIT_TEST.get_or_init(|| map(json!({ "tags": [], "meta": {}, "enabled": true, "static_analysis": null })))
        }
        ResourceType::Source => SOURCE.get_or_init(source),
        ResourceType::Function => FUNCTION.get_or_init(|| node("function", function())),
        ResourceType::Analysis | ResourceType::Operation | ResourceType::SqlOperation => {
            NODE.get_or_init(|| node("view", json!({})))
        }
        ResourceType::Metric | ResourceType::SemanticModel => {
            SEMANTIC.get_or_init(|| map(json!({ "enabled": true, "group": null, "meta": {} })))
        }
        ResourceType::SavedQuery => QUERY.get_or_init(saved_query),
        _ => PLAIN.get_or_init(|| map(json!({ "enabled": true, "tags": [], "meta": {} }))),
    }
}

fn node(materialized: &str, more: Value) -> ConfigMap {
    let mut config = map(json!({
        "enabled": true,
        "alias": null,
        "schema": null,
        "database": null,
        "tags": [],
        "meta": {},
        "group": null,
        "static_analysis": null,
        "materialized": materialized,
        "incremental_strategy": null,
        "batch_size": null,
        "lookback": 1,
        "begin": null,
        "persist_docs": {},
        "post-hook": [],
        "pre-hook": [],
        "quoting": {},
        "column_types": {},
        "full_refresh": null,
        "unique_key": null,
        "on_schema_change": "ignore",
        "on_configuration_change": "apply",
        "grants": {},
        "packages": [],
        "docs": { "show": true, "node_color": null },
        "contract": { "enforced": false, "alias_types": true },
        "event_time": null,
        "concurrent_batches": null
    }));
    config.extend(map(more));
    config
}

fn snapshot() -> Value {
    json!({
        "strategy": null,
        "target_schema": null,
        "target_database": null,
        "updated_at": null,
        "check_cols": null,
        "snapshot_meta_column_names": {
            "dbt_valid_to": null,
            "dbt_valid_from": null,
            "dbt_scd_id": null,
            "dbt_updated_at": null,
            "dbt_is_deleted": null
        },
        "dbt_valid_to_current": null
    })
}

fn function() -> Value {
    json!({ "type": "scalar", "volatility": null, "runtime_version": null, "entry_point": null })
}

fn test() -> ConfigMap {
    map(json!({
        "enabled": true,
        "alias": null,
        "schema": "dbt_test__audit",
        "database": null,
        "tags": [],
        "meta": {},
        "group": null,
        "static_analysis": null,
        "materialized": "test",
        "severity": "ERROR",
        "store_failures": null,
        "store_failures_as": null,
        "where": null,
        "limit": null,
        "fail_calc": "count(*)",
        "warn_if": "!= 0",
        "error_if": "!= 0"
    }))
}

fn saved_query() -> ConfigMap {
    map(json!({
        "enabled": true,
        "group": null,
        "meta": {},
        "export_as": null,
        "schema": null,
        "cache": { "enabled": false },
    }))
}

fn source() -> ConfigMap {
    let nothing = json!({ "count": null, "period": null });
    map(json!({
        "enabled": true,
        "event_time": null,
        "freshness": { "warn_after": nothing, "error_after": nothing, "filter": null },
        "loaded_at_field": null,
        "loaded_at_query": null,
        "meta": {},
        "tags": [],
        "static_analysis": null
    }))
}

fn map(value: Value) -> ConfigMap {
    match value {
        Value::Object(map) => map,
        _ => ConfigMap::new(),
    }
}
