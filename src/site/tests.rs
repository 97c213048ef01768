use serde_json::json;

use super::markdown::to_html;
use super::{Artifacts, ReportData, SiteData, page, report_page};
use crate::history::{FoundRows, NodeRecord, RunRecord};

fn artifacts() -> Artifacts {
    Artifacts {
        manifest: json!({
            "metadata": {"project_name": "shop", "adapter_type": "postgres", "generated_at": "2026-01-01T00:00:00Z"},
            "nodes": {
                "model.shop.orders": {
                    "name": "orders", "resource_type": "model", "package_name": "shop", "fqn": ["shop", "marts", "orders"],
                    "original_file_path": "models/marts/orders.sql", "relation_name": "\"db\".\"s\".\"orders\"", "schema": "s",
                    "config": {"materialized": "table", "unique_key": ["id", "day"]}, "tags": ["daily"],
                    "description": "All *orders*. <script>alert(1)</script>",
                    "columns": {"id": {"name": "id", "description": "The key"}, "gone": {"name": "gone", "description": ""}},
                    "depends_on": {"nodes": ["source.shop.raw.orders"]},
                    "raw_code": "select '</script>' as x", "compiled_code": "select 1"
                },
                "test.shop.unique_orders_id.1": {
                    "name": "unique_orders_id", "resource_type": "test", "package_name": "shop", "fqn": ["shop", "unique_orders_id"],
                    "config": {"severity": "ERROR"}, "test_metadata": {"name": "unique"}, "column_name": "id",
                    "attached_node": "model.shop.orders", "depends_on": {"nodes": ["model.shop.orders"]}
                }
            },
            "sources": {"source.shop.raw.orders": {"name": "orders", "source_name": "raw", "resource_type": "source", "package_name": "shop"}},
            "macros": {
                "macro.dbt.run_query": {"name": "run_query", "package_name": "dbt"},
                "macro.shop.cents": {"name": "cents", "package_name": "shop", "macro_sql": "{% macro cents() %}{% endmacro %}"}
            }
        }),
        catalog: json!({"nodes": {"model.shop.orders": {"metadata": {"type": "BASE TABLE", "owner": "me"},
            "columns": {"day": {"type": "date", "index": 2, "name": "day"}, "ID": {"type": "integer", "index": 1, "name": "ID"}}}}}),
        runs: vec![
            RunRecord::of_artifact(
                &json!({"metadata": {"generated_at": "2026-01-02T00:00:00Z"}, "args": {"which": "build"},
                "elapsed_time": 1.5, "results": [{"unique_id": "model.shop.orders", "status": "success",
                "execution_time": 0.5, "adapter_response": {"rows_affected": 7}}]}),
            )
            .unwrap(),
        ],
        sources: json!({"results": [{"unique_id": "source.shop.raw.orders", "status": "warn", "max_loaded_at_time_ago_in_s": 90.0}]}),
    }
}

#[test]
fn a_node_has_what_manifest_and_catalog_say_of_it() {
    let data = SiteData::new(&artifacts());
    let orders = data.nodes.iter().find(|node| node.id == "model.shop.orders").unwrap();
    let columns: Vec<(&str, &str)> =
        orders.columns.iter().map(|column| (column.name.as_str(), column.data_type.as_str())).collect();
    assert_eq!(columns, [("ID", "integer"), ("day", "date"), ("gone", "")], "the warehouse's order, then the rest");
    assert_eq!(orders.columns[0].description, "<p>The key</p>\n", "descriptions are found in any case");
    assert!(orders.facts.contains(&("unique key".to_owned(), "id, day".to_owned())));
    assert_eq!(orders.parents, ["source.shop.raw.orders"]);
}

#[test]
fn tests_sources_macros_and_runs_are_read() {
    let data = SiteData::new(&artifacts());
    let find = |id: &str| data.nodes.iter().find(|node| node.id == id);
    let test = find("test.shop.unique_orders_id.1").unwrap().test.as_ref().unwrap();
    assert_eq!((test.of.as_str(), test.column.as_str(), test.kind.as_str()), ("model.shop.orders", "id", "unique"));
    let source = find("source.shop.raw.orders").unwrap();
    assert_eq!((source.name.as_str(), source.freshness.as_deref()), ("raw.orders", Some("warn")));
    assert!(find("macro.shop.cents").is_some() && find("macro.dbt.run_query").is_none());
    let runs = serde_json::to_value(&data.runs).unwrap();
    assert_eq!(
        runs["list"][0]["results"],
        json!([0, 0, 5000, 7, -1]),
        "place, status, tenths of milliseconds, rows, failures"
    );
    assert_eq!((&runs["statuses"], &runs["list"][0]["at"]), (&json!(["success"]), &json!("2026-01-02T00:00:00Z")));
}

#[test]
fn the_page_holds_everything_and_nothing_ends_its_scripts() {
    let html = page(&SiteData::new(&artifacts()));
    assert_eq!(html.matches("</script>").count(), 3, "the page's own three scripts");
    assert!(html.contains("All <em>orders</em>") || html.contains("All \\u003cem>orders"));
    for mark in ["/*style*/", "/*project*/", "/*code*/", "/*script*/", "<!--title-->"] {
        assert!(!html.contains(mark), "{mark} is filled in");
    }
    assert!(!html.contains("http://") && !html.contains("src=\"http"), "nothing is fetched from elsewhere");
}

#[test]
fn descriptions_carry_no_code() {
    let html = to_html(
        "**a** <img src=x onerror=alert(1)> [x](javascript:alert(1)) [y](https://example.com) ![i](http://x/y.png)",
    );
    assert!(html.contains("<strong>a</strong>") && html.contains("&lt;img"), "{html}");
    assert!(!html.contains("javascript:") && !html.contains("<img"), "{html}");
    assert!(html.contains("https://example.com"), "{html}");
}

#[test]
fn what_is_absent_is_left_out() {
    let data = SiteData::new(&Artifacts::default());
    assert!(data.nodes.is_empty());
    assert_eq!(serde_json::to_value(&data.runs).unwrap()["list"], json!([]));
    assert!(page(&data).starts_with("<!doctype html>"));
}

#[test]
fn the_report_has_what_ran_with_the_rows_that_tests_found() {
    let mut artifacts = artifacts();
    let run = artifacts.runs.first_mut().unwrap();
    let found = FoundRows { columns: vec!["id".to_owned()], rows: vec![vec![Some("<7>".to_owned())], vec![None]] };
    let failed =
        NodeRecord { status: "fail".to_owned(), failures: Some(2), found: Some(found), ..NodeRecord::default() };
    run.results.insert("test.shop.unique_orders_id.1".to_owned(), failed);
    run.results.insert("operation.shop.hook".to_owned(), NodeRecord::default());
    let site = serde_json::to_string(&SiteData::new(&artifacts).runs).unwrap();
    assert!(!site.contains("<7>"), "a site shows no rows");
    let report = ReportData::new(artifacts);
    let ids: Vec<&str> = report.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["model.shop.orders", "test.shop.unique_orders_id.1"], "what did not run is not in it");
    let runs = serde_json::to_value(&report.runs).unwrap();
    assert_eq!(runs["list"][0]["results"].as_array().unwrap().len(), 10, "hooks have no page");
    assert_eq!(runs["details"][0][2]["found"]["rows"], json!([["<7>"], [null]]));
    assert!(report_page(&report).contains("\\u003c7>"), "no row can end the script");
}
