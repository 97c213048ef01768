//! `build`, `run`, `test`, `seed`, `snapshot`, `source freshness`: one story, with another goal.

use super::execution::{Execution, write_results};
use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use crate::plan::{Goal, Plan};

/// Selects nodes, plans what is done with them, does it, and leaves the artifacts behind.
pub(super) async fn build(session: &Session, goal: Goal) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let selection = select(session, &loaded.project)?;
    if selection.is_empty() {
        return Ok(nothing_to_do(session));
    }
    let plan = Plan::new(&loaded.project, &selection, goal);
    let execution = Execution::begin(session, &loaded).await?;
    let results = execution.run(&plan, goal).await;
    write_results(session, &loaded.project, &results, goal);
    Ok(session.end(Ending::of(results.succeeded())))
}
