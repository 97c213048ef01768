//! `path:`: the node's file, its properties file, or a folder above its file; `*` stays within one
//! folder's name, `**` stands for any number of folders.

use std::collections::HashSet;

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::Node;
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    let pattern = parts(&wanted, &candidates.project.root.root.to_string_lossy());
    let root = candidates.project.name();
    // COMPAT: a path is looked for in the root project; a package's node matches where its own path
    // is the same (dbt 1.11).
    let mut paths = MatchingPaths { pattern, known: HashSet::new(), matching: HashSet::new() };
    for (_, node) in candidates.iter().filter(|(_, node)| node.package == root) {
        paths_of(node).for_each(|path| paths.look_at(path));
    }
    let matching = paths.matching;
    Ok(candidates.matching(|node| paths_of(node).any(|path| matching.contains(path))))
}

/// Paths by which a node can be found: its file, the folders above it, its properties file.
fn paths_of(node: &Node) -> impl Iterator<Item = &str> {
    let file = std::iter::successors(Some(node.origin.original_file_path.as_str()), |path| {
        path.rsplit_once('/').map(|(folder, _)| folder)
    });
    let patch = node.origin.patch_path.as_deref().and_then(|path| path.split_once("://")).map(|(_, path)| path);
    file.chain(patch)
}

struct MatchingPaths<'a> {
    pattern: Vec<String>,
    known: HashSet<&'a str>,
    matching: HashSet<&'a str>,
}

impl<'a> MatchingPaths<'a> {
    fn look_at(&mut self, path: &'a str) {
        if self.known.insert(path) {
            let parts: Vec<&str> = path.split('/').collect();
            if parts_match(&self.pattern, &parts) {
                self.matching.insert(path);
            }
        }
    }
}

/// Names of the folders on the way, relative to the project.
fn parts(wanted: &str, root: &str) -> Vec<String> {
    let relative = wanted.strip_prefix(root).filter(|rest| rest.starts_with('/')).unwrap_or(wanted);
    relative.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
}

fn parts_match(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            parts_match(rest, path) || path.split_first().is_some_and(|(_, below)| parts_match(pattern, below))
        }
        (Some((first, rest)), Some((name, below))) => glob::matches(first, name) && parts_match(rest, below),
        _ => false,
    }
}
