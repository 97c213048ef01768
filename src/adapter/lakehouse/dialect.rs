//! SQL as the lakehouse would be told, for people to read in `target/run`: the operations
//! themselves are carried out without it.

use indexmap::IndexMap;

use crate::adapter::{Dialect, Script, SeedType};
use crate::relation::{AlterColumns, Column, MergeSpec, Relation, RelationOp};

/// The lakehouse's SQL: PostgreSQL's words, Delta Lake's statements.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LakehouseDialect;

impl Dialect for LakehouseDialect {
    fn render(&self, op: &RelationOp) -> Script {
        match op {
            RelationOp::CreateSchema(schema) => {
                Script::plain(format!("create schema if not exists {}", self.quote(&schema.schema)))
            }
            RelationOp::DropSchema(schema) => {
                Script::plain(format!("drop schema if exists {} cascade", self.quote(&schema.schema)))
            }
            RelationOp::ReplaceTable { target, query, .. } => {
                Script::around(&format!("create or replace table {target} as (\n"), query, "\n)")
            }
            RelationOp::ReplaceView { target, query, .. } => {
                Script::around(&format!("create or replace view {target} as (\n"), query, "\n)")
            }
            RelationOp::ReplaceMaterializedView { target, query, .. } => {
                Script::around(&format!("create materialized view {target} as (\n"), query, "\n)")
            }
            RelationOp::Refresh(relation) => Script::plain(format!("refresh materialized view {relation}")),
            RelationOp::CreateEmptyTable { target, columns, .. } => {
                Script::plain(format!("create or replace table {target} ({})", column_list(self, columns)))
            }
            RelationOp::CreateTemporaryTable { target, query } => {
                Script::around(&format!("create temporary table {target} as (\n"), query, "\n)")
            }
            RelationOp::Append { target, columns, query } => {
                Script::around(&format!("insert into {target} ({})\n(\n", self.names(columns)), query, "\n)")
            }
            RelationOp::DeleteInsert { target, columns, unique_key, predicates, query } => {
                let before = format!(
                    "insert into {target} ({}) replace on ({})\n(\n",
                    self.names(columns),
                    conditions(unique_key, predicates)
                );
                Script::around(&before, query, "\n)")
            }
            RelationOp::Merge(merge) => self.merge(merge),
            RelationOp::ReplaceWhere { target, columns, predicate, query } => {
                let before = format!("insert into {target} ({}) replace where {predicate}\n(\n", self.names(columns));
                Script::around(&before, query, "\n)")
            }
            RelationOp::AlterColumns(alter) => self.alter(alter),
            RelationOp::Truncate(relation) => Script::plain(format!("truncate table {relation}")),
            RelationOp::Drop { relation, .. } => {
                let kind = relation.kind.map_or("relation", |kind| match kind.as_str() {
                    "view" => "view",
                    _ => "table",
                });
                Script::plain(format!("drop {kind} if exists {relation}"))
            }
            RelationOp::Rename { from, to } => {
                Script::plain(format!("alter table {from} rename to {}", self.quote(&to.identifier)))
            }
            RelationOp::PutInPlace { from, target, .. } => {
                Script::plain(format!("drop table if exists {target};\nalter table {from} rename to {target}"))
            }
            RelationOp::Comment { relation, description, columns } => {
                self.comment(relation, description.as_deref(), columns)
            }
            RelationOp::Grant(change) => Script::plain(format!("-- {}: the lakehouse has no grants", change.relation)),
            RelationOp::AlterIndexes { relation, .. } => {
                Script::plain(format!("-- {relation}: the lakehouse has no indexes"))
            }
            RelationOp::ReplaceFunction(function) => {
                Script::plain(format!("-- {}: the lakehouse has no functions of the user's own", function.target))
            }
            RelationOp::Clone { target, source, .. } => {
                Script::plain(format!("create or replace table {target} clone {source}"))
            }
            RelationOp::Statement(text) => Script::plain(text.clone()),
        }
    }

    fn seed_type(&self, inferred: SeedType) -> &'static str {
        match inferred {
            SeedType::Text | SeedType::Time => "text",
            SeedType::Integer => "integer",
            SeedType::Number => "double precision",
            SeedType::Boolean => "boolean",
            SeedType::Date => "date",
            SeedType::Timestamp => "timestamp without time zone",
        }
    }
}

impl LakehouseDialect {
    fn names(&self, columns: &[String]) -> String {
        columns.iter().map(|column| self.quote(column)).collect::<Vec<_>>().join(", ")
    }

    fn alter(&self, alter: &AlterColumns) -> Script {
        let added =
            alter.add.iter().map(|column| format!("add column {} {}", self.quote(&column.name), column.data_type));
        let dropped = alter.drop.iter().map(|name| format!("drop column {}", self.quote(name)));
        let retyped = alter
            .retype
            .iter()
            .map(|column| format!("alter column {} type {}", self.quote(&column.name), column.data_type));
        let clauses: Vec<String> = added.chain(dropped).chain(retyped).collect();
        Script::plain(format!("alter table {} {}", alter.relation, clauses.join(", ")))
    }

    fn comment(&self, relation: &Relation, description: Option<&str>, columns: &IndexMap<String, String>) -> Script {
        let own = description.map(|text| format!("comment on table {relation} is {}", self.literal(text)));
        let of_columns = columns
            .iter()
            .map(|(name, text)| format!("comment on column {relation}.{} is {}", self.quote(name), self.literal(text)));
        Script::plain(own.into_iter().chain(of_columns).collect::<Vec<_>>().join(";\n"))
    }

    fn merge(&self, merge: &MergeSpec) -> Script {
        let keys = merge.unique_key.iter().map(|key| format!("DBT_INTERNAL_SOURCE.{key} = DBT_INTERNAL_DEST.{key}"));
        let on: Vec<String> = merge.predicates.iter().cloned().chain(keys).collect();
        let updates = merge.update_columns.as_ref().unwrap_or(&merge.columns);
        let set: Vec<String> =
            updates.iter().map(|column| format!("{0} = DBT_INTERNAL_SOURCE.{0}", self.quote(column))).collect();
        let values: Vec<String> =
            merge.columns.iter().map(|column| format!("DBT_INTERNAL_SOURCE.{}", self.quote(column))).collect();
        let after = format!(
            "\n) as DBT_INTERNAL_SOURCE on ({})\nwhen matched then update set {}\nwhen not matched then insert ({}) values ({})",
            on.join(" and "),
            set.join(", "),
            self.names(&merge.columns),
            values.join(", "),
        );
        Script::around(&format!("merge into {} as DBT_INTERNAL_DEST using (\n", merge.target), &merge.query, &after)
    }
}

fn column_list(dialect: &LakehouseDialect, columns: &[Column]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| {
            let not_null = if column.nullable { "" } else { " not null" };
            format!("{} {}{not_null}", dialect.quote(&column.name), column.data_type)
        })
        .collect();
    columns.join(", ")
}

fn conditions(unique_key: &[String], predicates: &[String]) -> String {
    unique_key.iter().chain(predicates).cloned().collect::<Vec<_>>().join(", ")
}
