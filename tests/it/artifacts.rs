//! The JSON files of the target folder.

use crate::support::Project;

on_every_warehouse! {
    /// `run_results.json` names its schema and tells of each node.
    fn run_results_tell_of_each_node(warehouse: Warehouse) {
        let project = Project::new(warehouse).file("models/a.sql", "select 1 as id");
        project.run("run").succeeds();
        let results = project.artifact("run_results.json");
        assert_eq!(results["metadata"]["dbt_schema_version"], "https://schemas.getdbt.com/dbt/run-results/v6.json");
        assert_eq!(results["results"][0]["unique_id"], "model.shop.a");
        assert_eq!(results["args"]["which"], "run");
        assert!(project.read("target/compiled/shop/models/a.sql").contains("select 1 as id"));
        assert!(project.read("target/run/shop/models/a.sql").to_lowercase().contains("view"));
    }
}

/// `--write-parquet`: the same facts as tables, which the lakehouse reads as sources of its own.
#[cfg(feature = "lakehouse")]
#[test]
fn artifacts_as_tables_are_a_source_like_any_other() {
    const SOURCES: &str = "\
version: 2
sources:
  - name: artifacts
    tables:
      - name: nodes
        external: {location: target/parquet/nodes.parquet}
      - name: edges
        external: {location: target/parquet/edges.parquet}
      - name: run_results
        external: {location: target/parquet/run_results.parquet}
      - name: catalog_columns
        external: {location: target/parquet/catalog_columns.parquet}
";
    let project = Project::new(crate::support::Warehouse::lakehouse())
        .file("models/a.sql", "{{ config(tags=['nightly']) }} select 1 as id, 'x' as name")
        .file("models/b.sql", "select id from {{ ref('a') }}");
    project.run("run --write-parquet").succeeds();
    project.run("docs generate --write-parquet").succeeds();
    project.run("run --write-parquet").succeeds();
    project.write("models/artifacts.yml", SOURCES);
    let ask = |sql: &str| {
        let done = project.run_arguments(&["--quiet", "show", "--output", "json", "--inline", sql]);
        let answer: serde_json::Value = serde_json::from_str(&done.succeeds().stdout).expect("JSON");
        answer["show"].clone()
    };
    let nodes =
        "select unique_id, materialized, array_to_string(tags, ',') as tags, compiled_code is not null as compiled
        from {{ source('artifacts', 'nodes') }} where resource_type = 'model' order by 1";
    assert_eq!(
        ask(nodes),
        serde_json::json!([
            {"unique_id": "model.shop.a", "materialized": "view", "tags": "nightly", "compiled": true},
            {"unique_id": "model.shop.b", "materialized": "view", "tags": "", "compiled": true},
        ])
    );
    let edges = "select parent_id, child_id from {{ source('artifacts', 'edges') }}";
    assert_eq!(ask(edges), serde_json::json!([{"parent_id": "model.shop.a", "child_id": "model.shop.b"}]));
    let results = "select unique_id, status, completed_at >= started_at as in_order
        from {{ source('artifacts', 'run_results') }} order by 1";
    assert_eq!(
        ask(results),
        serde_json::json!([
            {"unique_id": "model.shop.a", "status": "success", "in_order": true},
            {"unique_id": "model.shop.b", "status": "success", "in_order": true},
        ])
    );
    let columns = "select relation, name, position from {{ source('artifacts', 'catalog_columns') }} order by 1, 3";
    assert_eq!(
        ask(columns),
        serde_json::json!([
            {"relation": "a", "name": "id", "position": 1},
            {"relation": "a", "name": "name", "position": 2},
            {"relation": "b", "name": "id", "position": 1},
        ])
    );
}
