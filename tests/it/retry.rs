//! `retry`: what an earlier run left undone.

use std::process::Stdio;

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// What failed and what was skipped because of it runs again, with the options of the first run.
    fn what_failed_and_was_skipped_runs_again(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/good.sql", "select 1 as id")
            .file("models/bad.sql", "{{ config(materialized='table') }} select {{ var('column') }} as id")
            .file("models/child.sql", "select id from {{ ref('bad') }}")
            .file("models/other.sql", "select 1 as id");
        project.run_arguments(&["run", "--exclude", "other", "--vars", "{column: nothing}"]).exits_with(1);
        project.run("retry").exits_with(1).says("TOTAL=2");
        project.run_arguments(&["retry", "--vars", "{column: 5}"]).succeeds().says("PASS=2");
        assert_eq!(project.statuses(), ["bad: success", "child: success"]);
        assert_eq!(project.rows("select id from main.child"), [["5"]]);
        project.run("retry").succeeds().says("Nothing to do");
    }
}

/// A chain of tables, of which one waits until somebody opens the gate.
fn gated() -> Project {
    let project = Project::new(Warehouse::postgres())
        .file("models/first.sql", "{{ config(materialized='table') }} select 1 as id")
        .file(
            "models/second.sql",
            "{{ config(materialized='table') }} select f.id from {{ ref('first') }} f, \
             pg_sleep(case when (select open from main.gate) then 0 else 600 end)",
        )
        .file("models/third.sql", "{{ config(materialized='table') }} select id from {{ ref('second') }}");
    project.execute("create schema main; create table main.gate as select false as open");
    project
}

/// The progress of the run that is under way, once this many lines of it are there.
fn wait_for_progress(project: &Project, lines: usize) {
    loop {
        let runs = std::fs::read_dir(project.path("target/runs")).into_iter().flatten().flatten();
        let texts = runs.filter_map(|run| std::fs::read_to_string(run.path().join("progress.jsonl")).ok());
        if texts.map(|text| text.lines().count()).max().unwrap_or(0) >= lines {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_run_that_was_killed_is_taken_up_where_it_was() {
    let project = gated();
    let mut running = project.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The plan, and the first model.
    wait_for_progress(&project, 2);
    running.kill().unwrap();
    running.wait().unwrap();
    project.execute("update main.gate set open = true");
    project.run("retry").succeeds().says("PASS=2");
    assert_eq!(project.statuses(), ["second: success", "third: success"]);
    project.run("retry").succeeds().says("Nothing to do");
}

#[test]
fn a_run_that_lives_is_not_taken_up() {
    let project = gated();
    project.run("run --select first").succeeds();
    let mut running = project.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for_progress(&project, 2);
    project.run("retry").succeeds().says("Nothing to do");
    running.kill().unwrap();
    running.wait().unwrap();
    project.execute("update main.gate set open = true");
    project.run("run").succeeds();
    // The run that was killed is older than the last one that ended.
    project.run("retry").succeeds().says("Nothing to do");
}

#[test]
fn without_an_earlier_run_there_is_nothing_to_take_up() {
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", "select 1 as id");
    project.run("retry").exits_with(2).says("Could not find previous run in");
}
