//! Operations as PostgreSQL statements: pure text, no connection.
//!
//! Each operation has two renderings ([`Trust`]): a short one that believes what the caller knows of
//! the warehouse, and one that looks for itself and copes with whatever stands there. The session
//! tries the short one and falls back.

mod alter;
mod function;
mod incremental;
mod manage;
mod merge;
mod name;
mod statements;
mod swap;
mod table;
mod template;
mod type_label;
mod view;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use crate::adapter::{Dialect, Script, SeedType};
use crate::relation::{Relation, RelationOp};

pub(super) use merge::shared_key_query;
pub(super) use name::{MAX_IDENTIFIER_BYTES, quote_identifier, quote_literal};
pub(super) use statements::{Statements, Tag};

/// How far the caller's picture of the warehouse is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// `existing` and kinds are as the operation says.
    Hint,
    /// The server looks for itself.
    Nothing,
}

/// PostgreSQL's way to write SQL.
#[derive(Debug, Clone, Default)]
pub struct PostgresDialect {
    /// The server's major version, once a connection has told it.
    server_version: Arc<OnceLock<u32>>,
}

impl PostgresDialect {
    /// Remembers the server's major version; the first one told stays.
    pub(super) fn learn_version(&self, major: u32) {
        // A second connection tells the same.
        let _ = self.server_version.set(major);
    }

    /// The server's major version; before the first connection, one that knows all that is needed.
    pub(super) fn version(&self) -> u32 {
        *self.server_version.get().unwrap_or(&15)
    }

    /// The statements of an operation.
    pub(super) fn statements(&self, op: &RelationOp, trust: Trust) -> Statements {
        match op {
            RelationOp::CreateSchema(schema) => manage::create_schema(schema),
            RelationOp::DropSchema(schema) => manage::drop_schema(schema),
            RelationOp::ReplaceTable { target, existing, query, shape, options } => {
                let build = table::Build { target, query, shape, options };
                if existing.is_none() && trust == Trust::Hint { build.create() } else { build.replace() }
            }
            RelationOp::ReplaceView { target, existing, query } => view::replace(target, *existing, query, trust),
            RelationOp::ReplaceMaterializedView { target, existing, query, options } => {
                view::replace_materialized(target, existing.is_none() && trust == Trust::Hint, query, options)
            }
            RelationOp::Refresh(relation) => view::refresh(relation),
            RelationOp::CreateEmptyTable { target, existing, columns, options } => {
                table::create_empty(target, existing.is_none() && trust == Trust::Hint, columns, options)
            }
            RelationOp::CreateTemporaryTable { target, query } => table::create_temporary(target, query, trust),
            RelationOp::Append { target, columns, query } => incremental::append(target, columns, query),
            RelationOp::DeleteInsert { target, columns, unique_key, predicates, query } => {
                let write = incremental::Write { target, columns, query };
                write.delete_insert(unique_key, predicates)
            }
            RelationOp::Merge(merge) => merge::merge(merge, self.version()),
            RelationOp::ReplaceWhere { target, columns, predicate, query } => {
                incremental::Write { target, columns, query }.replace_where(predicate)
            }
            RelationOp::AlterColumns(change) => alter::alter_columns(change, trust),
            RelationOp::PutInPlace { from, target, indexes, .. } => table::put_in_place(from, target, indexes),
            RelationOp::Truncate(relation) => manage::truncate(relation),
            RelationOp::Drop { relation, cascade } => manage::drop(relation, *cascade, trust),
            RelationOp::Rename { from, to } => manage::rename(from, to),
            RelationOp::Comment { relation, description, columns } => {
                manage::comment(relation, description.as_deref(), columns)
            }
            RelationOp::Grant(change) => manage::grant(change),
            RelationOp::AlterIndexes { relation, drop, create } => table::alter_indexes(relation, drop, create),
            RelationOp::ReplaceFunction(function) => function::replace(function),
            RelationOp::Clone { target, existing, source } => view::clone(target, *existing, source, trust),
            RelationOp::Statement(sql) => Statements::of_user(sql),
        }
    }
}

impl Dialect for PostgresDialect {
    fn beside(&self, target: &Relation) -> Relation {
        name::replacement(target)
    }

    fn render(&self, op: &RelationOp) -> Script {
        self.statements(op, Trust::Hint).into_script()
    }

    fn type_label(&self, data_type: &str) -> String {
        type_label::type_label(data_type)
    }

    fn seed_type(&self, inferred: SeedType) -> &'static str {
        match inferred {
            SeedType::Text => "text",
            SeedType::Integer => "integer",
            SeedType::Number => "double precision",
            SeedType::Boolean => "boolean",
            SeedType::Date => "date",
            SeedType::Timestamp => "timestamp without time zone",
            SeedType::Time => "time",
        }
    }
}
