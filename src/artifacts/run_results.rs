//! `run_results.json`, v6.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ArtifactContext;
use super::context::{Metadata, offset_timestamp, timestamp};
use super::parts::relation_name;
use crate::outcome::{AdapterResponse, BatchResults, NodeOutcome, RunResults, Timing};
use crate::project::Project;
use crate::resource::{JsonMap, Node, NodeKind, ResourceType};

/// The results of a run, in order of completion.
pub fn run_results(results: &RunResults, project: &Project, context: &ArtifactContext) -> Vec<u8> {
    let file = File {
        metadata: context.metadata("run-results", 6),
        results: results.outcomes.iter().map(|outcome| ResultEntry::new(outcome, project)).collect(),
        elapsed_time: results.elapsed.as_secs_f64(),
        args: &context.arguments,
    };
    super::bytes(&file)
}

/// One result, as a line of JSON.
pub fn run_result_line(outcome: &NodeOutcome, project: &Project) -> Vec<u8> {
    super::bytes(&ResultEntry::new(outcome, project))
}

#[derive(Serialize)]
struct File<'a> {
    metadata: Metadata<'a>,
    results: Vec<ResultEntry<'a>>,
    elapsed_time: f64,
    args: &'a JsonMap,
}

#[derive(Serialize)]
struct ResultEntry<'a> {
    status: &'static str,
    timing: Vec<TimingEntry>,
    thread_id: &'a str,
    execution_time: f64,
    adapter_response: ResponseEntry<'a>,
    message: Option<&'a str>,
    failures: Option<i64>,
    unique_id: &'a str,
    compiled: Option<bool>,
    compiled_code: Option<&'a str>,
    relation_name: Option<String>,
    batch_results: Option<BatchEntry>,
}

impl<'a> ResultEntry<'a> {
    fn new(outcome: &'a NodeOutcome, project: &Project) -> Self {
        let node = project.node(&outcome.unique_id).map(AsRef::as_ref);
        let has_code = has_code(node);
        Self {
            status: outcome.status.as_str(),
            timing: timings(&outcome.timing),
            thread_id: &outcome.thread_id,
            execution_time: seconds(outcome.execution_time),
            adapter_response: ResponseEntry::from(&outcome.adapter_response),
            message: outcome.message.as_deref(),
            failures: outcome.failures,
            unique_id: outcome.unique_id.as_str(),
            compiled: has_code.then_some(outcome.compiled_code.is_some()),
            compiled_code: outcome.compiled_code.as_deref().filter(|_| has_code),
            relation_name: node.filter(|_| has_code).and_then(relation_name),
            batch_results: outcome.batches.as_ref().map(BatchEntry::from),
        }
    }
}

/// COMPAT: what has no code (seeds, exposures) shows neither code nor relation.
fn has_code(node: Option<&Node>) -> bool {
    match node.map(|node| &node.kind) {
        Some(NodeKind::Seed(_) | NodeKind::Source(_) | NodeKind::Exposure(_)) => false,
        Some(NodeKind::Passthrough(resource)) => resource.resource_type == ResourceType::Function,
        _ => true,
    }
}

/// A step of a node's way.
#[derive(Serialize)]
pub(super) struct TimingEntry {
    name: &'static str,
    started_at: String,
    completed_at: String,
}

/// The steps of a node's way.
pub(super) fn timings(timing: &[Timing]) -> Vec<TimingEntry> {
    timing
        .iter()
        .map(|step| TimingEntry {
            name: step.name,
            started_at: timestamp(step.started_at),
            completed_at: timestamp(step.completed_at),
        })
        .collect()
}

/// A duration in seconds.
pub(super) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// What the warehouse answered; an empty object if it was not asked.
#[derive(Serialize)]
pub(super) struct ResponseEntry<'a> {
    #[serde(rename = "_message", skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_affected: Option<i64>,
}

impl<'a> From<&'a AdapterResponse> for ResponseEntry<'a> {
    fn from(response: &'a AdapterResponse) -> Self {
        Self { message: &response.message, code: &response.code, rows_affected: response.rows_shown() }
    }
}

#[derive(Serialize)]
struct BatchEntry {
    successful: Vec<[String; 2]>,
    failed: Vec<[String; 2]>,
}

impl From<&BatchResults> for BatchEntry {
    fn from(batches: &BatchResults) -> Self {
        let shown = |intervals: &[(DateTime<Utc>, DateTime<Utc>)]| {
            intervals.iter().map(|(start, end)| [offset_timestamp(*start), offset_timestamp(*end)]).collect()
        };
        Self { successful: shown(&batches.successful), failed: shown(&batches.failed) }
    }
}
