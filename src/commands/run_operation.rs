//! `run-operation`: calls a macro.

use super::execution::Execution;
use super::results::write_results;
use super::session::{Ending, Session};
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::plan::{Goal, Plan};
use crate::report::Event;
use crate::resource::UniqueId;
use crate::selector::Selection;

/// Calls the macro with `--args`.
pub(super) async fn run_operation(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let Some((name, arguments)) = &session.settings.flags.operation else { return Ok(Ending::Refused) };
    let (started_at, clock) = (chrono::Utc::now(), std::time::Instant::now());
    let execution = Execution::begin(session, &loaded, &Selection::default()).await?;
    execution.prepare(&Plan::default()).await?;
    let called = crate::run::call_operation(&execution.runner(1), name, arguments).await;
    let package = loaded.project.name();
    let mut outcome = NodeOutcome::new(UniqueId::new(format!("operation.{package}.{name}")), NodeStatus::Success);
    outcome.execution_time = clock.elapsed();
    if let Err(problem) = called {
        session.reporter.report(&Event::Diagnostic(problem.clone()));
        outcome.status = NodeStatus::Error;
        outcome.message = Some(problem.message.clone());
        outcome.diagnostics.push(*problem);
    }
    let results = RunResults { outcomes: vec![outcome], elapsed: clock.elapsed(), started_at, interrupted: false };
    write_results(session, &loaded.project, &results, Goal::Run);
    Ok(session.end(Ending::of(results.succeeded())))
}
