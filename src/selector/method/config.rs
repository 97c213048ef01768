//! `config.<key>:`: a config value, or one of a list of them; keys may be nested.

use serde_json::Value;

use super::{Candidates, invalid_value, is_manifest_node};
use crate::diagnostic::Diagnostic;
use crate::graph::NodeSet;
use crate::resource::{Node, ResourceType};
use crate::selector::expr::Criterion;

pub(super) fn search(criterion: &Criterion, candidates: &Candidates<'_>) -> Result<NodeSet, Box<Diagnostic>> {
    if criterion.arguments.is_empty() {
        let help = "write `config.key:value`, for instance `config.materialized:table`".to_owned();
        return Err(invalid_value(criterion, "`config` needs a key".to_owned(), help));
    }
    // COMPAT: a test's severity is compared without regard to case (dbt 1.11).
    let any_case = criterion.arguments == ["severity"];
    let is_wanted = |value: &Value| match value {
        Value::Array(items) => items.iter().any(|item| is_equal(item, &criterion.value, any_case)),
        value => is_equal(value, &criterion.value, any_case),
    };
    let has_config = |node: &Node| is_manifest_node(node) || node.resource_type() == ResourceType::Source;
    Ok(candidates.matching(|node| has_config(node) && lookup(node, &criterion.arguments).is_some_and(is_wanted)))
}

/// A nested config value; `pre_hook` is the same key as `pre-hook`.
fn lookup<'a>(node: &'a Node, keys: &[String]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    let values = &node.config.values;
    let top = values.get(first).or_else(|| values.get(&first.replace('_', "-")))?;
    rest.iter().try_fold(top, |value, key| value.get(key))
}

fn is_equal(value: &Value, wanted: &Value, any_case: bool) -> bool {
    match (value, wanted) {
        (Value::Bool(value), Value::String(wanted)) => {
            wanted.eq_ignore_ascii_case(if *value { "true" } else { "false" })
        }
        (Value::String(value), Value::String(wanted)) if any_case => value.eq_ignore_ascii_case(wanted),
        (value, wanted) => value == wanted,
    }
}
