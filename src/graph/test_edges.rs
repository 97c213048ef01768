use std::collections::{HashMap, HashSet};

use super::{Dag, NodeSet};
use crate::resource::UniqueId;

/// What a node does when a whole graph is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildRole {
    /// It waits for the tests of what it depends on (models, seeds, snapshots).
    Built,
    /// It holds back what depends on all the nodes it looks at.
    DataTest,
    /// It runs just before the node it looks at, and holds that node back.
    UnitTest,
    /// It neither waits for tests nor holds anything back (sources, exposures).
    Bystander,
}

impl Dag {
    /// The graph in which tests come before the nodes that use what was tested, as `build` runs it.
    ///
    /// A data test comes before every built node that depends on *all* nodes the test looks at, so
    /// that no cycle can arise; edges that follow from others are left out. A unit test comes after
    /// whatever its model waits for, and before the model.
    #[must_use]
    pub fn with_test_edges(&self, role: impl Fn(&UniqueId) -> BuildRole) -> Dag {
        let roles: Vec<BuildRole> = self.nodes().map(role).collect();
        let mut edges = TestEdges { dag: self, roles, edges: HashSet::new() };
        edges.copy_all_but_unit_tests();
        edges.hold_back_children_of_single_tested();
        edges.hold_back_below_all_of_multi_tested();
        edges.put_unit_tests_before_their_model();
        edges.into_dag()
    }
}

/// Edges of the graph to come, by position.
struct TestEdges<'a> {
    dag: &'a Dag,
    roles: Vec<BuildRole>,
    edges: HashSet<(usize, usize)>,
}

impl TestEdges<'_> {
    fn copy_all_but_unit_tests(&mut self) {
        for to in self.with_role(|role| role != BuildRole::UnitTest) {
            self.edges.extend(self.dag.parents_of(to).map(|from| (from, to)));
        }
    }

    fn hold_back_children_of_single_tested(&mut self) {
        for test in self.with_role(|role| role == BuildRole::DataTest) {
            let mut tested = self.dag.parents_of(test);
            if let (Some(tested), None) = (tested.next(), tested.next()) {
                let children = self.dag.children_of(tested).filter(|child| self.roles[*child] == BuildRole::Built);
                self.edges.extend(children.map(|child| (test, child)));
            }
        }
    }

    /// Walks from parents to children with the tests that still wait for all their nodes to be
    /// upstream; where they all are, the test is put before the node and waits no longer.
    fn hold_back_below_all_of_multi_tested(&mut self) {
        let tests = MultiTests::new(self.dag, &self.roles);
        if tests.looks_at.is_empty() {
            return;
        }
        let mut above: HashMap<usize, Above> = HashMap::new();
        let mut children_left: Vec<usize> = (0..self.dag.len()).map(|at| self.dag.children_of(at).count()).collect();
        for position in self.dag.sorted_positions() {
            let mut here = Above::default();
            for parent in self.dag.parents_of(position) {
                here.add_parent(parent, above.get(&parent), &tests);
                children_left[parent] -= 1;
                if children_left[parent] == 0 {
                    above.remove(&parent);
                }
            }
            if self.roles[position] == BuildRole::Built {
                self.edges.extend(here.release(&tests).into_iter().map(|test| (test, position)));
            }
            if children_left[position] > 0 {
                above.insert(position, here);
            }
        }
    }

    fn put_unit_tests_before_their_model(&mut self) {
        let mut unit_tests: HashMap<usize, Vec<usize>> = HashMap::new();
        for test in self.with_role(|role| role == BuildRole::UnitTest) {
            for model in self.dag.parents_of(test) {
                unit_tests.entry(model).or_default().push(test);
            }
        }
        let waits: Vec<(usize, usize)> =
            self.edges.iter().copied().filter(|(_, to)| unit_tests.contains_key(to)).collect();
        for (from, model) in waits {
            self.edges.extend(unit_tests[&model].iter().map(|test| (from, *test)));
        }
        for (model, tests) in unit_tests {
            self.edges.extend(tests.into_iter().map(|test| (test, model)));
        }
    }

    fn into_dag(self) -> Dag {
        let mut dag = Dag::of_nodes(self.dag.nodes().cloned());
        let mut edges: Vec<(usize, usize)> = self.edges.into_iter().collect();
        edges.sort_unstable();
        edges.into_iter().for_each(|(from, to)| dag.connect(from, to));
        dag
    }

    fn with_role(&self, wanted: impl Fn(BuildRole) -> bool) -> Vec<usize> {
        (0..self.roles.len()).filter(|position| wanted(self.roles[*position])).collect()
    }
}

