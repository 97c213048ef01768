use super::*;
use crate::artifacts::list_line;
use crate::config::OutputFormat;

fn json(node: &Node, keys: &[&str]) -> String {
    list_line(node, OutputFormat::Json, &keys.iter().map(ToString::to_string).collect::<Vec<_>>())
}

#[test]
fn a_selector_selects_just_the_node() {
    let line = |node: &Node| list_line(node, OutputFormat::Selector, &[]);
    assert_eq!(line(&sample::model("models/staging/a.sql")), "shop.staging.a");
    assert_eq!(line(&sample::versioned_model("models/m.sql", 2, 2)), "shop.m.v2");
    assert_eq!(line(&sample::source("raw", "orders")), "source:shop.raw.orders");
    assert_eq!(line(&sample::exposure("board")), "exposure:shop.board");
    assert_eq!(line(&metric()), "metric:shop.total");
    assert_eq!(line(&semantic_model()), "semantic_model:shop.sales");
    assert_eq!(line(&saved_query()), "saved_query:shop.weekly");
    assert_eq!(line(&sample::unit_test("adds_up", "orders")), "unit_test:shop.adds_up");
    assert_eq!(line(&function()), "shop.next");
}

#[test]
fn the_selector_of_a_unit_test_names_the_version() {
    let mut node = sample::unit_test("uv", "m");
    if let NodeKind::UnitTest(test) = &mut node.kind {
        test.version = Some(crate::resource::VersionRef(json!(1)));
    }
    assert_eq!(list_line(&node, OutputFormat::Default, &[]), "unit_test:shop.uv_v1");
}

#[test]
fn name_and_path_are_those_people_use() {
    let source = sample::source("raw", "orders");
    assert_eq!(list_line(&source, OutputFormat::Name, &[]), "raw.orders");
    assert_eq!(list_line(&source, OutputFormat::Path, &[]), "models/sources.yml");
    assert_eq!(list_line(&sample::versioned_model("models/m.sql", 2, 2), OutputFormat::Name, &[]), "m.v2");
}

#[test]
fn json_shows_ten_keys_in_the_order_of_the_node_as_python_writes_them() {
    let exposure = sample::exposure("board").after(&["model.shop.orders"]);
    assert_eq!(
        json(&exposure, &[]),
        "{\"name\": \"board\", \"resource_type\": \"exposure\", \"package_name\": \"shop\", \
         \"original_file_path\": \"models/exposures.yml\", \"unique_id\": \"exposure.shop.board\", \"tags\": [], \
         \"config\": {\"enabled\": true, \"alias\": null, \"schema\": null, \"database\": null, \"tags\": [], \
         \"meta\": {}, \"group\": null, \"materialized\": \"view\"}, \
         \"depends_on\": {\"macros\": [], \"nodes\": [\"model.shop.orders\"]}}"
    );
    let seed: Value = serde_json::from_str(&json(&sample::seed("seeds/a.csv"), &[])).unwrap();
    assert_eq!(
        keys(&seed),
        "name resource_type package_name original_file_path unique_id alias config tags depends_on"
    );
}

#[test]
fn asked_for_keys_stand_in_that_order_and_may_reach_inside() {
    let mut node = sample::model("models/a.sql");
    node.description = "Größe 🙂".to_owned();
    assert_eq!(
        json(&node, &["version", "name", "config.materialized", "config.schema", "config.no", "no", "description"]),
        "{\"version\": null, \"name\": \"a\", \"config.materialized\": \"view\", \
         \"description\": \"Gr\\u00f6\\u00dfe \\ud83d\\ude42\"}"
    );
}
