//! One session: a cheap handle on the shared warehouse, with temporary tables of its own.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::logical_expr::LogicalPlan;
use deltalake::arrow::array::RecordBatch;
use deltalake::arrow::datatypes::{Schema, SchemaRef};
use futures::TryStreamExt;

use super::catalog::StatementCatalog;
use super::conform::{all_text, conform, shown};
use super::execute::Ready;
use super::log::{Origin, last_commit};
use super::response::{response, rows_response};
use super::spool::spool;
use super::temporary::TemporaryTables;
use super::warehouse::{Found, Place, Warehouse};
use super::{error, execute, types};
use crate::adapter::{
    AdapterError, AdapterErrorKind, FileExport, Listener, Load, Maintenance, RowStream, Session, Tap,
};
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Relation, RelationKind, RelationOp, Table, TableOptions};

/// A session of the lakehouse.
pub(super) struct LakehouseSession {
    pub(super) warehouse: Arc<Warehouse>,
    pub(super) temporary: Arc<TemporaryTables>,
    /// Whose commits they are.
    pub(super) origin: Origin,
    /// Who hears what becomes of statements.
    listener: Option<Listener>,
}

/// Which rows go when new ones come.
pub(super) enum Replaced<'a> {
    /// None.
    Nothing,
    /// Those whose key is among the new rows' and that fulfil the conditions.
    ByKey { unique_key: &'a [String], predicates: &'a [String] },
    /// Those that fulfil a condition, which all new rows must fulfil as well.
    Where(&'a str),
}

impl LakehouseSession {
    /// A session without temporary tables.
    pub(super) fn new(warehouse: Arc<Warehouse>) -> Self {
        Self { warehouse, temporary: Arc::default(), origin: Origin::default(), listener: None }
    }

    /// What a statement that starts now sees.
    pub(super) fn catalog(&self) -> StatementCatalog {
        StatementCatalog::new(Arc::clone(&self.warehouse), Arc::clone(&self.temporary)).heard_by(self.listener.clone())
    }

    /// Runs a plan and collects its rows.
    pub(super) async fn collect(
        &self,
        catalog: &StatementCatalog,
        plan: &LogicalPlan,
    ) -> Result<Vec<RecordBatch>, AdapterError> {
        execute::run(&catalog.state(), plan, collected).await
    }

    /// As [`LakehouseSession::collect`], of a plan that must not begin twice.
    pub(super) async fn collect_once(
        &self,
        catalog: &StatementCatalog,
        plan: &LogicalPlan,
    ) -> Result<Vec<RecordBatch>, AdapterError> {
        collected(execute::ready(&catalog.state(), plan).await?).await
    }

    /// Drops the table of a place; absent is fine.
    pub(super) async fn drop_table(&self, place: &Place) -> Result<(), AdapterError> {
        self.warehouse.tables.forget(&place.schema, &place.name);
        self.warehouse.storage.remove_table(&place.schema, &place.name).await
    }

    async fn run_query(&self, text: &str) -> Result<(Table, AdapterResponse), AdapterError> {
        let catalog = self.catalog();
        let plan = catalog.plan_query(text).await?;
        let batches = self.collect(&catalog, &plan).await?;
        let table = shown(plan.schema().as_arrow(), batches)?;
        let response = rows_response("SELECT", table.row_count() as u64);
        Ok((table, response))
    }

