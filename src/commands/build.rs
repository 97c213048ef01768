//! `build`, `run`, `test`, `seed`, `snapshot`, `clone`, `source freshness`: one story, with another goal.

use std::sync::Arc;

use chrono::Utc;

use super::alerts::{alerts, send_alert};
use super::execution::Execution;
use super::progress::Progress;
use super::results::write_results;
use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use super::summary::write_summary;
use super::team_history;
use crate::outcome::RunResults;
use crate::plan::{Goal, Plan};
use crate::report::Reporter;

/// Selects nodes, plans what is done with them, does it, and leaves the artifacts behind.
pub(super) async fn build(session: &Session, goal: Goal) -> Result<Ending, Ending> {
    let alerts = alerts(session)?;
    let loaded = session.load_project()?;
    let selection = select(session, &loaded.project)?;
    if selection.is_empty() {
        write_results(session, &loaded.project, &RunResults::nothing(Utc::now()), goal);
        return Ok(nothing_to_do(session));
    }
    let plan = Plan::new(&loaded.project, &selection, goal);
    let mut execution = Execution::begin(session, &loaded, &selection).await?;
    let progress = Progress::begin(session, &loaded.project, &plan);
    if let Some(progress) = &progress {
        execution = execution.reporting_to(Arc::clone(progress) as Arc<dyn Reporter>);
    }
    let results = execution.run(&plan, goal).await?;
    write_results(session, &loaded.project, &results, goal);
    team_history::keep(session, &**execution.warehouse.adapter(), &results).await;
    write_summary(session, &loaded.project, &results);
    if let Some(alerts) = alerts {
        send_alert(session, &alerts, &loaded.project, &results).await;
    }
    if let Some(progress) = progress {
        progress.end();
    }
    Ok(session.end(Ending::of(results.succeeded())))
}
