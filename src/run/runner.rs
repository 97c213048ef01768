use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::comment::QueryComments;
use super::node::{Ended, Work};
use super::scheduler::{SkipReason, TaskRunner};
use super::warehouse::Warehouse;
use crate::compile::Compiler;
use crate::config::{EventWindow, WarningRules};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::Lookback;
use crate::outcome::{NodeOutcome, NodeStatus};
use crate::plan::{Action, Task};
use crate::report::{Event, NodeLabel, Reporter};
use crate::resource::UniqueId;
use crate::system::FileSystem;

/// What every node of a run is run with.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// `--store-failures`.
    pub store_failures: bool,
    /// What becomes of warnings: `--warn-error` and `--warn-error-options`.
    pub warnings: WarningRules,
    /// `--empty`.
    pub empty: bool,
    /// Whether versioned models have a view of their latest version, unless they say otherwise.
    pub points_to_latest: bool,
    /// `--print`: whether `print()` prints.
    pub prints: bool,
    /// Whether templates may ask the warehouse (`--no-introspect` says no).
    pub introspects: bool,
    /// Seeds to show after they are loaded (`--show`).
    pub show: bool,
    /// `--event-time-start`.
    pub event_time_start: Option<DateTime<Utc>>,
    /// `--event-time-end`.
    pub event_time_end: Option<DateTime<Utc>>,
    /// `--sample`.
    pub sample: Option<EventWindow>,
    /// When the run began, or the one that is taken up again.
    pub began: Option<DateTime<Utc>>,
    /// Batches that an earlier run left undone, by model.
    pub batches: Arc<HashMap<UniqueId, Vec<EventWindow>>>,
    /// What earlier runs measured.
    pub lookback: Arc<Lookback>,
    /// What is told to the warehouse of who asks.
    pub query_comments: Arc<QueryComments>,
}

/// Runs the tasks of a plan in a warehouse.
pub struct NodeRunner {
    pub(super) compiler: Arc<Compiler>,
    pub(super) warehouse: Arc<Warehouse>,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) files: Arc<dyn FileSystem>,
    pub(super) options: RunOptions,
    total: usize,
    tested_columns: OnceLock<HashMap<UniqueId, Vec<String>>>,
}

impl NodeRunner {
    /// A runner of `total` tasks.
    pub fn new(
        compiler: Arc<Compiler>,
        warehouse: Arc<Warehouse>,
        reporter: Arc<dyn Reporter>,
        files: Arc<dyn FileSystem>,
        options: RunOptions,
    ) -> Self {
        Self { compiler, warehouse, reporter, files, options, total: 0, tested_columns: OnceLock::new() }
    }

    /// The same for a number of tasks, for what is shown.
    #[must_use]
    pub fn of(mut self, total: usize) -> Self {
        self.total = total;
        self
    }

    /// The columns of a node that tests look at.
    pub(super) fn tested_columns(&self, id: &UniqueId) -> Vec<String> {
        let read = || {
            let mut columns: HashMap<UniqueId, Vec<String>> = HashMap::new();
            for test in self.compiler.project().nodes.values().filter_map(|node| node.as_data_test()) {
                let (Some(node), Some(column)) = (&test.attached_node, &test.column_name) else { continue };
                let known = columns.entry(node.clone()).or_default();
                if !known.contains(column) {
                    known.push(column.clone());
                }
            }
            columns
        };
        self.tested_columns.get_or_init(read).get(id).cloned().unwrap_or_default()
    }
}

/// Whether rows come to stand somewhere.
const fn builds(action: Action) -> bool {
    matches!(action, Action::Materialize | Action::LoadSeed)
}

#[async_trait]
impl TaskRunner for NodeRunner {
    async fn run(&self, task: &Task, number: usize, worker: usize) -> NodeOutcome {
        let mut label = NodeLabel::of(&task.node);
        let started = Instant::now();
        label.started_at = Some(Utc::now());
        if task.action != Action::Compile {
            self.reporter.report(&Event::NodeStarted { node: label.clone(), index: number, total: self.total });
        }
        let mut work = Work::new(self, &task.node, worker);
        let ended = match task.action {
            Action::Materialize => work.materialize().await,
            Action::LoadSeed => work.load_seed().await,
            Action::RunTest => work.run_data_test().await,
            Action::RunUnitTest => work.run_unit_test().await,
            Action::Compile => work.compile_only().await,
            Action::Clone => work.clone_earlier().await,
            Action::CheckFreshness => work.check_freshness().await,
            Action::BuildFunction => work.build_function().await,
            Action::Nothing => Ok(Ended::nothing()),
        };
        let ended = match ended {
            Ok(ended) if builds(task.action) => Ok(work.with_contents(ended).await),
            ended => ended,
        };
        let mut outcome = work.outcome(ended, task.action);
        outcome.execution_time = started.elapsed();
        if task.action != Action::Compile {
            self.reporter.report(&Event::NodeFinished {
                node: label,
                index: number,
                total: self.total,
                outcome: Box::new(outcome.clone()),
                because_of: None,
            });
        }
        outcome
    }

    fn skip(&self, task: &Task, number: usize, reason: SkipReason) -> NodeOutcome {
        let mut outcome = NodeOutcome::new(task.node.unique_id.clone(), NodeStatus::Skipped);
        let because_of = match reason {
            SkipReason::Upstream(culprit) => {
                outcome.message = Some(format!("Skipping because `{culprit}` did not end well"));
                Some(culprit)
            }
            SkipReason::FailFast => {
                outcome.message = Some("Skipping due to fail_fast".to_owned());
                None
            }
            SkipReason::Interrupted => {
                let stopped =
                    Diagnostic::error(Code::Cancelled, format!("`{}` was not run: interrupted", task.node.name));
                outcome.message = Some(stopped.message);
                None
            }
        };
        self.reporter.report(&Event::NodeFinished {
            node: NodeLabel::of(&task.node),
            index: number,
            total: self.total,
            outcome: Box::new(outcome.clone()),
            because_of,
        });
        outcome
    }
}
