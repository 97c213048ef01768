//! `manifest.json`, v12.

use std::collections::HashMap;
use std::io::{self, Write};

use indexmap::IndexMap;
use md5::{Digest, Md5};
use serde::Serialize;

use super::ArtifactContext;
use super::context::{Metadata, offset_timestamp};
use super::declared::{DocEntry, GroupEntry, MacroEntry};
use super::graph::{Section, in_section};
use super::members::Members;
use super::node::NodeEntry;
use super::parts::CompiledNode;
use crate::project::Project;
use crate::resource::{Node, UniqueId};

/// Writes the whole project, with what is compiled of it.
///
/// # Errors
/// Those of writing.
pub fn manifest(
    project: &Project,
    context: &ArtifactContext,
    compiled: &HashMap<UniqueId, CompiledNode>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut file = Members::begin(out)?;
    let section = |file: &mut Members<'_>, name, section| {
        let nodes: Vec<&Node> = in_section(project, section).collect();
        file.add_entries(name, &nodes, |node| (&node.unique_id, NodeEntry::new(node, compiled.get(&node.unique_id))))
    };
    let parsed_at = seconds_since_1970(context);
    file.add("metadata", &ManifestMetadata::new(project, context))?;
    section(&mut file, "nodes", Section::Nodes)?;
    section(&mut file, "sources", Section::Sources)?;
    let macros: Vec<_> = project.macros.iter().collect();
    file.add_entries("macros", &macros, |(id, entry)| (*id, MacroEntry::new(entry, parsed_at)))?;
    let docs: Vec<_> = project.docs.iter().collect();
    file.add_entries("docs", &docs, |(id, block)| (*id, DocEntry::from(*block)))?;
    section(&mut file, "exposures", Section::Exposures)?;
    section(&mut file, "metrics", Section::Metrics)?;
    let groups: Vec<_> = project.groups.iter().collect();
    file.add_entries("groups", &groups, |(id, group)| (*id, GroupEntry::from(*group)))?;
    file.add("selectors", &context.selectors)?;
    let disabled_nodes: Vec<_> = project.disabled.iter().collect();
    file.add_entries("disabled", &disabled_nodes, |(id, nodes)| (*id, disabled(nodes)))?;
    let ids: Vec<&UniqueId> = in_order(project).collect();
    file.add_entries("parent_map", &ids, |id| (*id, project.graph.parents(id)))?;
    file.add_entries("child_map", &ids, |id| (*id, project.graph.children(id)))?;
    file.add("group_map", &group_map(project))?;
    section(&mut file, "saved_queries", Section::SavedQueries)?;
    section(&mut file, "semantic_models", Section::SemanticModels)?;
    section(&mut file, "unit_tests", Section::UnitTests)?;
    section(&mut file, "functions", Section::Functions)?;
    file.end()
}

/// The sections in the order in which `parent_map` and `child_map` go through them.
const GRAPH_ORDER: [Section; 8] = [
    Section::Nodes,
    Section::Sources,
    Section::Exposures,
    Section::Functions,
    Section::Metrics,
    Section::SemanticModels,
    Section::SavedQueries,
    Section::UnitTests,
];

fn in_order(project: &Project) -> impl Iterator<Item = &UniqueId> {
    GRAPH_ORDER.into_iter().flat_map(|section| in_section(project, section)).map(|node| &node.unique_id)
}

fn disabled(nodes: &[std::sync::Arc<Node>]) -> Vec<NodeEntry<'_>> {
    nodes.iter().map(|node| NodeEntry::new(node, None)).collect()
}

/// Group name -> ids of its members; groups without members too.
fn group_map(project: &Project) -> IndexMap<&str, Vec<&UniqueId>> {
    let mut members: IndexMap<&str, Vec<&UniqueId>> =
        project.groups.values().map(|group| (group.name.as_str(), Vec::new())).collect();
    const GROUPED: [Section; 4] = [Section::Nodes, Section::SavedQueries, Section::SemanticModels, Section::Metrics];
    for node in GROUPED.into_iter().flat_map(|section| in_section(project, section)) {
        if let Some(group) = node.config.group.as_deref().and_then(|group| members.get_mut(group)) {
            group.push(&node.unique_id);
        }
    }
    members
}

fn seconds_since_1970(context: &ArtifactContext) -> f64 {
    // Microseconds of our time fit into the 53 bits of a float.
    #[allow(clippy::cast_precision_loss)]
    let microseconds = context.invocation_started_at.timestamp_micros() as f64;
    microseconds / 1_000_000.0
}

#[derive(Serialize)]
struct ManifestMetadata<'a> {
    #[serde(flatten)]
    common: Metadata<'a>,
    project_name: &'a str,
    project_id: String,
    user_id: Option<&'a str>,
    send_anonymous_usage_stats: bool,
    adapter_type: &'a str,
    quoting: ProjectQuoting,
    run_started_at: String,
}

impl<'a> ManifestMetadata<'a> {
    fn new(project: &'a Project, context: &'a ArtifactContext) -> Self {
        let quoting = &context.quoting;
        Self {
            common: context.metadata("manifest", 12),
            project_name: project.name(),
            project_id: hex::encode(Md5::digest(project.name().as_bytes())),
            // Nobody is counted, so nobody has an id.
            user_id: None,
            send_anonymous_usage_stats: false,
            adapter_type: &context.adapter_type,
            quoting: ProjectQuoting {
                database: quoting.database.unwrap_or(true),
                schema: quoting.schema.unwrap_or(true),
                identifier: quoting.identifier.unwrap_or(true),
                column: None,
            },
            run_started_at: offset_timestamp(context.invocation_started_at),
        }
    }
}

#[derive(Serialize)]
struct ProjectQuoting {
    database: bool,
    schema: bool,
    identifier: bool,
    column: Option<bool>,
}
