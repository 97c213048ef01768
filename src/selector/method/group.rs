//! `group:`: the node's group, as a pattern.

use super::{Candidates, is_manifest_node};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::{Node, ResourceType};
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    let can_be_grouped = |node: &Node| is_manifest_node(node) || node.resource_type() == ResourceType::Metric;
    let matches = |group: &String| glob::matches(&wanted, group);
    Ok(candidates.matching(|node| can_be_grouped(node) && node.config.group.as_ref().is_some_and(matches)))
}
