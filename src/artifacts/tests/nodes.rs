use std::collections::HashMap;

use super::*;
use crate::artifacts::{CompiledNode, graph_context, jinja_model, manifest_node};
use crate::resource::{ColumnSpec, Constraint, ConstraintKind, Materialization, UnitTestRows};

const HEAD: &str = "database schema name resource_type package_name path original_file_path unique_id fqn alias \
                    checksum config tags description columns meta group docs patch_path build_path unrendered_config \
                    created_at relation_name raw_code doc_blocks";
const CODE: &str = "language refs sources metrics functions depends_on compiled_path";
const NAMED: &str = "name resource_type package_name path original_file_path unique_id";

fn node_keys(node: &Node) -> String {
    keys(&manifest_node(node).into())
}

#[test]
fn each_kind_in_nodes_has_the_keys_of_dbt_in_its_order() {
    let model = "access constraints version latest_version deprecation_date primary_key time_spine";
    let test = "column_name file_key_name attached_node test_metadata";
    assert_eq!(node_keys(&sample::model("models/a.sql")), format!("{HEAD} {CODE} contract {model}"));
    assert_eq!(node_keys(&sample::seed("seeds/a.csv")), format!("{HEAD} root_path depends_on"));
    assert_eq!(node_keys(&sample::generic_test("unique", "a", "id")), format!("{HEAD} {CODE} contract {test}"));
    assert_eq!(node_keys(&sample::singular_test("tests/a.sql")), format!("{HEAD} {CODE} contract"));
    assert_eq!(node_keys(&sample::snapshot("snapshots/a.sql")), format!("{HEAD} {CODE} contract"));
    assert_eq!(node_keys(&sample::analysis("analyses/a.sql")), format!("{HEAD} {CODE} contract"));
    let mut hook = sample::analysis("hooks/shop-on-run-start-0.sql");
    hook.kind = NodeKind::Operation { at_start: true, index: 0 };
    assert_eq!(node_keys(&hook), format!("{HEAD} {CODE} contract index"));
    assert_eq!(node_keys(&function()), format!("returns {HEAD} {CODE} contract arguments"));
}

#[test]
fn what_is_not_built_has_the_keys_of_dbt_in_its_order() {
    assert_eq!(
        node_keys(&sample::source("raw", "orders")),
        "database schema name resource_type package_name path original_file_path unique_id fqn source_name \
         source_description loader identifier quoting loaded_at_field loaded_at_query freshness external description \
         columns meta source_meta tags config patch_path unrendered_config relation_name created_at \
         unrendered_database unrendered_schema doc_blocks"
    );
    assert_eq!(
        node_keys(&sample::exposure("board")),
        format!(
            "{NAMED} fqn type owner description label maturity meta tags config unrendered_config url depends_on refs \
             sources metrics created_at"
        )
    );
    assert_eq!(
        node_keys(&sample::unit_test("adds_up", "orders")),
        format!(
            "model given expect {NAMED} fqn description overrides depends_on config checksum schema created_at versions version"
        )
    );
}

#[test]
fn the_semantic_layer_has_the_keys_of_dbt_in_its_order() {
    assert_eq!(
        node_keys(&metric()),
        format!(
            "{NAMED} fqn description label type type_params filter metadata time_granularity meta tags config \
             unrendered_config sources depends_on refs metrics created_at group"
        )
    );
    assert_eq!(
        node_keys(&semantic_model()),
        format!(
            "{NAMED} fqn model node_relation description label defaults entities measures dimensions metadata \
             depends_on refs created_at config unrendered_config primary_entity group"
        )
    );
    assert_eq!(
        node_keys(&saved_query()),
        format!(
            "{NAMED} fqn query_params exports description label metadata config unrendered_config group depends_on \
             created_at refs tags"
        )
    );
}

#[test]
fn a_measure_named_in_a_metric_is_filled_in() {
    let measure = json!({
        "name": "amount", "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null,
    });
    let node = manifest_node(&metric());
    assert_eq!(node["type_params"]["measure"], measure);
    assert_eq!(node["type_params"]["input_measures"], json!([measure]));
    let query = manifest_node(&saved_query());
    assert_eq!(query["query_params"]["where"], json!({ "where_filters": [{ "where_sql_template": "amount > 1" }] }));
    assert_eq!(query["exports"][0]["config"]["alias"], "weekly_table");
}

/// The model `stg` of the project the checksum was taken from.
fn contracted() -> Node {
    let mut node = sample::model("models/stg.sql");
    node.config.contract_enforced = true;
    node.config.materialized = Materialization::Table;
    let constraint = |kind, columns: &[&str]| Constraint {
        kind,
        name: None,
        expression: None,
        columns: columns.iter().map(ToString::to_string).collect(),
        to: None,
        to_columns: Vec::new(),
        warn_unenforced: true,
        warn_unsupported: true,
    };
    let column = |name: &str, data_type: &str, constraints| {
        let data_type = Some(data_type.to_owned());
        (name.to_owned(), ColumnSpec { name: name.to_owned(), data_type, constraints, ..ColumnSpec::default() })
    };
    node.columns = IndexMap::from([
        column("name", "varchar", Vec::new()),
        column("id", "integer", vec![constraint(ConstraintKind::NotNull, &[])]),
    ]);
    if let NodeKind::Model(model) = &mut node.kind {
        model.constraints = vec![constraint(ConstraintKind::PrimaryKey, &["id"])];
        model.deprecation_date = Some("2030-01-01".to_owned());
    }
    node
}

