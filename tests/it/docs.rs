//! `docs generate`.

use crate::support::{Project, Warehouse};

/// The catalog has the columns and types of what the warehouse holds.
#[test]
fn the_catalog_shows_what_the_warehouse_holds() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{{ config(materialized='table') }} select 1 as id, 'x' as label");
    project.run("build").succeeds();
    project.run("docs generate").succeeds();
    let catalog = project.artifact("catalog.json");
    let columns = catalog["nodes"]["model.shop.a"]["columns"].as_object().unwrap();
    assert_eq!(columns.keys().collect::<Vec<_>>(), ["id", "label"]);
    assert_eq!(catalog["nodes"]["model.shop.a"]["metadata"]["schema"], "main");
}
