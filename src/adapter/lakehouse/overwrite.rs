//! Appending rows, and replacing those that a key or a predicate names.

use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::{MemTable, ViewTable};
use datafusion::logical_expr::LogicalPlan;
use deltalake::arrow::array::{AsArray, RecordBatch};
use deltalake::arrow::datatypes::Schema;
use deltalake::kernel::Action;
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::commit::{Change, add_all, remove_all};
use super::copy_on_write::{FILE, Target, given};
use super::error;
use super::names::quoted;
use super::replace::retried;
use super::response::{response, rows_response};
use super::session::{LakehouseSession, Replaced};
use super::warehouse::{Place, Warehouse};
use super::write::{Written, write_plan};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::outcome::AdapterResponse;
use crate::relation::Relation;

impl LakehouseSession {
    /// Adds the query's rows, after taking the replaced ones away, in one commit.
    ///
    /// Rows that replace those of a condition are written side by side with those of others, unless
    /// their query reads the table; only the change itself waits for its turn.
    pub(super) async fn overwrite(
        &self,
        target: &Relation,
        columns: &[String],
        query: &str,
        replaced: Replaced<'_>,
    ) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(target)?;
        let turn = match replaced {
            Replaced::ByKey { .. } => Some(self.warehouse.turn_to_write(&place).await),
            Replaced::Nothing | Replaced::Where(_) => None,
        };
        let rows = match replaced {
            Replaced::Where(predicate) => self.replace_where(&place, columns, query, predicate).await?,
            _ => retried(|| self.overwrite_once(&place, columns, query, &replaced)).await?,
        };
        drop(turn);
        Ok(rows_response("INSERT", rows))
    }

    async fn replace_where(
        &self,
        place: &Place,
        columns: &[String],
        query: &str,
        predicate: &str,
    ) -> Result<u64, AdapterError> {
        let replaced = Replaced::Where(predicate);
        let target = Target::open(self, place).await?;
        if reads(&target.catalog.plan_query(query).await?, &self.warehouse, place)? {
            let _turn = self.warehouse.turn_to_write(place).await;
            return retried(|| self.overwrite_once(place, columns, query, &replaced)).await;
        }
        let schema = Arc::clone(&target.sink.schema);
        let written = self.write_rows(&target, columns, query, &replaced).await?;
        let _turn = self.warehouse.turn_to_write(place).await;
        retried(|| async {
            let target = Target::open(self, place).await?;
            if target.sink.schema != schema {
                let message = format!("the columns of `{place}` changed while rows were written to it");
                return Err(AdapterError::new(AdapterErrorKind::Sql, message));
            }
            self.commit_rows(target, place, &replaced, &written).await
        })
        .await
    }

    async fn overwrite_once(
        &self,
        place: &Place,
        columns: &[String],
        query: &str,
        replaced: &Replaced<'_>,
    ) -> Result<u64, AdapterError> {
        let target = Target::open(self, place).await?;
        let written = self.write_rows(&target, columns, query, replaced).await?;
        self.commit_rows(target, place, replaced, &written).await
    }

    /// The query's rows in files, with what tells which others they replace beside.
    async fn write_rows(
        &self,
        target: &Target,
        columns: &[String],
        query: &str,
        replaced: &Replaced<'_>,
    ) -> Result<Written, AdapterError> {
        let plan = target.catalog.plan_query(query).await?;
        check_columns(plan.schema().as_arrow(), columns, target.sink.schema.as_ref())?;
        target.catalog.give("source", Arc::new(ViewTable::new(plan, None)));
        let beside = match replaced {
            Replaced::Nothing => Vec::new(),
            Replaced::ByKey { unique_key, .. } => unique_key.to_vec(),
            Replaced::Where(predicate) => vec![(*predicate).to_owned()],
        };
        let rows = target.catalog.plan_text(&source_rows(target, columns, &beside)).await?;
        let written = write_plan(&target.catalog.state(), &rows, &target.sink).await?;
        if let Replaced::Where(predicate) = replaced {
            check_inside(&written.beside, predicate)?;
        }
        Ok(written)
    }

    /// Takes the replaced rows away and adds those that are written.
    async fn commit_rows(
        &self,
        target: Target,
        place: &Place,
        replaced: &Replaced<'_>,
        written: &Written,
    ) -> Result<u64, AdapterError> {
        let (removed, kept) = match replaced {
            Replaced::Nothing => (Vec::new(), Written::default()),
            Replaced::ByKey { unique_key, predicates } if !unique_key.is_empty() => {
                self.without_keys(&target, unique_key, predicates, written.beside.clone()).await?
            }
            Replaced::ByKey { .. } => (Vec::new(), Written::default()),
            Replaced::Where(predicate) => self.without_rows(&target, &format!("({predicate})"), "").await?,
        };
        let mut actions = removed;
        actions.extend(add_all(kept.files));
        actions.extend(add_all(written.files.clone()));
        let blind = matches!(replaced, Replaced::Nothing);
        let change = Change { operation: operation(replaced), table: target.table, actions, blind };
        change.commit(self, place).await?;
        Ok(written.rows)
    }

    /// The rows of the touched files whose key is not among those given, in new files.
    async fn without_keys(
        &self,
        target: &Target,
        unique_key: &[String],
        predicates: &[String],
        keys: Vec<RecordBatch>,
    ) -> Result<(Vec<Action>, Written), AdapterError> {
        let Some(first) = keys.first() else { return Ok((Vec::new(), Written::default())) };
        let table = MemTable::try_new(first.schema(), vec![keys.clone()]).map_err(error::from_datafusion)?;
        target.catalog.give("keys", Arc::new(table));
        let names: Vec<String> = first.schema().fields().iter().map(|field| quoted(field.name())).collect();
        let found = names.join(", ");
        let on: Vec<String> = unique_key.iter().zip(&names).map(|(key, name)| format!("({key}) = {name}")).collect();
        let joined = format!(
            "left join (select distinct {found}, true as __aquifer_found from {}) on {}",
            given("keys"),
            on.join(" and ")
        );
        let condition: Vec<String> = std::iter::once("__aquifer_found".to_owned())
            .chain(predicates.iter().map(|predicate| format!("({predicate})")))
            .collect();
        self.without_rows(target, &condition.join(" and "), &joined).await
    }

    /// The rows of the touched files that do not fulfil a condition, in new files; and the actions
    /// that take the touched files away.
    pub(super) async fn without_rows(
        &self,
        target: &Target,
        condition: &str,
        joined: &str,
    ) -> Result<(Vec<Action>, Written), AdapterError> {
        let from = format!("from {} as dbt_internal_dest {joined}", given("target"));
        let touched =
            target.files(self, &format!("select distinct dbt_internal_dest.{FILE} {from} where {condition}")).await?;
        if touched.is_empty() {
            return Ok((Vec::new(), Written::default()));
        }
        target.narrow(&touched).await?;
        let columns = target.columns("dbt_internal_dest.");
        let kept = format!("select {columns} {from} where not coalesce({condition}, false)");
        let kept = target.catalog.plan_text(&kept).await?;
        let written = write_plan(&target.catalog.state(), &kept, &target.sink).await?;
        Ok((target.removals(&touched)?, written))
    }

    /// All rows are gone; the columns stay.
    pub(super) async fn truncate(&self, relation: &Relation) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(relation)?;
        let _turn = self.warehouse.turn_to_write(&place).await;
        retried(|| self.truncate_once(&place)).await?;
        Ok(response("TRUNCATE TABLE"))
    }

    async fn truncate_once(&self, place: &Place) -> Result<(), AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let actions = remove_all(&table)?;
        let operation = DeltaOperation::Delete { predicate: None };
        Change { table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(())
    }
}

