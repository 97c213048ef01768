//! What a project can say besides its SQL: groups and access, versions, semantic resources, tests that
//! configure themselves, config of the project file.

use serde_json::{Value, json};

use crate::support::{Project, Warehouse};

fn parsed(project: &Project) -> Value {
    project.run("parse").succeeds();
    project.artifact("manifest.json")
}

/// The project with one of everything: what `tests/compat/compare_manifests.py` compares with dbt.
fn wide() -> Project {
    let project = Project::fixture(Warehouse::postgres(), "wide");
    project.remove("project.yml");
    project.write("profiles.yml", &project.profiles("wide"));
    project.run("deps").succeeds();
    project
}

#[test]
fn everything_is_in_the_manifest() {
    let project = wide();
    let manifest = parsed(&project);
    let count = |section: &str| manifest[section].as_object().unwrap().len();
    let sections = ["sources", "exposures", "metrics", "groups", "semantic_models", "saved_queries", "unit_tests"];
    assert_eq!(sections.map(count), [2, 1, 6, 2, 1, 1, 5]);
    let metric = |name: &str| &manifest["metrics"][format!("metric.wide.{name}")];
    assert_eq!(metric("total_revenue")["depends_on"]["nodes"], json!(["semantic_model.wide.orders"]));
    assert_eq!(
        metric("revenue_per_order")["depends_on"]["nodes"],
        json!(["metric.wide.total_revenue", "metric.wide.orders_placed"])
    );
    assert_eq!(metric("double_revenue")["type_params"]["input_measures"][0]["name"], "revenue");
    // `create_metric: true` of a measure.
    assert_eq!(metric("revenue")["type_params"]["measure"]["name"], "revenue");
    let model = &manifest["semantic_models"]["semantic_model.wide.orders"];
    assert_eq!(model["node_relation"]["alias"], "fct_orders");
    let exposure = &manifest["exposures"]["exposure.wide.weekly_report"];
    assert_eq!(exposure["meta"], json!({ "cost": 2, "priority": 1 }));
    assert!(exposure["depends_on"]["nodes"].as_array().unwrap().contains(&json!("metric.wide.total_revenue")));
}

#[test]
fn config_merges_by_its_keys() {
    let manifest = parsed(&wide());
    let orders = &manifest["nodes"]["model.wide.stg_orders"];
    assert_eq!(orders["tags"], json!(["wide", "staging", "fresh", "daily"]));
    assert_eq!(orders["config"]["meta"], json!({ "owner": "core", "level": 2, "contact": "ann" }));
    let package = &manifest["nodes"]["model.own.package_model"];
    assert_eq!(package["config"]["materialized"], "table");
    assert_eq!(package["tags"], json!(["inner", "from_package"]));
    let plus_one = &manifest["macros"]["macro.own.plus_one"];
    assert_eq!(plus_one["depends_on"]["macros"], json!(["macro.wide.default__plus_one"]));
}

#[test]
fn a_generic_test_may_configure_itself() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "select 1 as id")
        .file("models/b.sql", "select 1 as id")
        .file(
            "models/a.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - known: {config: {tags: [own]}}\n",
        )
        .file(
            "macros/known.sql",
            "{% test known(model, column_name) %}{{ config(severity='warn', tags=['inner']) }}select * from {{ model }} where {{ column_name }} not in (select id from {{ ref('b') }}){% endtest %}",
        );
    let manifest = parsed(&project);
    let tests = manifest["nodes"].as_object().unwrap();
    let test = tests.values().find(|node| node["resource_type"] == "test").unwrap();
    assert_eq!(test["config"]["severity"], "warn");
    assert_eq!(test["tags"], json!(["own", "inner"]));
    assert_eq!(test["depends_on"]["nodes"], json!(["model.shop.a", "model.shop.b"]));
    project.run("build").succeeds().says("PASS=3");
}

#[test]
fn metrics_that_do_not_exist_are_told() {
    let project = Project::new(Warehouse::postgres()).file(
        "models/m.yml",
        "metrics:\n  - name: half\n    label: Half\n    type: derived\n    type_params: {expr: x / 2, metrics: [{name: whole, alias: x}]}\n",
    );
    project.run("parse").exits_with(2).says("[unknown-ref]").says("refers to metric `whole`");
}

#[test]
fn variables_stand_in_files_of_their_own() {
    let project = Project::new(Warehouse::postgres())
        .variable("SET", "environment")
        .file(".env", "SET=file\nUNSET='from .env'\n")
        .file("vars.yml", "vars:\n  region: north\n  shop: {limit: 5}\n")
        .file(
            "models/a.sql",
            "select 1 as id -- {{ var('region') }} {{ var('limit') }} {{ env_var('SET') }} {{ env_var('UNSET') }}",
        );
    let shown = project.run("compile --select a --quiet");
    shown.succeeds().says("-- north 5 environment from .env");
    project.write("project.yml", "name: shop\nprofile: test\nvars: {region: south}\n");
    project.run("parse").exits_with(2).says("--> vars.yml:1:1");
}

