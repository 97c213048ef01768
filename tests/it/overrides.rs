//! Built-in macros that a project or a package overrides: the override wins, whoever builds.

use crate::support::{Project, Warehouse};

/// What is sent to the warehouse says which macro made it.
#[test]
fn tables_and_views_are_created_by_the_users_macro() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/create.sql",
            "{% macro postgres__create_table_as(temporary, relation, sql) %}
                create {{ 'temporary' if temporary }} table {{ relation }} as select *, 'mine' as made from ({{ sql }}) as rows;
            {% endmacro %}
            {% macro create_view_as(relation, sql) %}
                create view {{ relation }} as select *, 'also mine' as made from ({{ sql }}) as rows
            {% endmacro %}",
        )
        .file("models/a.sql", "{{ config(materialized='table', indexes=[{'columns': ['id']}]) }} select 1 as id")
        .file("models/b.sql", "select id, made as from_a from {{ ref('a') }}");
    for _ in 0..2 {
        project.run("run").succeeds().says("SELECT 1");
        assert_eq!(project.rows("select made from main.a"), [["mine"]]);
        assert_eq!(project.rows("select from_a, made from main.b"), [["mine", "also mine"]]);
        assert_eq!(project.rows("select count(*) from pg_indexes where tablename = 'a'"), [["1"]]);
    }
    assert!(project.read("target/run/shop/models/a.sql").contains("'mine' as made"));
}

/// Strategies: an overridden one, one that only the project has, and a part of a built-in one.
#[test]
fn rows_are_written_by_the_users_strategy() {
    let incremental = |strategy: &str| {
        format!(
            "{{{{ config(materialized='incremental', unique_key='id', incremental_strategy='{strategy}') }}}}
             select id, text from {{{{ ref('rows') }}}}"
        )
    };
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/strategies.sql",
            "{% macro get_incremental_only_new_sql(arg_dict) %}
                insert into {{ arg_dict['target_relation'] }} ({{ get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) }})
                select {{ get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) }} from {{ arg_dict['temp_relation'] }}
                where {{ arg_dict['unique_key'] }} not in (select {{ arg_dict['unique_key'] }} from {{ arg_dict['target_relation'] }})
            {% endmacro %}
            {% macro postgres__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
                {{ default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) }};
                update {{ target }} set text = text || '!' where id = 2
            {% endmacro %}",
        )
        .file("seeds/rows.csv", "id,text\n1,a\n2,b\n")
        .file("models/fresh.sql", &incremental("only_new"))
        .file("models/replaced.sql", &incremental("delete+insert"));
    project.run("build").succeeds();
    project.write("seeds/rows.csv", "id,text\n1,x\n2,y\n3,z\n");
    project.run("build").succeeds();
    assert_eq!(project.rows("select text from main.fresh order by id"), [["a"], ["b"], ["z"]]);
    assert_eq!(project.rows("select text from main.replaced order by id"), [["x"], ["y!"], ["z"]]);
}

/// A strategy that nobody has is an error that names those there are.
#[test]
fn an_unknown_strategy_is_an_error() {
    let model = "{{ config(materialized='incremental', incremental_strategy='odd') }} select 1 as id";
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", model);
    // COMPAT: before the table stands already (dbt 1.11).
    project.run("run").exits_with(1).says("`odd`").says("use `append`");
}

/// Macros that do their work themselves run within the build.
#[test]
fn upkeep_is_done_by_the_users_macro() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/upkeep.sql",
            "{% macro postgres__alter_relation_comment(relation, comment) %}
                comment on {{ relation.type }} {{ relation }} is 'noted: {{ comment }}'
            {% endmacro %}
            {% macro postgres__get_create_index_sql(relation, index_dict) %}
                create index mine_{{ index_dict.columns | join('_') }} on {{ relation }} ({{ index_dict.columns | join(', ') }})
            {% endmacro %}",
        )
        .file("models/a.sql", "{{ config(materialized='table', persist_docs={'relation': true}, indexes=[{'columns': ['id']}]) }} select 1 as id")
        .file("models/schema.yml", "models: [{name: a, description: All.}]");
    project.run("run").succeeds();
    assert_eq!(project.rows("select obj_description('main.a'::regclass)"), [["noted: All."]]);
    assert_eq!(project.rows("select indexname from pg_indexes where tablename = 'a'"), [["mine_id"]]);
}

