//! Hooks: of a node, before and after it, and of a run.

use crate::support::{Project, Warehouse};

const LOG: &str = "create table if not exists main.log (at serial, what text, inside bool)";

/// A statement that notes what ran, and whether it ran in a transaction with the model.
fn note(what: &str) -> String {
    format!("insert into main.log (what, inside) values ('{what}', now() <> statement_timestamp())")
}

/// Hooks without a transaction run around the model's, the others within it, in the order written.
#[test]
fn hooks_run_in_their_order() {
    let model = format!(
        "{{{{ config(materialized='table',\n\
         pre_hook=[\"{}\", {{'sql': \"{}\", 'transaction': false}}],\n\
         post_hook=[\"{}\", {{'sql': \"{}\", 'transaction': false}}]) }}}} select 1 as id",
        note("pre inside"),
        note("pre outside"),
        note("post inside"),
        note("post outside")
    );
    let project = Project::new(Warehouse::postgres())
        .file("project.yml", &format!("name: shop\nprofile: test\non-run-start: \"{LOG}\"\n"))
        .file("models/orders.sql", &model);
    project.run("run").succeeds();
    assert_eq!(
        project.rows("select what from main.log order by at"),
        [["pre outside"], ["pre inside"], ["post inside"], ["post outside"]]
    );
}

/// A hook that fails within the transaction takes the model's work back.
#[test]
fn a_failing_hook_takes_the_model_back() {
    let project = Project::new(Warehouse::postgres())
        .file("models/orders.sql", "{{ config(materialized='table', post_hook='select 1/0') }} select 1 as id");
    project.run("run").exits_with(1).says("division by zero");
    assert_eq!(project.rows("select count(*) from pg_class where relname = 'orders'"), [["0"]]);
}

/// At the end of a run, hooks are told what became of the nodes and where they stand.
#[test]
fn hooks_at_the_end_know_the_results() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "project.yml",
            "name: shop\nprofile: test\non-run-end:\n  - \"{{ tell(results, schemas, database_schemas) }}\"\n",
        )
        .file(
            "macros/tell.sql",
            "{% macro tell(results, schemas, database_schemas) %}\n\
             {% for result in results %}\
             {% do log(result.node.name ~ ' is ' ~ result.status, info=true) %}{% endfor %}\n\
             {% do log(schemas | join ~ ' of ' ~ database_schemas | length, info=true) %}\n\
             {% endmacro %}",
        )
        .file("models/good.sql", "select 1 as id")
        .file("models/bad.sql", "select 1/0 as id from missing");
    project.run("run").exits_with(1).says("good is success").says("bad is error").says("main of 1");
}

/// After a hook at the start that fails, nodes run all the same, unless a flag says otherwise.
#[test]
fn a_failing_start_skips_nodes_only_if_asked() {
    let project = Project::new(Warehouse::postgres())
        .file("project.yml", "name: shop\nprofile: test\non-run-start: ['select 1/0', 'select 1']\n")
        .file("models/orders.sql", "select 1 as id");
    project.run("run").exits_with(1);
    assert_eq!(project.statuses(), ["orders: success", "shop-on-run-start-0: error", "shop-on-run-start-1: skipped"]);
    project.write(
        "project.yml",
        "name: shop\nprofile: test\non-run-start: 'select 1/0'\nflags: {skip_nodes_if_on_run_start_fails: true}\n",
    );
    project.run("run").exits_with(1);
    assert_eq!(project.statuses(), ["orders: skipped", "shop-on-run-start-0: error"]);
}

/// Both spellings of a hook in one config are refused, as are references in a seed's hooks.
#[test]
fn what_hooks_cannot_say_is_told_while_parsing() {
    let project = Project::new(Warehouse::postgres())
        .file("models/twice.sql", "{{ config({'pre_hook': 'select 1', 'pre-hook': 'select 2'}) }} select 1 as id");
    project.run("parse").exits_with(2).says("pre_hook").says("pre-hook");
    project.write("models/twice.sql", "select 1 as id");
    project.write("seeds/raw.csv", "id\n1\n");
    project.write("seeds/raw.yml", "seeds: [{name: raw, config: {post_hook: \"select * from {{ ref('twice') }}\"}}]\n");
    project.run("parse").exits_with(2).says("Seeds cannot depend on other nodes");
}

/// What a hook asks the warehouse within the transaction: several statements at once are carried out, and a
/// fault is told as it was.
#[test]
fn hooks_ask_within_the_transaction() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "macros/ask.sql",
            "{% macro two() %}{% if execute %}
                 {%- set answer = run_query(\"create table \" ~ this.schema ~ \".side (a int); select 5 as five;\") -%}
                 {%- do log('got ' ~ answer.rows[0].five, info=true) -%}
             {% endif %}{% endmacro %}
             {% macro wrong() %}{% if execute %}{% do run_query('select * from nowhere') %}{% endif %}{% endmacro %}",
        )
        .file(
            "models/good.sql",
            "{{ config(materialized='table', pre_hook=['select 1', '{{ two() }} select 2']) }} select 1 as id",
        )
        .file(
            "models/bad.sql",
            "{{ config(materialized='table', post_hook='{{ wrong() }} select 2') }} select '{{ sql }}' as id",
        );
    project.run("run --select good").succeeds().says("got 5");
    project.run("run --select bad").exits_with(1).says("relation \"nowhere\" does not exist");
    project.write("models/bad.sql", "{{ config(materialized='table') }} select '{{ sql }}' as id");
    project.run("run --select bad").succeeds();
    assert_eq!(project.rows("select id from main.bad"), [["None"]]);
}
