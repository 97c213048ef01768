use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::graph::NodeIndex;
use petgraph::{Direction, algo};

use super::{Dag, NodeSet};
use crate::resource::UniqueId;

impl Dag {
    /// Everything upstream of a node within `depth` steps (`None`: all), itself left out.
    pub fn ancestors(&self, id: &UniqueId, depth: Option<usize>) -> HashSet<UniqueId> {
        self.reach_by_id(id, depth, Direction::Incoming)
    }

    /// Everything downstream of a node within `depth` steps (`None`: all), itself left out.
    pub fn descendants(&self, id: &UniqueId, depth: Option<usize>) -> HashSet<UniqueId> {
        self.reach_by_id(id, depth, Direction::Outgoing)
    }

    /// Everything upstream of any node of a set within `depth` steps (`None`: all).
    pub fn upstream(&self, start: &NodeSet, depth: Option<usize>) -> NodeSet {
        self.reach(start, depth, Direction::Incoming)
    }

    /// Everything downstream of any node of a set within `depth` steps (`None`: all).
    pub fn downstream(&self, start: &NodeSet, depth: Option<usize>) -> NodeSet {
        self.reach(start, depth, Direction::Outgoing)
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

    /// Nodes by level (all a node depends on is on levels before its own), and within a level by id; nodes that
    /// stand on or behind a cycle are left out.
    pub fn by_level(&self) -> Vec<&UniqueId> {
        let mut levels = vec![0_usize; self.len()];
        let mut order = self.sorted_positions();
        for position in &order {
            let above = self.parents_of(*position).map(|parent| levels[parent] + 1).max();
            levels[*position] = above.unwrap_or_default();
        }
        order.sort_by_key(|position| (levels[*position], self.id_at(*position)));
        order.into_iter().filter_map(|position| self.id_at(position)).collect()
    }

    /// Positions in an order in which each comes after what it depends on; nodes that stand on or
    /// behind a cycle are left out.
    pub(super) fn sorted_positions(&self) -> Vec<usize> {
        let mut missing: Vec<usize> = (0..self.len()).map(|position| self.parents_of(position).count()).collect();
        let mut order: Vec<usize> = (0..self.len()).filter(|position| missing[*position] == 0).collect();
        let mut next = 0;
        while let Some(position) = order.get(next).copied() {
            next += 1;
            for child in self.children_of(position) {
                missing[child] -= 1;
                if missing[child] == 0 {
                    order.push(child);
                }
            }
        }
        order
    }

    fn reach_by_id(&self, id: &UniqueId, depth: Option<usize>, direction: Direction) -> HashSet<UniqueId> {
        let Some(start) = self.position(id) else { return HashSet::new() };
        let mut reached = self.reach(&NodeSet::from_iter([start]), depth, direction);
        reached.remove(start);
        self.ids(&reached).cloned().collect()
    }

    /// Layer by layer, so that every node is found by its shortest way from the start.
    fn reach(&self, start: &NodeSet, depth: Option<usize>, direction: Direction) -> NodeSet {
        let mut found = NodeSet::new(self.len());
        let mut layer: Vec<usize> = start.iter().collect();
        let mut steps = 0;
        while !layer.is_empty() && depth.is_none_or(|depth| steps < depth) {
            let mut next = Vec::new();
            for position in layer {
                next.extend(self.step(position, direction).filter(|neighbour| found.insert(*neighbour)));
            }
            layer = next;
            steps += 1;
        }
        found
    }

    /// The shortest way from a node back to itself.
    fn cycle_through(&self, start: NodeIndex) -> Vec<UniqueId> {
        let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(index) = queue.pop_front() {
            for next in self.graph.neighbors(index) {
                if next == start {
                    return self.way_to(index, &came_from);
                }
                if let Entry::Vacant(entry) = came_from.entry(next) {
                    entry.insert(index);
                    queue.push_back(next);
                }
            }
        }
        vec![self.graph[start].clone()]
    }

    fn way_to(&self, end: NodeIndex, came_from: &HashMap<NodeIndex, NodeIndex>) -> Vec<UniqueId> {
        let steps = std::iter::successors(Some(end), |at| came_from.get(at).copied());
        let mut way: Vec<UniqueId> = steps.map(|index| self.graph[index].clone()).collect();
        way.reverse();
        way
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::dag;
    use super::*;

    #[test]
    fn order_puts_parents_first() {
        let dag = dag(&[("c", &["b"]), ("b", &["a"]), ("a", &[])]);
        let order: Vec<&str> = dag.order().expect("acyclic").iter().map(|id| id.as_str()).collect();
        assert_eq!(order, ["a", "b", "c"]);
        assert_eq!(dag.sorted_positions(), [2, 1, 0]);
    }

    #[test]
    fn levels_come_one_after_the_other_and_ids_within_them() {
        let dag = dag(&[("z", &[]), ("b", &["z"]), ("y", &["b"]), ("a", &[]), ("c", &["a", "y"]), ("d", &["a"])]);
        let order: Vec<&str> = dag.by_level().iter().map(|id| id.as_str()).collect();
        assert_eq!(order, ["a", "z", "b", "d", "y", "c"]);
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
        assert_eq!(dag.upstream(&NodeSet::from_iter([1, 2]), Some(1)).iter().collect::<Vec<_>>(), [0, 1]);
    }
}
