//! `access:`: who may refer to the model.

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::Access;
use crate::selector::expr::Criterion;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = match criterion.text().as_str() {
        "private" => Access::Private,
        "protected" => Access::Protected,
        "public" => Access::Public,
        // COMPAT: any other word matches nothing (dbt 1.11).
        _ => return Ok(NodeSet::default()),
    };
    Ok(candidates.matching(|node| node.as_model().is_some_and(|model| model.access == wanted)))
}
