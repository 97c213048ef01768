use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::{cte_name, is_ephemeral};
use crate::artifacts::graph_context;
use crate::diagnostic::Diagnostic;
use crate::jinja::{RefTarget, Resolver};
use crate::project::Project;
use crate::relation::{Relation, RelationKind};
use crate::resolve::{find_ref, find_source};
use crate::resource::{Node, RefCall, SourceCall, UniqueId};

/// What some nodes render as instead of their relation.
#[derive(Debug, Clone, Default)]
pub struct Replacements {
    by_id: Arc<HashMap<UniqueId, String>>,
}

impl Replacements {
    /// Texts by node id.
    pub fn new(by_id: HashMap<UniqueId, String>) -> Self {
        Self { by_id: Arc::new(by_id) }
    }

    /// Whether nothing is replaced.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether this node is replaced.
    pub fn replaces(&self, id: &UniqueId) -> bool {
        self.by_id.contains_key(id)
    }
}

/// The nodes of a project, as the templates of one package see them.
pub struct ProjectResolver {
    project: Arc<Project>,
    package: String,
    empty: bool,
    replacements: Replacements,
    graph: OnceLock<serde_json::Value>,
}

impl ProjectResolver {
    /// A resolver for one package; with `empty`, references select no rows.
    pub fn new(project: Arc<Project>, package: String, empty: bool, replacements: Replacements) -> Self {
        Self { project, package, empty, replacements, graph: OnceLock::new() }
    }

    fn target(&self, node: &Node) -> RefTarget {
        if let Some(text) = self.replacements.by_id.get(&node.unique_id) {
            let relation = Relation::new("", "", text.clone()).with_kind(RelationKind::Cte);
            return RefTarget { relation, text: Some(text.clone()) };
        }
        if is_ephemeral(node) {
            let name = cte_name(node);
            let relation = Relation::new("", "", name.clone()).with_kind(RelationKind::Cte);
            return RefTarget { relation, text: Some(name) };
        }
        let relation = node.relation.clone().unwrap_or_else(|| Relation::new("", "", node.alias.clone()));
        // COMPAT: the subquery of dbt 1.11, alias included.
        let text = self
            .empty
            .then(|| format!("(select * from {relation} where false limit 0) _dbt_limit_subq_{}", relation.identifier));
        RefTarget { relation, text }
    }

    fn found(&self, id: &UniqueId) -> RefTarget {
        match self.project.node(id) {
            Some(node) => self.target(node),
            // The index holds only nodes of the project.
            None => RefTarget { relation: Relation::new("", "", id.as_str()), text: None },
        }
    }
}

impl Resolver for ProjectResolver {
    fn reference(&self, call: &RefCall) -> Result<RefTarget, Box<Diagnostic>> {
        find_ref(&self.project.refs, call, &self.package, self.project.name()).map(|id| self.found(id))
    }

    fn source(&self, call: &SourceCall) -> Result<RefTarget, Box<Diagnostic>> {
        find_source(&self.project.refs, call, &self.package).map(|id| self.found(id))
    }

    fn graph(&self) -> serde_json::Value {
        self.graph.get_or_init(|| graph_context(&self.project)).clone()
    }
}
