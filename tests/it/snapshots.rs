//! Snapshots: the history of rows.

use crate::support::Project;

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
}
