//! Logs: what tools read while a run goes on.

use serde_json::Value;

use crate::support::{Project, Warehouse};

fn shop() -> Project {
    Project::new(Warehouse::postgres())
        .file("seeds/codes.csv", "id\n1\n")
        .file("models/a.sql", "select id from {{ ref('codes') }}")
        .file("models/bad.sql", "{{ config(materialized='table') }} select nothing from {{ ref('a') }}")
        .file("models/child.sql", "select * from {{ ref('bad') }}")
        .file(
            "models/schema.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique]\n",
        )
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn every_line_is_json_and_each_node_ends_with_its_final_status() {
    let finished = shop().run("build --log-format json");
    finished.exits_with(1);
    let lines = json_lines(&finished.stdout);
    let ended = |name: &str| -> Vec<(String, String)> {
        let lines = lines.iter().filter(|line| line["info"]["name"] == name);
        lines
            .map(|line| {
                assert!(line["info"]["level"] == "info" || line["info"]["level"] == "error", "{line}");
                let node = &line["data"]["node_info"];
                (node["unique_id"].as_str().unwrap().to_owned(), node["node_status"].as_str().unwrap().to_owned())
            })
            .collect()
    };
    let one = |id: &str, status: &str| vec![(id.to_owned(), status.to_owned())];
    assert_eq!(ended("LogSeedResult"), one("seed.shop.codes", "success"));
    assert_eq!(ended("LogTestResult")[0].1, "pass");
    assert_eq!(ended("LogModelResult"), [one("model.shop.a", "success"), one("model.shop.bad", "error")].concat());
    assert_eq!(ended("SkippingDetails"), one("model.shop.child", "skipped"));
    let names: Vec<&str> = lines.iter().map(|line| line["info"]["name"].as_str().unwrap()).collect();
    assert_eq!(names.first(), Some(&"MainReportVersion"));
    assert!(names.contains(&"StatsLine") && names.contains(&"RunResultError"), "{names:?}");
}

#[test]
fn quiet_shows_errors_and_the_lines_of_ls_only() {
    let project = shop();
    let listed = project.run("ls --quiet --output json");
    listed.succeeds();
    let mut ids: Vec<String> =
        json_lines(&listed.stdout).iter().map(|line| line["unique_id"].as_str().unwrap().to_owned()).collect();
    ids.retain(|id| !id.starts_with("test."));
    assert_eq!(ids, ["model.shop.a", "model.shop.bad", "model.shop.child", "seed.shop.codes"]);
    let built = project.run("build --quiet");
    built.exits_with(1).says("nothing").says_not("START").says_not("Done.");
    assert_eq!(project.run("seed --quiet").stdout, "");
}

#[test]
fn the_log_file_has_everything_whatever_the_console_shows() {
    let project = shop();
    project.run("seed --quiet").succeeds();
    let log = project.read("logs/dbt.log");
    assert!(log.contains("Began running node seed.shop.codes") && log.contains("Done. PASS=1"), "{log}");
}

#[test]
fn the_log_file_moves_aside_when_it_is_full() {
    let project = shop();
    for _ in 0..3 {
        project.run("seed --log-file-max-bytes 2000").succeeds();
    }
    assert!(project.path("logs/dbt.log.1").exists());
    assert!(std::fs::metadata(project.path("logs/dbt.log")).unwrap().len() < 4000);
}

/// Who follows a run by its events finds the nodes in the manifest while they run, and hears how each
/// statement ended.
#[test]
fn events_come_with_the_manifest_and_the_end_of_statements() {
    let project = shop();
    project.write(
        "project.yml",
        "name: shop\nprofile: test\non-run-start: \"{% if execute %}{{ exceptions.raise_compiler_error('not today') }}{% endif %}\"\n",
    );
    project.run("run").exits_with(2);
    assert!(!project.path("target/manifest.json").exists());
    project.run("run --log-format json").exits_with(2);
    assert!(project.path("target/manifest.json").exists());
    project.write("project.yml", "name: shop\nprofile: test\n");
    let finished = project.run("build --select codes a --log-format json --log-level debug");
    finished.succeeds();
    let lines = json_lines(&finished.stdout);
    let of_model = |name: &str| {
        let of_model = |line: &&Value| line["data"]["node_info"]["unique_id"] == "model.shop.a";
        lines.iter().filter(|line| line["info"]["name"] == name).filter(of_model).count()
    };
    assert!(of_model("SQLQuery") > 0);
    assert_eq!(of_model("SQLQuery"), of_model("SQLQueryStatus"));
}

/// Templates speak while they are parsed too, in one order whatever threads do.
#[test]
fn what_templates_say_while_they_are_parsed_is_told() {
    let say = |what: &str| format!("{{{{ log('{what} ' ~ execute, info=true) }}}}");
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", &format!("{}{{{{ print('to stdout') }}}}{{{{ log('kept') }}}} select 1 as id", say("a")))
        .file("models/b.sql", &format!("{{{{ config(enabled=false) }}}}{} select 1 as id", say("b")))
        .file("models/schema.yml", "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [loud]\n")
        .file(
            "macros/names.sql",
            &format!(
                "{{% macro generate_alias_name(custom, node) %}}{}{{{{ node.name }}}}{{% endmacro %}}\n\
                 {{% test loud(model, column_name) %}}{} select 1 from {{{{ model }}}} where false{{% endtest %}}\n",
                say("name of"),
                say("test")
            ),
        );
    let parsed = project.run("parse");
    let said = ["a False", "to stdout", "name of False", "b False", "name of False", "test False", "name of False"];
    let lines: Vec<&str> =
        parsed.stdout.lines().filter_map(|line| said.iter().find(|text| line.ends_with(**text)).copied()).collect();
    parsed.succeeds().says_not("kept");
    assert_eq!(lines, said);
    assert!(project.read("logs/dbt.log").contains("kept"));
    let quiet = project.run("--no-print parse");
    quiet.succeeds().says("a False").says_not("to stdout");
    // What is said helps to find why the rest cannot be read.
    project.write("models/c.sql", "{{ log('nearly', info=true) }}{{ exceptions.raise_compiler_error('no') }}");
    project.run("parse").exits_with(2).says("nearly").says("error[raised-by-user]: no");
}

/// With one thread the order is dbt's: what is ready at once by kind and name, then what became ready.
#[test]
fn nodes_start_in_the_order_of_dbt() {
    let project = Project::new(Warehouse::postgres())
        .file("seeds/raw.csv", "id\n1\n")
        .file("models/b.sql", "select * from {{ ref('raw') }}")
        .file("models/a.sql", "select 1 as id")
        .file("models/z.sql", "select * from {{ ref('a') }} union all select * from {{ source('main', 'raw') }}")
        .file(
            "models/schema.yml",
            "sources:\n  - name: main\n    tables:\n      - {name: raw, columns: [{name: id, data_tests: [not_null]}]}\n\
             models:\n  - name: a\n    columns: [{name: id, data_tests: [unique]}]\n",
        );
    let finished = project.run("build --threads 1");
    finished.succeeds().says("Found 3 models, 1 seed, 2 data tests, 1 source,");
    let started: Vec<&str> = finished
        .stdout
        .lines()
        .filter_map(|line| line.split_once(" START ")?.1.split_once(" ....").map(|(what, _)| what))
        .collect();
    assert_eq!(
        started,
        [
            "sql view model main.a",
            "seed file main.raw",
            "test source_not_null_main_raw_id",
            "test unique_a_id",
            "sql view model main.b",
            "sql view model main.z",
        ]
    );
}

/// A reference to no version in particular, of which a newer one stands ready, is told of.
#[test]
fn a_version_that_is_not_the_latest_yet_is_told_of() {
    let project = Project::new(Warehouse::postgres())
        .file("models/dim_v1.sql", "select 1 as id")
        .file("models/dim_v2.sql", "select 2 as id")
        .file("models/user.sql", "select * from {{ ref('dim') }}")
        .file("models/pinned.sql", "select * from {{ ref('dim', v=1) }}")
        .file("models/dim.yml", "models:\n  - {name: dim, latest_version: 1, versions: [{v: 1}, {v: 2}]}\n");
    let told = "Found an unpinned reference to versioned model 'dim'";
    project
        .run("run")
        .succeeds()
        .says("While compiling 'user':")
        .says(told)
        .says("Try out v2: {{ ref('shop', 'dim', v='2') }}");
    project.run("run -s pinned").succeeds().says_not(told);
}

/// `load_result` gives rows as tuples, hooks at the end see the schemas of stored failures.
#[test]
fn what_templates_see_of_results_is_as_in_dbt() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "project.yml",
            "name: shop\nversion: '1.0'\nprofile: test\non-run-end: [\"{{ log(schemas | join('+'), info=true) }}\"]\n",
        )
        .file(
            "models/a.sql",
            "{% call statement('q', fetch_result=true) %}select 1 as a, 'x' as b{% endcall %}\n\
             {{ log(load_result('q')['data'], info=true) }} select 1 as id",
        )
        .file("tests/none.sql", "{{ config(store_failures=true) }} select * from {{ ref('a') }} where false");
    project.run("build").succeeds().says("[(1, 'x')]").says("main+main_dbt_test__audit");
}
