//! `test_type:`: `generic`, `singular`, `data` (both) or `unit`.

use super::{Candidates, invalid_value};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::NodeKind;
use crate::selector::expr::Criterion;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    let (generic, singular, unit) = match wanted.as_str() {
        // COMPAT: `schema` is the old word for `generic` (dbt 1.11).
        "generic" | "schema" => (true, false, false),
        "singular" => (false, true, false),
        "data" => (true, true, false),
        "unit" => (false, false, true),
        _ => {
            let help = "write `generic`, `singular`, `data` or `unit`".to_owned();
            return Err(invalid_value(criterion, format!("`{wanted}` is not a type of test"), help));
        }
    };
    Ok(candidates.matching(|node| match &node.kind {
        NodeKind::DataTest(test) => {
            if test.metadata.is_some() {
                generic
            } else {
                singular
            }
        }
        NodeKind::UnitTest(_) => unit,
        _ => false,
    }))
}
