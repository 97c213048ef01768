//! Statements that users write themselves (hooks, overridden macros), carried out by the same
//! operations that the program uses.

use std::sync::Arc;

use datafusion::datasource::ViewTable;
use datafusion::logical_expr::{Expr as PlannedExpr, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{
    Delete, FromTable, Insert, ObjectName, Statement, TableFactor, TableObject, TableWithJoins,
};
use deltalake::arrow::array::RecordBatch;
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::commit::{Change, add_all};
use super::copy_on_write::{FILE, Target, given};
use super::error::{self, unsupported};
use super::overwrite::{check_columns, source_rows};
use super::replace::retried;
use super::response::rows_response;
use super::session::LakehouseSession;
use super::sql;
use super::warehouse::Place;
use super::write::write_plan;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::outcome::AdapterResponse;

impl LakehouseSession {
    /// Carries out the statements of a text, one after the other; answers for the last one.
    pub(super) async fn execute_statements(&self, text: &str) -> Result<AdapterResponse, AdapterError> {
        let mut last = AdapterResponse::default();
        for statement in sql::statements(text)? {
            last = self.execute_statement(statement, text).await?;
        }
        Ok(last)
    }

    async fn execute_statement(&self, statement: Statement, text: &str) -> Result<AdapterResponse, AdapterError> {
        match statement {
            query @ Statement::Query(_) => {
                let catalog = self.catalog();
                let plan = catalog.plan(query).await.map_err(|cause| error::from_query(&cause, text))?;
                let rows = self.collect(&catalog, &plan).await?.iter().map(RecordBatch::num_rows).sum::<usize>();
                Ok(rows_response("SELECT", rows as u64))
            }
            Statement::Insert(insert) => self.insert(&insert, text).await,
            Statement::Delete(delete) => self.delete(&delete).await,
            Statement::Update(update) => self.update(&update).await,
            Statement::Merge(merge) => self.merge_statement(&merge).await,
            other => self.define(other).await,
        }
    }

    async fn insert(&self, insert: &Insert, text: &str) -> Result<AdapterResponse, AdapterError> {
        let TableObject::TableName(name) = &insert.table else { return Err(unsupported("INSERT INTO a function")) };
        if insert.on.is_some() || insert.returning.is_some() || insert.overwrite {
            return Err(unsupported("INSERT with ON CONFLICT, RETURNING or OVERWRITE"));
        }
        if insert.source.is_none() {
            return Err(unsupported("INSERT without rows"));
        }
        let place = self.named_place(name)?;
        let rows = retried(|| self.insert_once(&place, insert, text)).await?;
        Ok(rows_response("INSERT", rows))
    }

    async fn insert_once(&self, place: &Place, insert: &Insert, text: &str) -> Result<u64, AdapterError> {
        let target = Target::open(self, place).await?;
        let Some(source) = insert.source.clone() else { return Ok(0) };
        let plan = target.catalog.plan(Statement::Query(source)).await;
        let plan = plan.map_err(|cause| error::from_query(&cause, text))?;
        let table_columns = target.sink.schema.fields().iter().map(|field| field.name().clone());
        let columns: Vec<String> = match insert.columns.as_slice() {
            [] => table_columns.take(plan.schema().fields().len()).collect(),
            named => named.iter().filter_map(last_part).collect(),
        };
        if columns.len() != plan.schema().fields().len() {
            let message = format!(
                "INSERT has {} expressions for {} columns of `{place}`",
                plan.schema().fields().len(),
                columns.len()
            );
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
        let renamed: Vec<PlannedExpr> = plan
            .schema()
            .columns()
            .into_iter()
            .zip(&columns)
            .map(|(from, to)| PlannedExpr::from(from).alias(to))
            .collect();
        let plan = LogicalPlanBuilder::from(plan)
            .project(renamed)
            .and_then(LogicalPlanBuilder::build)
            .map_err(error::from_datafusion)?;
        check_columns(plan.schema().as_arrow(), &columns, target.sink.schema.as_ref())?;
        target.catalog.give("source", Arc::new(ViewTable::new(plan, None)));
        let rows = target.catalog.plan_text(&source_rows(&target, &columns, &[])).await?;
        let written = write_plan(&target.catalog.state(), &rows, &target.sink).await?;
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let change = Change { table: target.table, actions: add_all(written.files).collect(), operation, blind: true };
        change.commit(self, place).await?;
        Ok(written.rows)
    }

    async fn delete(&self, delete: &Delete) -> Result<AdapterResponse, AdapterError> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [TableWithJoins { relation, joins }] = from.as_slice() else {
            return Err(unsupported("DELETE FROM several tables"));
        };
        if !joins.is_empty() || delete.returning.is_some() || delete.limit.is_some() {
            return Err(unsupported("DELETE with joins, RETURNING or LIMIT"));
        }
        let (name, alias) = table_and_alias(relation)?;
        let place = self.named_place(&name)?;
        let condition = match (&delete.selection, &delete.using) {
            (None, None) => "true".to_owned(),
            (None, Some(_)) => return Err(unsupported("DELETE USING without WHERE")),
            (Some(selection), None) => selection.to_string(),
            (Some(selection), Some(using)) => {
                let using: Vec<String> = using.iter().map(ToString::to_string).collect();
                format!("exists (select 1 from {} where {selection})", using.join(", "))
            }
        };
        let _turn = self.warehouse.turn_to_write(&place).await;
        let rows = retried(|| self.delete_once(&place, &alias, &condition)).await?;
        Ok(rows_response("DELETE", rows))
    }

    async fn delete_once(&self, place: &Place, alias: &str, condition: &str) -> Result<u64, AdapterError> {
        let target = Target::open(self, place).await?;
        let from = format!("from {} as {alias}", given("target"));
        let counted = format!("select {alias}.{FILE}, count(*) {from} where {condition} group by {alias}.{FILE}");
        let plan = target.catalog.plan_text(&counted).await?;
        let found = self.collect(&target.catalog, &plan).await?;
        let rows = sum_of_second(&found);
        if rows == 0 {
            return Ok(0);
        }
        let touched = super::copy_on_write::file_names(&found)?;
        target.narrow(&touched).await?;
        let columns = target.columns(&format!("{alias}."));
        let kept = format!("select {columns} {from} where ({condition}) is not true");
        let plan = target.catalog.plan_text(&kept).await?;
        let written = write_plan(&target.catalog.state(), &plan, &target.sink).await?;
        let mut actions = target.removals(&touched)?;
        actions.extend(add_all(written.files));
        let operation = DeltaOperation::Delete { predicate: Some(condition.to_owned()) };
        let change = Change { table: target.table, actions, operation, blind: false };
        change.commit(self, place).await?;
        Ok(rows)
    }

    /// The place of a name in a statement.
    pub(super) fn named_place(&self, name: &ObjectName) -> Result<Place, AdapterError> {
        self.warehouse.place(&sql::relation(name)?)
    }
}

/// The table that a statement changes, and what its SQL calls it.
pub(super) fn table_and_alias(factor: &TableFactor) -> Result<(ObjectName, String), AdapterError> {
    match factor {
        TableFactor::Table { name, alias, .. } => {
            let alias = match alias {
                Some(alias) => alias.name.to_string(),
                None => name.0.last().map(ToString::to_string).unwrap_or_default(),
            };
            Ok((name.clone(), alias))
        }
        other => Err(unsupported(&format!("changing `{other}`"))),
    }
}

/// The last part of a name, as stored.
pub(super) fn last_part(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(|part| part.as_ident()).map(sql::stored_name)
}

fn sum_of_second(batches: &[RecordBatch]) -> u64 {
    use deltalake::arrow::array::AsArray;
    use deltalake::arrow::datatypes::Int64Type;
    let counts = batches.iter().filter_map(|batch| batch.column(1).as_primitive_opt::<Int64Type>());
    counts.flat_map(|counts| counts.iter().flatten()).map(i64::unsigned_abs).sum()
}
