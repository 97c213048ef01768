//! What runs left behind, run by run: a small record each, in a folder of files.
//!
//! [`RunRecord`] is written when a run ends and read by what looks back: the documentation site, the
//! report, the tests that compare with earlier runs. A file per run needs no lock: two processes
//! never write the same one. Nothing here knows of the project or of a warehouse.

mod lookback;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::outcome::{Contents, NodeOutcome, Observed, RunResults};
use crate::relation::{Scalar, Table};

pub use lookback::Lookback;
pub use store::{History, KEPT};

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Id of the invocation.
    pub invocation_id: String,
    /// When it began, ISO 8601 in UTC.
    pub at: String,
    /// `build`, `run`, `test`, ...
    pub command: String,
    /// The profile's target.
    #[serde(default)]
    pub target: String,
    /// Seconds.
    pub elapsed: f64,
    /// What became of each node, by unique id.
    pub results: BTreeMap<String, NodeRecord>,
    /// What its tests measured, by unique id: kept in a file of its own, which tests of later runs read.
    #[serde(skip)]
    pub observed: BTreeMap<String, Observed>,
}

/// One node's part in a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// `success`, `pass`, `fail`, ...
    pub status: String,
    /// Seconds.
    pub seconds: f64,
    /// Rows written, where the warehouse says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Failing rows of a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<i64>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Age of a source's newest row in seconds, where its freshness was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<f64>,
    /// Some of the rows that a test found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<FoundRows>,
    /// What stands in a table that was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<Contents>,
}

/// Rows that a test found, as text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundRows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// A text per column; none is null.
    pub rows: Vec<Vec<Option<String>>>,
}

impl RunRecord {
    /// The record of a run that ended.
    pub fn new(results: &RunResults, command: &str, target: &str, invocation_id: &str) -> Self {
        let observed = |outcome: &NodeOutcome| Some((outcome.unique_id.to_string(), outcome.observed.clone()?));
        Self {
            invocation_id: invocation_id.to_owned(),
            at: results.started_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            command: command.to_owned(),
            target: target.to_owned(),
            elapsed: results.elapsed.as_secs_f64(),
            results: results
                .outcomes
                .iter()
                .map(|outcome| (outcome.unique_id.to_string(), NodeRecord::of(outcome)))
                .collect(),
            observed: results.outcomes.iter().filter_map(observed).collect(),
        }
    }

    /// The record that a run_results.json holds, whoever wrote it; `None` when nothing was run (`compile`,
    /// `docs generate`) or it is of another shape.
    pub fn of_artifact(run_results: &Value) -> Option<Self> {
        let metadata = run_results.get("metadata")?;
        let text = |object: &Value, key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let command = run_results.get("args").and_then(|args| text(args, "which")).unwrap_or_default();
        if matches!(command.as_str(), "generate" | "compile" | "list" | "parse" | "show") {
            return None;
        }
        let result = |result: &Value| {
            let rows = result.get("adapter_response").and_then(|response| response.get("rows_affected"));
            let record = NodeRecord {
                status: text(result, "status").unwrap_or_default(),
                seconds: result.get("execution_time").and_then(Value::as_f64).unwrap_or_default(),
                rows: rows.and_then(Value::as_u64),
                failures: result.get("failures").and_then(Value::as_i64),
                message: text(result, "message"),
                ..NodeRecord::default()
            };
            Some((text(result, "unique_id")?, record))
        };
        Some(Self {
            invocation_id: text(metadata, "invocation_id").unwrap_or_default(),
            at: text(metadata, "generated_at").unwrap_or_default(),
            command,
            target: String::new(),
            elapsed: run_results.get("elapsed_time").and_then(Value::as_f64).unwrap_or_default(),
            results: run_results.get("results")?.as_array()?.iter().filter_map(result).collect(),
            observed: BTreeMap::new(),
        })
    }
}

impl NodeRecord {
    fn of(outcome: &NodeOutcome) -> Self {
        Self {
            status: outcome.status.as_str().to_owned(),
            seconds: outcome.execution_time.as_secs_f64(),
            rows: outcome.adapter_response.rows_affected,
            failures: outcome.failures,
            message: outcome.message.clone(),
            age: outcome.age.as_ref().map(|age| age.seconds),
            found: outcome.sample.as_ref().and_then(FoundRows::of),
            contents: outcome.contents.clone(),
        }
    }
}

impl FoundRows {
    fn of(table: &Table) -> Option<Self> {
        let text = |value: &Scalar| (*value != Scalar::Null).then(|| value.to_string());
        let rows = table.rows().ok()?;
        Some(Self {
            columns: table.column_names().into_iter().map(str::to_owned).collect(),
            rows: rows.iter().map(|row| row.iter().map(text).collect()).collect(),
        })
    }
}
