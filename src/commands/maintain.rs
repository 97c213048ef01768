//! `maintain`: looks after tables that are built, and finds relations that nothing builds any more.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;

use super::execution::{Execution, refused};
use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use crate::adapter::{AdapterError, Maintenance, Tap, Upkeep};
use crate::config::LogLevel;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::project::Project;
use crate::relation::{Relation, RelationKind, RelationOp, SchemaRef};
use crate::report::Event;
use crate::resource::Node;
use crate::run::INTERVALS;

/// Looks after the tables of the selected nodes; without a selection, also after what no node builds.
pub(super) async fn maintain(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let selection = select(session, &loaded.project)?;
    let flags = &session.settings.flags;
    let everything = flags.select.is_empty() && flags.exclude.is_empty() && flags.selector.is_none();
    if selection.is_empty() && !everything {
        return Ok(nothing_to_do(session));
    }
    let execution = Execution::begin(session, &loaded, &selection).await?;
    execution.prepare(&Plan::default()).await?;
    let nodes: Vec<Arc<Node>> = selection.iter().filter_map(|id| loaded.project.node(id).cloned()).collect();
    let well = tables(session, &execution, &nodes).await;
    let well = if everything { orphans(session, &execution, &loaded.project).await && well } else { well };
    Ok(session.end(Ending::of(well)))
}

fn say(session: &Session, text: String) {
    session.reporter.report(&Event::Message { level: LogLevel::Info, text });
}

fn report(session: &Session, problem: Diagnostic) {
    session.reporter.report(&Event::Diagnostic(Box::new(problem)));
}

/// Looks after the tables that stand, some at a time; whether all went well.
async fn tables(session: &Session, execution: &Execution<'_>, nodes: &[Arc<Node>]) -> bool {
    let flags = &session.settings.flags.maintain;
    let is_wanted = |step: &Upkeep| flags.steps.is_empty() || flags.steps.iter().any(|name| name == step.name());
    let steps: Vec<Upkeep> = Upkeep::ALL.into_iter().filter(is_wanted).collect();
    let work = nodes.iter().map(|node| {
        let maintenance = Maintenance {
            steps: steps.clone(),
            retention: flags.retention,
            cluster_by: node.config.text_list("cluster_by"),
            dry_run: flags.dry_run,
        };
        let tap = Tap { invocation_id: session.settings.invocation.id.clone(), ..Tap::default() };
        async move { (node, table(execution, node, &maintenance, tap).await) }
    });
    let mut done = futures::stream::iter(work).buffered(session.settings.profile.threads.max(1));
    let mut well = true;
    while let Some((node, outcome)) = done.next().await {
        match outcome {
            Ok(None) => {}
            Ok(Some(said)) if said.is_empty() => say(session, format!("{}: nothing to do", node.name)),
            Ok(Some(said)) => say(session, format!("{}: {}", node.name, said.join("; "))),
            Err(error) => {
                well = false;
                let mut problem = Diagnostic::from(&error);
                problem.message = format!("`{}` cannot be maintained: {}", node.name, problem.message);
                report(session, problem.at(node.origin.configured(), ""));
            }
        }
    }
    well
}

/// What was done to the node's table, if it has one.
async fn table(
    execution: &Execution<'_>,
    node: &Node,
    maintenance: &Maintenance,
    tap: Tap,
) -> Result<Option<Vec<String>>, AdapterError> {
    let Some(relation) = node.built_relation() else { return Ok(None) };
    let standing = execution.warehouse.relation(relation).await?;
    let kept = [RelationKind::Table, RelationKind::MaterializedView];
    if !standing.and_then(|standing| standing.kind).is_some_and(|kind| kept.contains(&kind)) {
        return Ok(None);
    }
    let mut warehouse = execution.warehouse.adapter().session().await?;
    warehouse.attach(tap);
    warehouse.maintain(relation, maintenance).await.map(Some)
}

/// Tells of relations that no node builds, in schemas that nodes are built in, and drops them if that is
/// asked for; whether all went well.
async fn orphans(session: &Session, execution: &Execution<'_>, project: &Project) -> bool {
    let flags = &session.settings.flags.maintain;
    let found = match find_orphans(execution, project).await {
        Ok(found) => found,
        Err(error) => {
            report(session, refused(session, &error));
            return false;
        }
    };
    if found.is_empty() {
        return true;
    }
    let kind = |relation: &Relation| relation.kind.map_or("relation", RelationKind::as_str);
    if !flags.drop_orphans || flags.dry_run {
        let verb = if flags.drop_orphans { "would be dropped" } else { "is built by no node" };
        for orphan in &found {
            say(session, format!("{} ({}) {verb}", orphan.short(), kind(orphan)));
        }
        if !flags.drop_orphans {
            say(session, "`--drop-orphans` drops what no node builds".to_owned());
        }
        return true;
    }
    let failed = drop_all(session, execution, found).await;
    let well = failed.is_empty();
    for (orphan, error) in failed {
        let mut problem = Diagnostic::from(&error);
        problem.message = format!("{} ({}) cannot be dropped: {}", orphan.short(), kind(&orphan), problem.message);
        report(session, problem);
    }
    well
}

/// Drops what it can, views first; what others depend on is tried again when these are gone.
async fn drop_all(
    session: &Session,
    execution: &Execution<'_>,
    mut left: Vec<Relation>,
) -> Vec<(Relation, AdapterError)> {
    left.sort_by_key(|orphan| orphan.kind == Some(RelationKind::Table));
    loop {
        let (before, mut failed) = (left.len(), Vec::new());
        for orphan in left {
            let drop = RelationOp::Drop { relation: orphan.clone(), cascade: false };
            let dropped = match execution.warehouse.adapter().session().await {
                Ok(mut open) => open.apply(&[drop]).await.map(|_| ()),
                Err(error) => Err(error),
            };
            match dropped {
                Ok(()) => say(session, format!("Dropped {}", orphan.short())),
                Err(error) => failed.push((orphan, error)),
            }
        }
        if failed.is_empty() || failed.len() == before {
            return failed;
        }
        left = failed.into_iter().map(|(orphan, _)| orphan).collect();
    }
}

async fn find_orphans(execution: &Execution<'_>, project: &Project) -> Result<Vec<Relation>, AdapterError> {
    let place =
        |relation: &Relation| (relation.database.clone(), relation.schema.clone(), relation.identifier.to_lowercase());
    // A disabled model is not gone, and a source is not ours.
    let disabled = project.disabled.values().flatten();
    let known: HashSet<_> =
        project.nodes.values().chain(disabled).filter_map(|node| node.relation.as_ref()).map(place).collect();
    let built = project.nodes.values().filter_map(|node| node.built_relation());
    let mut schemas: Vec<SchemaRef> = built.map(Relation::schema_ref).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let mut found = Vec::new();
    for schema in &schemas {
        let standing = execution.warehouse.relations(schema).await?;
        found.extend(standing.into_iter().filter(|relation| {
            relation.kind != Some(RelationKind::External)
                && relation.identifier != INTERVALS
                && !known.contains(&place(relation))
        }));
    }
    found.sort_by_key(place);
    Ok(found)
}
