//! The project in memory: [`Project`], frozen, with the graph.
//!
//! It does not know how it was parsed. `Manifest` is the name of the JSON artifact only.

#[cfg(test)]
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) mod sample;

pub mod parsed;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::ProjectSettings;
use crate::graph::Dag;
use crate::resource::{DocsBlock, Group, Macro, Node, UniqueId};
use crate::source::SourceSet;

/// A project, all its packages included, resolved and frozen.
#[derive(Debug)]
pub struct Project {
    /// The root project's settings.
    pub root: Arc<ProjectSettings>,
    /// Every enabled node by id, in order of id within each kind as parsed.
    pub nodes: IndexMap<UniqueId, Arc<Node>>,
    /// Disabled nodes; several may share an id.
    pub disabled: IndexMap<UniqueId, Vec<Arc<Node>>>,
    /// Macros by id.
    pub macros: Arc<IndexMap<UniqueId, Arc<Macro>>>,
    /// Docs blocks by id.
    pub docs: IndexMap<UniqueId, DocsBlock>,
    /// Groups by id.
    pub groups: IndexMap<UniqueId, Group>,
    /// Who depends on whom.
    pub graph: Dag,
    /// The texts all spans point into.
    pub sources: Arc<SourceSet>,
    /// Refable nodes by name: `resolve` looks them up.
    pub refs: RefIndex,
}

impl Project {
    /// A node by id.
    pub fn node(&self, id: &UniqueId) -> Option<&Arc<Node>> {
        self.nodes.get(id)
    }

    /// The root project's name.
    pub fn name(&self) -> &str {
        &self.root.name
    }
}

/// Refable nodes by name and sources by `(source, table)`.
#[derive(Debug, Clone, Default)]
pub struct RefIndex {
    /// Name -> candidates as `(package, version, id)`, root package first.
    pub by_name: HashMap<String, Vec<RefCandidate>>,
    /// `(source, table)` -> `(package, id)`.
    pub sources: HashMap<(String, String), Vec<(String, UniqueId)>>,
    /// Name -> functions as `(package, id)`, root package first.
    pub functions: HashMap<String, Vec<(String, UniqueId)>>,
}

/// One node that a `ref()` by this name may mean.
#[derive(Debug, Clone)]
pub struct RefCandidate {
    /// Its package.
    pub package: String,
    /// Its version as text, if it has versions.
    pub version: Option<String>,
    /// Whether it is the latest version.
    pub is_latest: bool,
    /// Its id.
    pub id: UniqueId,
    /// Whether it is disabled.
    pub disabled: bool,
}
