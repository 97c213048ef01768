//! What is remembered of microbatch models, and what follows from it.

use serde_json::Value;

use crate::support::{Project, Warehouse};

/// A row for each of the last five days and today, its id the days that have passed since.
const EVENTS: &str = "{{ config(materialized='table', event_time='at') }}
    {% for days in range(6) %}
    select {{ days }} as id,
           timestamp '{{ modules.datetime.datetime.utcnow().date() - modules.datetime.timedelta(days=days) }} 00:00:00' as at
    {{ 'union all' if not loop.last }}
    {% endfor %}";

/// The batch that holds the id `bad` fails.
const DAYS: &str = "{{ config(
        materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', lookback=1,
        begin=(modules.datetime.datetime.utcnow().date() - modules.datetime.timedelta(days=5)) | string,
        fill_gaps=var('fill', true)) }}
    select id, at, 1 / (id - {{ var('bad', 99) }}) as fails from {{ ref('events') }}";

fn project(warehouse: Warehouse) -> Project {
    let project = Project::new(warehouse).file("models/events.sql", EVENTS).file("models/days.sql", DAYS);
    project.run("run --select events").succeeds();
    project
}

fn ids(project: &Project) -> Vec<Vec<String>> {
    project.rows("select id from main.days order by id")
}

/// State and batches of each span.
fn spans(project: &Project) -> Vec<(String, i64)> {
    let shown = project.run("show --select days --intervals --output json --quiet --limit -1");
    let shown: Value = serde_json::from_str(&shown.succeeds().stdout).unwrap();
    let span = |row: &Value| (row["state"].as_str().unwrap().to_owned(), row["batches"].as_i64().unwrap());
    shown["show"].as_array().unwrap().iter().map(span).collect()
}

fn built(batches: i64) -> (String, i64) {
    ("built".to_owned(), batches)
}

fn missing(batches: i64) -> (String, i64) {
    ("missing".to_owned(), batches)
}

on_every_warehouse! {
    /// A batch that failed is built by the next run, whatever that looks back; then nothing is missing.
    fn gaps_are_found_and_filled(warehouse: Warehouse) {
        let project = project(warehouse);
        let failing = project.run_arguments(&["run", "--select", "days", "--vars", "{bad: 3}"]);
        failing.exits_with(1).says("PARTIAL SUCCESS (5/6)");
        assert_eq!(spans(&project), [built(2), missing(1), built(3)]);
        assert_eq!(ids(&project), [["0"], ["1"], ["2"], ["4"], ["5"]]);

        let unfilled = project.run_arguments(&["run", "--select", "days", "--vars", "{fill: false}"]);
        unfilled.succeeds().says("Batch 2 of 2");
        project.run("run --select days").succeeds().says("Batch 3 of 3");
        assert_eq!(ids(&project), [["0"], ["1"], ["2"], ["3"], ["4"], ["5"]]);
        assert_eq!(spans(&project), [built(6)]);
        project.run("run --select days").succeeds().says("Batch 2 of 2");
        // What is remembered does not grow.
        assert_eq!(project.rows("select count(*) from main.aquifer_intervals"), [["1"]]);
    }

    /// Batches of a span are built on demand and remembered; a full refresh begins anew.
    fn a_backfill_is_remembered(warehouse: Warehouse) {
        let project = project(warehouse);
        let day = |days: i64| (chrono::Utc::now() - chrono::TimeDelta::days(days)).format("%Y-%m-%d").to_string();
        let backfill = |from: i64, to: i64| {
            let (from, to) = (day(from), day(to));
            project.run(&format!("run --select days --event-time-start {from} --event-time-end {to}")).succeeds();
        };
        backfill(5, 4);
        assert_eq!(spans(&project), [built(1), missing(4)]);
        backfill(2, 1);
        assert_eq!(spans(&project), [built(1), missing(2), built(1), missing(1)]);
        assert_eq!(ids(&project), [["2"], ["5"]]);
        project.run("run --select days --full-refresh").succeeds().says("Batch 6 of 6");
        assert_eq!(spans(&project), [built(6)]);
        assert_eq!(ids(&project).len(), 6);
    }

    /// `retry` takes up the batches that failed and remembers them.
    fn a_retry_builds_what_failed(warehouse: Warehouse) {
        let project = project(warehouse);
        project.run_arguments(&["run", "--select", "days", "--vars", "{bad: 2}"]).exits_with(1);
        project.run_arguments(&["retry", "--vars", "{bad: 99}"]).succeeds().says("Batch 1 of 1");
        assert_eq!(spans(&project), [built(6)]);
        assert_eq!(ids(&project).len(), 6);
    }

    /// A run over no rows is nothing to remember.
    fn an_empty_run_is_not_remembered(warehouse: Warehouse) {
        let project = project(warehouse);
        project.run("run --select days --empty").succeeds();
        assert!(spans(&project).is_empty());
    }
}
