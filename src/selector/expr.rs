use serde_json::Value;

use super::method::Method;
use crate::config::IndirectSelection;
use crate::source::Span;

/// What to select.
#[derive(Debug, Clone)]
pub enum Expr {
    /// Nodes that match one criterion.
    Criterion(Box<Criterion>),
    /// Nodes of several expressions, combined.
    Group(Group),
}

/// Several expressions, combined.
#[derive(Debug, Clone)]
pub struct Group {
    /// How.
    pub operator: SetOperator,
    /// What; a difference takes all that follow from the first.
    pub parts: Vec<Expr>,
    /// Which tests come with the nodes once combined.
    pub indirect: IndirectSelection,
    /// The text as typed, where selecting nothing by it is worth a warning.
    pub expected: Option<String>,
}

/// How sets are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// In any.
    Union,
    /// In all.
    Intersection,
    /// In the first and in none of the others.
    Difference,
}

/// One method with a value, and how far around the matching nodes to go.
#[derive(Debug, Clone)]
pub struct Criterion {
    /// How nodes are matched.
    pub method: &'static Method,
    /// What follows the method's name: `config.meta.owner` has `meta` and `owner`.
    pub arguments: Vec<String>,
    /// What is looked for; text, unless a YAML file says otherwise.
    pub value: Value,
    /// Graph operators.
    pub reach: Reach,
    /// Which tests come with the nodes.
    pub indirect: IndirectSelection,
    /// The criterion as typed.
    pub raw: String,
    /// Where it stands, if in a file.
    pub span: Option<Span>,
}

/// How far a criterion goes around the nodes it matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Nodes upstream: not, or within a number of steps (`None`: all).
    pub parents: Option<Option<usize>>,
    /// Nodes downstream: not, or within a number of steps (`None`: all).
    pub children: Option<Option<usize>>,
    /// All nodes downstream, and all nodes upstream of any of them.
    pub childrens_parents: bool,
}

impl Criterion {
    /// The value as text.
    pub fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Group {
    /// A group that brings no further tests and expects nothing.
    pub fn new(operator: SetOperator, parts: Vec<Expr>) -> Self {
        Self { operator, parts, indirect: IndirectSelection::Eager, expected: None }
    }
}

impl Expr {
    /// Nodes of any of these.
    pub fn union(parts: Vec<Expr>) -> Self {
        Self::Group(Group::new(SetOperator::Union, parts))
    }

    /// Nodes of `from` that are not in `without`.
    pub fn difference(from: Expr, without: Expr) -> Self {
        Self::Group(Group::new(SetOperator::Difference, vec![from, without]))
    }
}
