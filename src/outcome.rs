//! What became of a run: one [`NodeOutcome`] per node, together the [`RunResults`].
//!
//! This module knows nothing of how a node is run, nor of how results are written or shown.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::resource::UniqueId;

/// How a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeStatus {
    /// Built (models, seeds, snapshots, operations).
    Success,
    /// A test found nothing wrong.
    Pass,
    /// A test or freshness rule was broken at warning severity.
    Warn,
    /// A test was broken at error severity.
    Fail,
    /// It could not be carried out.
    Error,
    /// Not started, because of something upstream or of fail-fast.
    Skipped,
    /// Some batches of a microbatch model failed.
    PartialSuccess,
    /// Nothing to do (exposures and the like).
    NoOp,
    /// A freshness check could not be carried out.
    RuntimeError,
}

impl NodeStatus {
    /// The word in run_results.json.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::PartialSuccess => "partial success",
            Self::NoOp => "no-op",
            Self::RuntimeError => "runtime error",
        }
    }

    /// Whether nodes downstream may be built.
    pub const fn lets_children_run(self) -> bool {
        matches!(self, Self::Success | Self::Pass | Self::Warn | Self::NoOp)
    }

    /// Whether the whole command fails because of it.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Error | Self::Skipped | Self::PartialSuccess | Self::RuntimeError)
    }
}

/// When one step of a node ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// `compile` or `execute`.
    pub name: &'static str,
    /// Start.
    pub started_at: DateTime<Utc>,
    /// End.
    pub completed_at: DateTime<Utc>,
}

/// What the warehouse answered to the last statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdapterResponse {
    /// Such as `SELECT 5`, `INSERT 0 3`, `CREATE VIEW`.
    pub message: String,
    /// The command word.
    pub code: String,
    /// Rows written or affected, if counted.
    pub rows_affected: Option<u64>,
}

impl AdapterResponse {
    /// The number of rows as artifacts and templates show it. COMPAT: -1 for an answer without one (dbt-postgres
    /// 1.11).
    pub fn rows_shown(&self) -> Option<i64> {
        match self.rows_affected {
            Some(rows) => i64::try_from(rows).ok(),
            None => (!self.code.is_empty()).then_some(-1),
        }
    }
}

/// How one node ended.
#[derive(Debug, Clone)]
pub struct NodeOutcome {
    /// The node.
    pub unique_id: UniqueId,
    /// How it ended.
    pub status: NodeStatus,
    /// Its steps.
    pub timing: Vec<Timing>,
    /// Name of the worker, such as `Thread-1 (worker)`.
    pub thread_id: String,
    /// Wall time, compile to end.
    pub execution_time: Duration,
    /// The warehouse's last answer.
    pub adapter_response: AdapterResponse,
    /// One line for people and run_results.json.
    pub message: Option<String>,
    /// Tests: number of failing rows (the value of `fail_calc`).
    pub failures: Option<i64>,
    /// The SQL that was run, if compilation came that far.
    pub compiled_code: Option<String>,
    /// Where its rows stand, rendered.
    pub relation_name: Option<String>,
    /// What went wrong, if anything did.
    pub diagnostics: Vec<Diagnostic>,
    /// Tests: some of the rows found, for the terminal.
    pub sample: Option<crate::relation::Table>,
    /// Microbatch: batches that ended well and badly, as `(start, end)`.
    pub batches: Option<BatchResults>,
    /// Freshness checks: how old the source is.
    pub age: Option<SourceAge>,
    /// Tests that compare with earlier runs: what was measured, for later ones.
    pub observed: Option<Observed>,
    /// Built tables: what stands in them.
    pub contents: Option<Contents>,
}

/// What stands in a table after it was built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Rows, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bytes of storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Tested columns, where they were counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnContents>,
}

/// What stands in a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnContents {
    /// Its name.
    pub name: String,
    /// Rows where it is null.
    pub nulls: u64,
    /// Different values.
    pub distinct: u64,
}

/// What a test measured of a relation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// What it is that was measured, the same in every run.
    pub key: String,
    /// When, or the moment that the test was told to take for the present.
    pub at: DateTime<Utc>,
    /// Values of metrics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ObservedValue>,
    /// Columns and their types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String)>,
}

/// A metric's value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObservedValue {
    /// `row_count`, `null_rate`, ...
    pub metric: String,
    /// The time bucket it is of; none is the whole relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<DateTime<Utc>>,
    /// How much.
    pub value: f64,
    /// The least and the most that was expected, once enough was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<(f64, f64)>,
    /// Whether it was found unusual.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unusual: bool,
}

/// How old a source's newest rows are.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceAge {
    /// When the newest row was loaded.
    pub max_loaded_at: DateTime<Utc>,
    /// When that was asked.
    pub snapshotted_at: DateTime<Utc>,
    /// The time between, in seconds; negative if the rows are from the future.
    pub seconds: f64,
}

/// The batches of a microbatch model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchResults {
    /// Intervals built.
    pub successful: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Intervals not built.
    pub failed: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl NodeOutcome {
    /// An outcome with a status and nothing else.
    pub fn new(unique_id: UniqueId, status: NodeStatus) -> Self {
        Self {
            unique_id,
            status,
            timing: Vec::new(),
            thread_id: "MainThread".to_owned(),
            execution_time: Duration::ZERO,
            adapter_response: AdapterResponse::default(),
            message: None,
            failures: None,
            compiled_code: None,
            relation_name: None,
            diagnostics: Vec::new(),
            sample: None,
            batches: None,
            age: None,
            observed: None,
            contents: None,
        }
    }
}

/// Everything a command that runs nodes leaves behind.
#[derive(Debug, Clone)]
pub struct RunResults {
    /// One per selected node, in order of completion.
    pub outcomes: Vec<NodeOutcome>,
    /// Wall time of the command's execution phase.
    pub elapsed: Duration,
    /// When execution began.
    pub started_at: DateTime<Utc>,
    /// Whether it was cut short by the user (Ctrl-C, SIGTERM).
    pub interrupted: bool,
}

impl RunResults {
    /// Those of a run that had nothing to do.
    pub fn nothing(started_at: DateTime<Utc>) -> Self {
        Self { outcomes: Vec::new(), elapsed: Duration::ZERO, started_at, interrupted: false }
    }

    /// Number of outcomes with a status.
    pub fn count(&self, status: NodeStatus) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.status == status).count()
    }

    /// Whether the command as a whole succeeded.
    pub fn succeeded(&self) -> bool {
        !self.interrupted && !self.outcomes.iter().any(|outcome| outcome.status.is_failure())
    }
}
