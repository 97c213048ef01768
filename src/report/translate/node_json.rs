//! What JSON lines say of a node: `node_info` and `run_result`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::outcome::{NodeOutcome, NodeStatus, Timing};
use crate::report::event::NodeLabel;

/// `node_info` of a node whose run has begun.
pub(super) fn started(node: &NodeLabel, at: DateTime<Utc>) -> Value {
    node_info(node, "started", Some(node.started_at.unwrap_or(at)), None)
}

/// `node_info` of a node that has ended.
pub(super) fn finished(node: &NodeLabel, status: NodeStatus, at: DateTime<Utc>) -> Value {
    // A skipped node never finishes, in dbt's words.
    let finished_at = (status != NodeStatus::Skipped).then_some(at);
    node_info(node, status.as_str(), node.started_at, finished_at)
}

/// `node_info` in the summary, where dbt has forgotten how the node ended.
pub(super) fn afterwards(node: &NodeLabel) -> Value {
    node_info(node, "None", None, None)
}

fn node_info(
    node: &NodeLabel,
    status: &str,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
) -> Value {
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
    let (database, schema, alias, relation_name) = node.node_relation.clone().unwrap_or_default();
    json!({
        "node_path": node.path,
        "node_name": node.name,
        "unique_id": node.unique_id.as_str(),
        "resource_type": node.resource_type.as_str(),
        "materialized": node.materialized,
        "node_status": status,
        "node_started_at": time(started_at).unwrap_or_default(),
        "node_finished_at": time(finished_at).unwrap_or_default(),
        "meta": node.meta,
        "node_relation": {
            "database": database,
            "schema": schema,
            "alias": alias,
            "relation_name": relation_name,
        },
        "node_checksum": node.checksum,
    })
}

/// `run_result`.
pub(super) fn run_result(outcome: &NodeOutcome) -> Value {
    let response = &outcome.adapter_response;
    json!({
        "status": outcome.status.as_str(),
        "message": outcome.message.as_deref().unwrap_or_default(),
        "timing_info": outcome.timing.iter().map(timing).collect::<Vec<_>>(),
        "thread": outcome.thread_id,
        "execution_time": outcome.execution_time.as_secs_f64(),
        "adapter_response": {
            "_message": response.message,
            "code": response.code,
            "rows_affected": response.rows_shown(),
        },
        "num_failures": outcome.failures.unwrap_or_default(),
    })
}

fn timing(step: &Timing) -> Value {
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    json!({ "name": step.name, "started_at": time(step.started_at), "completed_at": time(step.completed_at) })
}
