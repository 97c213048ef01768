//! Files as sources and as what models are published to.

#![cfg(feature = "lakehouse")]

use std::time::{Duration, SystemTime};

use crate::support::{Project, Warehouse};

const SOURCES: &str = "
sources:
  - name: raw
    schema: landing
    freshness: {warn_after: {count: 1, period: day}, error_after: {count: 9, period: day}}
    tables:
      - {name: clicks, external: {location: 'landing/*.csv'}}
      - {name: orders, external: {location: target/lakehouse/main/orders, format: delta}}
";

fn project() -> Project {
    Project::new(Warehouse::lakehouse())
        .file("models/sources.yml", SOURCES)
        .file("models/orders.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("landing/a.csv", "id\n1\n")
        .file("landing/b.csv", "id\n2\n")
}

fn aged(project: &Project, path: &str, days: u64) {
    let file = std::fs::File::options().write(true).open(project.path(path)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400 + 3600)).unwrap();
}

/// Without a column that tells, a source is as old as its youngest file or its last commit.
#[test]
fn freshness_follows_files_and_commits() {
    let project = project();
    project.run("run").succeeds();
    let check = || project.run("source freshness");
    check().succeeds();
    assert_eq!(project.artifact("sources.json")["results"].as_array().unwrap().len(), 2);
    aged(&project, "landing/a.csv", 20);
    check().succeeds().says_not("days old");
    aged(&project, "landing/b.csv", 3);
    check().succeeds().says("`raw.clicks` is 3 days old, its rule allows 1 day").says_not("raw.orders` is");
    aged(&project, "landing/b.csv", 10);
    check().exits_with(1).says("`raw.clicks` is 10 days old, its rule allows 9 days");
}

/// A table of PostgreSQL does not tell when it changed.
#[test]
fn freshness_needs_something_to_measure() {
    let project = Project::new(Warehouse::postgres()).file("models/sources.yml", SOURCES);
    project.run("source freshness").exits_with(1).says("has a freshness rule and nothing to measure");
}

/// Files take the place of those before; they are read back as they were written.
#[test]
fn models_are_published_into_files() {
    let project = project()
        .file(
            "models/rows.sql",
            "select 1 as id, cast(1.50 as numeric(10, 2)) as amount, 'a,\"b\"' as note, date '2026-01-31' as day,
                    cast('2026-01-31 10:00:00.25' as timestamp) as at
             union all select {{ var('n', 2) }}, null, null, date '2026-02-01', null",
        )
        .file(
            "models/back.yml",
            "sources:
  - name: back
    tables:
      - {name: csv, external: {location: out/rows.csv}}
      - {name: json, external: {location: out/rows.json}}
      - {name: parquet, external: {location: out/parts, format: parquet}, columns: [{name: day, data_type: date}]}
",
        );
    let publish = |publish: &str| {
        let text = format!("models: [{{name: rows, config: {{publish: {publish}}}}}]\n");
        project.write("models/rows.yml", &text);
        project.run("run --select rows --vars {\"n\":\"3\"}")
    };
    for (kind, spec) in [
        ("csv", "{location: out/rows.csv}"),
        ("json", "{location: out/rows.json}"),
        ("parquet", "{location: out/parts, file_format: parquet, partition_by: [day]}"),
    ] {
        publish(spec).succeeds().says("2 rows");
        publish(spec).succeeds().says("2 rows");
        let sql = format!(
            "select id, cast(amount as numeric(10, 2)) as amount, note, cast(day as date) as day, cast(at as timestamp) as at
             from {{{{ source('back', '{kind}') }}}} order by id"
        );
        let shown = project.run_arguments(&["show", "--inline", &sql, "--output", "json", "--quiet"]);
        let shown: serde_json::Value = serde_json::from_str(&shown.succeeds().stdout).unwrap();
        assert_eq!(
            shown["show"],
            serde_json::json!([
                {"id": 1, "amount": 1.5, "note": "a,\"b\"", "day": "2026-01-31", "at": "2026-01-31T10:00:00.250000"},
                {"id": 3, "amount": null, "note": null, "day": "2026-02-01", "at": null},
            ]),
            "{kind}"
        );
    }
    assert_eq!(project.read("out/rows.csv").lines().next(), Some("id,amount,note,day,at"));
    let left: Vec<_> =
        std::fs::read_dir(project.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    publish("{location: out/rows.xlsx}").exits_with(2).says("`file_format` must be `csv`, `json` or `parquet`");
    publish("{location: out/rows.csv, target: app}").exits_with(2).says("both a `target` and a `location`");
}

/// A query without rows gives files without rows, and a failing one leaves the old file.
#[test]
fn empty_and_failing_publications_are_whole() {
    let project = project().file(
        "models/rows.sql",
        "{{ config(publish={'location': 'out/rows.csv'}) }}
         select id, 1 / (id - {{ var('bad', 99) }}) as x from {{ ref('orders') }} where id < {{ var('below', 9) }}",
    );
    project.run("run").succeeds();
    assert_eq!(project.read("out/rows.csv"), "id,x\n1,0\n");
    project.run("run --vars {\"bad\":\"1\"}").exits_with(1).says("`rows` cannot be published to `out/rows.csv`");
    assert_eq!(project.read("out/rows.csv"), "id,x\n1,0\n");
    project.run("run --vars {\"below\":\"0\"}").succeeds().says("0 rows");
    assert_eq!(project.read("out/rows.csv"), "id,x\n");
}

/// Tables are Delta tables: another `file_format` is refused and not left aside, save by what has no files.
#[test]
fn tables_are_of_one_format() {
    let project = Project::new(Warehouse::lakehouse())
        .file("models/a.sql", "{{ config(materialized='table', file_format='delta') }} select 1 as id")
        .file("models/b.sql", "{{ config(file_format='parquet') }} select 1 as id")
        .file("models/c.sql", "{{ config(materialized='incremental', file_format='parquet') }} select 1 as id")
        .file("models/d.sql", "{{ config(materialized='table', file_format='iceberg') }} select 1 as id")
        .file("seeds/s.csv", "id\n1\n")
        .file("seeds/s.yml", "seeds: [{name: s, config: {file_format: csv}}]\n");
    let run = project.run("build");
    run.exits_with(1).says("PASS=2 WARN=0 ERROR=3");
    run.says("`file_format` of `c` is `parquet`")
        .says("models/c.sql:1:")
        .says("publish: {location: exports/c.parquet}");
    run.says("`file_format` of `d` is `iceberg`").says("write `file_format: delta`");
    run.says("`file_format` of `s` is `csv`");
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{{ config(materialized='table', file_format='parquet') }} select 1 as id");
    project.run("build").succeeds();
}
