//! What runs beside the plan: the hooks of a project, macros called by name, queries to look at.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use serde_json::Value;
use tokio::runtime::Handle;

use super::failure::diagnose;
use super::introspect::NodeIntrospect;
use super::runner::NodeRunner;
use super::warehouse::NodeSession;
use crate::compile::{CompileOptions, Compiled};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{Introspect, MacroCall, NodeContext};
use crate::outcome::{NodeOutcome, NodeStatus, Timing};
use crate::report::{Event, NodeLabel};
use crate::resource::{JsonMap, Node, NodeKind};

/// The hooks of a project, `on-run-start` or `on-run-end`.
#[derive(Debug)]
pub struct Operations {
    /// The hooks, in order.
    pub hooks: Vec<Arc<Node>>,
    /// Further names for them: `results`, `schemas`, `database_schemas`.
    pub extra: JsonMap,
}

/// How the hooks of a project ended.
#[derive(Debug, Default)]
pub struct HooksEnded {
    /// One outcome per hook, in order.
    pub outcomes: Vec<NodeOutcome>,
    /// A hook whose template could not be rendered: the command cannot go on.
    pub refusal: Option<Box<Diagnostic>>,
}

impl HooksEnded {
    /// Whether every hook was carried out.
    pub fn well(&self) -> bool {
        self.refusal.is_none() && !self.outcomes.iter().any(|outcome| outcome.status.is_failure())
    }
}

impl Operations {
    /// Runs them one after the other; after one that fails, the others are skipped.
    pub async fn run(&self, runner: &NodeRunner) -> HooksEnded {
        let mut ended = HooksEnded::default();
        for (index, hook) in self.hooks.iter().enumerate() {
            let (node, index, total) = (NodeLabel::of(hook), index + 1, self.hooks.len());
            let outcome = if ended.well() {
                let (began, clock) = (Utc::now(), Instant::now());
                let session = NodeSession::of_node(runner, hook);
                let sql = match self.render(runner, hook, &session).await {
                    Ok(sql) => sql,
                    Err(problem) => {
                        let problem = in_hook(hook, problem);
                        ended.outcomes.push(unrendered(hook, &problem));
                        ended.refusal = Some(problem);
                        return ended;
                    }
                };
                let compile = Timing { name: "compile", started_at: began, completed_at: Utc::now() };
                runner.reporter.report(&Event::HookStarted { node: node.clone(), index, total });
                let mut outcome = carry_out(hook, sql, &session, compile).await;
                outcome.execution_time = clock.elapsed();
                outcome
            } else {
                skipped(hook)
            };
            runner.reporter.report(&Event::HookFinished { node, index, total, outcome: Box::new(outcome.clone()) });
            ended.outcomes.push(outcome);
        }
        ended
    }

    async fn render(
        &self,
        runner: &NodeRunner,
        hook: &Arc<Node>,
        session: &Arc<NodeSession>,
    ) -> Result<String, Box<Diagnostic>> {
        let introspect = introspect(runner, session);
        let options =
            CompileOptions { introspect: Some(introspect), extra: self.extra.clone(), ..CompileOptions::default() };
        let (compiler, node) = (Arc::clone(&runner.compiler), Arc::clone(hook));
        let rendered = tokio::task::spawn_blocking(move || compiler.render(&node, &node.raw_code, &options)).await;
        rendered.map_err(|error| lost(&error))?
    }
}

/// Sends a rendered hook and says how that ended.
async fn carry_out(hook: &Node, sql: String, session: &NodeSession, compile: Timing) -> NodeOutcome {
    let mut outcome = NodeOutcome::new(hook.unique_id.clone(), NodeStatus::Success);
    // COMPAT: dbt names the thread of hooks so; `results` leaves out what ran there (dbt 1.11).
    outcome.thread_id = "main".to_owned();
    let started_at = compile.completed_at;
    let done = execute(&sql, session).await;
    outcome.compiled_code = Some(sql);
    outcome.timing = vec![compile, Timing { name: "execute", started_at, completed_at: Utc::now() }];
    outcome.failures = Some(i64::from(done.is_err()));
    match done {
        Ok(()) => outcome.message = Some(format!("{} passed", statement_name(hook))),
        Err(problem) => {
            outcome.status = NodeStatus::Error;
            outcome.message = Some(format!("{} failed, error:\n {}", statement_name(hook), problem.message));
            outcome.diagnostics.push(*in_hook(hook, problem));
        }
    }
    outcome
}

fn unrendered(hook: &Node, problem: &Diagnostic) -> NodeOutcome {
    let mut outcome = NodeOutcome::new(hook.unique_id.clone(), NodeStatus::Error);
    outcome.thread_id = "main".to_owned();
    outcome.message = Some(problem.message.clone());
    outcome.diagnostics.push(problem.clone());
    outcome
}

