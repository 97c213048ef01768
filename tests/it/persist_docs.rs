//! `persist_docs`: descriptions stored in the warehouse.

use crate::support::{Project, Warehouse};

const DOCS: &str = "\
models:
  - name: orders
    description: All \"orders\", it's $$ all
    config: {persist_docs: {relation: true, columns: true}}
    columns:
      - {name: id, description: The key}
      - {name: Total, quote: true, description: Case counts}
      - {name: gone, description: Not there}
";

/// Descriptions of relation and columns are stored; columns that are not there are told of.
#[test]
fn descriptions_are_stored() {
    for materialized in ["view", "table", "incremental", "materialized_view"] {
        let project = Project::new(Warehouse::postgres()).file("models/orders.yml", DOCS).file(
            "models/orders.sql",
            &format!("{{{{ config(materialized='{materialized}') }}}} select 1 as id, 2 as \"Total\""),
        );
        project
            .run("run")
            .succeeds()
            .says("The following columns are specified in the schema but are not present in the database: gone");
        let comments = "select coalesce(a.attname::text, '-'), d.description from pg_description d \
                        left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0 \
                        where d.objoid = 'main.orders'::regclass order by d.objsubid";
        assert_eq!(
            project.rows(comments),
            [["-", "All \"orders\", it's $$ all"], ["id", "The key"], ["Total", "Case counts"]],
            "{materialized}"
        );
    }
}

/// Seeds have descriptions too.
#[test]
fn seeds_have_descriptions() {
    let project = Project::new(Warehouse::postgres()).file("seeds/codes.csv", "code\na\n").file(
        "seeds/codes.yml",
        "seeds: [{name: codes, description: Codes, config: {persist_docs: {relation: true}}}]\n",
    );
    project.run("seed").succeeds();
    assert_eq!(project.rows("select obj_description('main.codes'::regclass)"), [["Codes"]]);
}
