use std::cell::OnceCell;

use super::expr::{Criterion, Expr, Group, SetOperator};
use super::indirect::IndirectTests;
use super::method::Candidates;
use super::{Scope, Selection};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::graph::NodeSet;
use crate::project::Project;
use crate::resource::ResourceType;
use crate::state::PreviousState;

/// A project ready to be asked which of its nodes are meant.
#[derive(Debug)]
pub struct Selector<'a> {
    candidates: Candidates<'a>,
    tests: OnceCell<NodeSet>,
    sources: OnceCell<NodeSet>,
}

/// Nodes found by an expression, and tests that lack some of theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) direct: NodeSet,
    pub(super) indirect: NodeSet,
}

impl<'a> Selector<'a> {
    /// A project, and an earlier run to compare it with.
    pub fn new(project: &'a Project, state: Option<&'a PreviousState>) -> Self {
        Self { candidates: Candidates::new(project, state), tests: OnceCell::new(), sources: OnceCell::new() }
    }

    /// The nodes that an expression means and a command takes.
    ///
    /// Problems: `invalid-selector` for a value its method cannot read, a warning `empty-selection`
    /// for each criterion that matches nothing.
    pub fn select(&self, expr: &Expr, scope: &Scope) -> (Selection, Diagnostics) {
        let mut problems = Diagnostics::new();
        let found = self.evaluate(expr, &mut problems);
        problems.extend(self.candidates.take_noted());
        let ids = self
            .candidates
            .iter()
            .filter(|(position, node)| found.direct.contains(*position) && scope.takes(node))
            .map(|(_, node)| node.unique_id.clone());
        (Selection::of(self.candidates.project, ids), problems)
    }

    fn evaluate(&self, expr: &Expr, problems: &mut Diagnostics) -> Found {
        match expr {
            Expr::Criterion(criterion) => self.criterion(criterion, problems),
            Expr::Group(group) => self.group(group, problems),
        }
    }

    fn criterion(&self, criterion: &Criterion, problems: &mut Diagnostics) -> Found {
        match (criterion.method.search)(criterion, &self.candidates) {
            Ok(matching) => self.indirect().expand(self.reached(criterion, matching), criterion.indirect),
            Err(problem) => {
                problems.push(*problem);
                Found::default()
            }
        }
    }

    /// Matching nodes and those around them that the graph operators ask for.
    fn reached(&self, criterion: &Criterion, matching: NodeSet) -> NodeSet {
        let graph = &self.candidates.project.graph;
        let mut selected = matching.clone();
        if criterion.reach.childrens_parents {
            selected.union_with(&graph.downstream(&matching, None));
            selected.union_with(&graph.upstream(&selected, None));
        }
        if let Some(depth) = criterion.reach.parents {
            selected.union_with(&graph.upstream(&matching, depth));
        }
        if let Some(depth) = criterion.reach.children {
            selected.union_with(&graph.downstream(&matching, depth));
        }
        selected
    }

    fn group(&self, group: &Group, problems: &mut Diagnostics) -> Found {
        let parts = group.parts.iter().map(|part| {
            let Found { direct, mut indirect } = self.evaluate(part, problems);
            indirect.union_with(&direct);
            Found { direct, indirect }
        });
        let mut found = combine(group.operator, parts);
        self.indirect().complete(&mut found.direct, &found.indirect, group.indirect);
        if let Some(text) = group.expected.as_ref().filter(|_| found.direct.is_empty()) {
            problems.push(self.matches_nothing(text));
        }
        found
    }

    fn matches_nothing(&self, text: &str) -> Diagnostic {
        let message = format!("the selection criterion `{text}` does not match any enabled nodes");
        let warning = Diagnostic::warning(Code::EmptySelection, message);
        let name = text.trim_matches(|letter: char| letter == '+' || letter == '@' || letter.is_ascii_digit());
        match closest(name, self.candidates.iter().map(|(_, node)| node.name.as_str())) {
            Some(name) => warning.help(format!("did you mean `{name}`?")),
            None => warning,
        }
    }

    fn indirect(&self) -> IndirectTests<'_> {
        let of_types = |types: &[ResourceType]| self.candidates.matching(|node| types.contains(&node.resource_type()));
        IndirectTests {
            graph: &self.candidates.project.graph,
            tests: self.tests.get_or_init(|| of_types(&[ResourceType::Test, ResourceType::UnitTest])),
            sources: self.sources.get_or_init(|| of_types(&[ResourceType::Source])),
        }
    }
}

fn combine(operator: SetOperator, parts: impl Iterator<Item = Found>) -> Found {
    let change = match operator {
        SetOperator::Union => NodeSet::union_with,
        SetOperator::Intersection => NodeSet::intersect_with,
        SetOperator::Difference => NodeSet::subtract,
    };
    parts
        .reduce(|mut all, part| {
            change(&mut all.direct, &part.direct);
            change(&mut all.indirect, &part.indirect);
            all
        })
        .unwrap_or_default()
}
