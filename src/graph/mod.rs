//! A directed acyclic graph over node ids. It knows nothing of what the nodes are.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use petgraph::{Direction, algo};

use crate::resource::UniqueId;

/// Who depends on whom: an edge leads from a node to one that uses it.
#[derive(Debug, Clone, Default)]
pub struct Dag {
    graph: DiGraph<UniqueId, ()>,
    index: HashMap<UniqueId, NodeIndex>,
}

impl Dag {
    /// A graph of nodes with what each depends on; dependencies that are not nodes are left out.
    pub fn new<'a>(nodes: impl Iterator<Item = (&'a UniqueId, &'a [UniqueId])> + Clone) -> Self {
        let mut dag = Self::default();
        for (id, _) in nodes.clone() {
            let index = dag.graph.add_node(id.clone());
            dag.index.insert(id.clone(), index);
        }
        for (id, parents) in nodes {
            for parent in parents {
                if let (Some(from), Some(to)) = (dag.index.get(parent), dag.index.get(id)) {
                    dag.graph.update_edge(*from, *to, ());
                }
            }
        }
        dag
    }

    /// Whether the node is in the graph.
    pub fn contains(&self, id: &UniqueId) -> bool {
        self.index.contains_key(id)
    }

    /// All nodes, in the order given.
    pub fn nodes(&self) -> impl Iterator<Item = &UniqueId> {
        self.graph.node_weights()
    }

    /// What a node depends on directly.
    pub fn parents(&self, id: &UniqueId) -> Vec<&UniqueId> {
        self.neighbours(id, Direction::Incoming)
    }

    /// What depends on a node directly.
    pub fn children(&self, id: &UniqueId) -> Vec<&UniqueId> {
        self.neighbours(id, Direction::Outgoing)
    }

    /// Everything upstream of a node within `depth` steps (`None`: all), itself left out.
    pub fn ancestors(&self, id: &UniqueId, depth: Option<usize>) -> HashSet<UniqueId> {
        self.reach(id, depth, Direction::Incoming)
    }

    /// Everything downstream of a node within `depth` steps (`None`: all), itself left out.
    pub fn descendants(&self, id: &UniqueId, depth: Option<usize>) -> HashSet<UniqueId> {
        self.reach(id, depth, Direction::Outgoing)
    }

    /// Nodes in an order in which each comes after what it depends on.
    ///
    /// # Errors
    /// A cycle, as the ids along it; the first depends on the last.
    pub fn order(&self) -> Result<Vec<&UniqueId>, Vec<UniqueId>> {
        match algo::toposort(&self.graph, None) {
            Ok(order) => Ok(order.into_iter().map(|index| &self.graph[index]).collect()),
            Err(cycle) => Err(self.cycle_through(cycle.node_id())),
        }
    }

    fn neighbours(&self, id: &UniqueId, direction: Direction) -> Vec<&UniqueId> {
        let Some(index) = self.index.get(id) else { return Vec::new() };
        let mut found: Vec<&UniqueId> =
            self.graph.neighbors_directed(*index, direction).map(|neighbour| &self.graph[neighbour]).collect();
        found.sort();
        found
    }

    fn reach(&self, id: &UniqueId, depth: Option<usize>, direction: Direction) -> HashSet<UniqueId> {
        let mut seen = HashSet::new();
        let Some(start) = self.index.get(id) else { return seen };
        let mut visited = HashSet::from([*start]);
        let mut queue = VecDeque::from([(*start, 0)]);
        while let Some((index, steps)) = queue.pop_front() {
            if depth.is_some_and(|depth| steps >= depth) {
                continue;
            }
            for neighbour in self.graph.neighbors_directed(index, direction) {
                if visited.insert(neighbour) {
                    seen.insert(self.graph[neighbour].clone());
                    queue.push_back((neighbour, steps + 1));
                }
            }
        }
        seen
    }

    /// The shortest way from a node back to itself.
    fn cycle_through(&self, start: NodeIndex) -> Vec<UniqueId> {
        let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(index) = queue.pop_front() {
            for edge in self.graph.edges(index) {
                let next = edge.target();
                if next == start {
                    let mut path = vec![self.graph[index].clone()];
                    let mut at = index;
                    while let Some(before) = came_from.get(&at) {
                        path.push(self.graph[*before].clone());
                        at = *before;
                    }
                    path.reverse();
                    return path;
                }
                if let std::collections::hash_map::Entry::Vacant(entry) = came_from.entry(next) {
                    entry.insert(index);
                    queue.push_back(next);
                }
            }
        }
        vec![self.graph[start].clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dag(edges: &[(&str, &[&str])]) -> Dag {
        let nodes: Vec<(UniqueId, Vec<UniqueId>)> = edges
            .iter()
            .map(|(id, parents)| (UniqueId::new(*id), parents.iter().map(|parent| UniqueId::new(*parent)).collect()))
            .collect();
        Dag::new(nodes.iter().map(|(id, parents)| (id, parents.as_slice())))
    }

    #[test]
    fn order_puts_parents_first() {
        let dag = dag(&[("c", &["b"]), ("b", &["a"]), ("a", &[])]);
        let order: Vec<&str> = dag.order().expect("acyclic").iter().map(|id| id.as_str()).collect();
        assert_eq!(order, ["a", "b", "c"]);
    }

    #[test]
    fn a_cycle_is_given_as_its_path() {
        let cycle = dag(&[("a", &["c"]), ("b", &["a"]), ("c", &["b"]), ("d", &["a"])]).order().expect_err("cyclic");
        let mut names: Vec<&str> = cycle.iter().map(UniqueId::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn reach_stops_at_depth() {
        let dag = dag(&[("a", &[]), ("b", &["a"]), ("c", &["b"])]);
        let one: Vec<String> = dag.descendants(&UniqueId::new("a"), Some(1)).iter().map(ToString::to_string).collect();
        assert_eq!(one, ["b"]);
        assert_eq!(dag.ancestors(&UniqueId::new("c"), None).len(), 2);
    }
}
