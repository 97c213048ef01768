//! `query-comment`: what the warehouse is told of who asks.

use crate::support::{Project, Warehouse};

fn commented(comment: &str) -> Project {
    Project::new(Warehouse::postgres())
        .file("project.yml", &format!("name: shop\nprofile: test\n{comment}"))
        .file(
            "macros/who.sql",
            "{% macro who(node) %}{{ return(tojson({'who': node.name if node else 'nobody'})) }}{% endmacro %}",
        )
        .file("models/asks.sql", "{{ config(materialized='table') }} select current_query() as text")
}

fn sent(project: &Project) -> String {
    project.run("run").succeeds();
    project.rows("select text from main.asks").remove(0).remove(0)
}

/// Without a word of the user's, dbt's own comment goes ahead of every statement.
#[test]
fn the_usual_comment_names_the_node() {
    let text = sent(&commented(""));
    assert!(text.starts_with("/* {\"app\": \"dbt\", \"dbt_version\": \""), "{text}");
    assert!(
        text.contains("\"profile_name\": \"test\", \"target_name\": \"dev\", \"node_id\": \"model.shop.asks\"} */"),
        "{text}"
    );
}

/// A template, alone or in a mapping, in front or behind; an empty one sends none.
#[test]
fn the_comment_is_a_template() {
    assert!(sent(&commented("query-comment: '{{ who(node) }}'\n")).starts_with("/* {\"who\": \"asks\"} */\n"));
    let behind = sent(&commented("query-comment: {comment: 'by {{ target.name }}', append: true, job-label: true}\n"));
    assert!(behind.trim_end().ends_with("/* by dev */;"), "{behind}");
    assert!(!sent(&commented("query-comment: ''\n")).contains("/*"));
    assert!(!sent(&commented("query-comment: null\n")).contains("/*"));
}

/// A comment that would end itself is refused before anything runs.
#[test]
fn a_comment_cannot_end_itself() {
    commented("query-comment: 'a */ b'\n").run("run").exits_with(2).says("illegal value \"*/\"");
}

/// Errors still point at the user's own line, comment or not.
#[test]
fn places_do_not_move() {
    let project = commented("query-comment: 'ü in front'\n").file("models/bad.sql", "select 1 as id,\n  nope as other");
    project.run("run").exits_with(1).says("models/bad.sql:2:3");
}
