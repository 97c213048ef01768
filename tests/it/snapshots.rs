//! Snapshots: the history of rows.

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// A changed row closes its version and opens another; a run without a change adds none.
    fn a_changed_row_gets_a_new_version(warehouse: Warehouse) {
        let project = Project::new(warehouse).file("seeds/people.csv", "id,name\n1,ada\n2,bob\n").file(
            "snapshots/history.yml",
            "snapshots:\n  - name: history\n    relation: ref('people')\n    config: {unique_key: id, strategy: check, check_cols: [name]}\n",
        );
        project.run("build").succeeds();
        project.run("build").succeeds();
        let versions = || project.rows("select id, name, dbt_valid_to is null from main.history order by id, dbt_valid_from");
        assert_eq!(versions(), [["1", "ada", "true"], ["2", "bob", "true"]]);
        project.write("seeds/people.csv", "id,name\n1,ada\n2,bobby\n");
        project.run("build").succeeds();
        assert_eq!(versions(), [["1", "ada", "true"], ["2", "bob", "false"], ["2", "bobby", "true"]]);
    }

    /// `hard_deletes: invalidate` closes what is gone, and a row that comes back is a version anew.
    fn a_row_that_is_gone_is_closed(warehouse: Warehouse) {
        let project = people(warehouse, "{unique_key: id, strategy: timestamp, updated_at: changed, hard_deletes: invalidate}");
        project.run("build").succeeds();
        project.write("seeds/people.csv", "id,name,changed\n1,ada,2024-01-01 00:00:00\n");
        project.run("build").succeeds();
        let open = "select id, count(*), sum(case when dbt_valid_to is null then 1 else 0 end) from main.history group by id order by id";
        assert_eq!(project.rows(open), [["1", "1", "1"], ["2", "1", "0"]]);
        // The very same row again: its id is that of the closed version, which must stay closed.
        project.write("seeds/people.csv", PEOPLE);
        project.run("build").succeeds();
        assert_eq!(project.rows(open), [["1", "1", "1"], ["2", "2", "1"]]);
    }

    /// `hard_deletes: new_record` says that a row is gone, once, and that it is back.
    fn a_row_that_is_gone_gets_a_version_that_says_so(warehouse: Warehouse) {
        let project = people(
            warehouse,
            "{unique_key: id, strategy: check, check_cols: all, hard_deletes: new_record, dbt_valid_to_current: \"cast('9999-12-31' as timestamp)\"}",
        );
        project.run("build").succeeds();
        project.write("seeds/people.csv", "id,name,changed\n1,ada,2024-01-01 00:00:00\n");
        project.run("build").succeeds();
        project.run("build").succeeds();
        let versions = "select id, dbt_is_deleted, extract(year from dbt_valid_to) = 9999 from main.history order by id, dbt_valid_from, dbt_is_deleted";
        assert_eq!(project.rows(versions), [["1", "False", "true"], ["2", "False", "false"], ["2", "True", "true"]]);
        project.write("seeds/people.csv", PEOPLE);
        project.run("build").succeeds();
        assert_eq!(
            project.rows(versions),
            [["1", "False", "true"], ["2", "False", "false"], ["2", "True", "false"], ["2", "False", "true"]]
        );
    }

    /// A key that is not unique adds versions at each run, as in dbt.
    fn a_key_that_is_not_unique_adds_versions(warehouse: Warehouse) {
        let project = people(warehouse, "{unique_key: id, strategy: check, check_cols: all, hard_deletes: invalidate}")
            .file("snapshots/by_time.yml", &history("{unique_key: id, strategy: timestamp, updated_at: changed}").replace("history", "by_time"));
        let twice = "id,name,changed\n1,ada,2024-01-01 00:00:00\n1,eve,2024-01-02 00:00:00\n";
        project.write("seeds/people.csv", &format!("{twice}2,bob,2024-01-01 00:00:00\n"));
        let versions = |of: &str| {
            project.rows(&format!("select id, name, count(*), sum(case when dbt_valid_to is null then 1 else 0 end) from main.{of} group by id, name order by id, name"))
        };
        project.run("build").succeeds();
        project.run("build").succeeds();
        // Either row differs from the other's version: two pairs, two versions.
        assert_eq!(versions("history"), [["1", "ada", "2", "1"], ["1", "eve", "2", "1"], ["2", "bob", "1", "1"]]);
        // The later row is newer than the version of the earlier.
        assert_eq!(versions("by_time"), [["1", "ada", "1", "0"], ["1", "eve", "2", "2"], ["2", "bob", "1", "1"]]);
        project.write("seeds/people.csv", &format!("{twice}1,eve,2024-01-02 00:00:00\n"));
        project.run("build").succeeds();
        assert_eq!(versions("history"), [["1", "ada", "3", "1"], ["1", "eve", "4", "2"], ["2", "bob", "1", "0"]]);
        assert_eq!(versions("by_time"), [["1", "ada", "1", "0"], ["1", "eve", "2", "2"], ["2", "bob", "1", "1"]]);
        project.write("seeds/people.csv", "id,name,changed\n2,bob,2024-01-01 00:00:00\n");
        project.run("build").succeeds();
        assert_eq!(versions("history"), [["1", "ada", "3", "0"], ["1", "eve", "4", "0"], ["2", "bob", "2", "1"]]);
    }

    /// `check_cols` may have expressions: the columns that they give are checked.
    fn expressions_are_checked(warehouse: Warehouse) {
        let project = people(warehouse, "{unique_key: id, strategy: check, check_cols: ['name::varchar']}");
        project.run("build").succeeds();
        project.write("seeds/people.csv", "id,name,changed\n1,ada,2025-01-01 00:00:00\n2,bobby,2024-01-01 00:00:00\n");
        project.run("build").succeeds();
        let versions = "select id, name, dbt_valid_to is null from main.history order by id, dbt_valid_from";
        assert_eq!(project.rows(versions), [["1", "ada", "true"], ["2", "bob", "false"], ["2", "bobby", "true"]]);
    }

    /// Keys may be expressions, the added columns have the names of the config.
    fn keys_are_expressions_and_columns_have_other_names(warehouse: Warehouse) {
        let project = people(
            warehouse,
            "{unique_key: [id, \"name || '!'\"], strategy: timestamp, updated_at: changed, snapshot_meta_column_names: {dbt_valid_to: UNTIL, dbt_valid_from: since, dbt_scd_id: version, dbt_updated_at: at}}",
        );
        project.run("build").succeeds();
        project.write("seeds/people.csv", "id,name,changed\n1,ada,2024-03-01 00:00:00\n");
        project.run("build").succeeds();
        let versions = "select id, until is null from main.history order by id, since";
        assert_eq!(project.rows(versions), [["1", "false"], ["1", "true"], ["2", "true"]]);
        project.write("snapshots/history.yml", &history("{unique_key: id, strategy: timestamp, updated_at: changed}"));
        project.run("snapshot").exits_with(1).says("Snapshot target is missing configured columns");
    }

    /// A macro `snapshot_<name>_strategy` is a strategy.
    fn a_macro_is_a_strategy(warehouse: Warehouse) {
        let project = people(warehouse, "{unique_key: id, strategy: by_length, hard_deletes: invalidate}").file(
            "macros/strategy.sql",
            "{% macro snapshot_by_length_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}\n\
             {% set time = snapshot_get_time() %}\n\
             {% do return({'unique_key': config.get('unique_key'), 'updated_at': time,\n\
             'row_changed': 'length(' ~ snapshotted_rel ~ '.name) <> length(' ~ current_rel ~ '.name)',\n\
             'scd_id': snapshot_hash_arguments([config.get('unique_key'), time])}) %}\n{% endmacro %}\n",
        );
        project.run("build").succeeds();
        project.write("seeds/people.csv", "id,name,changed\n1,eve,2024-01-01 00:00:00\n2,bobby,2024-01-01 00:00:00\n");
        project.run("build").succeeds();
        let versions = "select id, name from main.history order by id, dbt_valid_from";
        assert_eq!(project.rows(versions), [["1", "ada"], ["2", "bob"], ["2", "bobby"]]);
    }
}

const PEOPLE: &str = "id,name,changed\n1,ada,2024-01-01 00:00:00\n2,bob,2024-01-01 00:00:00\n";

/// A project with a snapshot `history` of the seed `people`.
fn people(warehouse: Warehouse, config: &str) -> Project {
    Project::new(warehouse).file("seeds/people.csv", PEOPLE).file("snapshots/history.yml", &history(config))
}

fn history(config: &str) -> String {
    format!("snapshots:\n  - name: history\n    relation: ref('people')\n    config: {config}\n")
}
