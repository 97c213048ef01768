//! `show`: the first rows of a query.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use serde_json::json;

use super::failure::{diagnose, diagnose_sql};
use super::operations::{call_in, compile_in};
use super::runner::NodeRunner;
use super::warehouse::NodeSession;
use crate::adapter::AdapterError;
use crate::compile::Compiled;
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::{NodeOutcome, NodeStatus, Timing};
use crate::relation::Moment;
use crate::resource::{Node, NodeKind};
use crate::source::Span;
use crate::sql::{has_limit, limited};

/// Compiles a node and gives its first rows as the sample of its outcome; `limit` of `None` is all
/// of them. With a moment, the rows are those that its table held then.
///
/// # Errors
/// Whatever its template or the warehouse raises.
pub async fn show(
    runner: &NodeRunner,
    node: &Arc<Node>,
    limit: Option<usize>,
    as_of: Option<Moment>,
) -> Result<NodeOutcome, Box<Diagnostic>> {
    let (began, clock) = (Utc::now(), Instant::now());
    let session = NodeSession::of_node(runner, node);
    let compiled = match standing(runner, node, as_of)? {
        Some(sql) => Compiled { sql, ..Compiled::default() },
        None => compile_in(runner, node, &session).await?,
    };
    let compiled_at = Utc::now();
    let (header, sql) = shown_sql(runner, node, &compiled, (limit, &session)).await?;
    let mut session = session.take().await.map_err(|error| diagnose(&error))?;
    let session = session.get().map_err(|error| diagnose(&error))?;
    let answer = session.query(&format!("{header}{sql}")).await;
    let (table, response) =
        answer.map_err(|error| refused(&error, node, &compiled, (header.len(), limit.is_some())))?;
    let mut outcome = NodeOutcome::new(node.unique_id.clone(), NodeStatus::Success);
    outcome.timing = vec![
        Timing { name: "compile", started_at: began, completed_at: compiled_at },
        Timing { name: "execute", started_at: compiled_at, completed_at: Utc::now() },
    ];
    outcome.execution_time = clock.elapsed();
    outcome.message = Some(response.message.clone());
    outcome.adapter_response = response;
    outcome.compiled_code = Some(sql);
    outcome.sample = Some(table);
    Ok(outcome)
}

/// What is sent before the query, and the query with its limit; both the project's own macro's, if it has one.
async fn shown_sql(
    runner: &NodeRunner,
    node: &Arc<Node>,
    compiled: &Compiled,
    (limit, session): (Option<usize>, &Arc<NodeSession>),
) -> Result<(String, String), Box<Diagnostic>> {
    let header = node.config.text("sql_header");
    let macros = ["get_show_sql", "get_limit_subquery_sql", "get_limit_sql"];
    let engine = runner.compiler.engine();
    if !macros.into_iter().any(|name| engine.is_overridden(&node.package, name)) {
        let header = header.map(|header| format!("{header}\n")).unwrap_or_default();
        return Ok((header, limited(&compiled.sql, limit)));
    }
    let args = vec![json!(compiled.sql), json!(header), json!(limit)];
    let shown = call_in(runner, node, ("get_show_sql", args), session).await?;
    let text = shown.as_str().unwrap_or_default();
    // What stands before the query is as a header to it, for places in errors.
    let (before, query) = text.split_at(text.find(compiled.sql.trim()).unwrap_or_default());
    Ok((before.to_owned(), query.to_owned()))
}

/// A refusal at the user's own line, or at the end of a query whose own limit meets the added one.
fn refused(error: &AdapterError, node: &Node, compiled: &Compiled, (before, limits): (usize, bool)) -> Box<Diagnostic> {
    let mut diagnostic = diagnose_sql(error, node, compiled, before);
    if limits && has_limit(&compiled.sql) {
        let end = node.origin.span.end as usize;
        let place = Span::new(node.origin.span.file, end.saturating_sub(1), end);
        let text = format!("`show` adds a limit here (`--limit -1` adds none): {}", error.message);
        *diagnostic = diagnostic.at(place, text);
    }
    diagnostic
}

/// What has no query of its own is shown as it stands in the warehouse, and what is to be seen as it
/// was, as it stood there.
fn standing(runner: &NodeRunner, node: &Node, as_of: Option<Moment>) -> Result<Option<String>, Box<Diagnostic>> {
    let Some(moment) = as_of else {
        let relation = node.relation.as_ref().filter(|_| matches!(node.kind, NodeKind::Seed(_)));
        return Ok(relation.map(|relation| format!("select * from {relation}")));
    };
    let refused = |code: Code, message: String, help: &str| {
        Err(Box::new(Diagnostic::error(code, message).at(node.origin.span, "").help(help)))
    };
    if !runner.warehouse.adapter().capabilities().time_travel {
        let message = format!("`{}` stands in a warehouse that keeps no earlier states", node.name);
        return refused(Code::Unsupported, message, "tables of a lakehouse do; a snapshot records history anywhere");
    }
    match &node.relation {
        Some(relation) => Ok(Some(format!("select * from {}", relation.as_of(moment)))),
        None => {
            let message = format!("`{}` is not stored, so it has no earlier states", node.name);
            refused(Code::InvalidValue, message, "name a table: `{{ ref('orders').at_version(3) }}`")
        }
    }
}
