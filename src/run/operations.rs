//! What runs beside the plan: the hooks of a project, macros called by name, queries to look at.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use serde_json::Value;
use tokio::runtime::Handle;

use super::failure::{diagnose, diagnose_sql};
use super::introspect::NodeIntrospect;
use super::runner::NodeRunner;
use super::warehouse::NodeSession;
use crate::compile::{CompileOptions, Compiled};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{Introspect, MacroCall, NodeContext};
use crate::outcome::{AdapterResponse, NodeOutcome, NodeStatus, Timing};
use crate::relation::Table;
use crate::report::{Event, NodeLabel};
use crate::resource::{JsonMap, Node};
use crate::sql::limited;

/// The hooks of a project, `on-run-start` or `on-run-end`.
#[derive(Debug)]
pub struct Operations {
    /// The hooks, in order.
    pub hooks: Vec<Arc<Node>>,
    /// Further names for them: `results`, `schemas`, `database_schemas`.
    pub extra: JsonMap,
}

impl Operations {
    /// Runs them one after the other; the first that fails is the last that runs.
    pub async fn run(&self, runner: &NodeRunner) -> Vec<NodeOutcome> {
        let mut outcomes = Vec::with_capacity(self.hooks.len());
        for (index, hook) in self.hooks.iter().enumerate() {
            let (node, index, total) = (NodeLabel::of(hook), index + 1, self.hooks.len());
            runner.reporter.report(&Event::HookStarted { node: node.clone(), index, total });
            let outcome = self.run_one(runner, hook).await;
            let failed = outcome.status.is_failure();
            runner.reporter.report(&Event::HookFinished { node, index, total, outcome: Box::new(outcome.clone()) });
            outcomes.push(outcome);
            if failed {
                break;
            }
        }
        outcomes
    }

    async fn run_one(&self, runner: &NodeRunner, hook: &Arc<Node>) -> NodeOutcome {
        let (began, clock) = (Utc::now(), Instant::now());
        let session = NodeSession::new(&runner.warehouse);
        let rendered = self.render(runner, hook, &session).await;
        let compiled_at = Utc::now();
        let mut outcome = NodeOutcome::new(hook.unique_id.clone(), NodeStatus::Success);
        outcome.compiled_code = rendered.as_ref().ok().cloned();
        match execute(rendered, &session).await {
            Ok(response) => {
                outcome.message = Some(response.message.clone());
                outcome.adapter_response = response;
            }
            Err(mut problem) => {
                problem.message = format!("the hook `{}`: {}", hook.name, problem.message);
                outcome.status = NodeStatus::Error;
                outcome.message = Some(problem.message.clone());
                outcome.diagnostics.push(*problem);
            }
        }
        outcome.execution_time = clock.elapsed();
        outcome.timing = vec![
            Timing { name: "compile", started_at: began, completed_at: compiled_at },
            Timing { name: "execute", started_at: compiled_at, completed_at: Utc::now() },
        ];
        outcome
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

async fn execute(
    rendered: Result<String, Box<Diagnostic>>,
    session: &NodeSession,
) -> Result<AdapterResponse, Box<Diagnostic>> {
    let sql = rendered?;
    if sql.trim().is_empty() {
        return Ok(AdapterResponse { message: "OK".to_owned(), ..AdapterResponse::default() });
    }
    let mut session = session.take().await.map_err(|error| diagnose(&error))?;
    let session = session.get().map_err(|error| diagnose(&error))?;
    session.execute(&sql).await.map_err(|error| diagnose(&error))
}

fn introspect(runner: &NodeRunner, session: &Arc<NodeSession>) -> Arc<dyn Introspect> {
    Arc::new(NodeIntrospect {
        handle: Handle::current(),
        warehouse: Arc::clone(&runner.warehouse),
        session: Arc::clone(session),
        reporter: Arc::clone(&runner.reporter),
        prints: runner.options.prints,
        materialized: None,
    })
}

/// Calls a macro (`run-operation`) and gives what it returns.
///
/// # Errors
/// `undefined-name` when there is no such macro; whatever it raises.
pub async fn call_operation(runner: &NodeRunner, name: &str, arguments: &JsonMap) -> Result<Value, Box<Diagnostic>> {
    let session = NodeSession::new(&runner.warehouse);
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
    compile_in(runner, node, &NodeSession::new(&runner.warehouse)).await
}

async fn compile_in(
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

/// Compiles a node and gives its first rows (`show`); `limit` of `None` is all of them.
///
/// # Errors
/// Whatever its template or the warehouse raises.
pub async fn show(runner: &NodeRunner, node: &Arc<Node>, limit: Option<usize>) -> Result<Table, Box<Diagnostic>> {
    let session = NodeSession::new(&runner.warehouse);
    let compiled = compile_in(runner, node, &session).await?;
    let sql = limited(&compiled.sql, limit);
    let mut session = session.take().await.map_err(|error| diagnose(&error))?;
    let session = session.get().map_err(|error| diagnose(&error))?;
    let (table, _) =
        session.query(&sql.text).await.map_err(|error| diagnose_sql(&error, node, &compiled, sql.before))?;
    Ok(table)
}

fn lost(error: &tokio::task::JoinError) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::Internal, format!("a worker thread was lost: {error}")))
}