/// Snapshots go by dbt's macros where one of them is overridden.
#[test]
fn snapshots_are_staged_and_merged_by_the_users_macros() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/snapshots.sql",
            "{% macro build_snapshot_table(strategy, sql) %}
                select *, 'first' as how from ({{ default__build_snapshot_table(strategy, sql) }}) as built
            {% endmacro %}
            {% macro snapshot_staging_table(strategy, source_sql, target_relation) %}
                select *, 'later' as how from ({{ default__snapshot_staging_table(strategy, source_sql, target_relation) }}) as staged
            {% endmacro %}
            {% macro snapshot_merge_sql(target, source, insert_cols) %}
                {{ postgres__snapshot_merge_sql(target, source, insert_cols) }}
                update {{ target }} set how = how || ', closed' where dbt_valid_to is not null and how not like '%closed'
            {% endmacro %}",
        )
        .file("seeds/rows.csv", "id,name\n1,a\n2,b\n3,c\n")
        .file(
            "snapshots/kept.yml",
            "snapshots: [{name: kept, relation: ref('rows'), config: {strategy: check, check_cols: all, unique_key: id, hard_deletes: invalidate}}]",
        );
    project.run("build").succeeds();
    assert_eq!(project.rows("select distinct how from main.kept"), [["first"]]);
    project.write("seeds/rows.csv", "id,name\n1,a\n2,B\n4,d\n");
    project.run("build").succeeds();
    let found = "select id, name, how, dbt_valid_to is null from main.kept order by id, dbt_valid_from";
    assert_eq!(
        project.rows(found),
        [
            ["1", "a", "first", "true"],
            ["2", "b", "first, closed", "false"],
            ["2", "B", "later", "true"],
            ["3", "c", "first, closed", "false"],
            ["4", "d", "later", "true"],
        ]
    );
}

/// The macros that dbt's snapshots are made of give what the engine's own way gives.
#[test]
fn snapshots_by_macros_equal_the_engines_own() {
    let snapshots = |names: [&str; 3]| {
        let of = |name: &str, deletes: &str, more: &str| {
            format!(
                "  - {{name: {name}, relation: ref('rows'), config: {{strategy: timestamp, updated_at: at, unique_key: {more}, hard_deletes: {deletes}}}}}\n"
            )
        };
        let [one, other, last] = names;
        let text = of(one, "ignore", "id")
            + &of(other, "invalidate", "[id, name]")
            + &of(last, "new_record", "id, dbt_valid_to_current: \"'9999-01-01'::timestamp\"");
        format!("snapshots:\n{text}")
    };
    let rows = [
        "id,name,at\n1,a,2024-01-01\n2,b,2024-01-01\n",
        "id,name,at\n1,A,2024-02-01\n3,c,2024-02-01\n",
        "id,name,at\n2,b,2024-03-01\n3,c,2024-03-01\n",
    ];
    let outcome = |macros: &str| {
        let project = Project::new(Warehouse::postgres())
            .file("macros/m.sql", macros)
            .file("project.yml", "name: shop\nprofile: test\nseeds: {+column_types: {at: timestamp}}\n")
            .file("snapshots/s.yml", &snapshots(["s1", "s2", "s3"]));
        for text in rows {
            project.write("seeds/rows.csv", text);
            project.run("build").succeeds();
        }
        let rows = |name: &str, more: &str| {
            project.rows(&format!(
                "select id, name, at, dbt_valid_to < now() as is_closed, extract(year from dbt_valid_to) = 9999 {more} from main.{name} order by 1, 2, 3, 4, 5"
            ))
        };
        [rows("s1", ""), rows("s2", ""), rows("s3", ", dbt_is_deleted")]
    };
    let own = outcome("");
    let by_macros = outcome("{% macro post_snapshot(staging_relation) %}{% endmacro %}");
    assert_eq!(own, by_macros);
    assert!(own.iter().all(|rows| rows.len() > 3), "{own:?}");
}

/// What counts a test's failures, and what compares a unit test's rows.
#[test]
fn tests_are_judged_by_the_users_macro() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/tests.sql",
            "{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
                select {{ fail_calc }} - 1 as failures, {{ fail_calc }} - 1 {{ warn_if }} as should_warn,
                    {{ fail_calc }} - 1 {{ error_if }} as should_error from ({{ main_sql }}) as rows
            {% endmacro %}
            {% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}
                select {{ expected_column_names | join(', ') }} + 1 as id, 'actual' as actual_or_expected from ({{ main_sql }}) as a
                union all
                select {{ expected_column_names | join(', ') }}, 'expected' from ({{ expected_fixture_sql }}) as e
            {% endmacro %}",
        )
        .file("models/a.sql", "select 1 as id")
        .file("tests/one.sql", "select 1 as id")
        .file("tests/two.sql", "{{ config(store_failures=true) }} select 1 as id union all select 2")
        .file(
            "models/schema.yml",
            "unit_tests:\n  - {name: next, model: a, given: [], expect: {rows: [{id: 2}]}}\n  - {name: same, model: a, given: [], expect: {rows: [{id: 1}]}}\n",
        );
    project.run("build").exits_with(1).says("Got 1 result").says("ERROR=2").says("PASS=2").says("a::same");
}

