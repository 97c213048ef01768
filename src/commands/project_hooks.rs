//! `on-run-start` and `on-run-end`: which hooks there are, and what those at the end are told.

use std::sync::Arc;

use serde_json::{Value, json};

use super::results::compiled_node;
use crate::config::Settings;
use crate::outcome::{AdapterResponse, NodeOutcome, NodeStatus};
use crate::plan::Goal;
use crate::project::Project;
use crate::relation::{Relation, SchemaRef};
use crate::resource::{JsonMap, Node, NodeKind};
use crate::run::Operations;

/// The hooks of all projects, packages first.
pub(super) struct ProjectHooks {
    /// `on-run-start`.
    pub(super) at_start: Operations,
    at_end: Vec<Arc<Node>>,
}

impl ProjectHooks {
    /// The hooks that run with a goal.
    pub(super) fn of(project: &Project, settings: &Settings, goal: Goal) -> Self {
        // COMPAT: `source freshness` runs hooks too, unless a flag says otherwise (dbt 1.11).
        let runs = match goal {
            Goal::Compile | Goal::Clone => false,
            Goal::Freshness => settings.flags.behavior("source_freshness_run_project_hooks"),
            _ => true,
        };
        let of = |wanted| if runs { hooks(project, wanted) } else { Vec::new() };
        Self { at_start: Operations { hooks: of(true), extra: JsonMap::new() }, at_end: of(false) }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.at_start.hooks.len() + self.at_end.len()
    }

    /// `on-run-end`, with `results`, `schemas` and `database_schemas` of what ran.
    pub(super) fn at_end(&self, project: &Project, settings: &Settings, outcomes: &[NodeOutcome]) -> Operations {
        let hooks = self.at_end.clone();
        let extra = if hooks.is_empty() { JsonMap::new() } else { end_names(project, settings, outcomes) };
        Operations { hooks, extra }
    }
}

fn hooks(project: &Project, wanted: bool) -> Vec<Arc<Node>> {
    let operations = project.nodes.values().filter_map(|node| match &node.kind {
        NodeKind::Operation { at_start, index } if *at_start == wanted => Some((*index, Arc::clone(node))),
        _ => None,
    });
    let mut hooks: Vec<(usize, Arc<Node>)> = operations.collect();
    hooks.sort_by_key(|(index, node)| (node.package == project.name(), node.package.clone(), *index));
    hooks.into_iter().map(|(_, node)| node).collect()
}

fn end_names(project: &Project, settings: &Settings, outcomes: &[NodeOutcome]) -> JsonMap {
    // COMPAT: schemas of what was built well only (dbt 1.11).
    let built =
        |outcome: &&NodeOutcome| !matches!(outcome.status, NodeStatus::Error | NodeStatus::Fail | NodeStatus::Skipped);
    let nodes = outcomes.iter().filter(built).filter_map(|outcome| project.node(&outcome.unique_id));
    let stored = |node: &&Arc<Node>| {
        node.as_data_test().is_some() && node.config.flag("store_failures").unwrap_or(settings.flags.store_failures)
    };
    let place = |node: &Arc<Node>| {
        node.built_relation().or(node.relation.as_ref().filter(|_| stored(&node))).map(Relation::schema_ref)
    };
    let mut places: Vec<SchemaRef> = nodes.filter_map(place).collect();
    places.sort_unstable();
    places.dedup();
    let mut schemas: Vec<&str> = places.iter().map(|place| place.schema.as_str()).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let pairs: Vec<(&str, &str)> =
        places.iter().map(|place| (place.database.as_str(), place.schema.as_str())).collect();
    // COMPAT: hooks at the start are among the results only if they failed (dbt 1.11).
    let told = |outcome: &&NodeOutcome| outcome.thread_id != "main" || outcome.status == NodeStatus::Error;
    let results = outcomes.iter().filter(told).filter_map(|outcome| result_value(project, settings, outcome)).collect();
    let mut names = JsonMap::new();
    names.insert("results".to_owned(), Value::Array(results));
    names.insert("schemas".to_owned(), json!(schemas));
    names.insert("database_schemas".to_owned(), json!(pairs));
    names
}

fn result_value(project: &Project, settings: &Settings, outcome: &NodeOutcome) -> Option<Value> {
    let node = project.node(&outcome.unique_id)?;
    let compiled = compiled_node(project, settings, outcome);
    let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let timing: Vec<Value> = outcome
        .timing
        .iter()
        .map(|step| {
            json!({
                "name": step.name,
                "started_at": time(step.started_at),
                "completed_at": time(step.completed_at),
            })
        })
        .collect();
    let shown = crate::artifacts::compiled_manifest_node(node, compiled.as_ref());
    // COMPAT: of what was skipped hooks are told nothing more (dbt 1.11).
    let message = outcome.message.as_deref().filter(|_| outcome.status != NodeStatus::Skipped);
    Some(json!({
        "unique_id": outcome.unique_id.as_str(),
        "status": outcome.status.as_str(),
        "message": message,
        "failures": outcome.failures,
        "execution_time": outcome.execution_time.as_secs_f64(),
        "thread_id": outcome.thread_id,
        "adapter_response": response_value(&outcome.adapter_response),
        "timing": timing,
        "node": shown,
    }))
}

/// A warehouse's answer; empty where none was asked.
fn response_value(response: &AdapterResponse) -> Value {
    if response.message.is_empty() && response.code.is_empty() {
        return json!({});
    }
    json!({ "_message": response.message, "code": response.code, "rows_affected": response.rows_shown() })
}
