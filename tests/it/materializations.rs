//! Materializations that a project or a package writes itself.

use crate::support::{Project, Warehouse};

/// Builds beside the old table, with all that dbt's own `table` does.
const LEDGER: &str = "
{% materialization ledger, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set beside = make_intermediate_relation(target_relation) -%}
    {%- set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) -%}
    {{ drop_relation_if_exists(load_cached_relation(beside)) }}
    {{ drop_relation_if_exists(load_cached_relation(backup)) }}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {{ get_create_table_as_sql(False, beside, sql) }}
    {%- endcall %}
    {% do create_indexes(beside) %}
    {% if existing is not none %}{{ adapter.rename_relation(existing, backup) }}{% endif %}
    {{ adapter.rename_relation(beside, target_relation) }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, True)) %}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ drop_relation_if_exists(backup) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
";

/// The shortest that works everywhere.
const PLAIN: &str = "
{% materialization NAME, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ create_table_as(False, target_relation, 'select *, 1 as made from (' ~ sql ~ ') as rows') }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
";

fn plain(name: &str) -> String {
    PLAIN.replace("NAME", name)
}

/// Everything that a materialization like dbt's own uses: hooks, indexes, comments, the swap.
#[test]
fn a_block_builds_as_the_built_in_ones_do() {
    let project = Project::new(Warehouse::postgres()).file("macros/ledger.sql", LEDGER).file(
        "models/entries.sql",
        "{{ config(materialized='ledger', indexes=[{'columns': ['id'], 'unique': true}], persist_docs={'relation': true},
            pre_hook=[{'sql': 'create table if not exists main.log (text text)', 'transaction': false},
                      {'sql': \"insert into main.log values ('before')\", 'transaction': false}],
            post_hook=[\"insert into main.log select 'rows ' || count(*) from {{ this }}\",
                       {'sql': 'vacuum main.entries', 'transaction': false}]) }}
        select 1 as id union all select 2",
    );
    project.write("models/schema.yml", "models:\n  - name: entries\n    description: All of them.\n");
    project.run("run").succeeds().says("OK created sql ledger model main.entries").says("SELECT 2");
    project.run("run").succeeds();
    assert_eq!(project.rows("select count(*) from main.entries"), [["2"]]);
    assert_eq!(project.rows("select text from main.log order by 1"), [["before"], ["before"], ["rows 2"], ["rows 2"]]);
    let indexes = "select count(*) from pg_indexes where schemaname = 'main' and tablename = 'entries' and indexdef like '%UNIQUE%'";
    assert_eq!(project.rows(indexes), [["1"]]);
    assert_eq!(project.rows("select obj_description('main.entries'::regclass)"), [["All of them."]]);
    assert_eq!(project.rows("select count(*) from pg_class where relname like 'entries\\_\\_dbt%'"), [["0"]]);
}

on_every_warehouse! {
    /// The statement `main` is the answer; what reads the relation finds it.
    fn a_block_for_all_warehouses(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("macros/m.sql", &plain("stamped"))
            .file("models/a.sql", "{{ config(materialized='stamped') }} select 5 as id")
            .file("models/b.sql", "select id + made as id from {{ ref('a') }}");
        project.run("run").succeeds();
        project.run("run").succeeds();
        assert_eq!(project.rows("select id from main.b"), [["6"]]);
        assert!(project.read("target/run/shop/models/a.sql").contains("as made"));
    }

    /// A block of the root project takes the place of a built-in one of the same name.
    fn the_root_project_replaces_a_built_in_one(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("macros/m.sql", &plain("table"))
            .file("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
        project.run("run").succeeds();
        assert_eq!(project.rows("select made from main.a"), [["1"]]);
    }

    /// A block may do something around the built-in one.
    fn a_block_builds_on_the_built_in_one(warehouse: Warehouse) {
        let wrapping = "{% materialization table, default %}
            {% do log('around ' ~ this.identifier, info=true) %}
            {{ return(dbt.materialization_table_default()) }}
        {% endmaterialization %}";
        let project = Project::new(warehouse)
            .file("macros/m.sql", wrapping)
            .file("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
        project.run("run").succeeds().says("around a");
        assert_eq!(project.rows("select id from main.a"), [["1"]]);
    }

    /// A package's block has a name of its own, or the root project's leave.
    fn a_package_does_not_replace_a_built_in_one(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("packages.yml", "packages: [{local: lib}]")
            .file("lib/dbt_project.yml", "name: lib\nversion: '1.0'\n")
            .file("lib/macros/m.sql", &format!("{}{}", plain("table"), plain("stamped")))
            .file("models/a.sql", "{{ config(materialized='table') }} select 1 as id")
            .file("models/b.sql", "{{ config(materialized='stamped') }} select 1 as id");
        project.run("deps").succeeds();
        project.run("run").succeeds();
        assert_eq!(project.rows("select * from main.a"), [["1"]]);
        assert_eq!(project.rows("select * from main.b"), [["1", "1"]]);
        let leave = "{% materialization table, default %}{{ return(lib.materialization_table_default()) }}{% endmaterialization %}";
        project.write("macros/m.sql", leave);
        project.run("run --select a").succeeds();
        assert_eq!(project.rows("select * from main.a"), [["1", "1"]]);
    }

    /// Tests too are a materialization.
    fn a_block_for_tests(warehouse: Warehouse) {
        let around = "{% materialization test, default %}
            {%- set result = dbt.materialization_test_default.call_macro() -%}
            {% do log('tested ' ~ model.name, info=true) %}
            {{ return(result) }}
        {% endmaterialization %}";
        let project = Project::new(warehouse)
            .file("macros/m.sql", around)
            .file("tests/fails.sql", "select 1 as id")
            .file("tests/passes.sql", "select 1 as id where 1 = 0");
        project.run("test").exits_with(1).says("tested fails").says("PASS=1 WARN=0 ERROR=1");
    }
}

/// A refused statement points at the model's own line, and nothing of the build is left.
#[test]
fn a_refusal_points_at_the_users_line() {
    let project = Project::new(Warehouse::postgres())
        .file("macros/ledger.sql", LEDGER)
        .file("models/a.sql", "{{ config(materialized='ledger') }}\nselect 1 as id,\n  nothing as here");
    project.run("run").exits_with(1).says("models/a.sql:3:3").says("nothing");
    assert_eq!(project.rows("select count(*) from pg_class where relname like 'a\\_\\_dbt%'"), [["0"]]);
}

/// What a block must do is said when it does not.
#[test]
fn a_block_returns_its_relations() {
    let project = Project::new(Warehouse::postgres())
        .file("macros/m.sql", "{% materialization odd, default %}{% call statement('main') %}select 1{% endcall %}{% endmaterialization %}")
        .file("models/a.sql", "{{ config(materialized='odd') }} select 1 as id");
    project.run("run").exits_with(1).says("does not return the relations").says("macros/m.sql:1:1");
}
