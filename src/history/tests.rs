use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::{History, KEPT, Lookback, NodeRecord, RunRecord};
use crate::outcome::Observed;
use crate::system::{FileSystem, MemoryFileSystem};

fn record(at: &str, id: &str) -> RunRecord {
    let result = NodeRecord { status: "success".to_owned(), seconds: 0.5, rows: Some(3), ..NodeRecord::default() };
    RunRecord {
        invocation_id: id.to_owned(),
        at: at.to_owned(),
        command: "build".to_owned(),
        target: "dev".to_owned(),
        elapsed: 1.0,
        results: BTreeMap::from([("model.shop.orders".to_owned(), result)]),
        observed: BTreeMap::new(),
    }
}

#[test]
fn the_last_records_come_back_in_order() {
    let files: Arc<dyn FileSystem> = Arc::new(MemoryFileSystem::default());
    let history = History::new(Arc::clone(&files), PathBuf::from("/project/target/history"));
    assert!(history.last(5).is_empty(), "no folder is no history");
    let runs =
        [record("2026-01-02T00:00:00Z", "b"), record("2026-01-01T00:00:00Z", "a"), record("2026-01-03T00:00:00Z", "c")];
    runs.iter().for_each(|run| history.keep(run).unwrap());
    files.write(Path::new("/project/target/history/20260104T000000Z-d.json"), b"{ cut").unwrap();
    let ids: Vec<String> = history.last(3).into_iter().map(|run| run.invocation_id).collect();
    assert_eq!(ids, ["b", "c"], "the last three files, one of them unreadable");
    assert_eq!(history.last(9).first(), Some(&record("2026-01-01T00:00:00Z", "a")), "nothing is lost on the way");
}

#[test]
fn artifacts_of_runs_are_records_and_those_of_compiling_are_not() {
    let artifact = |which: &str| {
        json!({"metadata": {"generated_at": "2026-01-02T00:00:00Z", "invocation_id": "x"}, "args": {"which": which},
            "elapsed_time": 1.5, "results": [{"unique_id": "model.shop.orders", "status": "success", "execution_time": 0.5,
            "adapter_response": {"rows_affected": 7}, "failures": null, "message": "SELECT 7"}]})
    };
    let run = RunRecord::of_artifact(&artifact("build")).unwrap();
    assert_eq!(run.results["model.shop.orders"].rows, Some(7));
    assert_eq!(RunRecord::of_artifact(&artifact("generate")), None);
    assert_eq!(RunRecord::of_artifact(&json!([])), None);
}

#[test]
fn tests_look_back_at_what_was_measured_into_the_same_target() {
    let files: Arc<dyn FileSystem> = Arc::new(MemoryFileSystem::default());
    let history = History::new(files, PathBuf::from("/project/target/history"));
    let day = |day: u32| format!("2026-01-{day:02}T00:00:00Z");
    for (number, target) in [(1, "dev"), (2, "prod"), (3, "dev"), (4, "dev")] {
        let seen = Observed { key: "rows".to_owned(), at: day(number).parse().unwrap(), ..Observed::default() };
        let observed = BTreeMap::from([("test.shop.rows".to_owned(), seen)]);
        history.keep(&RunRecord { target: target.to_owned(), observed, ..record(&day(number), "x") }).unwrap();
    }
    let since = |since: u32| -> Vec<String> {
        let lookback = Lookback::new(history.clone(), "dev");
        lookback.of("rows", day(since).parse().unwrap()).iter().map(|seen| seen.at.format("%d").to_string()).collect()
    };
    assert_eq!(since(1), ["01", "03", "04"], "the other target's run is another story");
    assert_eq!(since(2), ["03", "04"]);
    assert_eq!(since(9), ["04"], "the last however old it is");
    assert_eq!(history.last(9).len(), 4, "measurements are no records of their own");
    assert_eq!(history.last(1)[0].observed["test.shop.rows"].key, "rows");
}

#[test]
fn the_oldest_records_are_taken_away() {
    let files: Arc<dyn FileSystem> = Arc::new(MemoryFileSystem::default());
    let folder = PathBuf::from("/project/target/history");
    let history = History::new(Arc::clone(&files), folder.clone());
    for minute in 0..=KEPT {
        let at = format!("2026-01-01T{:02}:{:02}:00Z", minute / 60, minute % 60);
        let observed = BTreeMap::from([("test.shop.rows".to_owned(), Observed::default())]);
        history.keep(&RunRecord { observed, ..record(&at, "x") }).unwrap();
    }
    assert_eq!(files.files_below(&folder).len(), 2 * KEPT, "a record and its measurements");
    assert_eq!(history.last(KEPT + 1)[0].at, "2026-01-01T00:01:00Z");
}
