//! `test_name:`: the name of the generic test, or of the unit test, as a pattern.

use super::Candidates;
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::NodeKind;
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    Ok(candidates.matching(|node| match &node.kind {
        NodeKind::DataTest(test) => test.metadata.as_ref().is_some_and(|test| glob::matches(&wanted, &test.name)),
        NodeKind::UnitTest(_) => glob::matches(&wanted, &node.name),
        _ => false,
    }))
}
