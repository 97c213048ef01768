//! Putting a relation in the place of another without breaking the views that depend on it.
//!
//! The server does it in one block: it captures the definitions of all dependent views, renames the
//! old relation away and the new one into its place, points the direct views at the new one by
//! `create or replace`, drops the old one, and builds anew what went with it (materialized views,
//! views whose columns changed type). A view that no longer fits is dropped with a warning: it is
//! for its own model to come back.

use super::name::{self, quote_literal};
use super::template::block;
use crate::relation::{AlterColumns, Relation};

const SWAP: &str = include_str!("swap.sql");
const ALTER: &str = include_str!("alter.sql");
const FREE_INDEX_NAMES: &str = include_str!("free_index_names.sql");

/// The block that puts `replacement` in the place of `target`, whatever stands there, if anything.
pub(super) fn swap(target: &Relation, replacement: &Relation) -> String {
    block(
        SWAP,
        &[
            ("{old_name}", &quote_literal(&target.render())),
            ("{new_name}", &quote_literal(&replacement.render())),
            ("{identifier}", &quote_literal(&target.identifier)),
            ("{new_identifier}", &quote_literal(&replacement.identifier)),
            ("{bare_name}", &quote_literal(&name::bare(target))),
            ("{bare_old_name}", &quote_literal(&name::bare(&name::replaced(target)))),
        ],
    )
}

/// The block that alters columns which views depend on: views go and come back.
pub(super) fn alter_under_views(change: &AlterColumns, statement: &str) -> String {
    let relation = quote_literal(&change.relation.render());
    block(ALTER, &[("{old_name}", &relation), ("{statement}", &quote_literal(statement))])
}

/// The block that renames the indexes of a table's constraints, so that the table that replaces it
/// can use the same names. Readers are not held up.
pub(super) fn free_index_names(target: &Relation) -> String {
    block(FREE_INDEX_NAMES, &[("{old_name}", &quote_literal(&target.render()))])
}
