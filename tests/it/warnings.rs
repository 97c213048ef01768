//! Warnings that are errors, warnings that are not said, deprecations that are counted.

use crate::support::{Project, Warehouse};

/// A project with one deprecated key, given twice, and a failing test that only warns.
fn warned() -> Project {
    Project::new(Warehouse::postgres())
        .file("models/a.sql", "select 1 as id")
        .file(
            "models/a.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - accepted_values: {arguments: {values: [2]}, config: {severity: warn}}\n  - name: gone\n",
        )
}

#[test]
fn warn_error_refuses_what_would_be_a_warning() {
    let project = warned();
    project.run("parse").succeeds().says("warning[unused-patch]");
    project.run("parse --warn-error").exits_with(2).says("error[unused-patch]").says("NoNodeForYamlKey");
    let options = |options: &str| project.run_arguments(&["parse", "--warn-error-options", options]);
    options("{error: all}").exits_with(2);
    options("{error: all, warn: [NoNodeForYamlKey]}").succeeds().says("warning[unused-patch]");
    options("{error: [DepsUnpinned]}").succeeds();
    options("{silence: [NoNodeForYamlKey]}").succeeds().says_not("unused-patch");
    options("{include: [NoNodeForYamlKey]}").exits_with(2);
    options("{error: [NoNodeForYamlKeys]}").succeeds().says("did you mean `NoNodeForYamlKey`?");
}

#[test]
fn tests_that_warn_fail_where_warnings_are_errors() {
    let project = warned();
    project.run("build").succeeds().says("WARN=1");
    let options = "{error: [LogTestResult]}";
    project.run_arguments(&["build", "--warn-error-options", options]).exits_with(1).says("ERROR=1");
    project.run_arguments(&["ls", "-s", "nothing", "--warn-error-options", "{error: [NothingToDo]}"]).exits_with(2);
}

#[test]
fn a_deprecation_is_shown_once_and_counted() {
    let entry = "models:\n  - name: a\n    description: x\n    description: y\n";
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "select 1 as id")
        .file("models/b.sql", "select 1 as id")
        .file("models/a.yml", entry)
        .file("models/b.yml", &entry.replace("name: a", "name: b"));
    let shown = |arguments: &str| project.run(arguments).succeeds().stdout.matches("is given twice").count();
    project.run("parse").succeeds().says("- DuplicateYAMLKeysDeprecation: 2 occurrences");
    assert_eq!((shown("parse"), shown("parse --show-all-deprecations")), (1, 2));
    project.run_arguments(&["parse", "--warn-error-options", "{error: [Deprecations]}"]).exits_with(2);
}

#[test]
fn variables_that_do_not_exist_are_told() {
    let project = warned().variable("DBT_ENGINE_FAIL_FASTER", "1");
    project.run("parse").succeeds().says("the variable `DBT_ENGINE_FAIL_FASTER` is not known");
}

#[test]
fn what_templates_warn_of_fails_the_node_where_warnings_are_errors() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{% if execute %}{% do exceptions.warn('look at this') %}{% endif %} select 1 as id")
        .file("models/b.sql", "select 2 as id");
    project.run("run").succeeds().says("look at this").says("PASS=2 WARN=0 ERROR=0");
    project
        .run("run --warn-error")
        .exits_with(1)
        .says("error[raised-by-user]: look at this")
        .says("PASS=1 WARN=0 ERROR=1");
    let options = |options: &str| project.run_arguments(&["run", "--warn-error-options", options]);
    options("{error: [JinjaLogWarning]}").exits_with(1);
    options("{error: all, silence: [JinjaLogWarning]}").succeeds().says_not("look at this");
}

#[test]
fn what_is_warned_of_while_parsing_ends_the_command_where_warnings_are_errors() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{% do exceptions.warn('look at this') %} select 1 as id");
    project.run("parse").succeeds().says("warning[raised-by-user]: look at this");
    project.run("parse --warn-error").exits_with(2).says("error[raised-by-user]: look at this");
}

#[test]
fn a_name_that_prints_nothing_is_warned_of() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{% set known = 1 %} select {{ known }} as id, '{{ unknown_thing }}' as nothing")
        .file("macros/m.sql", "{% macro m() %}{{ also_unknown }}{% endmacro %}");
    project.run("run").succeeds().says("warning[undefined-name]: `unknown_thing` is undefined").says("models/a.sql:1:");
    assert_eq!(project.rows("select id, nothing from main.a"), [["1", ""]]);
    project.run("run --warn-error").exits_with(2).says("error[undefined-name]");
}
