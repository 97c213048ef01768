//! `docs generate`: the manifest with compiled SQL, and the catalog of what stands in the warehouse.

use chrono::Utc;

use super::assets::copy_assets;
use super::execution::{Execution, refused, write_results};
use super::selection::select;
use super::session::{Ending, Session};
use crate::artifacts::{ArtifactContext, catalog};
use crate::config::LogLevel;
use crate::outcome::RunResults;
use crate::parse::Loaded;
use crate::plan::{Goal, Plan};
use crate::relation::{Relation, SchemaRef};
use crate::report::Event;
use crate::selector::Selection;

/// Compiles (unless `--no-compile`) and writes manifest.json and catalog.json.
pub(super) async fn generate(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let flags = &session.settings.flags;
    let selection = if flags.compile { select(session, &loaded.project)? } else { Selection::default() };
    let execution = Execution::begin(session, &loaded, &selection).await?;
    let compiled = if flags.compile { Some(compile(session, &loaded, &execution, &selection).await?) } else { None };
    let relations = if flags.empty_catalog {
        Vec::new()
    } else {
        let found = execution.warehouse.adapter().catalog(&schemas(&loaded)).await;
        found.map_err(|error| session.refuse(vec![refused(session, &error)]))?
    };
    let context = ArtifactContext::new(&session.settings, Utc::now());
    session.write_artifact("catalog.json", &catalog(&relations, &[], &loaded.project, &context));
    // COMPAT: without compiling, no manifest is written (dbt 1.11).
    if let Some(results) = &compiled {
        write_results(session, &loaded.project, results, Goal::Compile);
    }
    copy_assets(session);
    let path = session.settings.target_path.join("catalog.json");
    let text = format!("Catalog written to {}", path.display());
    session.reporter.report(&Event::Message { level: LogLevel::Info, text });
    Ok(session.end(Ending::of(compiled.is_none_or(|results| results.succeeded()))))
}

async fn compile(
    session: &Session,
    loaded: &Loaded,
    execution: &Execution<'_>,
    selection: &Selection,
) -> Result<RunResults, Ending> {
    let plan = Plan::new(&loaded.project, selection, Goal::Compile);
    let results = execution.run(&plan, Goal::Compile).await?;
    for problem in results.outcomes.iter().flat_map(|outcome| &outcome.diagnostics) {
        session.reporter.report(&Event::Diagnostic(Box::new(problem.clone())));
    }
    Ok(results)
}

/// Every schema that a node or source stands in.
fn schemas(loaded: &Loaded) -> Vec<SchemaRef> {
    let relations = loaded.project.nodes.values().filter_map(|node| node.relation.as_ref());
    let mut schemas: Vec<SchemaRef> = relations.map(Relation::schema_ref).collect();
    schemas.sort_unstable();
    schemas.dedup();
    schemas
}
