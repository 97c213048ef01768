//! Seeds: CSV files that become tables.

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// Columns get the type that all their values have; an empty field is NULL.
    fn types_are_inferred(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/things.csv", "id,price,sold,day,label\n1,1.5,true,2024-02-29,x\n2,,false,2024-03-01,\n");
        project.run("seed").succeeds().says("INSERT 2");
        assert_eq!(
            project.rows("select id + 1 as a, price * 2 as b, not sold as c, label, extract(day from day) as d from main.things order by id"),
            [["2", "3.0", "false", "x", "29"], ["3", "NULL", "true", "NULL", "1"]]
        );
    }

    /// Seeding again replaces the rows.
    fn seeding_again_replaces_the_rows(warehouse: Warehouse) {
        let project = Project::new(warehouse).file("seeds/things.csv", "id\n1\n2\n");
        project.run("seed").succeeds();
        project.write("seeds/things.csv", "id\n7\n");
        project.run("seed").succeeds();
        assert_eq!(project.rows("select id from main.things"), [["7"]]);
    }

    /// A chosen length is held to.
    fn a_length_is_held_to(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/things.csv", "code\nabc\n")
            .file("seeds/seeds.yml", "seeds:\n  - name: things\n    config: {column_types: {code: varchar(3)}}\n");
        project.run("seed").succeeds();
        project.write("seeds/things.csv", "code\nabc\nabcd\n");
        project
            .run("seed")
            .exits_with(1)
            .says("value too long for type character varying(3)")
            .says("column code: \"abcd\"");
        assert_eq!(project.rows("select code from main.things"), [["abc"]]);
    }

    /// Decimals as other programs write them.
    fn decimals_may_have_exponents(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/rates.csv", "rate\n-2.5e-1\n0E-14\n1e2\n")
            .file("seeds/seeds.yml", "seeds:\n  - name: rates\n    config: {column_types: {rate: 'numeric(6,2)'}}\n");
        project.run("seed").succeeds();
        assert_eq!(project.rows("select rate from main.rates order by 1"), [["-0.25"], ["0.0"], ["100.0"]]);
    }

    /// Another delimiter, a byte order mark, names in any case.
    fn files_are_read_as_configured(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/things.csv", "\u{feff}Id;Label\n1;a,b\n")
            .file("seeds/seeds.yml", "seeds:\n  - name: things\n    config: {delimiter: ';', quote_columns: false, column_types: {Id: bigint}}\n");
        project.run("seed").succeeds();
        assert_eq!(project.rows("select id, label from main.things"), [["1", "a,b"]]);
        project.write("seeds/seeds.yml", "seeds:\n  - name: things\n    config: {delimiter: '|', quote_columns: false}\n");
        project.run("seed").exits_with(1).says("syntax error");
    }
}

/// A full refresh drops the table, and the views on it go too.
#[test]
fn a_full_refresh_drops_what_depends_on_the_seed() {
    let project = Project::new(Warehouse::postgres())
        .file("seeds/things.csv", "id\n1\n")
        .file("models/shown.sql", "select * from {{ ref('things') }}");
    project.run("build").succeeds();
    project.run("seed").succeeds();
    assert_eq!(project.rows("select id from main.shown"), [["1"]]);
    project.write("seeds/things.csv", "id,label\n1,a\n");
    project.run("seed --full-refresh").succeeds().says("CREATE 1");
    assert_eq!(project.rows("select count(*) from information_schema.views where table_name = 'shown'"), [["0"]]);
    // In one build the view comes back.
    project.run("build --full-refresh").succeeds();
    assert_eq!(project.rows("select label from main.shown"), [["a"]]);
}

/// A seed does not take the place of a view.
#[test]
fn a_view_is_not_seeded_over() {
    let project = Project::new(Warehouse::postgres()).file("seeds/things.csv", "id\n1\n");
    project.execute("create schema main; create view main.things as select 2 as id");
    project.run("seed").exits_with(1).says("it is a view");
}
