//! Microbatch models: built batch by batch of event time.

use crate::support::Project;

const EVENTS: &str = "{{ config(materialized='table', event_time='at') }}\n\
    select 1 as id, timestamp '2024-01-01 05:00:00' as at\n\
    union all select 2, timestamp '2024-01-02 05:00:00'\n\
    union all select 3, timestamp '2024-01-03 05:00:00'";

fn daily(query: &str) -> String {
    format!(
        "{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at',\n\
         batch_size='day', begin='2024-01-01', lookback=1) }}}}\n{query}"
    )
}

fn batches(project: &Project, kind: &str) -> usize {
    project.artifact("run_results.json")["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|result| result["batch_results"][kind].as_array())
        .map(Vec::len)
        .sum()
}

on_every_warehouse! {
    /// Each batch reads its own span of event time and replaces only that.
    fn batches_replace_their_own_rows(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/events.sql", EVENTS)
            .file("models/days.sql", &daily("select id, at from {{ ref('events') }}"));
        project.run("run --event-time-start 2024-01-01 --event-time-end 2024-01-04").succeeds().says("Batch 3 of 3");
        let rows = || project.rows("select id from main.days order by id");
        assert_eq!(rows(), [["1"], ["2"], ["3"]]);
        assert_eq!((batches(&project, "successful"), batches(&project, "failed")), (3, 0));
        project.write("models/days.sql", &daily("select id + 10 as id, at from {{ ref('events') }}"));
        project.run("run --select days --event-time-start 2024-01-02 --event-time-end 2024-01-03").succeeds();
        assert_eq!(rows(), [["1"], ["3"], ["12"]]);
    }

    /// A batch that fails leaves the others built, and the model partly so.
    fn a_failing_batch_leaves_the_others(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/events.sql", EVENTS)
            .file("models/days.sql", &daily("select id, at, 1 / (id - 2) as broken from {{ ref('events') }}"));
        project
            .run("run --event-time-start 2024-01-01 --event-time-end 2024-01-04")
            .exits_with(1)
            .says("division by zero")
            .says("PARTIAL SUCCESS (2/3)");
        assert_eq!(project.statuses(), ["days: partial success", "events: success"]);
        assert_eq!((batches(&project, "successful"), batches(&project, "failed")), (2, 1));
        assert_eq!(project.rows("select id from main.days order by id"), [["1"], ["3"]]);
    }

    /// What a microbatch model lacks is told.
    fn a_missing_config_is_told(warehouse: Warehouse) {
        let project = Project::new(warehouse).file(
            "models/days.sql",
            "{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='day') }} select 1 as id",
        );
        project.run("run").exits_with(1).says("requires a 'begin' configuration");
    }
}
