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
