//! The JSON files of the target folder.

use crate::support::Project;

on_every_warehouse! {
    /// `run_results.json` names its schema and tells of each node.
    fn run_results_tell_of_each_node(warehouse: Warehouse) {
        let project = Project::new(warehouse).file("models/a.sql", "select 1 as id");
        project.run("run").succeeds();
        let results = project.artifact("run_results.json");
        assert_eq!(results["metadata"]["dbt_schema_version"], "https://schemas.getdbt.com/dbt/run-results/v6.json");
        assert_eq!(results["results"][0]["unique_id"], "model.shop.a");
        assert_eq!(results["args"]["which"], "run");
        assert!(project.read("target/compiled/shop/models/a.sql").contains("select 1 as id"));
        assert!(project.read("target/run/shop/models/a.sql").to_lowercase().contains("view"));
    }
}
