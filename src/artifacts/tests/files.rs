use std::collections::HashMap;
use std::time::Duration;

use super::*;
use crate::artifacts::{catalog, run_results, semantic_manifest, sources};
use crate::outcome::{AdapterResponse, BatchResults, NodeOutcome, NodeStatus, RunResults, SourceAge, Timing};
use crate::relation::{CatalogRelation, Column, Relation};

fn results(outcomes: Vec<NodeOutcome>) -> RunResults {
    RunResults { outcomes, elapsed: Duration::from_millis(1_250), started_at: moment(), interrupted: false }
}

fn outcome(id: &str, status: NodeStatus) -> NodeOutcome {
    NodeOutcome::new(UniqueId::new(id), status)
}

fn metadata(artifact: &str) -> Value {
    json!({
        "dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{artifact}.json"),
        "dbt_version": "1.11.16",
        "generated_at": "2026-11-24T13:10:00.082131Z",
        "invocation_id": "f8fea824-dca0-4525-abc9-c7a0c1ce2ff0",
        "invocation_started_at": "2026-11-24T13:10:00.082131Z",
        "env": { "TEAM": "growth" },
    })
}

#[test]
fn the_manifest_has_all_sections_in_the_order_of_dbt() {
    let file = manifest_of(&shop(), &HashMap::new());
    assert_eq!(
        keys(&file),
        "metadata nodes sources macros docs exposures metrics groups selectors disabled parent_map child_map \
         group_map saved_queries semantic_models unit_tests functions"
    );
    let mut expected = object(metadata("manifest/v12"));
    expected.extend(object(json!({
        "project_name": "shop",
        "project_id": "fb54f3c5992b96d001bb16e8e92d968d",
        "user_id": null,
        "send_anonymous_usage_stats": false,
        "adapter_type": "postgres",
        "quoting": { "database": true, "schema": true, "identifier": true, "column": null },
        "run_started_at": "2026-11-24T13:10:00.082131+00:00",
    })));
    assert_eq!(file["metadata"], Value::Object(expected.clone()));
    assert_eq!(keys(&file["metadata"]), keys(&expected.into()));
    assert_eq!(file["disabled"]["model.shop.old"][0]["name"], "old");
    assert_eq!(
        keys(&file["macros"]["macro.shop.cents"]),
        "name resource_type package_name path original_file_path unique_id macro_sql depends_on description meta docs \
         config patch_path arguments created_at supported_languages"
    );
    assert_eq!(
        keys(&file["docs"]["doc.shop.word"]),
        "name resource_type package_name path original_file_path unique_id block_contents"
    );
    assert_eq!(
        keys(&file["groups"]["group.shop.sales"]),
        "name resource_type package_name path original_file_path unique_id owner description config"
    );
}

#[test]
fn the_maps_of_the_manifest_list_neighbours_sorted() {
    let file = manifest_of(&shop(), &HashMap::new());
    assert_eq!(file["parent_map"]["model.shop.orders"], json!(["seed.shop.codes", "source.shop.raw.orders"]));
    assert_eq!(
        file["child_map"]["model.shop.orders"],
        json!([
            "exposure.shop.board",
            "semantic_model.shop.sales",
            "snapshot.shop.history",
            "test.shop.odd",
            "test.shop.unique_orders_id.0123456789",
            "unit_test.shop.orders.adds_up",
        ])
    );
    assert_eq!(keys(&file["parent_map"]), keys(&file["child_map"]));
    assert_eq!(file["parent_map"].as_object().unwrap().len(), shop().nodes.len());
    assert_eq!(file["group_map"], json!({ "sales": ["model.shop.orders"] }));
}

#[test]
fn run_results_show_each_outcome_in_order_of_completion() {
    let step = Timing { name: "compile", started_at: moment(), completed_at: moment() };
    let response = AdapterResponse { message: "SELECT 5".into(), code: "SELECT".into(), rows_affected: Some(5) };
    let built = NodeOutcome {
        timing: vec![step],
        execution_time: Duration::from_millis(500),
        adapter_response: response,
        message: Some("SELECT 5".to_owned()),
        compiled_code: Some("select 1".to_owned()),
        ..outcome("model.shop.orders", NodeStatus::Success)
    };
    let seeded = outcome("seed.shop.codes", NodeStatus::Success);
    let file = parsed(&run_results(&results(vec![built, seeded]), &shop(), &context()));
    assert_eq!(keys(&file), "metadata results elapsed_time args");
    assert_eq!(file["metadata"], metadata("run-results/v6"));
    assert_eq!(file["args"], json!({ "which": "build", "vars": {} }));
    assert_eq!(file["elapsed_time"], json!(1.25));
    let expected = json!({
        "status": "success",
        "timing": [{
            "name": "compile",
            "started_at": "2026-11-24T13:10:00.082131Z",
            "completed_at": "2026-11-24T13:10:00.082131Z",
        }],
        "thread_id": "MainThread",
        "execution_time": 0.5,
        "adapter_response": { "_message": "SELECT 5", "code": "SELECT", "rows_affected": 5 },
        "message": "SELECT 5",
        "failures": null,
        "unique_id": "model.shop.orders",
        "compiled": true,
        "compiled_code": "select 1",
        "relation_name": "\"db\".\"main\".\"orders\"",
        "batch_results": null,
    });
    assert_eq!(file["results"][0], expected);
    assert_eq!(keys(&file["results"][0]), keys(&expected));
    assert_eq!(file["results"][1]["compiled"], Value::Null);
    assert_eq!(file["results"][1]["relation_name"], Value::Null);
    assert_eq!(file["results"][1]["adapter_response"], json!({}));
}

