//! Two runs in one project folder at once.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{Project, Warehouse};

const MODELS: usize = 60;

/// Many views, half of them in each folder.
fn wide() -> Project {
    let project = Project::new(Warehouse::postgres());
    for number in 0..MODELS {
        let folder = if number % 2 == 0 { "even" } else { "odd" };
        project.write(&format!("models/{folder}/m{number}.sql"), &format!("select {number} as id"));
    }
    project
}

fn start(project: &Project, folder: &str) -> Child {
    let arguments = ["run", "--select", &format!("path:models/{folder}"), "--log-format", "json"];
    project.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn results_in(text: &str) -> (String, usize) {
    let results: Value = serde_json::from_str(text).unwrap();
    (results["metadata"]["invocation_id"].as_str().unwrap().to_owned(), results["results"].as_array().unwrap().len())
}

#[test]
fn each_run_has_a_whole_set_of_artifacts() {
    let project = wide();
    project.execute("create schema main");
    let running = [start(&project, "even"), start(&project, "odd")];
    let invocations: Vec<String> = running
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let stdout = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{stdout}");
            let line: Value = serde_json::from_str(stdout.lines().next().unwrap()).unwrap();
            line["info"]["invocation_id"].as_str().unwrap().to_owned()
        })
        .collect();
    let mut found: Vec<String> = Vec::new();
    for run in std::fs::read_dir(project.path("target/runs")).unwrap() {
        let run = run.unwrap().path();
        let (invocation, count) = results_in(&std::fs::read_to_string(run.join("run_results.json")).unwrap());
        assert_eq!(count, MODELS / 2);
        let manifest: Value =
            serde_json::from_str(&std::fs::read_to_string(run.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["metadata"]["invocation_id"], invocation.as_str());
        assert_eq!(manifest["nodes"].as_object().unwrap().len(), MODELS);
        assert!(!run.join("progress.jsonl").exists());
        found.push(invocation);
    }
    found.sort();
    let mut expected = invocations.clone();
    expected.sort();
    assert_eq!(found, expected);
    // The target folder has whole files, of whichever run was last.
    let (last, count) = results_in(&project.read("target/run_results.json"));
    assert!(invocations.contains(&last) && count == MODELS / 2);
    // They share the log.
    let log = project.read("logs/dbt.log");
    for model in ["main.m0 ", "main.m1 "] {
        assert!(log.contains(&format!("OK created sql view model {model}")), "{model} is not in the log");
    }
}
