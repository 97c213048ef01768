//! What will be done, before anything is done: [`Project`] + selection + [`Goal`] -> [`Plan`].
//!
//! A plan is an ordered list of [`Task`]s with their dependencies among each other. The runner walks
//! it; so can anything that only wants to show it. It holds no SQL, because compiling may ask the
//! warehouse, and no connection.

use std::collections::HashMap;
use std::sync::Arc;

use crate::graph::{BuildRole, Dag, NodeSet};
use crate::project::Project;
use crate::resource::{Materialization, Node, NodeKind, ResourceType, UniqueId};
use crate::selector::Selection;

/// What a command wants of the selected nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Build everything; tests gate what is downstream of what they test.
    Build,
    /// Build models.
    Run,
    /// Run tests.
    Test,
    /// Load seeds.
    Seed,
    /// Bring snapshots up to date.
    Snapshot,
    /// Compile, without writing to the warehouse.
    Compile,
    /// Check how old sources are.
    Freshness,
    /// Point to or copy the relations of an earlier run.
    Clone,
}

/// What is done with one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Build its relation.
    Materialize,
    /// Load its CSV file.
    LoadSeed,
    /// Count its failures.
    RunTest,
    /// Compare its rows with the expected ones.
    RunUnitTest,
    /// Render its SQL.
    Compile,
    /// Look how old its rows are.
    CheckFreshness,
    /// Make its relation a copy of an earlier run's.
    Clone,
    /// Make its function.
    BuildFunction,
    /// Nothing; its status is `no-op` (exposures).
    Nothing,
}

/// One node to be worked on.
#[derive(Debug, Clone)]
pub struct Task {
    /// The node.
    pub node: Arc<Node>,
    /// What is done with it.
    pub action: Action,
    /// Tasks (by index in the plan) that must end well first.
    pub upstream: Vec<usize>,
}

/// Tasks in an order in which each comes after those it waits for.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Selected ephemeral models: their text is part of what uses them.
    pub inlined: Vec<UniqueId>,
}

impl Plan {
    /// The plan for the selected nodes. Ephemeral models have no task: they are inlined, and what
    /// uses them waits for what they use. So do unselected nodes.
    pub fn new(project: &Project, selection: &Selection, goal: Goal) -> Self {
        let mut actions: HashMap<UniqueId, (Arc<Node>, Action)> = HashMap::new();
        let mut inlined = Vec::new();
        for node in selection.iter().filter_map(|id| project.node(id)) {
            if let Some(action) = action(node, goal) {
                actions.insert(node.unique_id.clone(), (Arc::clone(node), action));
            } else if is_inlined(node, goal) {
                inlined.push(node.unique_id.clone());
            }
        }
        let graph = execution_graph(project, &actions, goal);
        // COMPAT: what is ready at once is started in this order (dbt 1.11), so that seeds and models come before tests of
        // sources that stand in their place.
        let order = graph.by_level();
        let index_of: HashMap<&UniqueId, usize> = order.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        let tasks = order
            .iter()
            .filter_map(|id| {
                let (node, action) = actions.get(*id)?;
                let mut upstream: Vec<usize> =
                    graph.parents(id).into_iter().filter_map(|parent| index_of.get(parent).copied()).collect();
                upstream.sort_unstable();
                Some(Task { node: Arc::clone(node), action: *action, upstream })
            })
            .collect();
        Self { tasks, inlined }
    }

    /// For each task, the tasks that wait for it.
    pub fn downstream(&self) -> Vec<Vec<usize>> {
        let mut downstream = vec![Vec::new(); self.tasks.len()];
        for (index, task) in self.tasks.iter().enumerate() {
            for parent in &task.upstream {
                if let Some(children) = downstream.get_mut(*parent) {
                    children.push(index);
                }
            }
        }
        downstream
    }
}

/// Which node waits for which: the nodes that have a task, through those that have none.
fn execution_graph(project: &Project, actions: &HashMap<UniqueId, (Arc<Node>, Action)>, goal: Goal) -> Dag {
    let keep: NodeSet = project
        .graph
        .nodes()
        .enumerate()
        .filter(|(_, id)| actions.contains_key(*id))
        .map(|(position, _)| position)
        .collect();
    if goal == Goal::Clone {
        // Copies do not wait for each other.
        return project.graph.restricted(&keep).without_edges();
    }
    if goal != Goal::Build {
        return project.graph.restricted(&keep);
    }
    // In the whole graph, since tests of what has no task (sources, what is not selected) hold back too.
    let gated = project.graph.with_test_edges(|id| match project.node(id).map(|node| &node.kind) {
        Some(NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot(_)) => BuildRole::Built,
        Some(NodeKind::DataTest(_)) => BuildRole::DataTest,
        Some(NodeKind::UnitTest(_)) => BuildRole::UnitTest,
        _ => BuildRole::Bystander,
    });
    gated.restricted(&keep)
}