on_every_warehouse! {
    /// A package stands before the built-in macros where the search order says so.
    fn a_package_overrides_by_the_search_order(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("packages.yml", "packages: [{local: lib}]")
            .file("lib/dbt_project.yml", "name: lib\nversion: '1.0'\n")
            .file(
                "lib/macros/m.sql",
                "{% macro default__generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}
                 {% macro default__test_not_null(model, column_name) %}select 1 as id{% endmacro %}",
            )
            .file("models/a.sql", "{{ config(schema='other') }} select 1 as id")
            .file("models/schema.yml", "models: [{name: a, columns: [{name: id, data_tests: [not_null]}]}]");
        project.run("deps").succeeds();
        project.run("build").succeeds();
        assert_eq!(project.rows("select id from main_other.a"), [["1"]]);
        project.write(
            "project.yml",
            "name: shop\nprofile: test\ndispatch: [{macro_namespace: dbt, search_order: [shop, lib, dbt]}]\n",
        );
        project.run("build").exits_with(1).says("PASS=1 WARN=0 ERROR=1");
        assert_eq!(project.rows("select id from other.a"), [["1"]]);
    }

    /// Built-in tests give way to the project's.
    fn tests_are_overridden(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("macros/t.sql", "{% test unique(model, column_name) %}select 1 as id where 1 = 0{% endtest %}")
            .file("models/a.sql", "select 1 as id union all select 1 as id")
            .file("models/schema.yml", "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]");
        project.run("build").succeeds().says("PASS=2");
    }
}

/// Seeds go by dbt's macros where one of them is overridden.
#[test]
fn seeds_are_made_and_filled_by_the_users_macros() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/seeds.sql",
            "{% macro postgres__create_csv_table(model, agate_table) %}
                {% set made = default__create_csv_table(model, agate_table) %}
                {% call statement() %}alter table {{ this }} add column loaded text default 'by us'{% endcall %}
                {{ return(made) }}
            {% endmacro %}
            {% macro get_batch_size() %}{{ return(2) }}{% endmacro %}",
        )
        .file(
            "seeds/rows.csv",
            "id,name,price,paid,since\n1,O'Neil,1.5,true,2024-01-02\n2,,2,false,\n3,\"100 %s\",3,true,2024-01-03\n",
        );
    for command in ["seed", "seed", "seed --full-refresh"] {
        project.run(command).succeeds().says("3 in ");
        assert_eq!(
            project.rows("select id, name, price::text, paid, since::text, loaded from main.rows order by id"),
            [
                ["1", "O'Neil", "1.5", "true", "2024-01-02", "by us"],
                ["2", "NULL", "2", "false", "NULL", "by us"],
                ["3", "100 %s", "3", "true", "2024-01-03", "by us"],
            ]
        );
    }
    assert!(project.read("target/run/shop/seeds/rows.csv").contains("insert into"));
}

