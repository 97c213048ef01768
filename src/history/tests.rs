use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::{History, NodeRecord, RunRecord};
use crate::system::{FileSystem, MemoryFileSystem};

fn record(at: &str, id: &str) -> RunRecord {
    let result = NodeRecord { status: "success".to_owned(), seconds: 0.5, rows: Some(3), ..NodeRecord::default() };
    RunRecord {
        invocation_id: id.to_owned(),
        at: at.to_owned(),
        command: "build".to_owned(),
        elapsed: 1.0,
        results: BTreeMap::from([("model.shop.orders".to_owned(), result)]),
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