fn is_inlined(node: &Node, goal: Goal) -> bool {
    let is_ephemeral = node.config.materialized == Materialization::Ephemeral;
    is_ephemeral && matches!(node.kind, NodeKind::Model(_)) && matches!(goal, Goal::Build | Goal::Run)
}

fn action(node: &Node, goal: Goal) -> Option<Action> {
    let builds = matches!(goal, Goal::Build);
    match &node.kind {
        NodeKind::Source(_) => (goal == Goal::Freshness).then_some(Action::CheckFreshness),
        NodeKind::Exposure(_) => builds.then_some(Action::Nothing),
        NodeKind::Passthrough(resource) if resource.resource_type == ResourceType::SavedQuery => {
            builds.then_some(Action::Nothing)
        }
        _ if goal == Goal::Compile => Some(Action::Compile),
        NodeKind::Model(_) if node.config.materialized == Materialization::Ephemeral => None,
        NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot(_) if goal == Goal::Clone => Some(Action::Clone),
        NodeKind::Model(_) => (builds || goal == Goal::Run).then_some(Action::Materialize),
        NodeKind::Snapshot(_) => (builds || goal == Goal::Snapshot).then_some(Action::Materialize),
        NodeKind::Seed(_) => (builds || goal == Goal::Seed).then_some(Action::LoadSeed),
        NodeKind::DataTest(_) => (builds || goal == Goal::Test).then_some(Action::RunTest),
        NodeKind::UnitTest(_) => (builds || goal == Goal::Test).then_some(Action::RunUnitTest),
        // COMPAT: only `build` makes functions (dbt 1.11).
        NodeKind::Passthrough(resource) if resource.resource_type == ResourceType::Function => {
            builds.then_some(Action::BuildFunction)
        }
        NodeKind::Analysis | NodeKind::Operation { .. } | NodeKind::SqlOperation | NodeKind::Passthrough(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::sample;

    /// seed -> stg (tested) -> eph (ephemeral) -> mart -> dashboard
    fn shop() -> Project {
        sample::project(vec![
            sample::seed("seeds/raw.csv"),
            sample::model("models/stg.sql").after(&["seed.shop.raw"]),
            sample::generic_test("unique", "stg", "id").after(&["model.shop.stg"]),
            sample::model("models/eph.sql")
                .configured(serde_json::json!({ "materialized": "ephemeral" }))
                .after(&["model.shop.stg"]),
            sample::model("models/mart.sql").after(&["model.shop.eph"]),
        ])
    }

    fn lines(goal: Goal, left_out: &[&str]) -> Vec<String> {
        let project = shop();
        let ids = project.nodes.keys().filter(|id| !left_out.contains(&id.as_str())).cloned();
        let plan = Plan::new(&project, &Selection::of(&project, ids), goal);
        let name = |index: &usize| plan.tasks.get(*index).map_or("?", |task| task.node.name.as_str()).to_owned();
        plan.tasks
            .iter()
            .map(|task| {
                let waits: Vec<String> = task.upstream.iter().map(name).collect();
                format!("{:?} {} after [{}]", task.action, task.node.name, waits.join(", "))
            })
            .collect()
    }

    #[test]
    fn build_lets_a_test_gate_what_uses_the_tested_node_through_ephemeral_models() {
        assert_eq!(
            lines(Goal::Build, &[]),
            [
                "LoadSeed raw after []",
                "Materialize stg after [raw]",
                "RunTest unique_stg_id after [stg]",
                "Materialize mart after [stg, unique_stg_id]",
            ]
        );
    }

    #[test]
    fn tests_gate_what_uses_a_node_that_has_no_task() {
        assert_eq!(
            lines(Goal::Build, &["seed.shop.raw", "model.shop.stg"]),
            ["RunTest unique_stg_id after []", "Materialize mart after [unique_stg_id]"]
        );
    }

    #[test]
    fn run_takes_models_only_and_waits_through_what_is_left_out() {
        assert_eq!(lines(Goal::Run, &[]), ["Materialize stg after []", "Materialize mart after [stg]"]);
        assert_eq!(
            lines(Goal::Build, &["model.shop.stg", "test.shop.unique_stg_id.0123456789"]),
            ["LoadSeed raw after []", "Materialize mart after [raw]"]
        );
    }
}
