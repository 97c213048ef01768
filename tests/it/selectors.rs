//! Which nodes a command takes.

use crate::support::{Project, Warehouse};

/// A chain `a > b > c` and a model `d` beside it.
fn chain(warehouse: Warehouse) -> Project {
    Project::new(warehouse)
        .file("models/a.sql", "{{ config(tags=['first']) }} select 1 as id")
        .file("models/b.sql", "select * from {{ ref('a') }}")
        .file("models/deep/c.sql", "select * from {{ ref('b') }}")
        .file("models/deep/d.sql", "select 1 as id")
}

/// The nodes of a selection, by their names.
fn listed(project: &Project, selection: &str) -> String {
    let finished = project.run(&format!("ls --output name --quiet {selection}"));
    finished.succeeds();
    finished.stdout.lines().collect::<Vec<_>>().join(" ")
}

#[test]
fn graph_and_set_operators() {
    let project = chain(Warehouse::postgres());
    let listed = |selection: &str| listed(&project, selection);
    assert_eq!(listed(""), "a b c d");
    assert_eq!(listed("-s b+"), "b c");
    assert_eq!(listed("-s +b"), "a b");
    assert_eq!(listed("-s 1+c"), "b c");
    assert_eq!(listed("-s @b"), "a b c");
    assert_eq!(listed("-s tag:first path:models/deep"), "a c d");
    assert_eq!(listed("-s a+,path:models/deep"), "c");
    assert_eq!(listed("-s a+ --exclude b"), "a c");
}
