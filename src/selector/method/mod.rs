//! The selector methods: one file each, one line in [`METHODS`].

mod access;
mod config;
mod declared;
mod file;
mod fqn;
mod group;
mod package;
mod path;
mod resource_type;
mod source;
mod state;
mod tag;
mod test_name;
mod test_type;
mod version;

use std::cell::{OnceCell, RefCell};

use super::expr::Criterion;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::graph::NodeSet;
use crate::project::Project;
use crate::resource::{Node, ResourceType};
use crate::state::PreviousState;

/// A way to match nodes, by the name that stands before the colon.
#[derive(Debug)]
pub struct Method {
    /// The name.
    pub name: &'static str,
    pub(super) search: Search,
}

/// Nodes that match a criterion, graph operators left aside.
type Search = fn(&Criterion, &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>>;

const METHODS: &[Method] = &[
    Method { name: "fqn", search: fqn::search },
    Method { name: "tag", search: tag::search },
    Method { name: "group", search: group::search },
    Method { name: "access", search: access::search },
    Method { name: "source", search: source::search },
    Method { name: "path", search: path::search },
    Method { name: "file", search: file::search },
    Method { name: "package", search: package::search },
    Method { name: "config", search: config::search },
    Method { name: "test_name", search: test_name::search },
    Method { name: "test_type", search: test_type::search },
    Method { name: "resource_type", search: resource_type::search },
    Method { name: "state", search: state::search_changed },
    Method { name: "exposure", search: declared::search_exposures },
    Method { name: "metric", search: declared::search_metrics },
    Method { name: "result", search: state::search_results },
    Method { name: "source_status", search: state::search_source_status },
    Method { name: "version", search: version::search },
    Method { name: "semantic_model", search: declared::search_semantic_models },
    Method { name: "saved_query", search: declared::search_saved_queries },
    Method { name: "unit_test", search: declared::search_unit_tests },
];

impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Method {
    /// The method of a name such as `config.meta.owner`, with what follows its first part.
    ///
    /// # Errors
    /// `invalid-selector` for a name that no method has.
    pub(super) fn from_name(name: &str, raw: &str) -> Result<(&'static Method, Vec<String>), Box<Diagnostic>> {
        let mut parts = name.split('.');
        let first = parts.next().unwrap_or_default();
        match METHODS.iter().find(|method| method.name == first) {
            Some(method) => Ok((method, parts.map(str::to_owned).collect())),
            None => Err(Box::new(unknown(first, raw))),
        }
    }

    /// The method meant by a value that stands alone: a path, a file name or a node's name.
    pub(super) fn for_value(value: &str) -> &'static Method {
        let lower = value.to_lowercase();
        let name = if value.contains('/') {
            "path"
        } else if [".sql", ".py", ".csv"].iter().any(|ending| lower.ends_with(ending)) {
            "file"
        } else {
            "fqn"
        };
        METHODS.iter().find(|method| method.name == name).unwrap_or(&METHODS[0])
    }
}

fn unknown(name: &str, raw: &str) -> Diagnostic {
    let names = || METHODS.iter().map(|method| method.name);
    let error = Diagnostic::error(Code::InvalidSelector, format!("`{raw}`: `{name}` is not a selector method"));
    match closest(name, names()) {
        Some(meant) => error.help(format!("did you mean `{meant}:`?")),
        None => error.help(format!("the methods are {}", names().collect::<Vec<_>>().join(", "))),
    }
}

/// The nodes that can be selected, with what several methods look up.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    pub(super) project: &'a Project,
    state: Option<&'a PreviousState>,
    nodes: Vec<(usize, &'a Node)>,
    names: OnceCell<fqn::NameIndex<'a>>,
    noted: RefCell<Diagnostics>,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(project: &'a Project, state: Option<&'a PreviousState>) -> Self {
        let nodes = project.nodes.values().filter(|node| node.config.enabled);
        let nodes = nodes.filter_map(|node| Some((project.graph.position(&node.unique_id)?, node.as_ref()))).collect();
        Self { project, state, nodes, names: OnceCell::new(), noted: RefCell::default() }
    }

    /// Keeps what a method has to say beside its answer.
    fn note(&self, problems: Diagnostics) {
        self.noted.borrow_mut().extend(problems);
    }

    /// What methods said beside their answers, each once.
    pub(super) fn take_noted(&self) -> Diagnostics {
        let mut noted: Diagnostics = Vec::new();
        for problem in self.noted.take() {
            if !noted.iter().any(|known| known.message == problem.message) {
                noted.push(problem);
            }
        }
        noted
    }

    /// All of them, with their positions in the project's graph.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &'a Node)> + '_ {
        self.nodes.iter().copied()
    }

    /// Those that fulfil a condition.
    pub(super) fn matching(&self, condition: impl Fn(&Node) -> bool) -> NodeSet {
        let mut set = NodeSet::new(self.project.graph.len());
        for (position, _) in self.nodes.iter().filter(|(_, node)| condition(node)) {
            set.insert(*position);
        }
        set
    }
}

/// Whether a node stands among the manifest's `nodes`: it has code or is a seed.
fn is_manifest_node(node: &Node) -> bool {
    use ResourceType::{Analysis, Model, Operation, Seed, Snapshot, SqlOperation, Test};
    matches!(node.resource_type(), Model | Seed | Snapshot | Test | Analysis | Operation | SqlOperation)
}

/// A value that its method cannot read.
fn invalid_value(criterion: &Criterion, message: String, help: String) -> Box<Diagnostic> {
    let message = format!("`{}`: {message}", criterion.raw);
    Box::new(Diagnostic::error(Code::InvalidSelector, message).at_opt(criterion.span, "").help(help))
}
