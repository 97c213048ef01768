//! Selections that `selectors.yml` names.

use crate::support::{Project, Warehouse};

const SELECTORS: &str = "selectors:
  - name: nightly
    description: What is built at night
    definition:
      union:
        - method: tag
          value: first
          children: true
          children_depth: 1
        - intersection:
            - path:models/deep
            - 'config.materialized:table'
        - exclude:
            - b
  - name: inherited
    definition:
      union:
        - method: selector
          value: nightly
        - b
  - name: one_key
    definition:
      tag: first
  - name: excluding
    definition:
      method: fqn
      value: '*'
      exclude:
        - method: path
          value: models/deep
";

/// A chain `a > b > c` and a table `d` beside it, with a test of `b`.
fn chain(selectors: &str) -> Project {
    Project::new(Warehouse::postgres())
        .file("models/a.sql", "{{ config(tags=['first']) }} select 1 as id")
        .file("models/b.sql", "select * from {{ ref('a') }}")
        .file("models/deep/c.sql", "select * from {{ ref('b') }}")
        .file("models/deep/d.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/b.yml", "models:\n  - name: b\n    columns:\n      - name: id\n        data_tests: [unique]\n")
        .file("selectors.yml", selectors)
}

fn listed(project: &Project, selection: &str) -> String {
    let finished = project.run(&format!("ls --output name --quiet --resource-type model {selection}"));
    finished.succeeds();
    finished.stdout.lines().collect::<Vec<_>>().join(" ")
}

#[test]
fn definitions_are_sets_of_criteria() {
    let project = chain(SELECTORS);
    assert_eq!(listed(&project, "--selector nightly"), "a d");
    assert_eq!(listed(&project, "--selector inherited"), "a b d");
    assert_eq!(listed(&project, "--selector one_key"), "a");
    assert_eq!(listed(&project, "--selector excluding"), "a b");
    assert_eq!(listed(&project, "--select selector:one_key d"), "a d");
    project.run("build --selector one_key").succeeds().says("PASS=1");
}

#[test]
fn the_default_counts_when_nothing_is_selected() {
    let project = chain(&SELECTORS.replace("  - name: one_key\n", "  - name: one_key\n    default: true\n"));
    assert_eq!(listed(&project, ""), "a");
    assert_eq!(listed(&project, "-s c"), "c");
    assert_eq!(listed(&project, "--selector excluding"), "a b");
}

#[test]
fn a_selector_may_say_which_tests_come_along() {
    let definition = |mode: &str| {
        format!("selectors:\n  - name: b\n    definition: {{method: fqn, value: b, indirect_selection: {mode}}}\n")
    };
    let all = |mode: &str| {
        let finished = chain(&definition(mode)).run("ls --output name --quiet --selector b");
        finished.succeeds().stdout.lines().count()
    };
    assert_eq!((all("eager"), all("empty")), (2, 1));
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let project = chain("selectors:\n  - name: x\n    definition:\n      method: selector\n      value: later\n");
    project.run("ls").exits_with(2).says("[invalid-selector]").says("--> selectors.yml:5:14");
    project.write("selectors.yml", SELECTORS);
    project.run("ls --selector nigthly").exits_with(2).says("did you mean `nightly`?");
}

#[test]
fn the_manifest_shows_them_taken_apart() {
    let project = chain(SELECTORS);
    project.run("parse").succeeds();
    let selectors = project.artifact("manifest.json")["selectors"].take();
    assert_eq!(selectors["one_key"]["definition"], serde_json::json!({ "method": "tag", "value": "first" }));
    assert_eq!(selectors["inherited"]["definition"]["union"][0], selectors["nightly"]["definition"]);
}
