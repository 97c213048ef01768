//! `manifest.json`, v12.

use std::collections::HashMap;

use indexmap::IndexMap;
use md5::{Digest, Md5};
use serde::{Serialize, Serializer};

use super::ArtifactContext;
use super::context::{Metadata, offset_timestamp};
use super::declared::{DocEntry, GroupEntry, MacroEntry};
use super::graph::{Section, in_section};
use super::node::{CompiledNode, NodeEntry};
use crate::project::Project;
use crate::resource::{JsonMap, Node, UniqueId};

/// The whole project, with what is compiled of it.
pub fn manifest(project: &Project, context: &ArtifactContext, compiled: &HashMap<UniqueId, CompiledNode>) -> Vec<u8> {
    let section = |section| Entries { project, section, compiled };
    let parsed_at = seconds_since_1970(context);
    super::bytes(&File {
        metadata: ManifestMetadata::new(project, context),
        nodes: section(Section::Nodes),
        sources: section(Section::Sources),
        macros: Collected(|| project.macros.iter().map(move |(id, entry)| (id, MacroEntry::new(entry, parsed_at)))),
        docs: Collected(|| project.docs.iter().map(|(id, block)| (id, DocEntry::from(block)))),
        exposures: section(Section::Exposures),
        metrics: section(Section::Metrics),
        groups: Collected(|| project.groups.iter().map(|(id, group)| (id, GroupEntry::from(group)))),
        selectors: &context.selectors,
        disabled: Collected(|| project.disabled.iter().map(|(id, nodes)| (id, disabled(nodes)))),
        parent_map: Collected(|| in_order(project).map(|id| (id, project.graph.parents(id)))),
        child_map: Collected(|| in_order(project).map(|id| (id, project.graph.children(id)))),
        group_map: group_map(project),
        saved_queries: section(Section::SavedQueries),
        semantic_models: section(Section::SemanticModels),
        unit_tests: section(Section::UnitTests),
        functions: section(Section::Functions),
    })
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
struct File<'a, M: Serialize, D: Serialize, G: Serialize, X: Serialize, P: Serialize, C: Serialize> {
    metadata: ManifestMetadata<'a>,
    nodes: Entries<'a>,
    sources: Entries<'a>,
    macros: M,
    docs: D,
    exposures: Entries<'a>,
    metrics: Entries<'a>,
    groups: G,
    selectors: &'a JsonMap,
    disabled: X,
    parent_map: P,
    child_map: C,
    group_map: IndexMap<&'a str, Vec<&'a UniqueId>>,
    saved_queries: Entries<'a>,
    semantic_models: Entries<'a>,
    unit_tests: Entries<'a>,
    functions: Entries<'a>,
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

/// One section's nodes by id; each entry is made when it is written.
struct Entries<'a> {
    project: &'a Project,
    section: Section,
    compiled: &'a HashMap<UniqueId, CompiledNode>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nodes = in_section(self.project, self.section);
        serializer
            .collect_map(nodes.map(|node| (&node.unique_id, NodeEntry::new(node, self.compiled.get(&node.unique_id)))))
    }
}

/// A map whose entries are made when they are written.
struct Collected<F>(F);

impl<K: Serialize, V: Serialize, I: Iterator<Item = (K, V)>, F: Fn() -> I> Serialize for Collected<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}
