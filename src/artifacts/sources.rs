//! `sources.json`, v3.

use serde::Serialize;

use super::ArtifactContext;
use super::context::{Metadata, offset_timestamp};
use super::run_results::{ResponseEntry, TimingEntry, seconds, timings};
use super::source::Criteria;
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::project::Project;
use crate::resource::FreshnessRule;

/// How old the sources are, in order of completion. A check without a known age is a runtime error;
/// one that was skipped is left out.
pub fn sources(results: &RunResults, project: &Project, context: &ArtifactContext) -> Vec<u8> {
    super::bytes(&File {
        metadata: context.metadata("sources", 3),
        results: results.outcomes.iter().filter_map(|outcome| entry(outcome, project)).collect(),
        elapsed_time: seconds(results.elapsed),
    })
}

#[derive(Serialize)]
struct File<'a> {
    metadata: Metadata<'a>,
    results: Vec<Entry<'a>>,
    elapsed_time: f64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Checked(Box<Checked<'a>>),
    Failed(Failed<'a>),
}

#[derive(Serialize)]
struct Checked<'a> {
    unique_id: &'a str,
    max_loaded_at: String,
    snapshotted_at: String,
    max_loaded_at_time_ago_in_s: f64,
    status: &'static str,
    criteria: Criteria<'a>,
    adapter_response: ResponseEntry<'a>,
    timing: Vec<TimingEntry>,
    thread_id: &'a str,
    execution_time: f64,
}

#[derive(Serialize)]
struct Failed<'a> {
    unique_id: &'a str,
    error: Option<&'a str>,
    status: &'static str,
}

fn entry<'a>(outcome: &'a NodeOutcome, project: &'a Project) -> Option<Entry<'a>> {
    let source = project.node(&outcome.unique_id)?.as_source()?;
    let unique_id = outcome.unique_id.as_str();
    let Some(age) = &outcome.age else {
        let failed = Failed { unique_id, error: outcome.message.as_deref(), status: NodeStatus::RuntimeError.as_str() };
        return (outcome.status != NodeStatus::Skipped).then_some(Entry::Failed(failed));
    };
    Some(Entry::Checked(Box::new(Checked {
        unique_id,
        max_loaded_at: offset_timestamp(age.max_loaded_at),
        snapshotted_at: offset_timestamp(age.snapshotted_at),
        max_loaded_at_time_ago_in_s: age.seconds,
        status: word(outcome.status),
        criteria: Criteria::from(source.freshness.as_ref().unwrap_or(&NO_RULE)),
        adapter_response: ResponseEntry::from(&outcome.adapter_response),
        timing: timings(&outcome.timing),
        thread_id: &outcome.thread_id,
        execution_time: seconds(outcome.execution_time),
    })))
}

static NO_RULE: FreshnessRule = FreshnessRule { warn_after: None, error_after: None, filter: None };

/// A broken rule is an `error` here, whatever the run calls it.
const fn word(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Pass | NodeStatus::Success => "pass",
        NodeStatus::Warn => "warn",
        _ => "error",
    }
}
