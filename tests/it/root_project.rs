//! The project at the root of this repository, built on both warehouses: the same rows on both, nothing
//! changes when it is built again, and a computation of its own in Python agrees.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Project, Warehouse, repository_file};

/// What a build at the root says at its end: the data has real-life faults, which are warnings.
const SUMMARY: &str = "PASS=133 WARN=7 ERROR=0 SKIP=0";

/// The marts that `tests/oracle/attribution.py` computes.
const MARTS: [&str; 3] = ["channel_attribution", "channel_performance", "daily_funnel"];

/// The rows of a relation, each a list of names and values.
type Rows = Vec<Vec<(String, String)>>;

/// Relations by name, with their rows.
type Contents = BTreeMap<String, Rows>;

/// A copy of the root project.
fn root_project(warehouse: Warehouse) -> Project {
    let project = Project::empty(warehouse);
    for folder in ["models", "seeds", "tests_sql"] {
        project.copy_into(&repository_file(folder), folder);
    }
    project.write("project.yml", &std::fs::read_to_string(repository_file("project.yml")).unwrap());
    project.write("profiles.yml", &project.profiles("growth_analytics"));
    project
}

/// The relations that the project builds, as `schema.name`, from the manifest.
fn relations(project: &Project) -> Vec<String> {
    let manifest = project.artifact("manifest.json");
    let nodes = manifest["nodes"].as_object().unwrap().values();
    let is_built = |node: &&Value| {
        let kind = node["resource_type"].as_str().unwrap();
        matches!(kind, "model" | "seed" | "snapshot") && node["config"]["materialized"] != "ephemeral"
    };
    let name = |node: &Value| format!("{}.{}", node["schema"].as_str().unwrap(), node["alias"].as_str().unwrap());
    let mut relations: Vec<String> = nodes.filter(is_built).map(name).collect();
    relations.sort();
    assert!(relations.len() >= 17, "{relations:?}");
    relations
}

/// The rows of every relation: names with values in a form that no warehouse has for its own, sorted.
fn contents(project: &Project) -> Contents {
    let rows_of = |relation: &String| {
        let rows = project.records(&format!("select * from {relation}"));
        let mut rows: Rows = rows.iter().map(|row| row.iter().map(normal).collect()).collect();
        rows.sort();
        rows
    };
    relations(project)
        .into_iter()
        .map(|relation| {
            let rows = rows_of(&relation);
            (relation, rows)
        })
        .collect()
}

/// Times with or without `T`, numbers with or without trailing zeros.
fn normal((name, value): (&String, &Value)) -> (String, String) {
    let text = match value {
        Value::Number(number) => format!("{:.9e}", number.as_f64().unwrap()),
        Value::String(text) => {
            text.parse::<f64>().map_or_else(|_| text.replace('T', " "), |number| format!("{number:.9e}"))
        }
        other => other.to_string(),
    };
    (name.clone(), text)
}

/// The relations whose rows differ, with a row of each.
fn differences(one: &Contents, other: &Contents) -> Vec<String> {
    let names: Vec<&String> = one.keys().collect();
    assert_eq!(names, other.keys().collect::<Vec<_>>(), "the same relations");
    let differ = |name: &&String| {
        let (left, right) = (one.get(*name)?, other.get(*name)?);
        let only = |these: &Rows, those: &Rows| these.iter().find(|row| !those.contains(row)).cloned();
        (left != right).then(|| {
            let (first, second) = (only(left, right), only(right, left));
            format!("{name}: {} and {} rows, {first:?} and {second:?}", left.len(), right.len())
        })
    };
    names.iter().filter_map(differ).collect()
}

/// Compares the marts with what the oracle computes from the CSV files.
fn ask_the_oracle(project: &Project) {
    for mart in MARTS {
        let rows = project.records(&format!("select * from main_marts.{mart}"));
        let export = project.path(&format!("{mart}.csv"));
        write_csv(&export, &rows);
        let oracle = Command::new("python3")
            .arg(repository_file("tests/oracle/attribution.py"))
            .args(["--mart", mart, "--compare"])
            .arg(&export)
            .output()
            .expect("python3 is installed");
        assert!(oracle.status.success(), "{mart}: {}", String::from_utf8_lossy(&oracle.stdout));
    }
}

fn write_csv(path: &Path, rows: &[serde_json::Map<String, Value>]) {
    let mut writer = csv::Writer::from_path(path).unwrap();
    writer.write_record(rows[0].keys()).unwrap();
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for row in rows {
        writer.write_record(row.values().map(text)).unwrap();
    }
    writer.flush().unwrap();
}

/// The catalog describes every relation, with its columns.
fn check_the_catalog(project: &Project) {
    project.run("docs generate").succeeds();
    let catalog = project.artifact("catalog.json");
    let described = catalog["nodes"].as_object().unwrap();
    assert_eq!(described.len(), relations(project).len(), "{:?}", described.keys());
    let columns = &described["model.growth_analytics.channel_attribution"]["columns"];
    assert!(columns.as_object().unwrap().len() > 3, "{columns}");
}

/// Builds twice and looks at everything; gives what stands at the end.
fn prove(project: &Project) -> Contents {
    project.run("build").succeeds().says(SUMMARY);
    let first = contents(project);
    project.run("build").succeeds().says(SUMMARY);
    assert_eq!(differences(&first, &contents(project)), Vec::<String>::new(), "the second build changed rows");
    ask_the_oracle(project);
    check_the_catalog(project);
    first
}

#[cfg(not(feature = "lakehouse"))]
#[test]
fn it_is_right_on_postgres() {
    prove(&root_project(Warehouse::postgres()));
}

#[cfg(feature = "lakehouse")]
#[test]
fn it_is_right_and_the_same_on_both_warehouses() {
    let lakehouse = prove(&root_project(Warehouse::lakehouse()));
    let postgres = prove(&root_project(Warehouse::postgres()));
    assert_eq!(differences(&lakehouse, &postgres), Vec::<String>::new());
}

/// In a bucket it is the same project: the oracle agrees with every mart.
#[cfg(feature = "lakehouse")]
#[test]
fn it_is_right_on_the_lakehouse_in_a_bucket() {
    prove(&root_project(Warehouse::bucket()));
}

/// A new clone has no profile: the embedded lakehouse is used, and said to be.
#[cfg(feature = "lakehouse")]
#[test]
fn without_a_profile_the_embedded_lakehouse_is_used() {
    let project = root_project(Warehouse::lakehouse());
    project.remove("profiles.yml");
    project.run("build").succeeds().says("target/lakehouse").says(SUMMARY);
    project.run_arguments(&["show", "--inline", "select count(*) as n from main_marts.daily_funnel"]).succeeds();
}
