//! SQL given on the command line, as a node.

use std::sync::Arc;

use super::session::{Ending, Session};
use crate::diagnostic::Diagnostics;
use crate::jinja::{HarvestRequest, ModelFacts};
use crate::parse::Loaded;
use crate::resolve::{find_ref, find_source};
use crate::resource::{DependsOn, Node, NodeKind, Origin, UniqueId};
use crate::source::Span;

/// `--inline` as a node of the project: its references are resolved, nothing is built.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn inline_node(session: &Session, loaded: &Loaded, sql: &str) -> Result<Arc<Node>, Ending> {
    let file = session.sources.add("<inline>", "<inline>", sql);
    let project = &loaded.project;
    let request = HarvestRequest {
        package: project.name(),
        file,
        offset: 0,
        code: sql,
        model: ModelFacts::default(),
        this: None,
        config: Arc::default(),
    };
    let harvest = loaded.engine.harvest(&request);
    loaded.engine.take_said().into_iter().for_each(|said| session.hear(said));
    let harvest = harvest.map_err(|problem| session.refuse(vec![*problem]))?;
    let mut nodes: Vec<UniqueId> = Vec::new();
    let mut problems = Diagnostics::new();
    let refs = harvest.refs.iter().map(|call| find_ref(&project.refs, call, project.name(), project.name()));
    let sources = harvest.sources.iter().map(|call| find_source(&project.refs, call, project.name()));
    for found in refs.chain(sources) {
        match found {
            Ok(id) => nodes.push(id.clone()),
            Err(problem) => problems.push(*problem),
        }
    }
    if !problems.is_empty() {
        return Err(session.refuse(problems));
    }
    let origin = Origin {
        file,
        span: Span::new(file, 0, sql.len()),
        path: "sql/inline_query".to_owned(),
        original_file_path: "inline_query.sql".to_owned(),
        patch_path: None,
        patch_span: None,
        config_span: None,
    };
    let (name, package) = ("inline_query".to_owned(), project.name().to_owned());
    let fqn = vec![package.clone(), "sql".to_owned(), name.clone()];
    Ok(Arc::new(Node {
        unique_id: UniqueId::new(format!("sql_operation.{package}.{name}")),
        alias: name.clone(),
        raw_code: Arc::from(sql),
        refs: harvest.refs,
        sources: harvest.sources,
        metrics: harvest.metrics,
        functions: harvest.functions,
        depends_on: DependsOn { nodes, macros: Vec::new() },
        ..Node::bare(NodeKind::SqlOperation, name, package, fqn, origin)
    }))
}
