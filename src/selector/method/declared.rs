//! `exposure:`, `metric:`, `semantic_model:`, `saved_query:`, `unit_test:`: things declared in YAML, by
//! name or by package and name, each as a pattern.

use super::{Candidates, invalid_value};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::ResourceType;
use crate::selector::expr::Criterion;
use crate::selector::glob;

type Answer = Result<NodeSet, Box<Diagnostic>>;

pub(super) fn search_exposures(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(ResourceType::Exposure, criterion, candidates)
}

pub(super) fn search_metrics(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(ResourceType::Metric, criterion, candidates)
}

pub(super) fn search_semantic_models(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(ResourceType::SemanticModel, criterion, candidates)
}

pub(super) fn search_saved_queries(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(ResourceType::SavedQuery, criterion, candidates)
}

pub(super) fn search_unit_tests(criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    search(ResourceType::UnitTest, criterion, candidates)
}

fn search(kind: ResourceType, criterion: &Criterion, candidates: &Candidates<'_>) -> Answer {
    let wanted = criterion.text();
    let (package, name) = match wanted.split('.').collect::<Vec<_>>()[..] {
        [name] => ("*", name),
        [package, name] => (package, name),
        _ => {
            let help = format!("write `{kind}:name` or `{kind}:package.name`");
            return Err(invalid_value(criterion, format!("a {kind} has at most two names"), help));
        }
    };
    Ok(candidates.matching(|node| {
        node.resource_type() == kind && glob::matches(package, &node.package) && glob::matches(name, &node.name)
    }))
}
