//! Tests that come with the nodes they look at.

use super::evaluate::Found;
use crate::config::IndirectSelection;
use crate::graph::{Dag, NodeSet};

/// What decides which tests come along.
pub(super) struct IndirectTests<'a> {
    pub(super) graph: &'a Dag,
    /// Data tests and unit tests.
    pub(super) tests: &'a NodeSet,
    pub(super) sources: &'a NodeSet,
}

impl IndirectTests<'_> {
    /// Adds the tests of selected nodes, as a single criterion does.
    pub(super) fn expand(&self, selected: NodeSet, mode: IndirectSelection) -> Found {
        let mut found = Found { direct: selected.clone(), indirect: NodeSet::new(self.graph.len()) };
        let present = match mode {
            IndirectSelection::Empty => return found,
            IndirectSelection::Eager => None,
            IndirectSelection::Cautious => Some(selected.clone()),
            IndirectSelection::Buildable => {
                let mut present = self.with_upstream(&selected);
                present.union_with(self.sources);
                Some(present)
            }
        };
        for node in selected.iter() {
            for test in self.graph.children_of(node).filter(|child| self.tests.contains(*child)) {
                let is_ready = present.as_ref().is_none_or(|present| self.looks_only_at(test, present));
                if is_ready {
                    found.direct.insert(test)
                } else {
                    found.indirect.insert(test)
                };
            }
        }
        found
    }

    /// Adds tests that were left aside for want of a node, now that sets are combined.
    pub(super) fn complete(&self, direct: &mut NodeSet, candidates: &NodeSet, mode: IndirectSelection) {
        let present = match mode {
            IndirectSelection::Eager | IndirectSelection::Empty => return,
            IndirectSelection::Cautious => direct.clone(),
            // COMPAT: unlike a single criterion, a combination does not count sources as present (dbt 1.11).
            IndirectSelection::Buildable => self.with_upstream(direct),
        };
        let mut candidates = candidates.clone();
        candidates.subtract(direct);
        for test in candidates.iter().filter(|test| self.looks_only_at(*test, &present)) {
            direct.insert(test);
        }
    }

    fn looks_only_at(&self, test: usize, present: &NodeSet) -> bool {
        self.graph.parents_of(test).all(|parent| present.contains(parent))
    }

    fn with_upstream(&self, selected: &NodeSet) -> NodeSet {
        let mut all = self.graph.upstream(selected, None);
        all.union_with(selected);
        all
    }
}