fn skipped(hook: &Node) -> NodeOutcome {
    let mut outcome = NodeOutcome::new(hook.unique_id.clone(), NodeStatus::Skipped);
    outcome.thread_id = "main".to_owned();
    outcome.message = Some(format!("{} skipped", statement_name(hook)));
    outcome.failures = Some(1);
    outcome
}

/// A hook as dbt's messages name it: `shop.on-run-start.0`.
fn statement_name(hook: &Node) -> String {
    match &hook.kind {
        NodeKind::Operation { at_start: true, index } => format!("{}.on-run-start.{index}", hook.package),
        NodeKind::Operation { at_start: false, index } => format!("{}.on-run-end.{index}", hook.package),
        _ => hook.name.clone(),
    }
}

fn in_hook(hook: &Node, mut problem: Box<Diagnostic>) -> Box<Diagnostic> {
    problem.message = format!("the hook `{}`: {}", hook.name, problem.message);
    problem
}

async fn execute(sql: &str, session: &NodeSession) -> Result<(), Box<Diagnostic>> {
    if sql.trim().is_empty() {
        return Ok(());
    }
    let mut session = session.take().await.map_err(|error| diagnose(&error))?;
    let session = session.get().map_err(|error| diagnose(&error))?;
    session.execute(sql).await.map(drop).map_err(|error| diagnose(&error))
}

fn introspect(runner: &NodeRunner, session: &Arc<NodeSession>) -> Arc<dyn Introspect> {
    Arc::new(NodeIntrospect {
        handle: Handle::current(),
        warehouse: Arc::clone(&runner.warehouse),
        session: Arc::clone(session),
        reporter: Arc::clone(&runner.reporter),
        prints: runner.options.prints,
        warnings: runner.options.warnings.rule(Code::RaisedByUser.event()),
        materialized: None,
    })
}

/// Calls a macro (`run-operation`) and gives what it returns.
///
/// # Errors
/// `undefined-name` when there is no such macro; whatever it raises.
pub async fn call_operation(runner: &NodeRunner, name: &str, arguments: &JsonMap) -> Result<Value, Box<Diagnostic>> {
    let session = NodeSession::named(runner, &format!("macro_{name}"));
    let introspect = introspect(runner, &session);
    let (compiler, name, arguments) = (Arc::clone(&runner.compiler), name.to_owned(), arguments.clone());
    let called = tokio::task::spawn_blocking(move || {
        let package = compiler.project().name().to_owned();
        let resolver = compiler.resolver_of_package(&package, Some(Arc::clone(&introspect)));
        let node = Arc::new(NodeContext { package, ..NodeContext::default() });
        compiler.engine().call_macro(&MacroCall {
            name: &name,
            args: Vec::new(),
            kwargs: arguments,
            node: &node,
            resolver,
            introspect: Some(introspect),
        })
    });
    called.await.map_err(|error| lost(&error))?
}

/// Compiles one node, for `show` and `compile --inline`.
///
/// # Errors
/// Whatever its template raises.
pub async fn compile(runner: &NodeRunner, node: &Arc<Node>) -> Result<Compiled, Box<Diagnostic>> {
    compile_in(runner, node, &NodeSession::of_node(runner, node)).await
}

/// Calls a macro in a node's context.
pub(super) async fn call_in(
    runner: &NodeRunner,
    node: &Arc<Node>,
    (name, args): (&'static str, Vec<Value>),
    session: &Arc<NodeSession>,
) -> Result<Value, Box<Diagnostic>> {
    let options = CompileOptions { introspect: Some(introspect(runner, session)), ..CompileOptions::default() };
    let (compiler, node) = (Arc::clone(&runner.compiler), Arc::clone(node));
    let called = tokio::task::spawn_blocking(move || compiler.call_macro(&node, (name, args), &options)).await;
    called.map_err(|error| lost(&error))?
}

pub(super) async fn compile_in(
    runner: &NodeRunner,
    node: &Arc<Node>,
    session: &Arc<NodeSession>,
) -> Result<Compiled, Box<Diagnostic>> {
    let options = CompileOptions { introspect: Some(introspect(runner, session)), ..CompileOptions::default() };
    let (compiler, compiled_node) = (Arc::clone(&runner.compiler), Arc::clone(node));
    let compiled = tokio::task::spawn_blocking(move || compiler.compile(&compiled_node, &options)).await;
    let compiled = compiled.map_err(|error| lost(&error))??;
    let event = Event::Compiled { node: NodeLabel::of(node), sql: Arc::from(compiled.sql.as_str()) };
    runner.reporter.report(&event);
    Ok(compiled)
}

fn lost(error: &tokio::task::JoinError) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::Internal, format!("a worker thread was lost: {error}")))
}
