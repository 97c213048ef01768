//! Incremental models.

use crate::support::Project;

on_every_warehouse! {
    /// The first run builds the table; later runs add what is new and change what has the same key.
    fn rows_of_a_key_are_replaced(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/events.csv", "id,value\n1,a\n2,b\n")
            .file(
                "models/latest.sql",
                "{{ config(materialized='incremental', unique_key='id') }}\n\
                 select id, value from {{ ref('events') }}\n\
                 {% if is_incremental() %} where id >= (select max(id) from {{ this }}) {% endif %}",
            );
        project.run("build").succeeds();
        project.write("seeds/events.csv", "id,value\n1,changed\n2,z\n3,c\n");
        project.run("build").succeeds();
        let rows = || project.rows("select id, value from main.latest order by id");
        assert_eq!(rows(), [["1", "a"], ["2", "z"], ["3", "c"]]);
        project.run("build --full-refresh").succeeds();
        assert_eq!(rows(), [["1", "changed"], ["2", "z"], ["3", "c"]]);
    }
}
