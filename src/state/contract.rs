//! Changes of a model's contract: which of them break what others rely on.

use serde_json::Value;

use super::compare::Pair;
use super::entry::Entry;
use crate::diagnostic::{Code, Diagnostic};

/// What became of a contract.
pub(super) struct Verdict {
    pub(super) same: bool,
    pub(super) problem: Option<Diagnostic>,
}

/// Compares a model's contract with the earlier one.
pub(super) fn compare(pair: &Pair<'_>) -> Verdict {
    let (new, old) = (&pair.new, pair.old);
    let was_enforced = is_enforced(old);
    let same = match (was_enforced, is_enforced(new)) {
        _ if pair.node.as_model().is_none() => true,
        (false, now) => !now,
        (true, now) => now && new.within("contract", "checksum") == old.within("contract", "checksum"),
    };
    let breaking = if same || !was_enforced { Vec::new() } else { breaking_changes(new, old) };
    let problem = (!breaking.is_empty()).then(|| {
        let place = pair.node.origin.patch_span.unwrap_or(pair.node.origin.span);
        broken(&pair.node.name, !new.get("version").is_null(), breaking).at(place, "the contract is here")
    });
    Verdict { same, problem }
}

/// A model with an enforced contract that is gone, unless it was past its deprecation date.
pub(super) fn removed(id: &str, entry: &Entry, disabled: bool) -> Option<Diagnostic> {
    if entry.text("resource_type") != "model" || !is_enforced(entry) || is_past(entry.text("deprecation_date")) {
        return None;
    }
    let what = if disabled { "disabled" } else { "deleted or renamed" };
    let change = format!("Contracted model '{id}' was {what}.");
    Some(broken(entry.text("name"), !entry.get("version").is_null(), vec![change]))
}

/// COMPAT: breaking an unversioned model's contract is a warning, a versioned one's an error (dbt 1.11).
fn broken(name: &str, versioned: bool, changes: Vec<String>) -> Diagnostic {
    let message = format!("a breaking change to the enforced contract of model `{name}`");
    let diagnostic = match versioned {
        true => Diagnostic::error(Code::ContractBroken, message),
        false => Diagnostic::warning(Code::ContractBroken, message),
    };
    let diagnostic = changes.into_iter().fold(diagnostic, Diagnostic::note);
    diagnostic.help("make a change that only adds, or create a new version of the model")
}

fn breaking_changes(new: &Entry, old: &Entry) -> Vec<String> {
    let mut changes = Vec::new();
    if !is_enforced(new) {
        changes.push("Contract enforcement was removed".to_owned());
    }
    let list = |title: &str, items: Vec<String>| (!items.is_empty()).then(|| format!("{title}: {}", items.join(", ")));
    changes.extend(list("Columns were removed", removed_columns(new, old)));
    changes.extend(list("Columns with data_type changes", retyped_columns(new, old)));
    if enforces_constraints(old) {
        changes.extend(list("Enforced column level constraints were removed", removed_column_constraints(new, old)));
        changes.extend(list("Enforced model level constraints were removed", removed_model_constraints(new, old)));
        if !enforces_constraints(new) && has_constraints(old) {
            let (before, after) = (materialized(old), materialized(new));
            changes.push(format!("Materialization changed with enforced constraints: {before} -> {after}"));
        }
    }
    changes
}

fn removed_columns(new: &Entry, old: &Entry) -> Vec<String> {
    columns(old).filter(|(name, _)| column(new, name).is_none()).map(|(name, _)| name.clone()).collect()
}

fn retyped_columns(new: &Entry, old: &Entry) -> Vec<String> {
    let changed = columns(old).filter_map(|(name, before)| {
        let (before, after) = (data_type(before), data_type(column(new, name)?));
        (base_type(before) != base_type(after)).then(|| format!("{name} ({before} -> {after})"))
    });
    changed.collect()
}

fn removed_column_constraints(new: &Entry, old: &Entry) -> Vec<String> {
    let mut removed = Vec::new();
    for (name, before) in columns(old) {
        let Some(after) = column(new, name) else { continue };
        let left = constraints(after.get("constraints"));
        let gone = constraints(before.get("constraints")).iter().filter(|constraint| !left.contains(constraint));
        removed.extend(gone.map(|constraint| format!("'{}' constraint on column {name}", constraint_name(constraint))));
    }
    removed
}

fn removed_model_constraints(new: &Entry, old: &Entry) -> Vec<String> {
    let left = constraints(Some(new.get("constraints")));
    let gone = constraints(Some(old.get("constraints"))).iter().filter(|constraint| !left.contains(constraint));
    let named = gone.map(|constraint| {
        let columns = constraint.get("columns").cloned().unwrap_or_default();
        format!("'{}' constraint on columns {columns}", constraint_name(constraint))
    });
    named.collect()
}

fn is_enforced(entry: &Entry) -> bool {
    entry.within("contract", "enforced") == &Value::Bool(true)
}

fn is_past(date: &str) -> bool {
    let parsed = chrono::DateTime::parse_from_rfc3339(date);
    parsed.is_ok_and(|date| date < chrono::Utc::now())
}

fn materialized(entry: &Entry) -> &str {
    entry.within("config", "materialized").as_str().unwrap_or_default()
}

fn enforces_constraints(entry: &Entry) -> bool {
    matches!(materialized(entry), "table" | "incremental")
}

fn has_constraints(entry: &Entry) -> bool {
    let of_columns = columns(entry).any(|(_, column)| !constraints(column.get("constraints")).is_empty());
    of_columns || !constraints(Some(entry.get("constraints"))).is_empty()
}

fn columns(entry: &Entry) -> impl Iterator<Item = (&String, &Value)> {
    entry.map("columns").into_iter().flatten()
}

fn column<'a>(entry: &'a Entry, name: &str) -> Option<&'a Value> {
    entry.map("columns")?.get(name)
}

fn constraints(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn constraint_name(constraint: &Value) -> &str {
    let named = constraint.get("name").and_then(Value::as_str);
    named.or_else(|| constraint.get("type").and_then(Value::as_str)).unwrap_or_default()
}

fn data_type(column: &Value) -> &str {
    column.get("data_type").and_then(Value::as_str).unwrap_or_default()
}

/// COMPAT: length, precision and scale do not break a contract (dbt 1.11).
fn base_type(data_type: &str) -> String {
    data_type.split('(').next().unwrap_or_default().trim().to_lowercase()
}
