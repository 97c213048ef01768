use serde_json::Value;

use super::Findings;
use super::expectations::Expectations;
use crate::outcome::Observed;
use crate::relation::{Column, Table};
use crate::resource::JsonMap;

/// Compares the columns that there are (name and type, a row each) with those that the last run saw.
///
/// # Errors
/// The measuring query gave something else.
pub fn judge_columns(measured: &Table, earlier: &[Observed], expectations: &Expectations) -> Result<Findings, String> {
    let rows = measured.rows().map_err(|error| error.to_string())?;
    let now: Vec<(String, String)> = rows
        .iter()
        .filter_map(|row| Some((row.first()?.to_string(), row.get(1)?.to_string())))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let before = earlier.iter().rev().map(|observed| &observed.columns).find(|columns| !columns.is_empty());
    let mut faults: Vec<JsonMap> =
        before.map(|before| changes(before, &now)).unwrap_or_default().into_iter().map(fault).collect();
    faults.retain(|fault| {
        let change = fault.get("change").and_then(Value::as_str).unwrap_or_default();
        expectations.changes.iter().any(|wanted| wanted == change)
    });
    let observed = Observed { at: expectations.as_of, columns: now, ..Observed::default() };
    Ok(Findings { columns: columns(), faults, observed, learning: None })
}

/// A column, what became of it, its type before and now.
type Change<'a> = (&'a str, &'static str, Option<&'a str>, Option<&'a str>);

fn changes<'a>(before: &'a [(String, String)], now: &'a [(String, String)]) -> Vec<Change<'a>> {
    let type_in = |columns: &'a [(String, String)], name: &str| {
        columns.iter().find(|(known, _)| known == name).map(|(_, data_type)| data_type.as_str())
    };
    let kept_or_added = now.iter().filter_map(|(name, data_type)| match type_in(before, name) {
        None => Some((name.as_str(), "added", None, Some(data_type.as_str()))),
        Some(old) if old != data_type => Some((name.as_str(), "retyped", Some(old), Some(data_type.as_str()))),
        Some(_) => None,
    });
    let removed = before.iter().filter(|(name, _)| type_in(now, name).is_none());
    let removed = removed.map(|(name, data_type)| (name.as_str(), "removed", Some(data_type.as_str()), None));
    kept_or_added.chain(removed).collect()
}

fn columns() -> Vec<Column> {
    ["column_name", "change", "type_before", "type_now"].map(|name| Column::new(name, "text")).to_vec()
}

fn fault((name, change, before, now): Change<'_>) -> JsonMap {
    let entries = [
        ("column_name", Value::from(name)),
        ("change", Value::from(change)),
        ("type_before", before.into()),
        ("type_now", now.into()),
    ];
    entries.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
