//! Expected keys and values are those dbt 1.11.16 writes for the same project.

mod files;
mod listing;
mod nodes;

use std::collections::HashMap;

use chrono::{DateTime, TimeZone, Utc};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{ArtifactContext, CompiledNode, manifest};
use crate::project::{Project, sample};
use crate::resource::{
    DocsBlock, FreshnessPeriod, FreshnessRule, Group, JsonMap, Macro, MacroKind, Node, NodeKind, Passthrough,
    ResourceType, UniqueId,
};
use crate::source::{FileId, Span};

/// Ten past one, and some microseconds.
fn moment() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 13, 10, 0).unwrap() + chrono::Duration::microseconds(82_131)
}

fn context() -> ArtifactContext {
    ArtifactContext {
        dbt_version: "1.11.16".to_owned(),
        invocation_id: "f8fea824-dca0-4525-abc9-c7a0c1ce2ff0".to_owned(),
        invocation_started_at: moment(),
        generated_at: moment(),
        env: IndexMap::from([("TEAM".to_owned(), "growth".to_owned())]),
        adapter_type: "postgres".to_owned(),
        quoting: crate::config::Quoting::default(),
        arguments: object(json!({ "which": "build", "vars": {} })),
        selectors: JsonMap::new(),
    }
}

fn object(value: Value) -> JsonMap {
    let Value::Object(map) = value else { panic!("not an object: {value}") };
    map
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn manifest_of(project: &Project, compiled: &HashMap<UniqueId, CompiledNode>) -> Value {
    let mut bytes = Vec::new();
    manifest(project, &context(), compiled, &mut bytes).unwrap();
    parsed(&bytes)
}

fn keys(value: &Value) -> String {
    let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.join(" ")
}

fn carried(resource_type: ResourceType, name: &str, definition: Value) -> Node {
    let mut node = sample::passthrough(resource_type, name);
    node.kind = NodeKind::Passthrough(Box::new(Passthrough { resource_type, definition: object(definition) }));
    node
}

fn metric() -> Node {
    let definition =
        json!({ "name": "total", "label": "Total", "type": "simple", "type_params": { "measure": "amount" } });
    carried(ResourceType::Metric, "total", definition).after(&["semantic_model.shop.sales"])
}

fn semantic_model() -> Node {
    let definition = json!({
        "name": "sales",
        "model": "ref('orders')",
        "defaults": { "agg_time_dimension": "sold_on" },
        "entities": [{ "name": "id", "type": "primary" }],
        "dimensions": [{ "name": "sold_on", "type": "time", "type_params": { "time_granularity": "day" } }],
        "measures": [{ "name": "amount", "agg": "sum", "create_metric": true, "expr": 1 }],
    });
    carried(ResourceType::SemanticModel, "sales", definition).after(&["model.shop.orders"])
}

fn saved_query() -> Node {
    let definition = json!({
        "name": "weekly",
        "query_params": { "metrics": ["total"], "group_by": ["id"], "where": "amount > 1" },
        "exports": [{ "name": "weekly_table", "config": { "export_as": "table" } }],
    });
    carried(ResourceType::SavedQuery, "weekly", definition).after(&["metric.shop.total"])
}

fn function() -> Node {
    let definition = json!({
        "name": "next", "arguments": [{ "name": "a", "data_type": "int" }], "returns": { "data_type": "int" },
    });
    carried(ResourceType::Function, "next", definition)
}

fn fresh_source() -> Node {
    let mut node = sample::source("raw", "orders");
    if let NodeKind::Source(source) = &mut node.kind {
        let day = FreshnessPeriod { count: 1, period: "day".to_owned() };
        source.freshness = Some(FreshnessRule { warn_after: Some(day), ..FreshnessRule::default() });
    }
    node
}

/// One of everything.
fn shop() -> Project {
    let mut orders = sample::model("models/orders.sql").after(&["source.shop.raw.orders", "seed.shop.codes"]);
    orders.config.group = Some("sales".to_owned());
    let mut project = sample::project(vec![
        sample::seed("seeds/codes.csv"),
        orders,
        sample::generic_test("unique", "orders", "id").after(&["model.shop.orders"]),
        sample::singular_test("tests/odd.sql").after(&["model.shop.orders"]),
        sample::snapshot("snapshots/history.sql").after(&["model.shop.orders"]),
        sample::analysis("analyses/look.sql"),
        fresh_source(),
        sample::exposure("board").after(&["model.shop.orders"]),
        function(),
        metric(),
        semantic_model(),
        saved_query(),
        sample::unit_test("adds_up", "orders"),
    ]);
    project.disabled =
        IndexMap::from([(UniqueId::new("model.shop.old"), vec![std::sync::Arc::new(sample::model("models/old.sql"))])]);
    project.macros = std::sync::Arc::new(IndexMap::from([(UniqueId::new("macro.shop.cents"), cents().into())]));
    project.docs = IndexMap::from([(UniqueId::new("doc.shop.word"), word())]);
    project.groups = IndexMap::from([(UniqueId::new("group.shop.sales"), group())]);
    project
}

fn cents() -> Macro {
    Macro {
        unique_id: UniqueId::new("macro.shop.cents"),
        name: "cents".to_owned(),
        package: "shop".to_owned(),
        original_file_path: "macros/money.sql".to_owned(),
        kind: MacroKind::Macro,
        source: "{% macro cents() %}1{% endmacro %}".to_owned(),
        span: Span::new(FileId(0), 0, 0),
        description: String::new(),
        arguments: Vec::new(),
        meta: JsonMap::new(),
        docs_show: true,
        patch_path: None,
        depends_on: Vec::new(),
    }
}

fn word() -> DocsBlock {
    DocsBlock {
        unique_id: UniqueId::new("doc.shop.word"),
        name: "word".to_owned(),
        package: "shop".to_owned(),
        path: "words.md".to_owned(),
        original_file_path: "models/words.md".to_owned(),
        contents: "hello".to_owned(),
    }
}

fn group() -> Group {
    Group {
        unique_id: UniqueId::new("group.shop.sales"),
        name: "sales".to_owned(),
        package: "shop".to_owned(),
        path: "schema.yml".to_owned(),
        original_file_path: "models/schema.yml".to_owned(),
        owner: object(json!({ "name": "ann", "slack": "#sales" })),
        description: None,
        config: JsonMap::new(),
    }
}
