//! `--empty` and `--sample`: builds that read fewer rows.

use crate::support::{Project, Warehouse};

fn events(warehouse: Warehouse) -> Project {
    Project::new(warehouse)
        .file(
            "seeds/events.csv",
            "id,happened_at\n1,2026-01-01 10:00:00\n2,2026-01-02 10:00:00\n3,2026-02-01 10:00:00\n",
        )
        .file("seeds/schema.yml", "seeds:\n  - name: events\n    config: {event_time: happened_at}\n")
        .file("models/stored.sql", "{{ config(materialized='table') }} select id, happened_at from {{ ref('events') }}")
        .file("models/renamed.sql", "select id from {{ ref('stored') }}")
}

on_every_warehouse! {
    /// Everything is built, and nothing is read.
    fn empty_reads_no_rows(warehouse: Warehouse) {
        let project = events(warehouse);
        project.run("seed").succeeds();
        project.run("run --empty").succeeds().says("PASS=2");
        assert_eq!(project.rows("select count(*) from main.stored"), [["0"]]);
        assert_eq!(project.rows("select count(*) from main.events"), [["3"]]);
    }

    /// Rows outside the window are not read from what has an event time.
    fn a_sample_reads_rows_of_a_window(warehouse: Warehouse) {
        let project = events(warehouse);
        project.run("seed").succeeds();
        let window = "{start: 2026-01-02, end: 2026-02-01}";
        project.run_arguments(&["run", "--sample", window]).succeeds();
        assert_eq!(project.rows("select id from main.renamed"), [["2"]]);
        project.run("run").succeeds();
        assert_eq!(project.rows("select count(*) from main.renamed"), [["3"]]);
    }
}

#[test]
fn a_window_that_cannot_be_read_is_told() {
    let project = events(Warehouse::postgres());
    project.run_arguments(&["run", "--sample", "3 weeks"]).exits_with(2).says("3 days");
}