#[test]
fn what_was_skipped_is_not_compiled_and_batches_are_pairs() {
    let batch = (moment(), moment() - chrono::Duration::microseconds(82_131));
    let partial = NodeOutcome {
        batches: Some(BatchResults { successful: vec![batch], failed: Vec::new() }),
        ..outcome("model.shop.orders", NodeStatus::PartialSuccess)
    };
    let skipped = outcome("test.shop.odd", NodeStatus::Skipped);
    let file = parsed(&run_results(&results(vec![partial, skipped]), &shop(), &context()));
    assert_eq!(file["results"][0]["status"], "partial success");
    assert_eq!(
        file["results"][0]["batch_results"],
        json!({ "successful": [["2026-11-24T13:10:00.082131+00:00", "2026-11-24T13:10:00+00:00"]], "failed": [] })
    );
    assert_eq!(file["results"][1]["compiled"], json!(false));
    assert_eq!(file["results"][1]["relation_name"], Value::Null);
}

#[test]
fn the_catalog_finds_nodes_whatever_the_case_of_their_name() {
    let relation = |schema: &str, name: &str| CatalogRelation {
        relation: Relation::new("DB", schema, name),
        table_type: "BASE TABLE".to_owned(),
        comment: None,
        owner: Some("ann".to_owned()),
        columns: vec![Column::new("id", "integer"), Column::new("Name", "text")],
        stats: Vec::new(),
    };
    let relations = [relation("main", "ORDERS"), relation("raw", "orders"), relation("main", "stranger")];
    let file = parsed(&catalog(&relations, &[], &shop(), &context()));
    assert_eq!(keys(&file), "metadata nodes sources errors");
    assert_eq!(keys(&file["nodes"]), "model.shop.orders");
    assert_eq!(keys(&file["sources"]), "source.shop.raw.orders");
    assert_eq!(
        file["nodes"]["model.shop.orders"],
        json!({
            "metadata": {
                "type": "BASE TABLE", "schema": "main", "name": "ORDERS", "database": "DB", "comment": null,
                "owner": "ann",
            },
            "columns": {
                "id": { "type": "integer", "index": 1, "name": "id", "comment": null },
                "Name": { "type": "text", "index": 2, "name": "Name", "comment": null },
            },
            "stats": { "has_stats": {
                "id": "has_stats", "label": "Has Stats?", "value": false, "include": false,
                "description": "Indicates whether there are statistics for this table",
            } },
            "unique_id": "model.shop.orders",
        })
    );
}

#[test]
fn sources_show_ages_and_what_could_not_be_asked() {
    let id = "source.shop.raw.orders";
    let age = SourceAge { max_loaded_at: moment(), snapshotted_at: moment(), seconds: 0.0 };
    let checked = NodeOutcome { age: Some(age), ..outcome(id, NodeStatus::Warn) };
    let failed = NodeOutcome { message: Some("no table".to_owned()), ..outcome(id, NodeStatus::RuntimeError) };
    let skipped = outcome(id, NodeStatus::Skipped);
    let file = parsed(&sources(&results(vec![checked, failed, skipped]), &shop(), &context()));
    assert_eq!(keys(&file), "metadata results elapsed_time");
    assert_eq!(
        keys(&file["results"][0]),
        "unique_id max_loaded_at snapshotted_at max_loaded_at_time_ago_in_s status criteria adapter_response timing \
         thread_id execution_time"
    );
    assert_eq!(file["results"][0]["max_loaded_at"], "2026-11-24T13:10:00.082131+00:00");
    assert_eq!(
        file["results"][0]["criteria"],
        json!({
            "warn_after": { "count": 1, "period": "day" },
            "error_after": { "count": null, "period": null },
            "filter": null,
        })
    );
    assert_eq!(file["results"][1], json!({ "unique_id": id, "error": "no table", "status": "runtime error" }));
    assert_eq!(file["results"].as_array().unwrap().len(), 2);
}

#[test]
fn the_semantic_manifest_has_the_keys_of_dbt_in_its_order() {
    let file = parsed(&semantic_manifest(&shop()));
    assert_eq!(keys(&file), "semantic_models metrics project_configuration saved_queries");
    assert_eq!(
        keys(&file["semantic_models"][0]),
        "name defaults description node_relation primary_entity entities measures dimensions label metadata config"
    );
    assert_eq!(file["semantic_models"][0]["measures"][0]["expr"], "1");
    assert_eq!(
        keys(&file["metrics"][0]),
        "name description type type_params filter metadata label config time_granularity"
    );
    assert_eq!(keys(&file["saved_queries"][0]), "name query_params description metadata label exports tags");
}

#[test]
fn an_empty_project_still_has_every_section() {
    let project = sample::project(Vec::new());
    let file = parsed(&semantic_manifest(&project));
    assert_eq!(file["metrics"], json!([]));
    assert_eq!(manifest_of(&project, &HashMap::new())["nodes"], json!({}));
}
