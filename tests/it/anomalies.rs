//! Tests that compare with history, and the alert that tells of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use chrono::{Days, NaiveDate};
use serde_json::Value;

use crate::support::{Project, Warehouse};

/// Runs before anything goes wrong.
const CLEAN_RUNS: u32 = 30;

/// Views of pages on each of the last days, two columns, a row an hour.
const VIEWS: &str = "{{ config(materialized='table') }}
{% set day = var('day') %}
select
    n as id,
    case when n % 25 < {{ var('nulls', 0) }} then null else 'country ' || (n % 7) end as country,
    timestamp '2026-01-01 00:00:00' + interval '1 day' * {{ day }} - interval '1 minute' * ({{ var('late', 0) }} + n)
        as viewed_at
    {% if var('wider', false) %}, 'x' as referrer{% endif %}
from {{ ref('numbers') }}
where n < ({{ var('rows', 900) }} + ({{ day }} * 37) % 41)";

const TESTS: &str = "
models:
  - name: views
    data_tests:
      - volume_anomaly: {name: volume, arguments: {as_of: \"{{ var('now') }}\", training_period: 60 days}}
      - freshness_anomaly:
          name: freshness
          arguments: {timestamp_column: viewed_at, as_of: \"{{ var('now') }}\", training_period: 60 days}
      - schema_changes: {name: columns}
    columns:
      - name: country
        data_tests:
          - column_anomaly: {name: countries, arguments: {as_of: \"{{ var('now') }}\", training_period: 60 days}}
";

fn project(warehouse: Warehouse) -> Project {
    Project::new(warehouse)
        .file("models/numbers.sql", "select n from generate_series(1, 2000) as t(n)")
        .file("models/views.sql", VIEWS)
        .file("models/views.yml", TESTS)
}

/// Builds on a day, with what is wrong that day; gives the tests that found something.
fn build(project: &Project, day: u32, wrong: &str) -> Vec<String> {
    let date = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(day.into());
    let jitter = (day * 13) % 17;
    let late = if wrong.contains("late") { String::new() } else { format!(", \"late\": {jitter}") };
    let vars = format!("{{\"day\": {day}, \"now\": \"{date} 06:00:00\"{late}{wrong}}}");
    project.run_arguments(&["build", "--vars", &vars]);
    let statuses = project.statuses();
    assert!(statuses.iter().any(|status| status == "views: success"), "{statuses:?}");
    statuses.iter().filter_map(|status| Some(status.strip_suffix(": fail")?.to_owned())).collect()
}

on_every_warehouse! {
    /// Each fault is found by the test that looks for it, and thirty runs without one find nothing.
    fn a_fault_is_found_by_the_matching_test(warehouse: Warehouse) {
        let project = project(warehouse);
        for day in 1..=CLEAN_RUNS {
            assert_eq!(build(&project, day, ""), Vec::<String>::new(), "day {day}");
        }
        let faults = [
            (", \"rows\": 400", "volume"),
            (", \"late\": 2880", "freshness"),
            (", \"nulls\": 6", "countries"),
            (", \"wider\": true", "columns"),
        ];
        for (day, (wrong, found_by)) in (CLEAN_RUNS + 1..).zip(faults) {
            assert_eq!(build(&project, day, wrong), [found_by], "{wrong}");
        }
        project.run("report").succeeds();
        let page = project.read("target/report.html");
        assert!(page.contains("\"metric\":\"null_rate\"") && page.contains("[\"referrer\",\"added\",null,\"text\"]"));
    }

    /// With a schema for them, records outlive the machine that made them.
    fn a_team_keeps_its_history_in_the_warehouse(warehouse: Warehouse) {
        let project = project(warehouse).variable("AQUIFER_HISTORY_SCHEMA", "observed");
        for day in 1..=8 {
            assert_eq!(build(&project, day, ""), Vec::<String>::new(), "day {day}");
            std::fs::remove_dir_all(project.path("target/history")).unwrap();
        }
        assert_eq!(build(&project, 9, ", \"rows\": 400"), ["volume"]);
        assert_eq!(project.rows("select count(*) from observed.aquifer_runs"), [["9"]]);
        std::fs::remove_dir_all(project.path("target/history")).unwrap();
        project.run("report").succeeds();
        assert!(project.read("target/report.html").contains("\"metric\":\"row_count\""));
    }

    /// Every run records the size of what it built; where it is asked for, what stands in tested columns too.
    fn records_say_what_stands_in_tables(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/plain.sql", "{{ config(materialized='table') }} select 1 as id")
            .file(
                "models/counted.sql",
                "{{ config(materialized='table', observe=true) }} select 1 as id, 'x' as label union all select 2, null",
            )
            .file("models/all.yml", "models:\n  - name: counted\n    columns:\n      - {name: label, data_tests: [unique]}\n");
        project.run("build").succeeds();
        let records = std::fs::read_dir(project.path("target/history")).unwrap();
        let [record] = records.map(|entry| entry.unwrap().path()).collect::<Vec<_>>().try_into().unwrap();
        let record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
        let contents = |model: &str| &record["results"][format!("model.shop.{model}")]["contents"];
        assert!(contents("plain")["bytes"].as_u64().unwrap() > 0);
        assert_eq!(contents("counted")["rows"], 2);
        assert_eq!(contents("counted")["columns"], serde_json::json!([{"name": "label", "nulls": 1, "distinct": 1}]));
    }
}

/// With buckets, a test knows the past at its first run.
#[test]
fn buckets_of_the_table_are_history() {
    let project = Project::new(Warehouse::postgres())
        .file(
            "models/events.sql",
            "select timestamp '2026-03-01 00:10:00' + interval '1 hour' * n as at, n from generate_series(0, 719) as t(n)
            where not (n between 700 and 710 and {{ var('outage', 0) }} = 1)",
        )
        .file(
            "models/all.yml",
            "models:\n  - name: events\n    data_tests:\n\
             \x20     - volume_anomaly:\n          name: volume\n\
             \x20         arguments: {timestamp_column: at, as_of: '2026-03-31 04:00:00'}\n\
             \x20     - freshness_anomaly:\n          name: gaps\n\
             \x20         arguments: {timestamp_column: at, time_bucket: day, as_of: '2026-03-31 04:00:00', min_change: 5}\n",
        );
    project.run("build").succeeds();
    project
        .run_arguments(&["build", "--vars", "outage: 1"])
        .exits_with(1)
        .says("row_count")
        .says("2026-03-30 00:00:00");
    assert_eq!(project.statuses(), ["events: success", "gaps: fail", "volume: fail"]);
}

/// An argument that cannot be read is told with what it may be.
#[test]
fn arguments_are_checked() {
    let project = Project::new(Warehouse::postgres()).file("models/a.sql", "select 1 as id").file(
        "models/a.yml",
        "models:\n  - name: a\n    data_tests:\n      - volume_anomaly: {arguments: {training_period: fortnight}}\n\
             \x20   columns:\n      - {name: id, data_tests: [{column_anomaly: {arguments: {metrics: [mode]}}}]}\n",
    );
    project
        .run("parse")
        .exits_with(2)
        .says("models/a.yml:4:9")
        .says("`training_period` is \"fortnight\", expected a period such as `28 days`");
    project.write("models/a.yml", &project.read("models/a.yml").replace("fortnight", "14 days"));
    project.run("build").exits_with(1).says("`metrics` of `column_anomaly` names `mode`, known are");
    let volume = project.artifact("run_results.json")["results"].to_string();
    assert!(volume.contains("Nothing is judged yet: 0 of 7 values to learn from"), "{volume}");
}

/// A server that answers every request with 200 and keeps what it was sent.
fn listening() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/services/T1/hidden-key", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&received);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            keep.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").unwrap();
        }
    });
    (address, received)
}

