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
}
