//! `file:`: the name of the node's file, with or without its ending, as a pattern.

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    Ok(candidates.matching(|node| {
        let path = node.origin.original_file_path.as_str();
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        glob::matches(&wanted, name) || glob::matches(&wanted, stem)
    }))
}