/// What failed and what warned is told to the webhook, with the rows; its address is shown nowhere.
#[test]
fn a_webhook_is_told_what_went_wrong() {
    let (address, received) = listening();
    let project = Project::new(Warehouse::postgres())
        .file("models/good.sql", "select 1 as id")
        .file("models/broken.sql", "select no_such_column from {{ ref('good') }}")
        .file("tests/found.sql", "select 17 as id, 'a < b' as note")
        .file("tests/odd.sql", "{{ config(severity='warn') }} select 1 as id");
    let project = project.variable("AQUIFER_ALERT_WEBHOOK", &address);
    let finished = project.run("build --debug");
    finished.exits_with(1).says_not("hidden-key");
    for file in ["target/run_results.json", "target/manifest.json", "logs/dbt.log"] {
        assert!(!project.read(file).contains("hidden-key"), "{file}");
    }
    let received = received.lock().unwrap();
    let [message] = received.as_slice() else { panic!("one message, not {received:?}") };
    assert_eq!(message["text"], "shop (dev): aquifer build found 1 error, 1 failure, 1 warning");
    let blocks: Vec<&str> =
        message["blocks"].as_array().unwrap().iter().filter_map(|block| block["text"]["text"].as_str()).collect();
    assert_eq!(blocks.len(), 4, "a heading and three problems");
    assert!(blocks[1].contains("model `broken`: error") && blocks[1].contains("no_such_column"), "{}", blocks[1]);
    assert!(blocks[2].contains("test `found`: fail") && blocks[2].contains("id: 17, note: a &lt; b"), "{}", blocks[2]);
    assert!(blocks[3].contains("test `odd`: warn"), "{}", blocks[3]);
}

/// The project file and the profile's output say where alerts go and what is told; nothing is sent when
/// there is nothing to tell.
#[test]
fn alerts_are_configured_in_the_project_or_the_profile() {
    let (address, received) = listening();
    let project = Project::new(Warehouse::postgres())
        .file("models/good.sql", "select 1 as id")
        .file("tests/odd.sql", "{{ config(severity='warn') }} select 1 as id")
        .variable("HOOK", &address);
    let file = project.read("project.yml");
    let with_alerts = |alerts: &str| project.write("project.yml", &format!("{file}\nalerts: {alerts}\n"));
    with_alerts("{webhook: \"{{ env_var('HOOK') }}\", on: [fail, error]}");
    project.run("build").succeeds();
    assert_eq!(received.lock().unwrap().len(), 0, "a warning is not told");
    with_alerts("{webhook: \"{{ env_var('HOOK') }}\", on: [warn], link: 'https://ci.example.org/1'}");
    project.run("build").succeeds();
    assert!(received.lock().unwrap()[0].to_string().contains("<https://ci.example.org/1|more>"));
    with_alerts("{webhook: \"{{ env_var('HOOK') }}\", on: [sometimes]}");
    project.run("build").exits_with(2).says("`on` of `alerts` has `sometimes`");
}
