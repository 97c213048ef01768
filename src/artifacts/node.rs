//! The entries of `nodes`: models, analyses, tests, snapshots, seeds, operations.

use serde::Serialize;
use serde_json::Value;

use super::declared::ExposureEntry;
use super::entry::{CompiledEntry, FunctionEntry, GenericTestEntry, ModelEntry, OperationEntry, SeedEntry};
use super::parts::{CompiledNode, object};
use super::source::SourceEntry;
use super::unit_test::UnitTestEntry;
use crate::resource::{JsonMap, Node, NodeKind, ResourceType};

/// A node as in the manifest, before it was compiled.
pub fn manifest_node(node: &Node) -> JsonMap {
    object(NodeEntry::new(node, None))
}

/// A node as in the manifest, with what compiling it added.
pub fn compiled_manifest_node(node: &Node, compiled: Option<&CompiledNode>) -> JsonMap {
    object(NodeEntry::new(node, compiled))
}

/// A node as Jinja's `model` shows it.
///
/// COMPAT: dbt leaves out what is null there, except in what the user wrote freely.
pub fn jinja_model(node: &Node) -> JsonMap {
    let mut model = manifest_node(node);
    drop_nulls(&mut model);
    model
}

fn drop_nulls(map: &mut JsonMap) {
    const FREE: [&str; 4] = ["meta", "unrendered_config", "kwargs", "external"];
    map.retain(|_, value| !value.is_null());
    for (_, value) in map.iter_mut().filter(|(key, _)| !FREE.contains(&key.as_str())) {
        match value {
            Value::Object(inner) => drop_nulls(inner),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(drop_nulls),
            _ => {}
        }
    }
}

/// Any node's entry.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum NodeEntry<'a> {
    Model(Box<ModelEntry<'a>>),
    Seed(Box<SeedEntry<'a>>),
    GenericTest(Box<GenericTestEntry<'a>>),
    Compiled(Box<CompiledEntry<'a>>),
    Operation(Box<OperationEntry<'a>>),
    Function(Box<FunctionEntry<'a>>),
    Source(Box<SourceEntry<'a>>),
    Exposure(Box<ExposureEntry<'a>>),
    UnitTest(Box<UnitTestEntry<'a>>),
    Semantic(JsonMap),
}

impl<'a> NodeEntry<'a> {
    pub(super) fn new(node: &'a Node, compiled: Option<&'a CompiledNode>) -> Self {
        match &node.kind {
            NodeKind::Model(model) => Self::Model(Box::new(ModelEntry::new(node, model, compiled))),
            NodeKind::Seed(seed) => Self::Seed(Box::new(SeedEntry::new(node, seed, compiled))),
            NodeKind::DataTest(test) if test.metadata.is_some() => {
                Self::GenericTest(Box::new(GenericTestEntry::new(node, test, compiled)))
            }
            NodeKind::Snapshot(_) | NodeKind::DataTest(_) | NodeKind::Analysis | NodeKind::SqlOperation => {
                Self::Compiled(Box::new(CompiledEntry::new(node, compiled)))
            }
            NodeKind::Operation { index, .. } => Self::Operation(Box::new(OperationEntry {
                compiled: CompiledEntry::new(node, compiled),
                index: *index,
            })),
            NodeKind::Source(source) => Self::Source(Box::new(SourceEntry::new(node, source))),
            NodeKind::Exposure(exposure) => Self::Exposure(Box::new(ExposureEntry::new(node, exposure))),
            NodeKind::UnitTest(test) => Self::UnitTest(Box::new(UnitTestEntry::new(node, test))),
            NodeKind::Passthrough(resource) if resource.resource_type == ResourceType::Function => {
                Self::Function(Box::new(FunctionEntry::new(node, &resource.definition, compiled)))
            }
            NodeKind::Passthrough(resource) => Self::Semantic(super::semantic::semantic_entry(node, resource)),
        }
    }
}
