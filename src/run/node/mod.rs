//! Running one node: [`Work`] compiles it and carries it out in its own session; each kind of node
//! has a file.

mod anomaly;
mod clone;
mod contents;
mod contract;
mod data_test;
mod freshness;
mod function;
mod hooks;
mod latest_version;
mod materialization;
mod microbatch;
mod model;
mod overrides;
mod publish;
mod seed;
mod snapshot;
mod unit_test;
mod unit_test_diff;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;

use microbatch::Batch;

use super::introspect::{MaterializedNode, NodeIntrospect};
use super::runner::NodeRunner;
use super::warehouse::NodeSession;
use crate::compile::{CompileOptions, Compiled};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Introspect;
use crate::outcome::{AdapterResponse, BatchResults, Contents, NodeOutcome, NodeStatus, Observed, SourceAge, Timing};
use crate::plan::Action;
use crate::relation::Table;
use crate::report::{Event, NodeLabel};
use crate::resource::{JsonMap, Node, UniqueId};

/// One node being run.
pub(super) struct Work<'a> {
    runner: &'a NodeRunner,
    node: &'a Arc<Node>,
    session: Arc<NodeSession>,
    /// The worker's number.
    worker: usize,
    /// The batch, while a microbatch model is built.
    batch: Option<Batch>,
    began: DateTime<Utc>,
    compiled_at: Option<DateTime<Utc>>,
    compiled: Option<Arc<Compiled>>,
}

/// How a node ended when nothing refused.
#[derive(Debug)]
pub(super) struct Ended {
    status: NodeStatus,
    response: AdapterResponse,
    message: Option<String>,
    failures: Option<i64>,
    sample: Option<Table>,
    /// The row that a test's query gave.
    counts: Option<Table>,
    age: Option<SourceAge>,
    observed: Option<Observed>,
    contents: Option<Contents>,
    batches: Option<BatchResults>,
    diagnostic: Option<Box<Diagnostic>>,
}

impl Ended {
    /// A status and nothing else.
    pub(super) fn with(status: NodeStatus) -> Self {
        Self {
            status,
            response: AdapterResponse::default(),
            message: None,
            failures: None,
            sample: None,
            counts: None,
            age: None,
            observed: None,
            contents: None,
            batches: None,
            diagnostic: None,
        }
    }

    /// There was nothing to do.
    pub(super) fn nothing() -> Self {
        // COMPAT: so dbt 1.11 has it, failures and all.
        Self { failures: Some(0), message: Some("NO-OP".to_owned()), ..Self::with(NodeStatus::NoOp) }
    }

    /// A relation was built.
    fn built(response: AdapterResponse) -> Self {
        Self { message: Some(response.message.clone()), response, ..Self::with(NodeStatus::Success) }
    }
}

impl<'a> Work<'a> {
    pub(super) fn new(runner: &'a NodeRunner, node: &'a Arc<Node>, worker: usize) -> Self {
        let session = NodeSession::of_node(runner, node);
        Self { runner, node, session, worker, batch: None, began: Utc::now(), compiled_at: None, compiled: None }
    }

    /// The worker's name, as templates and artifacts show it.
    fn thread(&self) -> String {
        format!("Thread-{} (worker)", self.worker)
    }

    /// How the node's templates are rendered.
    fn options(&self) -> CompileOptions {
        let mut extra = JsonMap::new();
        extra.insert("thread_id".to_owned(), self.thread().into());
        let batch = self.batch.map(|batch| batch.window);
        let mut overrides = JsonMap::new();
        if self.batch.is_some_and(|batch| batch.adds) {
            let macros = serde_json::json!({ "is_incremental": true, "should_full_refresh": false });
            overrides.insert("macros".to_owned(), macros);
        }
        CompileOptions { introspect: self.introspect(), extra, batch, overrides, ..CompileOptions::default() }
    }

    /// The warehouse as this node's templates see it.
    fn introspect(&self) -> Option<Arc<dyn Introspect>> {
        self.runner.options.introspects.then(|| self.introspect_for(None))
    }

    fn introspect_for(&self, materialized: Option<MaterializedNode>) -> Arc<dyn Introspect> {
        Arc::new(NodeIntrospect {
            handle: Handle::current(),
            warehouse: Arc::clone(&self.runner.warehouse),
            session: Arc::clone(&self.session),
            reporter: Arc::clone(&self.runner.reporter),
            prints: self.runner.options.prints,
            warnings: self.runner.options.warnings.rule(Code::RaisedByUser.event()),
            materialized,
        })
    }

    /// Compiles the node and says so.
    async fn compile(&mut self) -> Result<Arc<Compiled>, Box<Diagnostic>> {
        self.compile_with(self.options()).await
    }

