use super::statements::{Statements, Tag};
use super::{Trust, name, swap};
use crate::relation::AlterColumns;

/// Columns are added, dropped, retyped. Where views stand on a column that changes, they are taken
/// away and built anew.
pub(super) fn alter_columns(change: &AlterColumns, trust: Trust) -> Statements {
    let clauses = clauses(change);
    if clauses.is_empty() {
        return Statements::default();
    }
    let statement = format!("alter table {}\n  {}", change.relation, clauses.join(",\n  "));
    if trust == Trust::Nothing && !(change.drop.is_empty() && change.retype.is_empty()) {
        return Statements::one(Tag::DO, swap::alter_under_views(change, &statement));
    }
    Statements::one(Tag::plain("ALTER TABLE"), statement)
}

fn clauses(change: &AlterColumns) -> Vec<String> {
    let drop = change.drop.iter().map(|column| format!("drop column {}", name::quote_identifier(column)));
    let retype = change.retype.iter().map(|column| {
        let name = name::quote_identifier(&column.name);
        format!("alter column {name} type {kind} using {name}::{kind}", kind = column.data_type)
    });
    let add = change
        .add
        .iter()
        .map(|column| format!("add column {} {}", name::quote_identifier(&column.name), column.data_type));
    drop.chain(retype).chain(add).collect()
}
