//! Unit tests: a model on made-up rows.

use crate::support::{Project, Warehouse};

/// A project whose unit test expects `expected` for the total of order 1.
fn totals(warehouse: Warehouse, expected: u32) -> Project {
    let unit_test = format!(
        "unit_tests:\n  - name: adds_up\n    model: totals\n    given:\n\
         \x20     - input: ref('orders')\n        rows: [{{id: 1, amount: 2}}, {{id: 1, amount: 3}}]\n\
         \x20   expect:\n      rows: [{{id: 1, total: {expected}}}]\n"
    );
    Project::new(warehouse)
        .file("models/orders.sql", "select 1 as id, 9 as amount")
        .file("models/totals.sql", "select id, sum(amount) as total from {{ ref('orders') }} group by id")
        .file("models/tests.yml", &unit_test)
}

on_every_warehouse! {
    /// The given rows stand for the model's input.
    fn given_rows_stand_for_the_input(warehouse: Warehouse) {
        let project = totals(warehouse, 5);
        project.run("build").succeeds().says("PASS=3");
        assert_eq!(project.rows("select total from main.totals"), [["9"]]);
    }

    /// A difference is shown and stops the model.
    fn a_difference_stops_the_model(warehouse: Warehouse) {
        let project = totals(warehouse, 6);
        project.run("build").exits_with(1).says("adds_up");
        assert_eq!(project.statuses(), ["adds_up: fail", "orders: success", "totals: skipped"]);
    }

    /// Rows may be CSV, SQL and fixture files on both sides; what is not built yet is no obstacle.
    fn rows_come_in_any_form(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/orders.sql", "select 1 as id, 'long name' as name")
            .file(
                "models/seen.sql",
                "{{ config(materialized='incremental') }}\nselect id, name, '{{ var('who', 'nobody') }}' as who from {{ ref('orders') }}\n\
                 {% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}\n",
            )
            .file("tests/fixtures/orders.csv", "id,name\n1,a\n2,\n")
            .file("tests/fixtures/wanted.sql", "select 1 as id, 'a' as name, 'nobody' as who union all select 2, null, 'nobody'")
            .file(
                "models/tests.yml",
                "unit_tests:\n\
                 \x20 - name: from_files\n    model: seen\n    overrides: {macros: {is_incremental: false}}\n\
                 \x20   given: [{input: ref('orders'), format: csv, fixture: orders}]\n\
                 \x20   expect: {format: sql, fixture: wanted}\n\
                 \x20 - name: only_new\n    model: seen\n    overrides: {macros: {is_incremental: true}, vars: {who: me}}\n\
                 \x20   given:\n      - {input: ref('orders'), rows: [{id: 3, name: c}, {id: 9, name: far longer than that}]}\n\
                 \x20     - {input: this, rows: [{id: 3}]}\n\
                 \x20   expect: {rows: [{id: 9, name: far longer than that, who: me}]}\n",
            );
        project.run("build").succeeds().says("PASS=4");
    }

    /// The difference pairs rows that are nearly alike; a column that does not exist is named.
    fn a_difference_is_shown_by_rows(warehouse: Warehouse) {
        let project = totals(warehouse, 6);
        project.run("build").exits_with(1).says("actual differs from expected").says("→  ,1 ,6→5");
        let tests = project.read("models/tests.yml").replace("total: 6", "totl: 6");
        project.write("models/tests.yml", &tests);
        let ended = project.run("build");
        ended.exits_with(1).says("Invalid column name: 'totl' in unit test fixture for expected output.");
    }
}
