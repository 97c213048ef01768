use std::collections::{HashMap, HashSet};

use super::{Dag, NodeSet};

impl Dag {
    /// The graph of some of its nodes, where a node depends on each kept node it depended on, directly
    /// or through nodes that are left out.
    #[must_use]
    pub fn restricted(&self, keep: &NodeSet) -> Dag {
        let mut restricted = Self::of_nodes(self.ids(keep).cloned());
        let place: HashMap<usize, usize> = keep.iter().enumerate().map(|(new, old)| (old, new)).collect();
        // Nearest kept ancestors of the nodes left out.
        let mut nearest: HashMap<usize, Vec<usize>> = HashMap::new();
        for position in self.sorted_positions() {
            let mut seen = HashSet::new();
            let mut above = Vec::new();
            for parent in self.parents_of(position) {
                let kept = place.contains_key(&parent).then_some(parent);
                let through = nearest.get(&parent).into_iter().flatten().copied();
                above.extend(kept.into_iter().chain(through).filter(|ancestor| seen.insert(*ancestor)));
            }
            match place.get(&position) {
                Some(to) => {
                    above.iter().filter_map(|from| place.get(from)).for_each(|from| restricted.connect(*from, *to));
                }
                None if above.is_empty() => {}
                None => {
                    nearest.insert(position, above);
                }
            }
        }
        restricted
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{dag, edges};
    use super::*;

    #[test]
    fn left_out_nodes_are_stepped_over() {
        let dag = dag(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["b", "c"]), ("e", &["d", "a"])]);
        let keep = NodeSet::from_iter([0, 2, 4]);
        assert_eq!(edges(&dag.restricted(&keep)), ["a > c", "a > e", "c > e"]);
    }
}
