//! What a run leaves behind: artifacts, tables of them, and the record of the run.

use std::collections::HashMap;

use chrono::Utc;

use super::session::Session;
use crate::artifacts::{
    ArtifactContext, CompiledNode, manifest, manifest_tables, result_tables, run_results, semantic_manifest, sources,
};
use crate::config::Settings;
use crate::outcome::{NodeOutcome, RunResults};
use crate::plan::Goal;
use crate::project::Project;
use crate::report::NodeLabel;
use crate::resource::UniqueId;

/// Writes what a run leaves behind.
pub(super) fn write_results(session: &Session, project: &Project, results: &RunResults, goal: Goal) {
    let context = ArtifactContext::new(&session.settings, Utc::now());
    // COMPAT: what the last command that built or tested left stays after sources were looked at (dbt 1.11).
    if goal == Goal::Freshness {
        session.write_artifact("sources.json", &sources(results, project, &context));
    } else {
        session.write_artifact("run_results.json", &run_results(results, project, &context));
    }
    session.write_tables(|| result_tables(results, project, &context));
    if goal != Goal::Compile {
        session.keep_record(results);
    }
    write_manifest(session, project, &results.outcomes);
}

/// What compiling and running added to a node's entry, if it was compiled.
pub(super) fn compiled_node(project: &Project, settings: &Settings, outcome: &NodeOutcome) -> Option<CompiledNode> {
    let label = NodeLabel::of(project.node(&outcome.unique_id)?);
    let code = outcome.compiled_code.clone()?;
    let target = settings.target_path.strip_prefix(&settings.project.root).unwrap_or(&settings.target_path).display();
    Some(CompiledNode {
        code: Some(code),
        ctes: Vec::new(),
        compiled_path: Some(format!("{target}/compiled/{}", label.compiled_path())),
        build_path: Some(format!("{target}/run/{}", label.compiled_path())),
    })
}

/// Writes the manifest, with what was compiled.
pub(super) fn write_manifest(session: &Session, project: &Project, outcomes: &[NodeOutcome]) {
    let flags = &session.settings.flags;
    if !flags.write_json && !flags.write_parquet {
        return;
    }
    let compiled: HashMap<UniqueId, CompiledNode> = outcomes
        .iter()
        .filter_map(|outcome| {
            let node = compiled_node(project, &session.settings, outcome)?;
            Some((outcome.unique_id.clone(), node))
        })
        .collect();
    let mut context = ArtifactContext::new(&session.settings, Utc::now());
    context.selectors = session.selections.normalized.clone();
    session.write_artifact_with("manifest.json", &mut |out| manifest(project, &context, &compiled, out));
    session.write_tables(|| manifest_tables(project, &context, &compiled));
    session.write_artifact("semantic_manifest.json", &semantic_manifest(project));
}
