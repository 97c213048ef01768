//! `grants`: who else may do what with a relation.

use crate::support::{Project, Warehouse};

/// Roles that every server has: none needs to be made, and none is left behind.
const ONE: &str = "pg_monitor";
const OTHER: &str = "pg_read_all_stats";

fn granting(grants: &str) -> String {
    format!("models: [{{name: orders, config: {{grants: {grants}}}}}]\n")
}

fn granted(project: &Project) -> Vec<Vec<String>> {
    project.rows(
        "select lower(p.privilege_type), pg_get_userbyid(p.grantee)::text from pg_class c, aclexplode(c.relacl) p \
         where c.oid = 'main.orders'::regclass and p.grantee <> c.relowner order by 1, 2",
    )
}

/// What is no longer configured is revoked, whether the relation is built anew or stays.
#[test]
fn privileges_follow_the_config() {
    for materialized in ["view", "table", "incremental", "materialized_view"] {
        let model = format!("{{{{ config(materialized='{materialized}') }}}} select 1 as id");
        let project = Project::new(Warehouse::postgres())
            .file("models/orders.sql", &model)
            .file("models/orders.yml", &granting(&format!("{{select: [{ONE}]}}")));
        project.run("run").succeeds();
        assert_eq!(granted(&project), [["select", ONE]], "{materialized}");
        project.write("models/orders.yml", &granting(&format!("{{select: [{OTHER}]}}")));
        project.run("run").succeeds();
        assert_eq!(granted(&project), [["select", OTHER]], "{materialized}");
        project.write("models/orders.yml", &granting("{select: []}"));
        project.run("run").succeeds();
        assert!(granted(&project).is_empty(), "{materialized}");
    }
}

/// A run that changes nothing sends neither grants nor revokes.
#[test]
fn what_is_in_place_is_left_alone() {
    let project = Project::new(Warehouse::postgres())
        .file("models/orders.sql", "{{ config(materialized='incremental') }} select 1 as id")
        .file("models/orders.yml", &granting(&format!("{{select: [{ONE}]}}")));
    project.run("run --debug").succeeds().says("grant select on");
    project.run("run --debug").succeeds().says_not("grant ").says_not("revoke ");
}

/// Grants of the project file and of a model add up where the model says `+`.
#[test]
fn grants_are_added_with_a_plus() {
    let project = Project::new(Warehouse::postgres())
        .file("project.yml", &format!("name: shop\nprofile: test\nmodels: {{+grants: {{select: [{ONE}]}}}}\n"))
        .file("models/orders.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/orders.yml", &granting(&format!("{{+select: [{OTHER}]}}")));
    project.run("run").succeeds();
    assert_eq!(granted(&project), [["select", ONE], ["select", OTHER]]);
}

/// Seeds have privileges too, also where their rows are loaded into the table that stands.
#[test]
fn seeds_have_grants() {
    let project = Project::new(Warehouse::postgres())
        .file("seeds/orders.csv", "id\n1\n")
        .file("seeds/orders.yml", &format!("seeds: [{{name: orders, config: {{grants: {{select: [{ONE}]}}}}}}]\n"));
    project.run("seed").succeeds();
    assert_eq!(granted(&project), [["select", ONE]]);
    project.write("seeds/orders.yml", "seeds: [{name: orders, config: {grants: {select: []}}}]\n");
    project.run("seed").succeeds();
    assert!(granted(&project).is_empty());
}
