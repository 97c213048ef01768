//! `show` and `debug`: looking at rows and at the connection.

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// Five rows, as many as asked for, or all; nested ephemeral models are no obstacle.
    fn rows_are_shown_up_to_a_limit(warehouse: Warehouse) {
        let seven = "id\n1\n2\n3\n4\n5\n6\n7\n";
        let project = Project::new(warehouse)
            .file("seeds/numbers.csv", seven)
            .file("models/inner.sql", "{{ config(materialized='ephemeral') }} select id + 10 as id from {{ ref('numbers') }}")
            .file("models/outer.sql", "{{ config(materialized='ephemeral') }} select id * 10 as ten from {{ ref('inner') }}");
        project.run("seed").succeeds();
        let shown = |arguments: &[&str]| {
            let ended = project.run_arguments(&[&["show", "--inline", "select * from {{ ref('outer') }}"], arguments].concat());
            ended.succeeds().stdout.lines().filter(|line| line.trim_start().starts_with("| 1")).count()
        };
        assert_eq!([shown(&[]), shown(&["--limit", "3"]), shown(&["--limit", "-1"])], [5, 3, 7]);
        let results = project.artifact("run_results.json");
        assert_eq!(results["results"][0]["status"], "success");
        project.run("show --select numbers --limit 1").succeeds().says("| id |");
    }
}

/// The limit that `show` adds meets one of the query's own: the warehouse refuses, and it is said where.
#[test]
fn a_query_with_a_limit_is_refused() {
    let project = Project::new(Warehouse::postgres());
    let ended = project.run_arguments(&["show", "--inline", "select 1 as id limit 1"]);
    ended.exits_with(2).says("`show` adds a limit here").says("syntax error at or near \"limit\"");
    project.run_arguments(&["show", "--inline", "select 1 as id limit 1", "--limit", "-1"]).succeeds();
}

/// `debug` counts what failed, in dbt's words.
#[test]
fn debug_says_what_failed() {
    let project = Project::new(Warehouse::postgres());
    project.run("debug").succeeds().says("All checks passed!").says("profiles.yml file [OK found and valid]");
    let ended = project.run("debug --connection --target none");
    ended.exits_with(1).says("1 check failed").says("The profile 'test' does not have a target named 'none'.");
    let ended = project.run("debug --connection --profiles-dir nowhere");
    ended.exits_with(1).says("dbt looked for a profiles.yml file in nowhere");
    project.run("debug --project-dir nowhere").exits_with(2);
}
