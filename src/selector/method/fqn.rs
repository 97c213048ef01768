//! `fqn:` and bare names: a node's own name, a prefix of its path of names, or a pattern of either.

use std::collections::HashMap;

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::{Node, NodeKind, ResourceType};
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    if glob::has_wildcard(&wanted) {
        return Ok(candidates.matching(|node| has_names(node) && matches_pattern(node, &wanted)));
    }
    Ok(candidates.names.get_or_init(|| NameIndex::new(candidates)).find(&wanted))
}

// COMPAT: sources are found by `source:` only, even by `*` (dbt 1.11).
fn has_names(node: &Node) -> bool {
    node.resource_type() != ResourceType::Source
}

/// The name a person means: a versioned model's own name stands before its version.
fn leaf(node: &Node) -> &str {
    let from_end = if version_of(node).is_some() { 2 } else { 1 };
    node.fqn.len().checked_sub(from_end).and_then(|at| node.fqn.get(at)).map_or("", String::as_str)
}

/// `orders_v2`, as `orders.v2` and `orders_v2` both become.
fn versioned_name(node: &Node) -> Option<String> {
    version_of(node)?;
    Some(node.fqn.get(node.fqn.len().checked_sub(2)?..)?.join("_"))
}

fn version_of(node: &Node) -> Option<&crate::resource::VersionRef> {
    match &node.kind {
        NodeKind::Model(model) => model.version.as_ref(),
        _ => None,
    }
}

/// Whether the pattern matches the name, or the path of names with or without its package.
fn matches_pattern(node: &Node, pattern: &str) -> bool {
    let unscoped = node.fqn.get(1..).unwrap_or_default();
    (!pattern.contains('.') && glob::matches(pattern, leaf(node)))
        || path_matches(&node.fqn, pattern)
        || path_matches(unscoped, pattern)
}

/// Plain parts of the pattern match name by name; from the first with a wildcard on, the rest of the
/// path is matched as one text. A path shorter than the pattern never matches.
fn path_matches(fqn: &[String], pattern: &str) -> bool {
    let names: Vec<&str> = fqn.iter().flat_map(|segment| segment.split('.')).collect();
    let parts: Vec<&str> = pattern.split('.').collect();
    if names.len() < parts.len() {
        return false;
    }
    let plain = parts.iter().take_while(|part| !glob::has_wildcard(part)).count();
    parts[..plain] == names[..plain] && glob::matches(&parts[plain..].join("."), &names[plain..].join("."))
}

/// Nodes by name and by path of names, so that finding one does not look at all.
#[derive(Debug)]
pub(super) struct NameIndex<'a> {
    len: usize,
    by_name: HashMap<&'a str, Vec<usize>>,
    by_version: HashMap<String, Vec<usize>>,
    /// Paths of names with package, sorted.
    scoped: Vec<(String, usize)>,
    /// The same paths without package, sorted.
    unscoped: Vec<(String, usize)>,
}

impl<'a> NameIndex<'a> {
    fn new(candidates: &Candidates<'a>) -> Self {
        let mut index = Self {
            len: candidates.project.graph.len(),
            by_name: HashMap::new(),
            by_version: HashMap::new(),
            scoped: Vec::new(),
            unscoped: Vec::new(),
        };
        for (position, node) in candidates.iter().filter(|(_, node)| has_names(node)) {
            index.by_name.entry(leaf(node)).or_default().push(position);
            if let Some(name) = versioned_name(node) {
                index.by_version.entry(name).or_default().push(position);
            }
            index.scoped.push((node.fqn.join("."), position));
            index.unscoped.push((node.fqn.get(1..).unwrap_or_default().join("."), position));
        }
        index.scoped.sort_unstable();
        index.unscoped.sort_unstable();
        index
    }

    fn find(&self, wanted: &str) -> NodeSet {
        let mut found = NodeSet::new(self.len);
        let last_two: Vec<&str> = wanted.rsplitn(3, '.').take(2).collect();
        let version: String = last_two.into_iter().rev().collect::<Vec<_>>().join("_");
        let by_name = self.by_name.get(wanted).into_iter().chain(self.by_version.get(&version)).flatten().copied();
        let below = format!("{wanted}.");
        let by_path = [&self.scoped, &self.unscoped].into_iter().flat_map(|paths| {
            starting_with(paths, wanted, |path| path == wanted)
                .chain(starting_with(paths, &below, |path| path.starts_with(&below)))
        });
        by_name.chain(by_path).for_each(|position| {
            found.insert(position);
        });
        found
    }
}

/// Positions of the sorted paths from `start` on, as long as they are wanted.
fn starting_with<'p>(
    paths: &'p [(String, usize)],
    start: &str,
    wanted: impl Fn(&str) -> bool + 'p,
) -> impl Iterator<Item = usize> + 'p {
    let first = paths.partition_point(|(path, _)| path.as_str() < start);
    paths[first..].iter().take_while(move |(path, _)| wanted(path)).map(|(_, position)| *position)
}
