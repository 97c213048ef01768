//! Data tests: generic ones from YAML and singular ones from SQL files.

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// The four generic tests of dbt count the rows that break them.
    fn generic_tests_count_the_rows_that_break_them(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/parents.csv", "id\n1\n")
            .file("seeds/rows.csv", "id,kind,parent\n1,a,1\n1,b,2\n,c,3\n")
            .file(
                "seeds/all.yml",
                "seeds:\n  - name: rows\n    columns:\n\
                 \x20     - {name: id, data_tests: [unique, not_null]}\n\
                 \x20     - {name: kind, data_tests: [{accepted_values: {arguments: {values: [a]}}}]}\n\
                 \x20     - {name: parent, data_tests: [{relationships: {arguments: {to: ref('parents'), field: id}}}]}\n",
            );
        project.run("build").exits_with(1);
        let results = project.artifact("run_results.json");
        let mut failures: Vec<String> = (results["results"].as_array().unwrap().iter())
            .filter(|result| result["status"] == "fail")
            .map(|result| format!("{} {}", result["unique_id"].as_str().unwrap().split('.').nth(2).unwrap(), result["failures"]))
            .collect();
        failures.sort();
        assert_eq!(
            failures,
            ["accepted_values_rows_kind__a 2", "not_null_rows_id 1", "relationships_rows_parent__id__ref_parents_ 2", "unique_rows_id 1"]
        );
    }

    /// A singular test is a query that should find nothing.
    fn a_singular_test_finds_rows(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/a.sql", "select 1 as id")
            .file("tests/none.sql", "select * from {{ ref('a') }} where id > 1")
            .file("tests/some.sql", "select * from {{ ref('a') }} where id = 1");
        project.run("build --threads 1").exits_with(1).says("Got 1 result, configured to fail if != 0");
        assert_eq!(project.statuses(), ["a: success", "none: pass", "some: fail"]);
    }
}

/// `limit` bounds what is counted and what is stored; `store_failures_as` must be one of three words.
#[test]
fn a_limit_bounds_what_is_stored() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "select 1 as id union all select 2 union all select 3")
        .file("tests/none.sql", "{{ config(limit=2, store_failures=true) }} select * from {{ ref('a') }}");
    project.run("build").exits_with(1).says("Got 2 results");
    assert_eq!(project.rows("select count(*) from main_dbt_test__audit.none"), [["2"]]);
    project.write("tests/none.sql", "{{ config(store_failures_as='heap') }} select * from {{ ref('a') }}");
    project.run("test").exits_with(1).says("Accepted values are: ['ephemeral', 'table', 'view']");
}
