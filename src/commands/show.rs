//! `show`: rows of a node or of SQL given on the command line.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;

use super::execution::Execution;
use super::inline::inline_node;
use super::results::write_results;
use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::is_microbatch;
use crate::outcome::RunResults;
use crate::parse::Loaded;
use crate::plan::Goal;
use crate::relation::Table;
use crate::report::Event;
use crate::resource::{Node, ResourceType};
use crate::selector::Selection;

/// Shows the first rows of what was asked for.
pub(super) async fn show(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let nodes = nodes(session, &loaded)?;
    if nodes.is_empty() {
        return Ok(nothing_to_do(session));
    }
    let flags = &session.settings.flags;
    let selection = Selection::of(&loaded.project, nodes.iter().map(|node| node.unique_id.clone()));
    let execution = Execution::begin(session, &loaded, &selection).await?;
    let runner = execution.runner(nodes.len());
    let (started_at, clock) = (Utc::now(), Instant::now());
    let mut outcomes = Vec::with_capacity(nodes.len());
    for node in &nodes {
        if flags.intervals {
            let table = crate::run::intervals(&runner, node).await.map_err(|problem| session.refuse(vec![*problem]))?;
            session.reporter.report(&Event::Rows { name: name(node), table });
            continue;
        }
        match crate::run::show(&runner, node, flags.limit, flags.as_of).await {
            Ok(outcome) => {
                let table = outcome.sample.clone().unwrap_or_else(Table::empty);
                session.reporter.report(&Event::Rows { name: name(node), table });
                outcomes.push(outcome);
            }
            Err(problem) => return Err(session.refuse(vec![*problem])),
        }
    }
    let results = RunResults { outcomes, elapsed: clock.elapsed(), started_at, interrupted: false };
    write_results(session, &loaded.project, &results, Goal::Compile);
    Ok(session.end(Ending::Success))
}

fn nodes(session: &Session, loaded: &Loaded) -> Result<Vec<Arc<Node>>, Ending> {
    let flags = &session.settings.flags;
    if let Some(sql) = flags.inline.as_ref().or(flags.inline_direct.as_ref()) {
        let node = inline_node(session, loaded, &direct(flags.inline.is_none(), sql))?;
        return Ok(vec![node]);
    }
    if flags.select.is_empty() {
        let problem = Diagnostic::error(Code::Usage, "`show` is told nothing to show")
            .help("give a node with `--select`, or SQL with `--inline \"select ...\"`");
        return Err(session.refuse(vec![problem]));
    }
    let selection = select(session, &loaded.project)?;
    let selected: Vec<Arc<Node>> = selection.iter().filter_map(|id| loaded.project.node(id).cloned()).collect();
    if flags.intervals {
        return Ok(selected.into_iter().filter(|node| is_microbatch(node)).collect());
    }
    Ok(asked_for(selected, &flags.select))
}

/// Tests come with what they test: they are shown only if they are named, or nothing else is selected.
fn asked_for(selected: Vec<Arc<Node>>, select: &[String]) -> Vec<Arc<Node>> {
    let is_named = |node: &Arc<Node>| select.iter().any(|text| text.contains(node.name.as_str()));
    let is_test = |node: &Arc<Node>| matches!(node.resource_type(), ResourceType::Test | ResourceType::UnitTest);
    if selected.iter().all(&is_test) {
        return selected;
    }
    selected.into_iter().filter(|node| is_named(node) || !is_test(node)).collect()
}

/// `--inline-direct` is no template.
fn direct(is_direct: bool, sql: &str) -> String {
    if is_direct && sql.contains('{') { format!("{{% raw %}}{sql}{{% endraw %}}") } else { sql.to_owned() }
}

fn name(node: &Node) -> String {
    if node.name == "inline_query" { "inline".to_owned() } else { node.name.clone() }
}