    /// Compiles the node on a thread that may wait for the warehouse.
    async fn compile_with(&mut self, options: CompileOptions) -> Result<Arc<Compiled>, Box<Diagnostic>> {
        let (compiler, node) = (Arc::clone(&self.runner.compiler), Arc::clone(self.node));
        let compiled = tokio::task::spawn_blocking(move || compiler.compile(&node, &options)).await;
        let compiled = Arc::new(compiled.map_err(|error| lost(&error))??);
        self.compiled_at = Some(Utc::now());
        self.compiled = Some(Arc::clone(&compiled));
        self.runner
            .reporter
            .report(&Event::Compiled { node: NodeLabel::of(self.node), sql: Arc::from(compiled.sql.as_str()) });
        Ok(compiled)
    }

    /// Says what is sent to the warehouse, for `target/run`.
    fn say_executed(&self, sql: String) {
        self.runner.reporter.report(&Event::Executed { node: NodeLabel::of(self.node), sql: Arc::from(sql) });
    }

    /// Compiles without running.
    pub(super) async fn compile_only(&mut self) -> Result<Ended, Box<Diagnostic>> {
        if self.node.raw_code.is_empty() && self.node.as_data_test().is_none() {
            return Ok(Ended::with(NodeStatus::Success));
        }
        self.compile().await?;
        Ok(Ended::with(NodeStatus::Success))
    }

    /// What is left of the work.
    pub(super) fn outcome(self, ended: Result<Ended, Box<Diagnostic>>, action: Action) -> NodeOutcome {
        let now = Utc::now();
        let compiled_at = self.compiled_at.unwrap_or(now);
        let mut outcome = NodeOutcome::new(self.node.unique_id.clone(), NodeStatus::Success);
        outcome.thread_id = self.thread();
        outcome.timing = vec![
            Timing { name: "compile", started_at: self.began, completed_at: compiled_at },
            Timing { name: "execute", started_at: compiled_at, completed_at: now },
        ];
        outcome.compiled_code = self.compiled.as_ref().map(|compiled| compiled.sql.clone());
        outcome.relation_name = crate::artifacts::relation_name(self.node);
        match ended {
            Ok(ended) => {
                outcome.status = ended.status;
                outcome.adapter_response = ended.response;
                outcome.message = ended.message;
                outcome.failures = ended.failures;
                outcome.sample = ended.sample;
                outcome.age = ended.age;
                outcome.observed = ended.observed;
                outcome.contents = ended.contents;
                outcome.batches = ended.batches;
                outcome.diagnostics.extend(ended.diagnostic.map(|diagnostic| *diagnostic));
            }
            Err(diagnostic) => {
                let is_freshness = action == Action::CheckFreshness;
                outcome.status = if is_freshness { NodeStatus::RuntimeError } else { NodeStatus::Error };
                outcome.message = Some(in_one_text(self.node, &diagnostic));
                outcome.diagnostics.push(*diagnostic);
                if let Some(culprit) = self.broken_ephemeral(action) {
                    outcome.status = NodeStatus::Skipped;
                    outcome.message = Some(format!(
                        "Compilation Error in {}, caused by compilation error in referenced ephemeral model {culprit}",
                        self.node.unique_id
                    ));
                }
            }
        }
        outcome
    }

    /// COMPAT: where an ephemeral model that runs too cannot be compiled, what uses it is skipped (dbt 1.11).
    fn broken_ephemeral(&self, action: Action) -> Option<UniqueId> {
        let compiler = &self.runner.compiler;
        let could_not_be_compiled = action != Action::Compile && self.compiled.is_none();
        let culprit = could_not_be_compiled.then(|| compiler.broken_ephemeral(self.node)).flatten()?;
        compiler.engine().selects(&culprit).then_some(culprit)
    }
}

/// A diagnostic's words for run_results.json.
fn in_one_text(node: &Node, diagnostic: &Diagnostic) -> String {
    let parts =
        [&diagnostic.message].into_iter().chain(&diagnostic.cause).chain(&diagnostic.notes).chain(&diagnostic.help);
    let Some(class) = diagnostic.code.class() else {
        return parts.cloned().collect::<Vec<String>>().join("\n");
    };
    let words: Vec<String> = parts.flat_map(|part| part.lines()).map(|line| format!("  {line}")).collect();
    // COMPAT: the class and the node stand first (dbt 1.11); people and tools look for them.
    format!("{class} in {}\n{}", NodeLabel::of(node).heading(), words.join("\n"))
}

/// A thread that ended by itself is a fault of the engine.
fn lost(error: &tokio::task::JoinError) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::Internal, format!("a worker thread was lost: {error}")))
}
