//! `resource_type:`: what the node is.

use super::{Candidates, invalid_value};
use crate::diagnostic::{Diagnostic, closest};
use crate::graph::NodeSet;
use crate::resource::ResourceType;
use crate::selector::expr::Criterion;

const COMMON: [&str; 11] = [
    "model",
    "seed",
    "snapshot",
    "test",
    "unit_test",
    "source",
    "exposure",
    "metric",
    "semantic_model",
    "saved_query",
    "analysis",
];

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    match ResourceType::from_name(&wanted) {
        Some(kind) => Ok(candidates.matching(|node| node.resource_type() == kind)),
        None => {
            let help = match closest(&wanted, COMMON) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the common ones are {}", COMMON.join(", ")),
            };
            Err(invalid_value(criterion, format!("`{wanted}` is not a resource type"), help))
        }
    }
}