#[test]
fn the_checksum_of_a_contract_is_that_of_dbt() {
    let node = manifest_node(&contracted());
    assert_eq!(
        node["contract"],
        json!({
            "enforced": true,
            "alias_types": true,
            "checksum": "a13a964c22daee7e019e52e05aaa2e505397838f79d788e94ca73c306e4160c9",
        })
    );
    assert_eq!(
        keys(&node["columns"]["id"]),
        "name description meta data_type constraints quote config tags granularity doc_blocks"
    );
    let constraint = "type name expression warn_unenforced warn_unsupported to to_columns";
    assert_eq!(keys(&node["columns"]["id"]["constraints"][0]), constraint);
    assert_eq!(keys(&node["constraints"][0]), format!("{constraint} columns"));
    assert_eq!(node["deprecation_date"], "2030-01-01T00:00:00+00:00");
}

#[test]
fn only_what_leaves_rows_behind_has_a_relation_name() {
    let name = |node: &Node| manifest_node(node)["relation_name"].clone();
    let test = sample::generic_test("unique", "a", "id");
    assert_eq!(name(&sample::model("models/a.sql")), "\"db\".\"main\".\"a\"");
    assert_eq!(name(&sample::model("models/a.sql").configured(json!({ "materialized": "ephemeral" }))), Value::Null);
    assert_eq!(name(&test), Value::Null);
    assert_eq!(name(&test.clone().configured(json!({ "store_failures": true }))), "\"db\".\"main\".\"unique_a_id\"");
    assert_eq!(name(&test.configured(json!({ "store_failures_as": "ephemeral" }))), Value::Null);
    assert_eq!(name(&sample::analysis("analyses/a.sql")), Value::Null);
}

#[test]
fn a_generic_test_has_no_checksum_and_a_big_seed_a_path() {
    let checksum = |node: &Node| manifest_node(node)["checksum"].clone();
    assert_eq!(checksum(&sample::generic_test("unique", "a", "id")), json!({ "name": "none", "checksum": "" }));
    assert_eq!(checksum(&sample::model("models/a.sql"))["name"], "sha256");
    let mut seed = sample::seed("seeds/big.csv");
    seed.checksum = "/shop/seeds/big.csv".to_owned();
    assert_eq!(checksum(&seed), json!({ "name": "path", "checksum": "/shop/seeds/big.csv" }));
}

#[test]
fn rows_of_a_unit_test_are_shown_read() {
    let mut node = sample::unit_test("adds_up", "orders");
    if let NodeKind::UnitTest(test) = &mut node.kind {
        test.given = vec![("ref('stg')".to_owned(), UnitTestRows::Csv("id,name\n1,a\n".to_owned()))];
        test.expect = UnitTestRows::Sql("select 1".to_owned());
        test.overrides = object(json!({ "vars": { "x": 1 } }));
    }
    let node = manifest_node(&node);
    assert_eq!(
        node["given"],
        json!([{ "input": "ref('stg')", "rows": [{ "id": "1", "name": "a" }], "format": "csv", "fixture": null }])
    );
    assert_eq!(node["expect"], json!({ "rows": "select 1", "format": "sql", "fixture": null }));
    assert_eq!(node["overrides"], json!({ "macros": {}, "vars": { "x": 1 }, "env_vars": {} }));
}

#[test]
fn the_model_of_jinja_leaves_out_what_is_null_but_not_what_the_user_wrote() {
    let model = jinja_model(&sample::model("models/a.sql").configured(json!({ "meta": { "pii": null } })));
    assert_eq!(
        keys(&model.clone().into()),
        "database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config \
         tags description columns meta docs unrendered_config created_at relation_name raw_code doc_blocks language \
         refs sources metrics functions depends_on contract access constraints primary_key"
    );
    assert_eq!(model["docs"], json!({ "show": true }));
    assert_eq!(model["meta"], json!({ "pii": null }));
}

#[test]
fn the_graph_of_jinja_has_everything_but_unit_tests() {
    let graph = graph_context(&shop());
    assert_eq!(keys(&graph), "exposures functions groups metrics nodes sources semantic_models saved_queries");
    assert_eq!(
        keys(&graph["nodes"]),
        "seed.shop.codes model.shop.orders test.shop.unique_orders_id.0123456789 test.shop.odd snapshot.shop.history \
         analysis.shop.look"
    );
    assert_eq!(graph["sources"]["source.shop.raw.orders"]["path"], "models/sources.yml");
    assert_eq!(
        graph["groups"]["group.shop.sales"]["owner"],
        json!({ "email": null, "name": "ann", "slack": "#sales" })
    );
}

#[test]
fn compiling_adds_four_keys_and_fills_the_paths() {
    let compiled = CompiledNode {
        code: Some("select 2".to_owned()),
        ctes: vec![(UniqueId::new("model.shop.eph"), "with x".to_owned())],
        compiled_path: Some("target/compiled/shop/models/orders.sql".to_owned()),
        build_path: Some("target/run/shop/models/orders.sql".to_owned()),
    };
    let compiled = HashMap::from([(UniqueId::new("model.shop.orders"), compiled)]);
    let file = manifest_of(&shop(), &compiled);
    let node = &file["nodes"]["model.shop.orders"];
    assert!(keys(node).contains("compiled_path compiled compiled_code extra_ctes_injected extra_ctes contract access"));
    assert_eq!(node["extra_ctes"], json!([{ "id": "model.shop.eph", "sql": "with x" }]));
    assert_eq!(node["build_path"], "target/run/shop/models/orders.sql");
    assert_eq!(file["nodes"]["test.shop.odd"].get("compiled"), None);
}
