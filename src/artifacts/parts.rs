//! Small JSON parts that several kinds of entries share.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::resource::{DependsOn, JsonMap, Materialization, Node, NodeKind, RefCall, SourceCall, UniqueId, VersionRef};

/// What compiling and running a node adds to its entry.
#[derive(Debug, Clone, Default)]
pub struct CompiledNode {
    /// The SQL, if it was compiled.
    pub code: Option<String>,
    /// Ephemeral models inlined: id and SQL.
    pub ctes: Vec<(UniqueId, String)>,
    /// File under `target/compiled`, relative to the project.
    pub compiled_path: Option<String>,
    /// File under `target/run`, relative to the project.
    pub build_path: Option<String>,
}

/// The name under which a node's rows stand, rendered; `None` for what leaves none behind.
pub fn relation_name(node: &Node) -> Option<String> {
    let stands = match &node.kind {
        NodeKind::Model(_) => node.config.materialized != Materialization::Ephemeral,
        NodeKind::Seed(_) | NodeKind::Snapshot(_) | NodeKind::Source(_) => true,
        NodeKind::DataTest(_) => stores_failures(node),
        _ => false,
    };
    node.relation.as_ref().filter(|_| stands).map(crate::relation::Relation::render)
}

fn stores_failures(node: &Node) -> bool {
    match node.config.text("store_failures_as") {
        Some(kind) => kind != "ephemeral",
        None => node.config.flag("store_failures").unwrap_or(false),
    }
}

/// An entry of `refs`.
#[derive(Serialize)]
pub(super) struct Ref<'a> {
    name: &'a str,
    package: Option<&'a str>,
    version: Option<&'a Value>,
}

/// `refs` of a node.
pub(super) fn refs(calls: &[RefCall]) -> Vec<Ref<'_>> {
    calls
        .iter()
        .map(|call| Ref { name: &call.name, package: call.package.as_deref(), version: version(call.version.as_ref()) })
        .collect()
}

/// `sources` of a node: pairs of source and table.
pub(super) fn source_pairs(calls: &[SourceCall]) -> Vec<[&str; 2]> {
    calls.iter().map(|call| [call.source.as_str(), call.table.as_str()]).collect()
}

/// A version as written.
pub(super) fn version(version: Option<&VersionRef>) -> Option<&Value> {
    version.map(|version| &version.0)
}

/// `depends_on`; macros stand first, as dbt writes them.
#[derive(Serialize)]
pub(super) struct Dependencies<'a> {
    macros: &'a [UniqueId],
    nodes: &'a [UniqueId],
}

impl<'a> From<&'a DependsOn> for Dependencies<'a> {
    fn from(depends_on: &'a DependsOn) -> Self {
        Self { macros: &depends_on.macros, nodes: &depends_on.nodes }
    }
}

/// `depends_on` of a seed and of a macro.
#[derive(Serialize)]
pub(super) struct MacroDependencies<'a> {
    pub(super) macros: &'a [UniqueId],
}

/// `docs`: whether and how the docs site shows a thing.
#[derive(Serialize)]
pub(super) struct Docs<'a> {
    show: bool,
    node_color: Option<&'a str>,
}

impl<'a> Docs<'a> {
    /// From a node's config.
    pub(super) fn of(node: &'a Node) -> Self {
        let docs = node.config.get("docs").and_then(Value::as_object);
        let field = |key: &str| docs.and_then(|docs| docs.get(key));
        Self {
            show: field("show").and_then(Value::as_bool).unwrap_or(true),
            node_color: field("node_color").and_then(Value::as_str),
        }
    }

    /// Shown or not, without a color.
    pub(super) fn plain(show: bool) -> Self {
        Self { show, node_color: None }
    }
}

/// A node's `meta`, if its config says any.
pub(super) fn meta(node: &Node) -> Object<'_> {
    Object(node.config.get("meta").and_then(Value::as_object))
}

/// A JSON object that may be absent: absent is written as an empty one.
pub(super) struct Object<'a>(pub(super) Option<&'a JsonMap>);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(map) => map.serialize(serializer),
            None => JsonMap::new().serialize(serializer),
        }
    }
}

/// A JSON object out of anything that serializes as one.
pub(super) fn object(entry: impl Serialize) -> JsonMap {
    match serde_json::to_value(entry) {
        Ok(Value::Object(map)) => map,
        _ => JsonMap::new(),
    }
}
