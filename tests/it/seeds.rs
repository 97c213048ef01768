//! Seeds: CSV files that become tables.

use crate::support::Project;

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
}
