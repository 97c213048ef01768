//! A second, empty project on the same warehouse: to look at relations and to prepare them without
//! touching the artifacts of the project under test.

use serde_json::{Map, Value};

use super::{Finished, Project, Warehouse};

const MACRO: &str = "{% macro execute(sql) %}{% call statement('execute') %}{{ sql }}{% endcall %}{% endmacro %}";

/// The rows of a query, each value as text.
pub fn rows(project: &Project, sql: &str) -> Vec<Vec<String>> {
    records(project, sql).iter().map(|row| row.values().map(text).collect()).collect()
}

/// The rows of a query as JSON.
pub fn records(project: &Project, sql: &str) -> Vec<Map<String, Value>> {
    let finished = run(project, &["show", "--inline-direct", sql, "--output", "json", "--limit", "-1", "--quiet"]);
    finished.succeeds();
    let shown: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout));
    let rows = shown["show"].as_array().expect("a list of rows");
    rows.iter().map(|row| row.as_object().unwrap().clone()).collect()
}

/// Runs a statement.
pub fn execute(project: &Project, sql: &str) {
    let arguments = serde_json::json!({ "sql": sql }).to_string();
    run(project, &["run-operation", "execute", "--args", &arguments]).succeeds();
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn run(project: &Project, arguments: &[&str]) -> Finished {
    let folder = project.beside("console");
    std::fs::create_dir_all(folder.join("macros")).unwrap();
    std::fs::write(folder.join("project.yml"), "name: console\nprofile: console\n").unwrap();
    std::fs::write(folder.join("macros/execute.sql"), MACRO).unwrap();
    let output = match &project.warehouse {
        // The folder is relative to the project.
        Warehouse::Lakehouse => {
            format!("{{type: lakehouse, path: '{}', schema: main}}", project.path("target/lakehouse").display())
        }
        Warehouse::Bucket(_) | Warehouse::Postgres(_) => project.warehouse.output("main"),
    };
    let profiles = format!("console: {{target: dev, outputs: {{dev: {output}}}}}\n");
    std::fs::write(folder.join("profiles.yml"), profiles).unwrap();
    let output = project.command(arguments).current_dir(&folder).output().expect("the executable starts");
    Finished::new(arguments, output, &folder)
}
