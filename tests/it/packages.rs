//! Constructs that packages written by others rely on, and that few projects use themselves.

use crate::support::{Project, Warehouse};

/// A project with a package `lib` in a folder.
fn with_package(warehouse: Warehouse, files: &[(&str, &str)]) -> Project {
    let project = Project::new(warehouse).file("packages.yml", "packages: [{local: lib}]");
    files.iter().fold(project, |project, (path, text)| project.file(path, text))
}

on_every_warehouse! {
    /// A variable's text is a template that is rendered where it is asked for.
    fn variables_of_a_project_file_are_templates(warehouse: Warehouse) {
        let project = with_package(warehouse, &[
            (
                "lib/dbt_project.yml",
                "name: lib\nversion: '1.0'\nvars:\n  batch: \"{{ 5 if target.schema == 'main' else 9 }}\"\n  plain: [\"{{ 1 }}\"]\n",
            ),
            ("lib/macros/m.sql", "{% macro batch(size=var('batch') | int) %}{{ size + 1 }}{% endmacro %}"),
            (
                "lib/models/a.sql",
                "select {{ lib.batch() }} as size, '{{ var('batch') }}' as text, '{{ var('plain')[0] }}' as plain, {{ 'x' | int }} as zero",
            ),
        ]);
        project.run("deps").succeeds();
        project.run("run").succeeds();
        assert_eq!(project.rows("select size, text, plain, zero from main.a"), [["6", "5", "{{ 1 }}", "0"]]);
    }

    /// `config()` in what a generic test dispatches to counts as if the test itself said it.
    fn a_test_is_configured_by_the_macro_behind_it(warehouse: Warehouse) {
        let project = with_package(warehouse, &[
            ("lib/dbt_project.yml", "name: lib\nversion: '1.0'\n"),
            (
                "lib/macros/tests.sql",
                "{% test same_count(model, other) %}{{ return(adapter.dispatch('test_same_count', 'lib')(model, other)) }}{% endtest %}
                 {% macro default__test_same_count(model, other) %}
                     {{ config(fail_calc = 'sum(coalesce(difference, 0))') }}
                     {%- if not execute -%}{{ return('') }}{%- endif -%}
                     select (select count(*) from {{ model }}) - (select count(*) from {{ other }}) as difference
                 {% endmacro %}
                 {% test is_empty(model) %}{{ config (severity = 'warn') }} select * from {{ model }}{% endtest %}",
            ),
            ("models/a.sql", "select 1 as id union all select 2"),
            (
                "models/schema.yml",
                "models:\n  - name: a\n    data_tests:\n      - lib.same_count: {arguments: {other: ref('a')}}\n      - lib.is_empty\n",
            ),
        ]);
        project.run("deps").succeeds();
        project.run("build").succeeds().says("PASS=2 WARN=1 ERROR=0");
    }

    /// What is kept in `graph` is there in later nodes and hooks, as the settings of the run are.
    fn packages_keep_things_in_the_graph(warehouse: Warehouse) {
        let project = with_package(warehouse, &[
            (
                "lib/dbt_project.yml",
                "name: lib\nversion: '2.3'\non-run-start: \"{{ lib.start() }}\"\non-run-end: \"{{ lib.end() }}\"\n",
            ),
            (
                "lib/macros/m.sql",
                "{% macro kept() %}{{ return(graph.setdefault('lib', {})) }}{% endmacro %}
                 {% macro start() %}{% do lib.kept().update({'seen': []}) %}{% endmacro %}
                 {% macro see(name) %}{% if execute %}{% do lib.kept()['seen'].append(name) %}{% endif %}{{ return(name) }}{% endmacro %}
                 {% macro end() %}
                     {%- set run = builtins.ref.config -%}
                     {%- do log('kept ' ~ lib.kept()['seen'] ~ ' of ' ~ run.project_name ~ ' by ' ~ run.dependencies['lib'].version, info=true) -%}
                     {%- for result in results -%}{%- do log(result.to_dict().status ~ ' ' ~ result.node.to_dict().name, info=true) -%}{%- endfor -%}
                 {% endmacro %}",
            ),
            ("models/a.sql", "select '{{ lib.see('one') }}' as id"),
            ("models/b.sql", "select '{{ lib.see('two') }}' as id from {{ ref('a') }}"),
        ]);
        project.run("deps").succeeds();
        project.run("run").succeeds().says("kept ['one', 'two'] of shop by 2.3").says("success b");
    }

    /// A materialization of tests that puts other SQL in place of the test's, and looks at what came out.
    fn a_test_can_be_made_of_other_sql(warehouse: Warehouse) {
        let project = with_package(warehouse, &[
            ("lib/dbt_project.yml", "name: lib\nversion: '1.0'\n"),
            (
                "lib/macros/m.sql",
                "{% materialization test, default %}{{ return(lib.tested(dbt.materialization_test_default)) }}{% endmaterialization %}
                 {% macro tested(usual) %}
                     {%- do context.update({'sql': 'select * from (' ~ sql ~ ') as r where id > 1'}) -%}
                     {%- set made = usual() -%}
                     {%- set counts = load_result('main').table.rows[0] -%}
                     {%- do log('counted ' ~ counts.failures ~ ' ' ~ counts.should_error ~ ' by ' ~ sql[-6:], info=true) -%}
                     {{ return(made) }}
                 {% endmacro %}",
            ),
            ("tests/few.sql", "select 1 as id union all select 2"),
        ]);
        project.write(
            "project.yml",
            "name: shop\nprofile: test\nflags: {require_explicit_package_overrides_for_builtin_materializations: false}\n",
        );
        project.run("deps").succeeds();
        project.run("test").exits_with(1).says("counted 1 True by id > 1").says("Got 1 result");
    }

    /// The node of a result has an attribute for all that it could be told: `None` where nothing was said,
    /// and in its config whatever the name.
    fn nodes_of_results_have_attributes_for_what_was_not_said(warehouse: Warehouse) {
        let project = with_package(warehouse, &[
            ("lib/dbt_project.yml", "name: lib\nversion: '1.0'\non-run-end: \"{{ lib.keep(results) }}\"\n"),
            (
                "lib/macros/m.sql",
                "{% macro keep(results) %}
                     {%- for result in results | sort(attribute='node.name') -%}
                         {%- set node = result.node -%}
                         {%- set rebuilt = node.config.full_refresh -%}
                         {%- if rebuilt is none -%}{%- set rebuilt = flags.FULL_REFRESH -%}{%- endif -%}
                         {%- do log('kept ' ~ node.name ~ ' ' ~ rebuilt ~ ' ' ~ node.config.owner ~ ' ' ~ ('owner' in node.config)
                             ~ ' ' ~ node.config.mine ~ ' ' ~ node.group ~ ' ' ~ node.patch_path ~ ' ' ~ node.compiled_path, info=true) -%}
                     {%- endfor -%}
                 {% endmacro %}",
            ),
            ("models/a.sql", "{{ config(full_refresh=true, mine=3) }} select 1 as id"),
            ("tests/t.sql", "select * from {{ ref('a') }} where id > 1"),
        ]);
        project.run("deps").succeeds();
        project
            .run("build")
            .succeeds()
            .says("kept a True None False 3 None None target/compiled/shop/models/a.sql")
            .says("kept t False None False None None None target/compiled/shop/tests/t.sql");
    }

    /// While code is read for what it refers to, its `model` has the config of the project file.
    fn a_model_is_configured_while_it_is_parsed(warehouse: Warehouse) {
        let project = with_package(warehouse, &[
            ("lib/dbt_project.yml", "name: lib\nversion: '1.0'\nmodels:\n  lib: {+materialized: view}\n"),
            (
                "lib/macros/m.sql",
                "{% macro only(kind, node) %}
                     {%- if node.config.materialized != kind -%}
                         {%- do exceptions.raise_compiler_error(node.name ~ ' is a ' ~ node.config.materialized) -%}
                     {%- endif -%}
                 {% endmacro %}",
            ),
            ("lib/models/b.sql", "{{ lib.only('table', model) }} select 1 as id"),
            ("models/a.sql", "{{ lib.only('table', model) }} select 1 as id"),
        ]);
        project.write(
            "project.yml",
            "name: shop\nprofile: test\nmodels:\n  shop: {+materialized: table}\n  lib: {+materialized: table}\n",
        );
        project.run("deps").succeeds();
        project.run("run").succeeds();
    }
}

