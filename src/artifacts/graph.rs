//! Jinja's `graph`.

use serde_json::{Map, Value};

use super::declared::GroupEntry;
use super::node::manifest_node;
use super::parts::object;
use crate::project::Project;
use crate::resource::{Node, ResourceType};

/// The section of the manifest that a resource type stands in.
pub(super) const fn section(resource_type: ResourceType) -> Section {
    match resource_type {
        ResourceType::Source => Section::Sources,
        ResourceType::Exposure => Section::Exposures,
        ResourceType::Metric => Section::Metrics,
        ResourceType::SemanticModel => Section::SemanticModels,
        ResourceType::SavedQuery => Section::SavedQueries,
        ResourceType::Function => Section::Functions,
        ResourceType::UnitTest => Section::UnitTests,
        _ => Section::Nodes,
    }
}

/// The sections of the manifest that hold nodes of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// Models, seeds, snapshots, tests, analyses, operations.
    Nodes,
    /// Sources.
    Sources,
    /// Exposures.
    Exposures,
    /// Metrics.
    Metrics,
    /// Semantic models.
    SemanticModels,
    /// Saved queries.
    SavedQueries,
    /// Functions.
    Functions,
    /// Unit tests.
    UnitTests,
}

/// The project as `graph` shows it to Jinja: `{nodes, sources, exposures, ...}`, each by id. Unit
/// tests are not among it.
pub fn graph_context(project: &Project) -> Value {
    let mut graph = Map::new();
    let mut add = |name: &str, entries: Map<String, Value>| graph.insert(name.to_owned(), Value::Object(entries));
    add("exposures", entries(project, Section::Exposures));
    add("functions", entries(project, Section::Functions));
    let groups = project.groups.iter().map(|(id, group)| (id.to_string(), object(GroupEntry::from(group)).into()));
    add("groups", groups.collect());
    add("metrics", entries(project, Section::Metrics));
    add("nodes", entries(project, Section::Nodes));
    add("sources", entries(project, Section::Sources));
    add("semantic_models", entries(project, Section::SemanticModels));
    add("saved_queries", entries(project, Section::SavedQueries));
    Value::Object(graph)
}

fn entries(project: &Project, wanted: Section) -> Map<String, Value> {
    in_section(project, wanted).map(|node| (node.unique_id.to_string(), manifest_node(node).into())).collect()
}

/// The nodes of a section, in the project's order.
pub(super) fn in_section(project: &Project, wanted: Section) -> impl Iterator<Item = &Node> {
    project.nodes.values().map(AsRef::as_ref).filter(move |node| section(node.resource_type()) == wanted)
}
