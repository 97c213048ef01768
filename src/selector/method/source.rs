//! `source:`: source, source and table, or package, source and table, each as a pattern.

use super::{Candidates, invalid_value};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::selector::expr::Criterion;
use crate::selector::glob;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    let wanted = criterion.text();
    let (package, source, table) = match wanted.split('.').collect::<Vec<_>>()[..] {
        [source] => ("*", source, "*"),
        [source, table] => ("*", source, table),
        [package, source, table] => (package, source, table),
        _ => {
            let message = "a source has at most three names".to_owned();
            let help = "write `source:name`, `source:name.table` or `source:package.name.table`".to_owned();
            return Err(invalid_value(criterion, message, help));
        }
    };
    Ok(candidates.matching(|node| {
        node.as_source().is_some_and(|found| glob::matches(source, &found.source_name))
            && glob::matches(package, &node.package)
            && glob::matches(table, &node.name)
    }))
}