#[test]
fn a_model_that_says_it_is_disabled_may_call_what_is_not_there() {
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", "select 1 as id").file(
        "models/b.sql",
        "{{ config(enabled=false) }} select {{ not_installed.star(ref('a')) }} from {{ nobody() }}",
    );
    project.run("run").succeeds().says("PASS=1");
    project.write("models/b.sql", "select {{ nobody() }}");
    project.run("run").exits_with(1).says("error[undefined-name]: `nobody` is undefined");
}

/// A project for several warehouses names what one of them alone has.
#[test]
fn branches_for_other_warehouses_may_name_what_is_not_there() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "models/a.sql",
            "{% if target.type == 'bigquery' %}{{ adapter.some_bigquery_method() }}{{ bigquery_only() | no_filter }}
             {{ lib.x() }}{% endif %}{% if not_said is defined %}{{ not_said() }}{% endif %}select {{ one() }} as id",
        )
        .file(
            "macros/m.sql",
            "{% macro one() %}{% if target.type == 'bigquery' %}{{ adapter.other() }}{{ other() }}{% endif %}1{% endmacro %}
             {% macro never_called() %}{{ adapter.other() }}{{ other() }}{% endmacro %}",
        );
    project.run("run --warn-error").succeeds().says("PASS=1").says_not("undefined");
    assert_eq!(project.rows("select id from main.a"), [["1"]]);
}

#[test]
fn what_is_not_there_fails_the_node_that_names_it_and_no_other() {
    let project = Project::new(Warehouse::postgres())
        .file("models/calls.sql", "select {{ adapter.qoute('x') }} as id from {{ ref('fine_too') }}")
        .file("models/asks.sql", "select {{ not_installed.macros.list[0] }} as id")
        .file("models/when_run.sql", "{% if execute %}{{ nobody() }}{% endif %} select 1 as id")
        .file("models/below.sql", "select * from {{ ref('calls') }}")
        .file("models/fine.sql", "{{ config(materialized=nobody() | default('table')) }} select 1 as id")
        .file("models/fine_too.sql", "{% if not execute %}{{ nobody('x')['y'].z }}{% endif %} select 2 as id");
    project
        .run("parse")
        .succeeds()
        .says("warning[undefined-name]: `adapter.qoute` is undefined")
        .says("models/calls.sql:1:18")
        .says("did you mean `adapter.quote`?")
        .says("`not_installed` is undefined");
    let run = project.run("run");
    run.exits_with(1).says("PASS=1 WARN=0 ERROR=4 SKIP=1").says("`nobody` is undefined");
    project.run("compile").exits_with(2);
    project.write("models/fine.sql", "select 1 as id");
    project.run("run -s fine fine_too").succeeds();
    // What a macro that is called names, is missed at once.
    project.write("macros/m.sql", "{% macro calls() %}{{ nobody() }}{% endmacro %}");
    project.write("models/fine.sql", "{{ calls() }} select 1 as id");
    project.run("parse").exits_with(2).says("error[undefined-name]: `nobody` is undefined");
}

#[test]
fn what_uses_an_ephemeral_model_that_cannot_be_compiled_is_skipped() {
    let project = Project::new(Warehouse::postgres())
        .file("models/e.sql", "{{ config(materialized='ephemeral') }} {{ adapter.nothing() }} select 1 as id")
        .file("models/a.sql", "select * from {{ ref('e') }}")
        .file("models/b.sql", "select * from {{ ref('a') }}");
    let cause =
        "Compilation Error in model.shop.a, caused by compilation error in referenced ephemeral model model.shop.e";
    project
        .run("run")
        .exits_with(1)
        .says("ERROR=0 SKIP=2")
        .says("SKIP relation main.a due to ephemeral model status 'error'")
        .says(cause)
        .says("models/e.sql:1:");
    // Alone, it is its own error.
    project.run("run -s a").exits_with(1).says("ERROR=1 SKIP=0");
}

/// Files that `.dbtignore` names are passed over, also in packages; extensions are read in any case.
#[test]
fn files_are_passed_over() {
    let project = Project::new(Warehouse::postgres())
        .file(".dbtignore", "# not yet\nmodels/drafts/\n*.bak.sql\n")
        .file("models/a.sql", "select 1 as id")
        .file("models/LOUD.SQL", "select 2 as id")
        .file("models/a.bak.sql", "{% endif %}")
        .file("models/drafts/schema.yml", "models: [")
        .file("packages.yml", "packages: [{local: lib}]")
        .file("lib/dbt_project.yml", "name: lib\nversion: '1.0'\n")
        .file("lib/.dbtignore", "models/b.sql\n")
        .file("lib/models/b.sql", "{% endif %}")
        .file("lib/models/c.sql", "select 3 as id");
    project.run("deps").succeeds();
    let listed = project.run("ls --quiet --resource-type model");
    listed.succeeds();
    let mut names: Vec<&str> = listed.stdout.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["lib.c", "shop.LOUD", "shop.a"]);
}

