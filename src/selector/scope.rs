use crate::config::Flags;
use crate::resource::{Node, NodeKind, ResourceType};

/// Which kinds of nodes a command takes from what is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The resource types.
    pub types: Vec<ResourceType>,
    /// Whether nodes without code are taken too.
    pub empty_nodes: bool,
    /// Only sources that have a freshness rule.
    pub with_freshness: bool,
}

const REFABLE: &[ResourceType] = &[ResourceType::Model, ResourceType::Seed, ResourceType::Snapshot];
const TESTS: &[ResourceType] = &[ResourceType::Test, ResourceType::UnitTest];
const BUILT: &[ResourceType] = &[
    ResourceType::Model,
    ResourceType::Snapshot,
    ResourceType::Seed,
    ResourceType::Test,
    ResourceType::UnitTest,
    ResourceType::SavedQuery,
    ResourceType::Exposure,
    ResourceType::Function,
];
const COMPILED: &[ResourceType] = &[
    ResourceType::Model,
    ResourceType::Test,
    ResourceType::Snapshot,
    ResourceType::Analysis,
    ResourceType::Operation,
    ResourceType::Seed,
    ResourceType::SqlOperation,
    ResourceType::Function,
];
const LISTED: &[ResourceType] = &[
    ResourceType::Model,
    ResourceType::Snapshot,
    ResourceType::Seed,
    ResourceType::Test,
    ResourceType::Source,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::SavedQuery,
    ResourceType::SemanticModel,
    ResourceType::UnitTest,
    ResourceType::Function,
];

impl Scope {
    /// What a command takes (`build`, `source freshness`, ...), given `--resource-type` and
    /// `--exclude-resource-type` where the command has them.
    pub fn of_command(command: &str, flags: &Flags) -> Self {
        let own = match command {
            "run" => &[ResourceType::Model],
            "seed" => &[ResourceType::Seed],
            "snapshot" => &[ResourceType::Snapshot],
            "source freshness" | "source snapshot-freshness" | "freshness" => &[ResourceType::Source],
            "test" => TESTS,
            "build" | "retry" => BUILT,
            "clone" | "maintain" | "history" => REFABLE,
            "list" | "ls" => LISTED,
            _ => COMPILED,
        };
        let mut types = match command {
            "build" | "clone" | "list" | "ls" | "test" if !flags.resource_types.is_empty() => {
                flags.resource_types.clone()
            }
            _ => own.to_vec(),
        };
        // COMPAT: `test` takes tests only, whatever it is asked for (dbt 1.11).
        if command == "test" {
            types.retain(|kind| TESTS.contains(kind));
        }
        types.retain(|kind| !flags.exclude_resource_types.contains(kind));
        Self {
            types,
            empty_nodes: matches!(command, "list" | "ls" | "docs generate" | "generate"),
            with_freshness: own == [ResourceType::Source],
        }
    }

    /// Nodes of these types, with or without code.
    pub fn of_types(types: &[ResourceType]) -> Self {
        Self { types: types.to_vec(), empty_nodes: true, with_freshness: false }
    }

    /// Whether the command takes a node.
    pub fn takes(&self, node: &Node) -> bool {
        self.types.contains(&node.resource_type())
            && (self.empty_nodes || !is_empty(node))
            && (!self.with_freshness || node.as_source().is_some_and(|source| source.freshness.is_some()))
    }
}

/// Whether the node should have code and has none.
fn is_empty(node: &Node) -> bool {
    let has_code = matches!(
        node.kind,
        NodeKind::Model(_)
            | NodeKind::Snapshot(_)
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::SqlOperation
    );
    has_code && node.raw_code.trim().is_empty()
}
