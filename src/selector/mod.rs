//! From what a user asks for to a set of nodes: text -> [`Expr`] -> [`Selection`].
//!
//! - [`Expr`]: unions, intersections and differences of [`Criterion`]s, each a [`Method`] with a value
//!   and graph operators (`2+name+`, `@name`);
//! - [`Scope`]: which resource types a command takes;
//! - [`Selector`]: a project, its graph and what an earlier run left, ready to be asked.
//!
//! It never knows what is done with the nodes: plans, commands and their output are above it.

mod evaluate;
mod expr;
mod file;
mod glob;
mod indirect;
mod method;
mod scope;
mod text;

use indexmap::IndexSet;

use crate::graph::NodeSet;
use crate::project::Project;
use crate::resource::UniqueId;

pub use evaluate::Selector;
pub use expr::{Criterion, Expr, Group, Reach, SetOperator};
pub use file::NamedSelections;
pub use method::Method;
pub use scope::Scope;

/// The nodes a command works on, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    ids: IndexSet<UniqueId>,
    nodes: NodeSet,
}

impl Selection {
    /// These nodes of a project; ids that are not in its graph are left out.
    pub fn of(project: &Project, ids: impl IntoIterator<Item = UniqueId>) -> Self {
        let mut found: Vec<(UniqueId, usize)> =
            ids.into_iter().filter_map(|id| project.graph.position(&id).map(|position| (id, position))).collect();
        found.sort_unstable();
        let nodes = found.iter().map(|(_, position)| *position).collect();
        Self { ids: found.into_iter().map(|(id, _)| id).collect(), nodes }
    }

    /// Whether a node is selected.
    pub fn contains(&self, id: &UniqueId) -> bool {
        self.ids.contains(id)
    }

    /// The selected nodes, in order of id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &UniqueId> {
        self.ids.iter()
    }

    /// The same nodes as positions in the project's graph.
    pub fn nodes(&self) -> &NodeSet {
        &self.nodes
    }

    /// How many nodes are selected.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
