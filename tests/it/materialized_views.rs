//! Materialized views.

use crate::support::{Project, Warehouse};

fn model(more: &str) -> String {
    format!("{{{{ config(materialized='materialized_view'{more}) }}}} select id, amount from {{{{ ref('orders') }}}}")
}

fn project(more: &str) -> Project {
    let project = Project::new(Warehouse::postgres())
        .file("seeds/orders.csv", "id,amount\n1,10\n")
        .file("models/sums.sql", &model(more));
    project.run("build").succeeds();
    project
}

fn indexes(project: &Project) -> Vec<Vec<String>> {
    project.rows(
        "select pg_get_indexdef(indexrelid, 1, true), indisunique from pg_index \
         where indrelid = 'main.sums'::regclass order by 1",
    )
}

/// A run brings the rows up to date; a full refresh builds the view anew.
#[test]
fn rows_are_refreshed() {
    let project = project("");
    project.execute("insert into main.orders values (2, 20)");
    assert_eq!(project.rows("select count(*) from main.sums"), [["1"]]);
    project.run("run --debug").succeeds().says("Applying REFRESH to: ");
    assert_eq!(project.rows("select count(*) from main.sums"), [["2"]]);
    project.run("run --full-refresh --debug").succeeds().says("Applying REPLACE to: ");
}

/// Changed indexes are followed, left alone with a warning, or refused, as configured.
#[test]
fn changed_indexes_are_treated_as_configured() {
    let project = project(", indexes=[{'columns': ['id'], 'unique': true}]");
    assert_eq!(indexes(&project), [["id", "true"]]);
    let amount = ", indexes=[{'columns': ['amount'], 'type': 'hash'}]";
    project.write("models/sums.sql", &model(&format!("{amount}, on_configuration_change='fail'")));
    project.run("run").exits_with(1).says("`on_configuration_change` was set to `fail`");
    project.write("models/sums.sql", &model(&format!("{amount}, on_configuration_change='continue'")));
    project.run("run").succeeds().says("`on_configuration_change` was set to `continue`");
    assert_eq!(indexes(&project), [["id", "true"]]);
    project.write("models/sums.sql", &model(amount));
    project.run("run --debug").succeeds().says("Applying UPDATE INDEXES to: ");
    assert_eq!(indexes(&project), [["amount", "false"]]);
}

/// A view, a table and a materialized view take each other's place.
#[test]
fn kinds_take_each_others_place() {
    let project = project("");
    for kind in ["table", "materialized_view", "view", "materialized_view"] {
        project.write(
            "models/sums.sql",
            &model("").replace("materialized='materialized_view'", &format!("materialized='{kind}'")),
        );
        project.run("run").succeeds();
        let letter = match kind {
            "table" => "r",
            "view" => "v",
            _ => "m",
        };
        assert_eq!(project.rows("select relkind::text from pg_class where oid = 'main.sums'::regclass"), [[letter]]);
    }
}
