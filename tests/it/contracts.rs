//! Contracts: columns and constraints that a model promises.

use crate::support::{Project, Warehouse};

const CONTRACT: &str = "\
models:
  - name: parents
    config: {contract: {enforced: true}}
    columns:
      - {name: id, data_type: integer, constraints: [{type: primary_key}]}
  - name: orders
    config: {contract: {enforced: true}}
    constraints:
      - {type: unique, columns: [id, label], name: orders_once}
    columns:
      - name: id
        data_type: int
        constraints:
          - {type: not_null}
          - {type: check, expression: id > 0}
          - {type: foreign_key, to: ref('parents'), to_columns: [id]}
      - {name: label, data_type: string}
";

fn contracted(orders: &str) -> Project {
    Project::new(Warehouse::postgres())
        .file("models/contract.yml", CONTRACT)
        .file("models/parents.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/orders.sql", &format!("{{{{ config(materialized='table') }}}} {orders}"))
}

/// Columns stand in the contract's order, with its types and constraints, whatever the query's order.
#[test]
fn the_table_is_what_the_contract_says() {
    let project = contracted("select 'x' as label, 1 as id");
    project.run("run").succeeds();
    let columns = "select column_name, data_type from information_schema.columns \
                   where table_schema = 'main' and table_name = 'orders' order by ordinal_position";
    assert_eq!(project.rows(columns), [["id", "integer"], ["label", "text"]]);
    let kinds = "select contype::text, count(*) from pg_constraint \
                 where conrelid = 'main.orders'::regclass group by 1 order by 1";
    assert_eq!(project.rows(kinds), [["c", "1"], ["f", "1"], ["u", "1"]]);
    project.run("run").succeeds();
    project.run("run --full-refresh").succeeds();
    assert_eq!(project.rows(kinds), [["c", "1"], ["f", "1"], ["u", "1"]]);
}

/// Everything that does not agree stands in one table.
#[test]
fn what_does_not_agree_is_told_at_once() {
    let project = contracted("select 1.5 as id, now() as at");
    project
        .run("run")
        .exits_with(1)
        .says("This model has an enforced contract that failed.")
        .says("| column_name | definition_type | contract_type | mismatch_reason       |")
        .says("| at          | DATETIMETZ      |               | missing in contract   |")
        .says("| id          | DECIMAL         | INTEGER       | data type mismatch    |")
        .says("| label       |                 | TEXT          | missing in definition |");
}

/// A row that breaks a constraint fails the model, and the rows of before stay.
#[test]
fn a_broken_constraint_keeps_the_table() {
    let project = contracted("select 1 as id, 'kept' as label");
    project.run("run").succeeds();
    project.write("models/orders.sql", "{{ config(materialized='table') }} select 2 as id, 'lost' as label");
    project.run("run").exits_with(1).says("foreign key");
    assert_eq!(project.rows("select label from main.orders"), [["kept"]]);
}

const KEPT: &str = "\
models:
  - name: orders
    config: {contract: {enforced: true}}
    constraints:
      - {type: check, expression: id < 1000, name: small}
    columns:
      - name: id
        data_type: integer
        constraints: [{type: not_null}, {type: check, expression: id > 0}]
      - {name: label, data_type: varchar(3)}
";

on_every_warehouse! {
    /// What a contract promises is asked of every row, and the rows of before stay.
    fn a_row_that_breaks_a_promise_is_refused(warehouse: Warehouse) {
        let project = Project::new(warehouse).file("models/kept.yml", KEPT);
        let write = |id: &str, label: &str| {
            let query = format!("select {label}::varchar as label, {id} as id");
            project.write("models/orders.sql", &format!("{{{{ config(materialized='table') }}}} {query}"));
        };
        write("1", "'äöü'");
        project.run("run").succeeds();
        for (id, label, problem) in [
            ("2", "'long'", "value too long for type character varying(3)"),
            ("null::int", "'a'", "null value in column \"id\""),
            ("-1", "'a'", "violates check constraint"),
            ("5000", "'a'", "violates check constraint \"small\""),
        ] {
            write(id, label);
            project.run("run").exits_with(1).says(problem);
        }
        assert_eq!(project.rows("select id, label from main.orders"), [["1", "äöü"]]);
        // Spaces beyond the length are no characters.
        write("2", "'abc  '");
        project.run("run").succeeds();
        assert_eq!(project.rows("select * from main.orders"), [["2", "abc"]]);
    }

    /// What is added to a table later is asked as well.
    fn later_rows_keep_to_the_contract(warehouse: Warehouse) {
        // COMPAT: on PostgreSQL dbt makes such a column wider (dbt 1.11).
        let length_stays = !warehouse.is_postgres();
        let project = Project::new(warehouse).file("models/kept.yml", KEPT);
        let write = |id: &str, label: &str| {
            let config = "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge', on_schema_change='append_new_columns') }}";
            project.write("models/orders.sql", &format!("{config} select {id} as id, {label}::varchar as label"));
        };
        write("1", "'a'");
        project.run("run").succeeds();
        write("2", "'abc'");
        project.run("run").succeeds();
        for id in ["2", "3"].into_iter().filter(|_| length_stays) {
            write(id, "'long'");
            project.run("run").exits_with(1).says("value too long for type character varying(3)");
        }
        write("-1", "'a'");
        project.run("run").exits_with(1).says("violates check constraint");
        assert_eq!(project.rows("select id, label from main.orders order by id"), [["1", "a"], ["2", "abc"]]);
    }
}

/// A contract needs described columns, each with a type.
#[test]
fn a_contract_needs_columns_and_types() {
    let project = Project::new(Warehouse::postgres())
        .file("models/bare.sql", "{{ config(materialized='table', contract={'enforced': true}) }} select 1 as id");
    project.run("parse").exits_with(2).says("Constraints must be defined in a `yml` schema configuration file");
    project.write("models/bare.yml", "models: [{name: bare, columns: [{name: id}]}]\n");
    project.run("run").exits_with(1).says("Contracted models require data_type to be defined for each column");
}

/// `sql_header` runs ahead of the model's statement, and ahead of the look at its columns.
#[test]
fn a_header_runs_first() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "models/zone.sql",
            "{{ config(materialized='table') }}\n\
             {% call set_sql_header(config) %}set session time zone 'Asia/Kolkata';{% endcall %}\n\
             select current_setting('timezone') as zone",
        )
        .file(
            "models/zone.yml",
            "models: [{name: zone, config: {contract: {enforced: true}}, columns: [{name: zone, data_type: text}]}]\n",
        );
    project.run("run").succeeds();
    assert_eq!(project.rows("select zone from main.zone"), [["Asia/Kolkata"]]);
}
