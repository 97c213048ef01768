//! `version:`: `latest`, `prerelease` (after the latest), `old` (before it) or `none`.

use std::cmp::Ordering;

use super::{Candidates, invalid_value};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::{Model, VersionRef};
use crate::selector::expr::Criterion;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    let wanted = match wanted.as_str() {
        "latest" => Some(Ordering::Equal),
        "prerelease" => Some(Ordering::Greater),
        "old" => Some(Ordering::Less),
        "none" => None,
        _ => {
            let help = "write `latest`, `prerelease`, `old` or `none`".to_owned();
            return Err(invalid_value(criterion, format!("`{wanted}` is not a kind of version"), help));
        }
    };
    Ok(candidates.matching(|node| node.as_model().is_some_and(|model| place(model) == wanted)))
}

/// Where a model's version stands to the latest one; `None` for models without versions.
fn place(model: &Model) -> Option<Ordering> {
    let (version, latest) = (model.version.as_ref()?, model.latest_version.as_ref()?);
    Some(compare(version, latest))
}

/// As numbers if both are, else as text.
fn compare(left: &VersionRef, right: &VersionRef) -> Ordering {
    let (left, right) = (left.text(), right.text());
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left.total_cmp(&right),
        _ => left.cmp(&right),
    }
}