/// Whether a plan reads the table at a place.
fn reads(plan: &LogicalPlan, warehouse: &Warehouse, place: &Place) -> Result<bool, AdapterError> {
    let (database, schema) = (&warehouse.profile.database, &warehouse.profile.schema);
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let name = scan.table_name.clone().resolve(database, schema);
            found |= *name.schema == *place.schema && *name.table == *place.name;
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(error::from_datafusion)?;
    Ok(found)
}

/// SQL for the source's rows in the target's order, NULL where the source has no such column, and
/// then the columns beside.
pub(super) fn source_rows(target: &Target, columns: &[String], beside: &[String]) -> String {
    let fields = target.sink.schema.fields().iter();
    let own = fields.map(|field| match columns.contains(field.name()) {
        true => quoted(field.name()),
        false => format!("null as {}", quoted(field.name())),
    });
    let beside = beside.iter().enumerate().map(|(index, sql)| format!("({sql}) as __aquifer_beside_{index}"));
    let list: Vec<String> = own.chain(beside).collect();
    format!("select {} from {}", list.join(", "), given("source"))
}

/// Makes sure that the columns to write are both in the query and in the table.
pub(super) fn check_columns(query: &Schema, columns: &[String], table: &Schema) -> Result<(), AdapterError> {
    for column in columns {
        for (schema, whose) in [(query, "the query"), (table, "the table")] {
            if schema.field_with_name(column).is_ok() {
                continue;
            }
            let mut error = AdapterError::new(AdapterErrorKind::Sql, format!("{whose} has no column `{column}`"));
            let names = schema.fields().iter().map(|field| field.name().as_str());
            error.hint = crate::diagnostic::closest(column, names).map(|near| format!("did you mean `{near}`?"));
            return Err(error);
        }
    }
    Ok(())
}

/// Makes sure that every row's check, the last column, is true.
fn check_inside(beside: &[RecordBatch], predicate: &str) -> Result<(), AdapterError> {
    let outside: usize = beside
        .iter()
        .filter_map(|batch| batch.columns().last())
        .map(|check| check.len() - check.as_boolean_opt().map_or(0, |check| check.true_count()))
        .sum();
    if outside == 0 {
        return Ok(());
    }
    let message = format!("{outside} rows of the query lie outside of what they are to replace: `{predicate}`");
    Err(AdapterError::new(AdapterErrorKind::Sql, message))
}

fn operation(replaced: &Replaced<'_>) -> DeltaOperation {
    let (mode, predicate) = match replaced {
        Replaced::Nothing => (SaveMode::Append, None),
        Replaced::ByKey { unique_key: [], .. } => (SaveMode::Append, None),
        Replaced::ByKey { .. } => (SaveMode::Overwrite, None),
        Replaced::Where(predicate) => (SaveMode::Overwrite, Some((*predicate).to_owned())),
    };
    DeltaOperation::Write { mode, partition_by: None, predicate }
}
