//! `state:`, `--defer`: a run that knows what an earlier one left behind.

use crate::support::{Project, Warehouse};

/// Orders by day beside visits, both in a report; built in `prod`, changed in `ci`.
fn shop(warehouse: Warehouse) -> Project {
    let project = Project::with_targets(warehouse, &["prod", "ci"])
        .file("models/orders.sql", "{{ config(materialized='table') }} select 1 as id, 10 as amount")
        .file("models/daily.sql", "select sum(amount) as amount from {{ ref('orders') }}")
        .file("models/visits.sql", "select 7 as visits")
        .file("models/report.sql", "select amount, visits from {{ ref('daily') }} cross join {{ ref('visits') }}")
        .file(
            "models/schema.yml",
            "models:\n  - name: daily\n    columns:\n      - name: amount\n        data_tests: [not_null]\n",
        );
    project.run("build").succeeds();
    keep_state(&project);
    project
}

/// What CI of the main branch keeps.
fn keep_state(project: &Project) {
    let manifest = project.read("target/manifest.json");
    project.write("prod-state/manifest.json", &manifest);
}

fn listed(project: &Project, selection: &str) -> Vec<String> {
    let options = "--quiet --output name --state prod-state --indirect-selection empty";
    let finished = project.run(&format!("ls {options} --select {selection}"));
    finished.succeeds();
    finished.stdout.lines().map(str::to_owned).collect()
}

on_every_warehouse! {
    /// One model is changed: it, its test and its children are built, reading the rest from production.
    fn a_pull_request_builds_what_it_changed(warehouse: Warehouse) {
        let project = shop(warehouse);
        project.write("models/daily.sql", "select sum(amount) * 2 as amount from {{ ref('orders') }}");
        let build = "build --target ci --select state:modified+ --defer --state prod-state --summary-file summary.md";
        project.run(build).succeeds().says("PASS=3");
        assert_eq!(project.statuses(), ["daily: success", "not_null_daily_amount: pass", "report: success"]);
        assert_eq!(project.rows("select amount, visits from ci.report"), [["20", "7"]]);
        assert_eq!(project.rows("select amount from prod.report"), [["10"]]);
        let compiled = project.read("target/compiled/shop/models/daily.sql");
        assert!(compiled.contains("prod") && !compiled.contains("ci"), "{compiled}");
        assert!(project.read("summary.md").starts_with("## `aquifer build` passed"));
    }

    /// A node that exists here is read here, unless the earlier one is preferred.
    fn the_nearer_relation_is_read_unless_the_state_is_favored(warehouse: Warehouse) {
        let project = shop(warehouse);
        project.write("models/orders.sql", "{{ config(materialized='table') }} select 1 as id, 99 as amount");
        project.run("run --target ci --select orders").succeeds();
        project.run("run --target ci --select daily --defer --state prod-state").succeeds();
        assert_eq!(project.rows("select amount from ci.daily"), [["99"]]);
        project.run("run --target ci --select daily --defer --favor-state --state prod-state").succeeds();
        assert_eq!(project.rows("select amount from ci.daily"), [["10"]]);
        project.run("run --target ci --select +daily --defer --favor-state --state prod-state").succeeds();
        assert_eq!(project.rows("select amount from ci.daily"), [["99"]]);
    }
}

#[test]
fn what_the_environment_decides_is_no_change() {
    let project = shop(Warehouse::postgres());
    project.write(
        "models/visits.sql",
        "{{ config(materialized='table' if target.name == 'prod' else 'view') }} select 7 as visits",
    );
    project.write(
        "models/schema.yml",
        "models:\n  - name: daily\n    config: {materialized: \"{{ 'table' if target.name == 'prod' else 'view' }}\"}\n\
         sources:\n  - name: raw\n    schema: \"raw_{{ target.name }}\"\n    tables: [{name: clicks}]\n",
    );
    project.run("parse --target prod").succeeds();
    keep_state(&project);
    assert_eq!(listed(&project, "state:modified --target ci"), Vec::<String>::new());
    project.write("models/schema.yml", "models:\n  - name: daily\n    config: {materialized: table}\n");
    assert_eq!(listed(&project, "state:modified --target ci"), ["daily"]);
    assert_eq!(listed(&project, "state:modified.configs --target ci"), ["daily"]);
}

#[test]
fn each_way_to_differ_selects_its_own() {
    let project = shop(Warehouse::postgres());
    project.write("models/daily.sql", "select sum(amount) + 1 as amount from {{ ref('orders') }}");
    project.write("models/new_model.sql", "select 1 as id");
    assert_eq!(listed(&project, "state:modified"), ["daily", "new_model"]);
    assert_eq!(listed(&project, "state:modified.body,state:old"), ["daily"]);
    assert_eq!(listed(&project, "state:new"), ["new_model"]);
    assert_eq!(listed(&project, "state:modified+1,resource_type:model"), ["daily", "new_model", "report"]);
    assert_eq!(listed(&project, "state:unmodified,resource_type:model"), ["orders", "report", "visits"]);
    assert_eq!(listed(&project, "state:modified.configs,state:old"), Vec::<String>::new());
}

#[test]
fn a_missing_state_is_told() {
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", "select 1 as id");
    project.run("ls --select state:modified").exits_with(2).says("--state");
    project.run("ls --select state:modified --state nowhere").exits_with(2).says("could not find manifest");
    project.run("run --defer").exits_with(2).says("--state or --defer-state are required for deferral");
    project.run("build").succeeds();
    project
        .run("ls --select result:success --state target")
        .succeeds()
        .says("state and target directories are the same");
}

#[test]
fn results_of_an_earlier_run_select() {
    let project = Project::new(Warehouse::postgres())
        .file("models/good.sql", "select 1 as id")
        .file("models/bad.sql", "{{ config(materialized='table') }} select nothing from nowhere")
        .file("models/child.sql", "select * from {{ ref('bad') }}");
    project.run("run").exits_with(1);
    let results = project.read("target/run_results.json");
    project.write("prod-state/run_results.json", &results);
    assert_eq!(listed(&project, "result:error+"), ["bad", "child"]);
    assert_eq!(listed(&project, "result:success result:skipped"), ["child", "good"]);
}