    /// Carries out one operation.
    pub(super) async fn apply_one(&self, op: &RelationOp) -> Result<AdapterResponse, AdapterError> {
        match op {
            RelationOp::CreateSchema(schema) => {
                self.warehouse.check_database(&schema.database)?;
                self.warehouse.storage.create_schema(&schema.schema).await?;
                Ok(response("CREATE SCHEMA"))
            }
            RelationOp::DropSchema(schema) => {
                self.warehouse.check_database(&schema.database)?;
                self.warehouse.tables.forget_schema(&schema.schema);
                self.warehouse.storage.remove_schema(&schema.schema).await?;
                Ok(response("DROP SCHEMA"))
            }
            RelationOp::ReplaceTable { target, query, shape, options, .. } => {
                self.replace_table(target, query, shape, options).await
            }
            RelationOp::ReplaceView { target, query, .. } => self.replace_view(target, query).await,
            RelationOp::CreateEmptyTable { target, columns, options, .. } => {
                self.create_empty_table(target, columns, options).await
            }
            RelationOp::Drop { relation, .. } => self.drop_relation(relation).await,
            RelationOp::Rename { from, to } => self.rename(from, to).await,
            RelationOp::PutInPlace { from, target, .. } => {
                self.drop_relation(target).await?;
                self.rename(from, target).await
            }
            RelationOp::CreateTemporaryTable { target, query } => self.create_temporary(target, query).await,
            RelationOp::Statement(text) => self.execute_statements(text).await,
            RelationOp::Append { target, columns, query } => {
                self.overwrite(target, columns, query, Replaced::Nothing).await
            }
            RelationOp::DeleteInsert { target, columns, unique_key, predicates, query } => {
                self.overwrite(target, columns, query, Replaced::ByKey { unique_key, predicates }).await
            }
            RelationOp::ReplaceWhere { target, columns, predicate, query } => {
                self.overwrite(target, columns, query, Replaced::Where(predicate)).await
            }
            RelationOp::Merge(spec) => self.merge(spec).await,
            RelationOp::AlterColumns(alter) => self.alter_columns(alter).await,
            RelationOp::Truncate(relation) => self.truncate(relation).await,
            RelationOp::Comment { relation, description, columns } => {
                self.comment(relation, description.as_deref(), columns).await
            }
            RelationOp::Clone { target, source, .. } => self.clone_relation(target, source).await,
            RelationOp::ReplaceMaterializedView { .. } | RelationOp::Refresh(_) => {
                Err(error::unsupported("materialized views; use `materialized: table`"))
            }
            RelationOp::Grant(_) => Err(error::unsupported("grants")),
            RelationOp::AlterIndexes { .. } => Err(error::unsupported("indexes")),
            RelationOp::ReplaceFunction(_) => Err(error::unsupported("functions of the user's own")),
        }
    }

    async fn drop_relation(&self, relation: &Relation) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(relation)?;
        if self.temporary.remove(&place.schema, &place.name) {
            return Ok(response("DROP TABLE"));
        }
        self.warehouse.storage.remove_view(&place.schema, &place.name).await?;
        self.drop_table(&place).await?;
        Ok(response("DROP"))
    }

    /// Tables move with their folder, views with their file.
    async fn rename(&self, from: &Relation, to: &Relation) -> Result<AdapterResponse, AdapterError> {
        let (from, to) = (self.warehouse.place(from)?, self.warehouse.place(to)?);
        let storage = &self.warehouse.storage;
        if self.warehouse.find(&to).await?.is_some() {
            let message = format!("`{from}` cannot be renamed: `{to}` exists");
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
        match self.warehouse.find(&from).await? {
            Some(Found::Table(_)) => {
                self.warehouse.tables.forget(&from.schema, &from.name);
                storage.move_table((&from.schema, &from.name), (&to.schema, &to.name)).await?;
            }
            Some(Found::View(view)) => {
                storage.write_view(&to.schema, &to.name, view.to_bytes()?).await?;
                storage.remove_view(&from.schema, &from.name).await?;
            }
            Some(Found::External(_)) | None => {
                let message = format!("`{from}` does not exist");
                return Err(AdapterError::new(AdapterErrorKind::Sql, message));
            }
        }
        Ok(response("ALTER TABLE"))
    }

    /// Rows that are kept until the session ends.
    async fn create_temporary(&self, target: &Relation, query: &str) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(target)?;
        let catalog = self.catalog();
        let plan = catalog.plan_query(query).await?;
        let kept = spool(&catalog, &plan).await?;
        self.temporary.insert(&place.schema, &place.name, kept.table);
        Ok(rows_response("SELECT", kept.rows))
    }
}

async fn collected(ready: Ready) -> Result<Vec<RecordBatch>, AdapterError> {
    ready.stream()?.try_collect().await.map_err(error::from_datafusion)
}

/// The columns of a schema, in PostgreSQL's words.
pub(super) fn columns_of(schema: &Schema) -> Vec<Column> {
    schema
        .fields()
        .iter()
        .map(|field| Column {
            name: field.name().clone(),
            data_type: types::text(field.data_type()),
            nullable: field.is_nullable(),
            comment: field.metadata().get("comment").cloned(),
        })
        .collect()
}

#[async_trait]
impl Session for LakehouseSession {
    fn attach(&mut self, tap: Tap) {
        self.listener.clone_from(&tap.listener);
        self.origin = Origin::of(tap);
    }