/// Data tests that look at several nodes, numbered among themselves, as are the nodes.
#[derive(Default)]
struct MultiTests {
    positions: Vec<usize>,
    looks_at: Vec<Vec<usize>>,
    number_of_node: HashMap<usize, usize>,
    tests_of_node: HashMap<usize, Vec<usize>>,
}

impl MultiTests {
    fn new(dag: &Dag, roles: &[BuildRole]) -> Self {
        let mut tests = Self::default();
        for test in (0..dag.len()).filter(|position| roles[*position] == BuildRole::DataTest) {
            let nodes: Vec<usize> = dag.parents_of(test).collect();
            if nodes.len() < 2 {
                continue;
            }
            let number = tests.positions.len();
            tests.positions.push(test);
            for node in &nodes {
                tests.tests_of_node.entry(*node).or_default().push(number);
            }
            let numbers = nodes.into_iter().map(|node| tests.number(node)).collect();
            tests.looks_at.push(numbers);
        }
        tests
    }

    fn number(&mut self, node: usize) -> usize {
        let next = self.number_of_node.len();
        *self.number_of_node.entry(node).or_insert(next)
    }
}

/// What stands above a node: tested nodes, and tests that wait. Both by number.
#[derive(Default)]
struct Above {
    tested: NodeSet,
    waiting: NodeSet,
}

impl Above {
    fn add_parent(&mut self, parent: usize, above: Option<&Above>, tests: &MultiTests) {
        if let Some(above) = above {
            self.tested.union_with(&above.tested);
            self.waiting.union_with(&above.waiting);
        }
        if let Some(number) = tests.number_of_node.get(&parent) {
            self.tested.insert(*number);
        }
        for test in tests.tests_of_node.get(&parent).into_iter().flatten() {
            self.waiting.insert(*test);
        }
    }

    /// Positions of the tests all of whose nodes are above; they wait no longer.
    fn release(&mut self, tests: &MultiTests) -> Vec<usize> {
        let is_ready = |test: &usize| tests.looks_at[*test].iter().all(|node| self.tested.contains(*node));
        let ready: Vec<usize> = self.waiting.iter().filter(is_ready).collect();
        ready.iter().for_each(|test| self.waiting.remove(*test));
        ready.into_iter().map(|test| tests.positions[test]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{dag, edges};
    use super::*;

    fn role(id: &UniqueId) -> BuildRole {
        match id.as_str().split('_').next() {
            Some("test") => BuildRole::DataTest,
            Some("unit") => BuildRole::UnitTest,
            Some("source") => BuildRole::Bystander,
            _ => BuildRole::Built,
        }
    }

    fn added(nodes: &[(&str, &[&str])]) -> Vec<String> {
        let plain = dag(nodes);
        let built = plain.with_test_edges(role);
        assert!(built.order().is_ok(), "test edges make no cycle");
        let before = edges(&plain);
        edges(&built).into_iter().filter(|edge| !before.contains(edge)).collect()
    }

    #[test]
    fn a_test_holds_back_the_children_of_its_node() {
        let nodes: &[(&str, &[&str])] =
            &[("source_s", &[]), ("a", &["source_s"]), ("b", &["a"]), ("test_s", &["source_s"]), ("test_a", &["a"])];
        assert_eq!(added(nodes), ["test_a > b", "test_s > a"]);
    }

    #[test]
    fn a_test_of_two_nodes_holds_back_what_depends_on_both() {
        let nodes: &[(&str, &[&str])] = &[
            ("a", &[]),
            ("b", &[]),
            ("only_a", &["a"]),
            ("both", &["only_a", "b"]),
            ("below_both", &["both"]),
            ("test_ab", &["a", "b"]),
        ];
        assert_eq!(added(nodes), ["test_ab > both"]);
    }

    #[test]
    fn a_test_of_parent_and_child_holds_back_grandchildren_only() {
        let nodes: &[(&str, &[&str])] = &[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("test_ab", &["a", "b"])];
        assert_eq!(added(nodes), ["test_ab > c"]);
    }

    #[test]
    fn a_unit_test_runs_between_what_its_model_waits_for_and_the_model() {
        let nodes: &[(&str, &[&str])] = &[("a", &[]), ("b", &["a"]), ("test_a", &["a"]), ("unit_b", &["b"])];
        assert_eq!(added(nodes), ["a > unit_b", "test_a > b", "test_a > unit_b", "unit_b > b"]);
    }
}
