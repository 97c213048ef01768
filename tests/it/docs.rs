//! `docs generate`.

use crate::support::Project;

on_every_warehouse! {
    /// The catalog has the columns and comments of what the warehouse holds.
    fn the_catalog_shows_what_the_warehouse_holds(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/a.sql", "{{ config(materialized='table') }} select 1 as id, 'x' as label")
            .file("models/b.sql", "select * from {{ ref('a') }}")
            .file(
                "models/all.yml",
                "models:\n  - name: a\n    description: some rows\n    config: {persist_docs: {relation: true, columns: true}}\n\
                 \x20   columns:\n      - {name: id, description: the key}\n",
            );
        project.run("build").succeeds();
        project.run("docs generate").succeeds();
        let catalog = project.artifact("catalog.json");
        let (table, view) = (&catalog["nodes"]["model.shop.a"], &catalog["nodes"]["model.shop.b"]);
        assert_eq!(table["columns"].as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "label"]);
        assert_eq!(table["columns"]["id"]["comment"], "the key");
        assert_eq!(table["metadata"]["comment"], "some rows");
        assert_eq!((&table["metadata"]["schema"], &table["metadata"]["type"]), (&"main".into(), &"BASE TABLE".into()));
        assert_eq!(view["metadata"]["type"], "VIEW");
        assert_eq!(view["columns"].as_object().unwrap().len(), 2);
    }
}
