//! `build`: seeds, models, snapshots and tests in the order of the graph.

use crate::support::Project;

on_every_warehouse! {
    /// A test that fails keeps what is downstream of its model from being built.
    fn a_failing_test_stops_what_is_downstream(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/people.csv", "id,name\n1,ada\n1,bob\n")
            .file("models/names.sql", "select name from {{ ref('people') }}")
            .file("models/all.yml", "seeds:\n  - name: people\n    columns:\n      - name: id\n        data_tests: [unique]\n");
        project.run("build").exits_with(1).says("PASS=1 WARN=0 ERROR=1 SKIP=1");
        assert_eq!(project.statuses(), ["names: skipped", "people: success", "unique_people_id: fail"]);
    }

    /// The same with severity `warn` stops nothing.
    fn a_warning_stops_nothing(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/people.csv", "id,name\n1,ada\n1,bob\n")
            .file("models/names.sql", "select name from {{ ref('people') }}")
            .file("models/all.yml", "seeds:\n  - name: people\n    columns:\n      - name: id\n        data_tests: [{unique: {config: {severity: warn}}}]\n");
        project.run("build").succeeds().says("PASS=2 WARN=1 ERROR=0 SKIP=0");
        assert_eq!(project.rows("select name from main.names order by name"), [["ada"], ["bob"]]);
    }

    /// A test of a source holds back the models that read it, as one of a model does.
    fn a_failing_test_of_a_source_stops_what_reads_it(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/people.csv", "id,name\n1,ada\n1,bob\n")
            .file("models/names.sql", "select name from {{ source('raw', 'people') }}")
            .file("models/loud.sql", "select upper(name) as name from {{ ref('names') }}")
            .file(
                "models/all.yml",
                "sources:\n  - name: raw\n    schema: main\n    tables:\n      - name: people\n        columns:\n          - name: id\n            data_tests: [unique]\n",
            );
        project.run("seed").succeeds();
        project.run("build --exclude people").exits_with(1).says("PASS=0 WARN=0 ERROR=1 SKIP=2");
        assert_eq!(project.statuses(), ["loud: skipped", "names: skipped", "source_unique_raw_people_id: fail"]);
    }
}