/// What the engine asks of the warehouse as a whole, it asks the project's macros where there are some.
#[test]
fn schemas_and_what_stands_in_them_are_told_by_the_users_macros() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{{ config(schema='more') }} select 1 as id")
        .file("models/hidden.sql", "{{ config(materialized='incremental') }} select {{ is_incremental() }} as again")
        .file(
            "macros/m.sql",
            "{% macro postgres__create_schema(relation) %}
               {% call statement('create_schema') %}
                 create schema {{ relation.without_identifier().include(database=False) }};
                 comment on schema {{ relation.without_identifier().include(database=False) }} is 'by macro'
               {% endcall %}
             {% endmacro %}
             {% macro list_schemas(database) %}{{ return(dbt.postgres__list_schemas(database)) }}{% endmacro %}
             {% macro list_relations_without_caching(schema_relation) %}
               {{ return(run_query(\"select 1, 'x', 'y', 'table' where false\")) }}
             {% endmacro %}
             {% macro look() %}
               {% set main = api.Relation.create(database=target.database, schema=target.schema) %}
               {{ print(adapter.list_relations_without_caching(main)) }}
               {{ print(adapter.check_schema_exists(target.database, 'main_more')) }}
               {{ print(dbt.postgres__list_relations_without_caching(main).columns['name'].values()) }}
             {% endmacro %}",
        );
    project.run("run").succeeds().says("PASS=2");
    let comments = "select obj_description(oid) from pg_namespace where nspname = 'main_more'";
    assert_eq!(project.rows(comments), [["by macro"]]);
    // Nothing is known to stand, so the model is built anew.
    project.run("run -s hidden").succeeds();
    assert_eq!(project.rows("select again from main.hidden"), [["false"]]);
    project.run("run-operation look").succeeds().says("[]\nTrue\n('hidden',)");
}

#[test]
fn the_catalog_is_what_the_users_macro_says() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "select 1 as id")
        .file("models/b.sql", "select 1 as id")
        .file(
            "macros/m.sql",
            "{% macro postgres__get_catalog_relations(information_schema, relations) %}
               {% if var('fails', false) %}{{ exceptions.raise_compiler_error('no catalog today') }}{% endif %}
               {% set own = dbt.postgres__get_catalog_relations(information_schema, relations) %}
               {{ return(own.rename(column_names={'table_owner': 'ignored'})) }}
             {% endmacro %}",
        );
    project.run("run").succeeds();
    project.run("docs generate --select a").succeeds();
    let catalog = project.artifact("catalog.json");
    let nodes = catalog["nodes"].as_object().unwrap();
    assert_eq!(nodes.keys().collect::<Vec<_>>(), ["model.shop.a"]);
    assert_eq!(nodes["model.shop.a"]["metadata"]["owner"], serde_json::Value::Null);
    assert_eq!(nodes["model.shop.a"]["columns"]["id"]["type"], "integer");
    let failed = project.run_arguments(&["docs", "generate", "--vars", "{fails: true}"]);
    failed.exits_with(1).says("no catalog today");
    assert_eq!(project.artifact("catalog.json")["errors"][0], "no catalog today");
}

#[test]
fn freshness_previews_and_new_columns_go_by_the_users_macros() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{{ config(materialized='table') }} select i as id from generate_series(1, 9) i")
        .file(
            "models/b.sql",
            "{{ config(materialized='incremental', on_schema_change='sync_all_columns') }}
             select {{ var('columns', '1 as id, 2 as old') }}",
        )
        .file(
            "models/s.yml",
            "sources: [{name: src, schema: main, tables: [{name: a, config: {loaded_at_field: id,
              freshness: {warn_after: {count: 1, period: day}}}}]}]",
        )
        .file(
            "macros/m.sql",
            "{% macro collect_freshness(source, loaded_at_field, filter) %}
               {{ return(run_query('select current_timestamp - make_interval(hours => max(' ~ loaded_at_field ~ ')), current_timestamp from ' ~ source)) }}
             {% endmacro %}
             {% macro default__get_limit_sql(sql, limit) %}{{ sql }} order by 1 desc limit {{ limit }}{% endmacro %}
             {% macro postgres__alter_column_type(relation, column_name, new_column_type) %}
               {% do log('changes ' ~ column_name ~ ' to ' ~ new_column_type, info=true) %}
               {{ default__alter_column_type(relation, column_name, new_column_type) }}
             {% endmacro %}
             {% macro alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
               {% do log('adds ' ~ add_columns | map(attribute='name') | join(',') ~ ' drops ' ~ remove_columns | map(attribute='name') | join(','), info=true) %}
               {{ dbt.default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) }}
             {% endmacro %}",
        );
    project.run("run").succeeds();
    project.run("source freshness").succeeds().says("PASS freshness of src.a");
    let age = project.artifact("sources.json")["results"][0]["max_loaded_at_time_ago_in_s"].as_f64().unwrap();
    assert_eq!(age, 9.0 * 3600.0);
    assert_eq!(project.artifact("run_results.json")["args"]["which"], "run", "what was built is still told");
    project.run("show -s a --limit 2 --output json").succeeds().says("\"id\": 8").says_not("\"id\": 7");
    let vars = "{columns: \"1::bigint as id, 'x' as new\"}";
    let run = project.run_arguments(&["run", "-s", "b", "--vars", vars]);
    run.succeeds().says("adds new drops old").says("changes id to bigint");
    assert_eq!(project.rows("select id, new from main.b order by new nulls first"), [["1", "NULL"], ["1", "x"]]);
}
