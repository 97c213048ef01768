//! `tag:`: any of the node's tags, as a pattern.

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    Ok(candidates.matching(|node| node.config.tags.iter().any(|tag| glob::matches(&wanted, tag))))
}
