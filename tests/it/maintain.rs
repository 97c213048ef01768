//! `maintain`, `history` and earlier states of tables.

use crate::support::{Project, Warehouse};

on_every_warehouse! {
    /// Relations that no node builds are told, and dropped when that is asked for; what is disabled, a
    /// source or in another schema stays.
    fn orphans_are_found_and_dropped(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("models/kept.sql", "{{ config(materialized='table') }} select 1 as id")
            .file("models/gone.sql", "{{ config(materialized='table') }} select 1 as id")
            .file("models/seen.sql", "select * from {{ ref('gone') }}")
            .file("models/off.sql", "{{ config(enabled=var('on', false)) }} select 1 as id")
            .file("models/sources.yml", "sources: [{name: raw, schema: main, tables: [{name: loaded}]}]\n");
        project.run_arguments(&["run", "--vars", "{on: true}"]).succeeds();
        project.execute("create table main.loaded as select 1 as id");
        project.execute("create schema elsewhere");
        project.execute("create table elsewhere.other as select 1 as id");
        project.run("maintain").succeeds().says_not("built by no node");
        project.remove("models/gone.sql");
        project.remove("models/seen.sql");
        let told = project.run("maintain");
        told.succeeds().says("main.gone (table) is built by no node").says("main.seen (view) is built by no node");
        told.says_not("main.off").says_not("main.loaded").says_not("elsewhere").says("--drop-orphans");
        project.run("maintain --drop-orphans --dry-run").succeeds().says("main.gone (table) would be dropped");
        project.run("maintain --select kept --drop-orphans").succeeds().says_not("main.gone");
        assert_eq!(project.rows("select id from main.gone"), [["1"]]);
        project.run("maintain --drop-orphans").succeeds().says("Dropped main.gone").says("Dropped main.seen");
        project.run("maintain").succeeds().says_not("built by no node");
        assert_eq!(project.rows("select id from main.kept union all select id from main.loaded"), [["1"], ["1"]]);
    }
}

/// What others depend on cannot be dropped, and that is said of it alone.
#[test]
fn an_orphan_that_others_need_stays() {
    let project = Project::new(Warehouse::postgres())
        .file("models/gone.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/too.sql", "select 1 as id");
    project.run("run").succeeds();
    project.execute("create schema elsewhere");
    project.execute("create view elsewhere.needs as select * from main.gone");
    project.remove("models/gone.sql");
    project.remove("models/too.sql");
    project.write("models/kept.sql", "select 1 as id");
    let told = project.run("maintain --drop-orphans");
    told.exits_with(1).says("main.gone (table) cannot be dropped").says("Dropped main.too");
}

#[test]
fn tables_of_postgres_are_vacuumed() {
    let project = Project::new(Warehouse::postgres())
        .file("models/kept.sql", "{{ config(materialized='table') }} select n from generate_series(1, 100) as n")
        .file("models/seen.sql", "select 1 as id");
    project.run("run").succeeds();
    project.run("maintain --dry-run").succeeds().says("kept: would be vacuumed and analyzed").says_not("seen:");
    assert_eq!(project.rows("select reltuples::int from pg_class where oid = 'main.kept'::regclass"), [["-1"]]);
    project.run("maintain").succeeds().says("kept: vacuumed and analyzed");
    assert_eq!(project.rows("select reltuples::int from pg_class where oid = 'main.kept'::regclass"), [["100"]]);
    project.run("history kept").exits_with(2).says("keeps no earlier states");
    project.run("show --select kept --at-version 1").exits_with(2).says("keeps no earlier states");
}

#[cfg(feature = "lakehouse")]
mod history {
    use super::*;

    const EVENTS: &str = "{{ config(materialized='incremental', cluster_by=var('cluster', none)) }}
        select {{ var('n') }} as n, 'v{{ var('n') }}' as name";

    /// A table of as many commits with a file each.
    fn events(warehouse: Warehouse, count: usize) -> Project {
        let project = Project::new(warehouse).file("models/events.sql", EVENTS);
        for number in 0..count {
            run(&project, number);
        }
        project
    }

    fn run(project: &Project, number: usize) {
        project.run_arguments(&["run", "--vars", &format!("{{n: {number}}}")]).succeeds();
    }