on_every_warehouse! {
    /// A view under the model's own name follows its latest version.
    fn a_view_points_to_the_latest_version(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/dim_v1.sql", "select 1 as id")
            .file("models/dim_v2.sql", "{{ config(materialized='table') }} select 2 as id, 'x' as more")
            .file("models/fact_v1.sql", "select 7 as id")
            .file("macros/m.sql", "{% macro generate_latest_version_pointer_alias(custom_alias_name, node) %}
                {{ custom_alias_name or node.name ~ '_now' }}{% endmacro %}");
        let versions = |latest: u8, alias: &str| {
            format!(
                "models:
  - name: dim
    latest_version: {latest}
    config: {{latest_version_pointer: {{enabled: true, alias: {alias}}}}}
    versions: [{{v: 1}}, {{v: 2}}]
  - {{name: fact, versions: [{{v: 1}}]}}
"
            )
        };
        project.write("models/s.yml", &versions(1, "dim"));
        project.run("run").succeeds().says("PASS=3");
        assert_eq!(project.rows("select * from main.dim"), [["1"]]);
        project.write("models/s.yml", &versions(2, "dim"));
        project.run("run -s dim").succeeds();
        assert_eq!(project.rows("select * from main.dim"), [["2", "x"]]);
        project.write("models/s.yml", &versions(2, "dim_v2"));
        project.run("run -s dim").exits_with(1).says("already aliased to 'dim_v2'");
        let flags = "name: shop\nprofile: test\nflags: {latest_version_pointer_enabled_by_default: true}\n";
        project.write("project.yml", flags);
        project.run("run -s fact").succeeds();
        assert_eq!(project.rows("select * from main.fact_now"), [["7"]]);
    }
}

/// Docs blocks are templates without names to use; saved queries take part in a build, groups have no hooks.
#[test]
fn what_only_the_manifest_shows_is_as_in_dbt() {
    let project = Project::new(Warehouse::postgres())
        .file("project.yml", "name: shop\nprofile: test\nmodels: {+post-hook: select 1, +meta: {a: 1}}\n")
        .file("models/a.sql", "select 1 as id, current_date as day_of")
        .file("models/spine.sql", "select current_date as day_of")
        .file("models/d.md", "{% docs d %}\nsay {% raw %}{{ ref('a') }}{% endraw %} {{ 1 + 1 }}\n{% enddocs %}")
        .file(
            "models/s.yml",
            "groups: [{name: g, owner: {name: x}}]
models:
  - {name: a, description: \"{{ doc('d') }}\"}
  - name: spine
    time_spine: {standard_granularity_column: day_of}
    columns: [{name: day_of, granularity: day}]
semantic_models:
  - name: sm
    model: ref('a')
    defaults: {agg_time_dimension: day_of}
    entities: [{name: a, type: primary, expr: id}]
    dimensions: [{name: day_of, type: time, type_params: {time_granularity: day}}]
    measures: [{name: total, agg: sum, expr: id, create_metric: true}]
saved_queries: [{name: sq, query_params: {metrics: [total]}}]
",
        );
    project.run("build").succeeds().says("NO-OP saved query sq").says("PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=1");
    let manifest = project.artifact("manifest.json");
    assert_eq!(manifest["nodes"]["model.shop.a"]["description"], "say {{ ref('a') }} 2");
    assert_eq!(manifest["groups"]["group.shop.g"]["config"], json!({ "meta": { "a": 1 } }));
    assert_eq!(manifest["metrics"]["metric.shop.total"]["description"], "Metric created from measure total");
}

#[test]
fn catalogs_of_other_warehouses_are_told_and_models_for_them_refused() {
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", "select 1 as id").file(
        "catalogs.yml",
        "catalogs:\n  - name: ice\n    write_integrations: [{name: w, catalog_type: built_in, external_volume: v}]\n",
    );
    project.run("run").succeeds().says("warning[unsupported]: the catalog `ice` is not used").says("catalogs.yml:2:11");
    project.write("models/a.sql", "{{ config(catalog_name='ice') }} select 1 as id");
    project.run("run").exits_with(2).says("model `a` is to be written to the catalog `ice`");
    project.write("models/a.sql", "{{ config(catalog_name=none) }} select 1 as id");
    project.run("run").succeeds();
    project.write("catalogs.yml", "catalogs:\n  - {write_integrations: []}\n");
    project.run("parse").exits_with(2).says("a catalog has no `name`");
}
