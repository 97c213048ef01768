//! `state:`, `result:` and `source_status:`: comparison with an earlier run.

use std::collections::HashSet;

use super::{Candidates, invalid_value};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::UniqueId;
use crate::selector::expr::Criterion;
use crate::state::PreviousState;

type Answer = Result<NodeSet, Box<Diagnostic>>;

pub(super) fn search_changed(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(criterion, candidates, |state| state.changed(candidates.project, &criterion.text()))
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
    ask: impl Fn(&dyn PreviousState) -> Result<HashSet<UniqueId>, Box<Diagnostic>>,
) -> Answer {
    let Some(state) = candidates.state else {
        let message = format!("`{}` compares with an earlier run, and none is given", criterion.method.name);
        let help = "name the folder of that run's artifacts with `--state`".to_owned();
        return Err(invalid_value(criterion, message, help));
    };
    let found = ask(state)?;
    Ok(candidates.matching(|node| found.contains(&node.unique_id)))
}
