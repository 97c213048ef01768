//! `clone`: relations of an earlier run, pointed to or copied.

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// A clone has the earlier rows; it is made once, and again with `--full-refresh`.
    fn clones_relations_of_an_earlier_run(warehouse: Warehouse) {
        let project = Project::with_targets(warehouse, &["prod", "dev"])
            .file("seeds/codes.csv", "id,name\n1,one\n")
            .file("models/stored.sql", "{{ config(materialized='table') }} select id from {{ ref('codes') }}")
            .file("models/shown.sql", "select id from {{ ref('stored') }}")
            .file("models/inlined.sql", "{{ config(materialized='ephemeral') }} select 1 as id");
        project.run("build").succeeds();
        let manifest = project.read("target/manifest.json");
        project.write("prod-state/manifest.json", &manifest);
        project.run("clone --target dev --state prod-state").succeeds().says("PASS=3");
        for name in ["codes", "stored", "shown"] {
            assert_eq!(project.rows(&format!("select id from dev.{name}")), [["1"]], "{name}");
        }
        project.run("clone --target dev --state prod-state").succeeds().says("already exists");
        project.run("clone --target dev --state prod-state --full-refresh --select stored").succeeds().says("PASS=1");
        assert_eq!(project.rows("select id from dev.stored"), [["1"]]);
    }
}

#[test]
fn a_clone_needs_an_earlier_run() {
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", "select 1 as id");
    project.run("clone").exits_with(2).says("--state or --defer-state are required for deferral");
}
