//! `state:`, `result:` and `source_status:`: comparison with an earlier run.

use std::collections::HashSet;

use super::{Candidates, invalid_value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::NodeSet;
use crate::resource::UniqueId;
use crate::selector::expr::Criterion;
use crate::state::PreviousState;

type Answer = Result<NodeSet, Box<Diagnostic>>;

pub(super) fn search_changed(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(criterion, candidates, |state| {
        let (found, warnings) = state.changed(candidates.project, &criterion.text())?;
        candidates.note(warnings);
        Ok(found)
    })
}

pub(super) fn search_results(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(criterion, candidates, |state| state.with_result(&criterion.text()))
}

pub(super) fn search_source_status(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(criterion, candidates, |state| state.with_source_status(&criterion.text()))
}

fn search(
    criterion: &Criterion,
    candidates: &Candidates<'_>,
    ask: impl Fn(&PreviousState) -> Result<HashSet<UniqueId>, Diagnostics>,
) -> Answer {
    let Some(state) = candidates.state else {
        let message = format!("`{}` compares with an earlier run, and none is given", criterion.method.name);
        let help = "name the folder of that run's artifacts with `--state`".to_owned();
        return Err(invalid_value(criterion, message, help));
    };
    match ask(state) {
        Ok(found) => Ok(candidates.matching(|node| found.contains(&node.unique_id))),
        Err(mut problems) => {
            let last = problems.pop();
            candidates.note(problems);
            // A refusal gives its reason; without one there is nothing to select.
            last.map_or_else(|| Ok(candidates.matching(|_| false)), |problem| Err(Box::new(problem)))
        }
    }
}
