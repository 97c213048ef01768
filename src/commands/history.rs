//! `history`: the states a table has been in.

use super::execution::{Execution, refused};
use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use crate::adapter::AdapterError;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{Relation, Table};
use crate::report::Event;
use crate::selector::Selection;

/// Shows the versions of a relation named on the command line, or of the selected nodes.
pub(super) async fn history(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let flags = &session.settings.flags;
    let mut wanted: Vec<(String, Relation)> = Vec::new();
    let mut selection = Selection::default();
    if let Some(name) = &flags.relation {
        let node = loaded.project.nodes.values().find(|node| node.name == *name && node.relation.is_some());
        let profile = &session.settings.profile;
        let relation = match node {
            Some(node) => node.relation.clone(),
            None => Relation::parse(name, &profile.database, &profile.schema),
        };
        wanted.extend(relation.map(|relation| (name.clone(), relation)));
    } else if flags.select.is_empty() {
        let problem = Diagnostic::error(Code::Usage, "`history` is told no table")
            .help("name a node or a relation: `aquifer history orders`, or use `--select`");
        return Err(session.refuse(vec![problem]));
    } else {
        selection = select(session, &loaded.project)?;
        let nodes = selection.iter().filter_map(|id| loaded.project.node(id));
        wanted.extend(nodes.filter_map(|node| Some((node.name.clone(), node.relation.clone()?))));
    }
    if wanted.is_empty() {
        return Ok(nothing_to_do(session));
    }
    let execution = Execution::begin(session, &loaded, &selection).await?;
    for (name, relation) in wanted {
        let table = versions(&execution, &relation, flags.limit).await;
        let table = table.map_err(|error| session.refuse(vec![refused(session, &error)]))?;
        session.reporter.report(&Event::Rows { name, table });
    }
    Ok(session.end(Ending::Success))
}

async fn versions(execution: &Execution<'_>, relation: &Relation, limit: Option<usize>) -> Result<Table, AdapterError> {
    let table = execution.warehouse.adapter().session().await?.versions(relation).await?;
    Ok(match limit {
        Some(limit) => table.first(limit),
        None => table,
    })
}
