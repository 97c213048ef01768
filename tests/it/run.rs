//! `run`: models become relations.

use crate::support::Project;

on_every_warehouse! {
    /// Views, tables and ephemeral models, each reading the one before.
    fn models_read_each_other(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/numbers.sql", "select 1 as id union all select 2 as id")
            .file("models/doubled.sql", "{{ config(materialized='ephemeral') }} select id * 2 as id from {{ ref('numbers') }}")
            .file("models/stored.sql", "{{ config(materialized='table') }} select id + 1 as id from {{ ref('doubled') }}");
        project.run("run").succeeds().says("PASS=2");
        assert_eq!(project.rows("select id from main.stored order by id"), [["3"], ["5"]]);
        assert_eq!(project.statuses(), ["numbers: success", "stored: success"]);
    }

    /// A model may change between view and table; what reads it stays.
    fn a_model_changes_its_materialization(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/a.sql", "select 1 as id")
            .file("models/b.sql", "select id from {{ ref('a') }}");
        project.run("run").succeeds();
        project.write("models/a.sql", "{{ config(materialized='table') }} select 2 as id");
        project.run("run").succeeds();
        assert_eq!(project.rows("select id from main.b"), [["2"]]);
        project.write("models/a.sql", "select 3 as id");
        project.run("run --select a").succeeds();
        assert_eq!(project.rows("select id from main.a"), [["3"]]);
    }

    /// What depends on a failed model is skipped, what does not is built.
    fn descendants_of_a_failure_are_skipped(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/bad.sql", "{{ config(materialized='table') }} select nothing from nowhere")
            .file("models/child.sql", "select * from {{ ref('bad') }}")
            .file("models/other.sql", "select 1 as id");
        project.run("run --threads 1").exits_with(1).says("PASS=1 WARN=0 ERROR=1 SKIP=1");
        assert_eq!(project.statuses(), ["bad: error", "child: skipped", "other: success"]);
    }
}