/// A source with `overrides:` is laid over the package's: what it says reaches every table.
#[test]
fn a_source_that_overrides_a_packages_reaches_all_its_tables() {
    let project = with_package(
        Warehouse::postgres(),
        &[
            ("lib/dbt_project.yml", "name: lib\nversion: '1.0'\n"),
            (
                "lib/models/sources.yml",
                "sources:\n  - name: raw\n    schema: a\n    tags: [below]\n    loaded_at_field: old_at\n\
             \x20   freshness: {error_after: {count: 1, period: day}}\n    quoting: {identifier: false}\n    tables:\n\
             \x20     - name: t1\n        identifier: T1\n        tags: [own]\n        columns: [{name: id, data_tests: [not_null]}]\n\
             \x20     - name: t2\n        loaded_at_field: own_at\n",
            ),
            (
                "models/over.yml",
                "sources:\n  - name: raw\n    overrides: lib\n    schema: b\n    tags: [above]\n    loaded_at_field: new_at\n\
             \x20   freshness: {warn_after: {count: 5, period: hour}}\n    tables:\n\
             \x20     - name: t1\n        description: changed\n        data_tests: [unique: {column_name: id}]\n      - name: t3\n\
             \x20 - name: none\n    overrides: lib\n",
            ),
        ],
    );
    project.run("deps").succeeds();
    let parsed = project.run("parse");
    parsed
        .succeeds()
        .says("source `raw` has no table `t3` to override")
        .says("package `lib` has no source `none` to override");
    let manifest: serde_json::Value = serde_json::from_str(&project.read("target/manifest.json")).unwrap();
    let facts = |table: &str, keys: &[&str]| -> Vec<String> {
        let source = &manifest["sources"][&format!("source.lib.raw.{table}")];
        keys.iter().map(|key| source.pointer(&format!("/{key}")).map(ToString::to_string).unwrap_or_default()).collect()
    };
    let keys = [
        "schema",
        "identifier",
        "tags",
        "loaded_at_field",
        "freshness/warn_after/count",
        "freshness/error_after/count",
        "description",
    ];
    assert_eq!(
        facts("t1", &keys),
        ["\"b\"", "\"T1\"", "[\"above\",\"own\"]", "\"new_at\"", "5", "null", "\"changed\""]
    );
    assert_eq!(facts("t2", &keys), ["\"b\"", "\"t2\"", "[\"above\"]", "\"own_at\"", "5", "null", "\"\""]);
    // A column that is not spoken of keeps its tests.
    let tests = manifest["nodes"].as_object().unwrap().keys().filter(|id| id.starts_with("test.lib.")).count();
    assert_eq!(tests, 2);
}