    async fn query(&mut self, sql: &str) -> Result<(Table, AdapterResponse), AdapterError> {
        self.warehouse.cancellation.guard(self.run_query(sql)).await
    }

    async fn execute(&mut self, sql: &str) -> Result<AdapterResponse, AdapterError> {
        self.warehouse.cancellation.guard(self.execute_statements(sql)).await
    }

    async fn apply(&mut self, unit: &[RelationOp]) -> Result<AdapterResponse, AdapterError> {
        let mut answer = AdapterResponse::default();
        for op in unit {
            let response = self.warehouse.cancellation.guard(self.apply_one(op)).await?;
            if response.rows_affected.is_some() || answer.rows_affected.is_none() {
                answer = response;
            }
        }
        Ok(answer)
    }

    async fn load_table(
        &mut self,
        load: &Load<'_>,
        _existing: Option<RelationKind>,
        options: &TableOptions,
    ) -> Result<AdapterResponse, AdapterError> {
        self.warehouse.cancellation.guard(self.load_new_table(load, options)).await
    }

    async fn load(&mut self, load: &Load<'_>) -> Result<AdapterResponse, AdapterError> {
        self.warehouse.cancellation.guard(self.load_rows(load)).await
    }

    async fn stream(self: Box<Self>, sql: &str, wanted: Option<SchemaRef>) -> Result<RowStream, AdapterError> {
        let (catalog, warehouse) = (self.catalog(), Arc::clone(&self.warehouse));
        let plan = catalog.plan_query(sql).await?;
        let columns = columns_of(plan.schema().as_arrow());
        let rows = execute::rows(&catalog.state(), &plan).await?;
        let batches = futures::stream::try_unfold(rows, move |mut rows| {
            let (warehouse, wanted) = (Arc::clone(&warehouse), wanted.clone());
            async move {
                let next = async { rows.try_next().await };
                let Some(batch) = warehouse.cancellation.guard(next).await? else { return Ok(None) };
                let batch = wanted.as_ref().map_or_else(|| all_text(&batch), |wanted| conform(&batch, wanted))?;
                Ok(Some((batch, rows)))
            }
        });
        Ok(RowStream { columns, batches: Box::pin(batches) })
    }

    async fn export(&mut self, sql: &str, export: &FileExport) -> Result<u64, AdapterError> {
        self.warehouse.cancellation.guard(self.export_rows(sql, export)).await
    }

    async fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        let place = self.warehouse.place(relation)?;
        if let Some(temporary) = self.temporary.get(&place.schema, &place.name) {
            return Ok(columns_of(&temporary.schema()));
        }
        match self.warehouse.find(&place).await? {
            None => Ok(Vec::new()),
            Some(Found::External(provider)) => Ok(columns_of(&provider.schema())),
            Some(Found::Table(table)) => {
                let state = table.snapshot().map_err(error::from_delta)?;
                Ok(columns_of(&state.snapshot().arrow_schema()))
            }
            Some(Found::View(view)) => {
                let plan = self.catalog().within_view(&place).plan_query(&view.sql).await?;
                let mut columns = columns_of(plan.schema().as_arrow());
                for column in &mut columns {
                    column.comment = view.column_comments.get(&column.name).cloned();
                    column.nullable = true;
                }
                Ok(columns)
            }
        }
    }

    async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, AdapterError> {
        let plan = self.catalog().plan_query(sql).await?;
        Ok(columns_of(plan.schema().as_arrow()))
    }

    async fn maintain(&mut self, relation: &Relation, maintenance: &Maintenance) -> Result<Vec<String>, AdapterError> {
        self.warehouse.cancellation.guard(self.maintain_table(relation, maintenance)).await
    }

    async fn versions(&mut self, relation: &Relation) -> Result<Table, AdapterError> {
        self.warehouse.cancellation.guard(self.history_of(relation)).await
    }

    async fn changed_at(&mut self, relation: &Relation) -> Result<Option<DateTime<Utc>>, AdapterError> {
        let place = self.warehouse.place(relation)?;
        if let Some(external) = self.warehouse.external(&place) {
            return external.changed_at(&self.warehouse.base).await;
        }
        match self.warehouse.table(&place).await? {
            Some(table) => last_commit(&table).await,
            None => Ok(None),
        }
    }

    async fn begin(&mut self) -> Result<(), AdapterError> {
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), AdapterError> {
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), AdapterError> {
        Ok(())
    }
}
