//! How many of each: what a project has, what a run did.

use indexmap::IndexMap;

use crate::plan::{Action, Plan};
use crate::project::Project;
use crate::report::ResourceCounts;
use crate::resource::{Node, NodeKind, ResourceType};

/// What a project has, in dbt's order and words.
pub(super) fn found(project: &Project) -> ResourceCounts {
    const ORDER: [(ResourceType, &str); 14] = [
        (ResourceType::Model, "model"),
        (ResourceType::Snapshot, "snapshot"),
        (ResourceType::Analysis, "analysis"),
        (ResourceType::Seed, "seed"),
        (ResourceType::Operation, "operation"),
        (ResourceType::Test, "test"),
        (ResourceType::Function, "function"),
        (ResourceType::Source, "source"),
        (ResourceType::Exposure, "exposure"),
        (ResourceType::Metric, "metric"),
        (ResourceType::Group, "group"),
        (ResourceType::SemanticModel, "semantic model"),
        (ResourceType::SavedQuery, "saved query"),
        (ResourceType::UnitTest, "unit test"),
    ];
    let mut by_type: IndexMap<ResourceType, usize> = IndexMap::new();
    for node in project.nodes.values() {
        *by_type.entry(node.resource_type()).or_default() += 1;
    }
    by_type.insert(ResourceType::Group, project.groups.len());
    // COMPAT: tests come where the first one was parsed; those with a file of their own before seeds (dbt 1.11).
    let mut order = ORDER.to_vec();
    if project.nodes.values().any(|node| node.as_data_test().is_some_and(|test| test.metadata.is_none())) {
        order[3..6].rotate_right(1);
    }
    let named = order.iter().filter_map(|(kind, word)| Some(((*word).to_owned(), *by_type.get(kind)?)));
    let mut counts: Vec<(String, usize)> = named.filter(|(_, count)| *count > 0).collect();
    let later =
        |(word, _): &(String, usize)| ["group", "semantic model", "saved query", "unit test"].contains(&word.as_str());
    let place = counts.iter().position(later).unwrap_or(counts.len());
    counts.insert(place, ("macro".to_owned(), project.macros.len()));
    ResourceCounts(counts)
}

/// What a plan does, as in `Finished running 3 table models, 2 data tests`.
pub(super) fn planned(plan: &Plan, hooks: usize) -> Vec<(String, usize)> {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for task in plan.tasks.iter().filter(|task| task.action != Action::Compile) {
        *counts.entry(word(&task.node)).or_default() += 1;
    }
    if hooks > 0 {
        counts.insert("project hook".to_owned(), hooks);
    }
    counts.sort_unstable_keys();
    counts.into_iter().collect()
}

fn word(node: &Node) -> String {
    match &node.kind {
        NodeKind::Model(_) => format!("{} model", node.config.materialized.as_str()),
        NodeKind::DataTest(_) => "test".to_owned(),
        NodeKind::UnitTest(_) => "unit test".to_owned(),
        other => other.resource_type().as_str().replace('_', " "),
    }
}
