//! A directed acyclic graph over node ids. It knows nothing of what the nodes are.
//!
//! - [`Dag`]: who depends on whom; ancestors, descendants, order, cycles.
//! - [`NodeSet`]: a set of a graph's nodes, cheap to combine.
//! - [`BuildRole`]: what decides how tests hold back the nodes after them ([`Dag::with_test_edges`]).

mod node_set;
mod restrict;
mod test_edges;
mod walk;

use std::collections::{HashMap, HashSet};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::resource::UniqueId;

pub use node_set::NodeSet;
pub use test_edges::BuildRole;

/// Who depends on whom: an edge leads from a node to one that uses it.
#[derive(Debug, Clone, Default)]
pub struct Dag {
    graph: DiGraph<UniqueId, ()>,
    index: HashMap<UniqueId, NodeIndex>,
}

impl Dag {
    /// A graph of nodes with what each depends on; dependencies that are not nodes are left out.
    pub fn new<'a>(nodes: impl Iterator<Item = (&'a UniqueId, &'a [UniqueId])> + Clone) -> Self {
        let mut dag = Self::of_nodes(nodes.clone().map(|(id, _)| id.clone()));
        let mut seen = HashSet::new();
        for (id, parents) in nodes {
            let Some(to) = dag.position(id) else { continue };
            seen.clear();
            for parent in parents {
                if let Some(from) = dag.position(parent).filter(|from| seen.insert(*from)) {
                    dag.connect(from, to);
                }
            }
        }
        dag
    }

    /// Whether the node is in the graph.
    pub fn contains(&self, id: &UniqueId) -> bool {
        self.index.contains_key(id)
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether it has no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All nodes, in the order given: the place in it is a node's position.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &UniqueId> {
        self.graph.raw_nodes().iter().map(|node| &node.weight)
    }

    /// What a node depends on directly, by id.
    pub fn parents(&self, id: &UniqueId) -> Vec<&UniqueId> {
        self.neighbours(id, Direction::Incoming)
    }

    /// What depends on a node directly, by id.
    pub fn children(&self, id: &UniqueId) -> Vec<&UniqueId> {
        self.neighbours(id, Direction::Outgoing)
    }

    /// A node's position, for [`NodeSet`]s.
    pub fn position(&self, id: &UniqueId) -> Option<usize> {
        self.index.get(id).map(|index| index.index())
    }

    /// The node at a position, if the graph is that long.
    pub fn id_at(&self, position: usize) -> Option<&UniqueId> {
        self.graph.node_weight(NodeIndex::new(position))
    }

    /// Positions of what a node depends on directly.
    pub fn parents_of(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        self.step(position, Direction::Incoming)
    }

    /// Positions of what depends on a node directly.
    pub fn children_of(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        self.step(position, Direction::Outgoing)
    }

    /// The nodes of a set, in order of position.
    pub fn ids<'a>(&'a self, set: &'a NodeSet) -> impl Iterator<Item = &'a UniqueId> {
        set.iter().filter_map(|position| self.id_at(position))
    }

    /// The same nodes, none depending on another.
    #[must_use]
    pub fn without_edges(&self) -> Self {
        Self::of_nodes(self.nodes().cloned())
    }

    fn of_nodes(ids: impl Iterator<Item = UniqueId>) -> Self {
        let mut dag = Self::default();
        for id in ids {
            let index = dag.graph.add_node(id.clone());
            dag.index.insert(id, index);
        }
        dag
    }

    /// The caller sees to it that no edge is added twice.
    fn connect(&mut self, from: usize, to: usize) {
        self.graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }

    fn step(&self, position: usize, direction: Direction) -> impl Iterator<Item = usize> + '_ {
        self.graph.neighbors_directed(NodeIndex::new(position), direction).map(NodeIndex::index)
    }

    fn neighbours(&self, id: &UniqueId, direction: Direction) -> Vec<&UniqueId> {
        let Some(position) = self.position(id) else { return Vec::new() };
        let mut found: Vec<&UniqueId> =
            self.step(position, direction).filter_map(|neighbour| self.id_at(neighbour)).collect();
        found.sort();
        found
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    /// A graph from `id: parents` lists.
    pub(crate) fn dag(edges: &[(&str, &[&str])]) -> Dag {
        let nodes: Vec<(UniqueId, Vec<UniqueId>)> = edges
            .iter()
            .map(|(id, parents)| (UniqueId::new(*id), parents.iter().map(|parent| UniqueId::new(*parent)).collect()))
            .collect();
        Dag::new(nodes.iter().map(|(id, parents)| (id, parents.as_slice())))
    }

    /// All edges as `from > to`, sorted.
    pub(crate) fn edges(dag: &Dag) -> Vec<String> {
        let mut edges: Vec<String> = dag
            .nodes()
            .flat_map(|from| dag.children(from).into_iter().map(move |to| format!("{from} > {to}")))
            .collect();
        edges.sort();
        edges
    }
}