    /// Asserts how many data files there are, where a test can see them: `maintain` counts those in a bucket.
    fn has_data_files(project: &Project, count: usize) {
        if let Warehouse::Lakehouse = project.warehouse {
            let files = std::fs::read_dir(project.path("target/lakehouse/main/events")).unwrap();
            let paths = files.map(|file| file.unwrap().path());
            assert_eq!(paths.filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).count(), count);
        }
    }

    /// What `history` says of the table's versions, the latest first.
    fn listed(project: &Project) -> Vec<serde_json::Value> {
        let said = project.run_arguments(&["history", "events", "--vars", "{n: 0}", "--output", "json", "--quiet"]);
        let said: serde_json::Value = serde_json::from_str(&said.succeeds().stdout).unwrap();
        said["show"].as_array().unwrap().clone()
    }

    on_every_lakehouse! {
        fn small_files_are_compacted_and_old_ones_removed(warehouse: Warehouse) {
            let project = events(warehouse, 4);
            let vars = ["--vars", "{n: 0}"];
            let maintain = |arguments: &[&str]| project.run_arguments(&[&["maintain"], &vars[..], arguments].concat());
            maintain(&["--dry-run"]).succeeds().says("events: 4 files would be compacted");
            has_data_files(&project, 4);
            maintain(&["--steps", "compact"]).succeeds().says("events: compacted 4 files into 1");
            has_data_files(&project, 5);
            // Within the retention, versions before the compaction can be read.
            maintain(&["--steps", "vacuum"]).succeeds().says("events: nothing to do");
            maintain(&["--retention-hours", "0"]).succeeds().says("removed 4 files; wrote a checkpoint at version");
            has_data_files(&project, 1);
            maintain(&["--retention-hours", "0"]).succeeds().says("events: nothing to do");
            assert_eq!(project.rows("select n, name from main.events order by n").len(), 4);
            run(&project, 4);
            assert_eq!(project.rows("select count(*), max(name) from main.events"), [["5", "v4"]]);
        }

        fn rows_are_clustered_once(warehouse: Warehouse) {
            let project = events(warehouse, 3);
            let maintain = || project.run_arguments(&["maintain", "--vars", "{n: 0, cluster: [n, name]}"]);
            maintain().succeeds().says("events: clustered 3 files into 1 by n, name");
            let versions = listed(&project);
            assert_eq!((&versions[0]["version"], &versions[0]["operation"]), (&3.into(), &"OPTIMIZE".into()));
            assert!(versions[0]["invocation_id"].is_string() && versions[0]["invocation_id"] != versions[1]["invocation_id"]);
            maintain().succeeds().says("events: nothing to do");
            run(&project, 7);
            maintain().succeeds().says("clustered 2 files into 1 by n, name");
            assert_eq!(project.rows("select n from main.events order by n"), [["0"], ["1"], ["2"], ["7"]]);
        }

        /// `history` lists commits; any of them can be read, by `show` and by models.
        fn earlier_states_are_listed_and_read(warehouse: Warehouse) {
            let project = events(warehouse, 3);
            let versions = listed(&project);
            let numbers: Vec<i64> = versions.iter().map(|version| version["version"].as_i64().unwrap()).collect();
            assert_eq!(numbers, [2, 1, 0]);
            assert_eq!(versions[0]["operation"], "WRITE");
            assert_eq!(versions[0]["metrics"], r#"{"numFiles":1,"numOutputRows":1,"numRemovedFiles":0}"#);
            let run = project.artifact("run_results.json")["metadata"]["invocation_id"].clone();
            assert_eq!(versions[0]["invocation_id"], run);
            assert_ne!(versions[1]["invocation_id"], run);
            assert!(versions[0]["comment"].as_str().unwrap().contains(r#""node_id": "model.shop.events""#));
            let first = versions[2]["at"].as_str().unwrap().to_owned();

            let show = |arguments: &[&str]| {
                project.run_arguments(&[&["show", "--vars", "{n: 0}", "--output", "json"], arguments].concat())
            };
            show(&["--select", "events", "--at-version", "1"]).succeeds().says("v1").says_not("v2");
            show(&["--inline", "select count(*) as c from {{ ref('events').at_version(0) }}"])
                .succeeds()
                .says("\"c\": 1");
            project.write(
                "models/growth.sql",
                "select now.n from {{ ref('events') }} as now
                 left join {{ ref('events').at_version(1) }} as before on before.n = now.n where before.n is null",
            );
            project.run_arguments(&["run", "--select", "growth", "--vars", "{n: 0}"]).succeeds();
            assert_eq!(project.rows("select n from main.growth"), [["2"]]);
            let at = format!("select count(*) as c from {{{{ ref('events').at_timestamp('{first}') }}}}");
            show(&["--inline", &at]).succeeds().says("\"c\": 1");
            show(&["--select", "events", "--at-timestamp", "2100-01-01"]).succeeds().says("v2");

            show(&["--select", "events", "--at-version", "9"])
                .exits_with(2)
                .says("table `main.events` has no version 9")
                .says("its latest version is 2");
            show(&["--select", "events", "--at-timestamp", "2000-01-01"])
                .exits_with(2)
                .says("table `main.events` has no state as of");
            show(&["--inline", "select 1 from {{ ref('events').at_timestamp('soon') }}"])
                .exits_with(2)
                .says("`at_timestamp` needs a date or time");
            project.run("history nowhere --vars {\"n\":\"0\"}").exits_with(2).says("main.nowhere");
            project.run_arguments(&["history", "--vars", "{n: 0}"]).exits_with(2).says("`history` is told no table");
        }
    }
}
