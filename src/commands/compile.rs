//! `compile`: the selected nodes' SQL, in `target/compiled` and, for a few, on the console.

use serde_json::json;

use super::execution::Execution;
use super::inline::inline_node;
use super::results::write_results;
use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use crate::config::OutputFormat;
use crate::outcome::{NodeOutcome, RunResults};
use crate::parse::Loaded;
use crate::plan::{Goal, Plan};
use crate::project::Project;
use crate::report::Event;
use crate::selector::Selection;

/// Compiles; `--inline` compiles SQL given on the command line.
pub(super) async fn compile(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    if let Some(sql) = &session.settings.flags.inline {
        return compile_inline(session, &loaded, sql).await;
    }
    let selection = select(session, &loaded.project)?;
    if selection.is_empty() {
        return Ok(nothing_to_do(session));
    }
    let plan = Plan::new(&loaded.project, &selection, Goal::Compile);
    let results = Execution::begin(session, &loaded, &selection).await?.run(&plan, Goal::Compile).await?;
    report(session, &loaded.project, &results);
    write_results(session, &loaded.project, &results, Goal::Compile);
    // COMPAT: what cannot be compiled cannot be carried out (dbt 1.11).
    let refused = !results.succeeded() && !results.interrupted;
    Ok(session.end(if refused { Ending::Refused } else { Ending::of(results.succeeded()) }))
}

async fn compile_inline(session: &Session, loaded: &Loaded, sql: &str) -> Result<Ending, Ending> {
    let node = inline_node(session, loaded, sql)?;
    let execution = Execution::begin(session, loaded, &Selection::default()).await?;
    match crate::run::compile(&execution.runner(1), &node).await {
        Ok(compiled) => {
            session.reporter.report(&Event::Print(shown(session, "inline", &compiled.sql)));
            Ok(session.end(Ending::Success))
        }
        Err(problem) => Err(session.refuse(vec![*problem])),
    }
}

/// Errors of all nodes; the SQL of those that were asked for by name.
fn report(session: &Session, project: &Project, results: &RunResults) {
    for problem in results.outcomes.iter().flat_map(|outcome| &outcome.diagnostics) {
        session.reporter.report(&Event::Diagnostic(Box::new(problem.clone())));
    }
    let flags = &session.settings.flags;
    if flags.select.is_empty() && flags.output != OutputFormat::Json {
        return;
    }
    let print = |outcome: &NodeOutcome| {
        let name = &project.node(&outcome.unique_id)?.name;
        Some(shown(session, name, outcome.compiled_code.as_ref()?))
    };
    for text in results.outcomes.iter().filter_map(print) {
        session.reporter.report(&Event::Print(text));
    }
}

/// COMPAT: dbt's words, and its JSON.
fn shown(session: &Session, name: &str, sql: &str) -> String {
    if session.settings.flags.output == OutputFormat::Json {
        return serde_json::to_string_pretty(&json!({ "node": name, "compiled": sql })).unwrap_or_default();
    }
    match name {
        "inline" => format!("Compiled inline node is:\n{sql}"),
        name => format!("Compiled node '{name}' is:\n{sql}"),
    }
}
