//! `package:`: the node's package, as a pattern; `this` is the root project.

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let mut wanted = criterion.text();
    if wanted == "this" {
        wanted = candidates.project.name().to_owned();
    }
    Ok(candidates.matching(|node| glob::matches(&wanted, &node.package)))
}
