//! Operations that end with a whole new relation: tables and views made or replaced.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use deltalake::arrow::datatypes::{Field, Schema, SchemaRef};
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::commit::{Change, Description, add_all, remove_all};
use super::conform::stored_schema;
use super::constraint::{self, Checks, Prescribed};
use super::error;
use super::response::{response, rows_response};
use super::session::LakehouseSession;
use super::view_store::StoredView;
use super::warehouse::Place;
use super::write::{Sink, Written, row_group, write_plan};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Relation, TableOptions, TableShape};

/// How often an operation is tried when other writers are faster.
const ATTEMPTS: u32 = 12;

/// Carries out an operation anew, reading everything again, when another writer was faster.
pub(super) async fn retried<T, F>(mut once: impl FnMut() -> F) -> Result<T, AdapterError>
where
    F: Future<Output = Result<T, AdapterError>>,
{
    let mut attempt = 1;
    loop {
        match once().await {
            Err(error) if error.kind == AdapterErrorKind::Conflict && attempt < ATTEMPTS => {
                tokio::time::sleep(pause(attempt)).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

/// A wait that grows with every attempt and differs between writers, so that they do not meet again.
fn pause(attempt: u32) -> Duration {
    let spread = u64::from(uuid::Uuid::new_v4().as_bytes()[0]) % 20;
    Duration::from_millis(u64::from(attempt) * (5 + spread))
}

impl LakehouseSession {
    /// The table holds the query's rows. The new version is one commit, which may read the old one.
    /// A view of that name is hidden by the commit and removed after it.
    pub(super) async fn replace_table(
        &self,
        target: &Relation,
        query: &str,
        shape: &TableShape,
        options: &TableOptions,
    ) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(target)?;
        let prescribed = Prescribed::of(target, shape)?;
        let written = retried(|| self.replace_table_once(&place, query, prescribed.as_ref(), options)).await?;
        self.warehouse.storage.remove_view(&place.schema, &place.name).await?;
        Ok(rows_response("SELECT", written.rows))
    }

    async fn replace_table_once(
        &self,
        place: &Place,
        query: &str,
        prescribed: Option<&Prescribed>,
        options: &TableOptions,
    ) -> Result<Written, AdapterError> {
        let catalog = self.catalog();
        let table = self.table_or_new(place).await?;
        if table.state.is_some() {
            catalog.pin(place, &table).await?;
        }
        let mut plan = catalog.plan_query(query).await?;
        let mut schema = stored_schema(plan.schema().as_arrow())?;
        if let Some(prescribed) = prescribed {
            plan = in_order(plan, &prescribed.schema)?;
            schema = Arc::clone(&prescribed.schema);
        }
        let mut description = self.description(schema, options);
        description.properties.extend(prescribed.iter().flat_map(|prescribed| prescribed.checks.clone()));
        let sink = description.sink(table.log_store().object_store(None), &self.warehouse.base)?;
        let mut written = write_plan(&catalog.state(), &plan, &sink).await?;
        let mut actions = description.actions(&table)?;
        actions.extend(remove_all(&table)?);
        actions.extend(add_all(std::mem::take(&mut written.files)));
        let operation = overwrite(&description.partition_by);
        Change { table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(written)
    }

    /// The view shows the query. Its file is written before a table of that name is dropped: until
    /// then the table hides it, so a reader sees the table or the view.
    pub(super) async fn replace_view(&self, target: &Relation, query: &str) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(target)?;
        self.catalog().within_view(&place).plan_query(query).await?;
        let view = StoredView::new(query).to_bytes()?;
        self.warehouse.storage.write_view(&place.schema, &place.name, view).await?;
        self.drop_table(&place).await?;
        Ok(response("CREATE VIEW"))
    }

    /// A table with these columns and no rows.
    pub(super) async fn create_empty_table(
        &self,
        target: &Relation,
        columns: &[Column],
        options: &TableOptions,
    ) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(target)?;
        let description = self.described(columns, options)?;
        retried(|| self.commit_empty(&place, &description)).await?;
        self.warehouse.storage.remove_view(&place.schema, &place.name).await?;
        Ok(response("CREATE TABLE"))
    }

    /// What is written about a table of these columns.
    pub(super) fn described(&self, columns: &[Column], options: &TableOptions) -> Result<Description, AdapterError> {
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| constraint::field(&column.name, &column.data_type, column.nullable))
            .collect::<Result<_, AdapterError>>()?;
        let stored = stored_schema(&Schema::new(fields.clone()))?;
        let fields: Vec<Field> = stored
            .fields()
            .iter()
            .zip(fields)
            .map(|(stored, given)| given.with_data_type(stored.data_type().clone()))
            .collect();
        Ok(self.description(Arc::new(Schema::new(fields)), options))
    }

    async fn commit_empty(&self, place: &Place, description: &Description) -> Result<(), AdapterError> {
        let table = self.table_or_new(place).await?;
        let mut actions = description.actions(&table)?;
        actions.extend(remove_all(&table)?);
        let operation = overwrite(&description.partition_by);
        Change { table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(())
    }

    pub(super) async fn table_or_new(&self, place: &Place) -> Result<deltalake::DeltaTable, AdapterError> {
        match self.warehouse.table(place).await? {
            Some(table) => Ok(table),
            None => self.warehouse.storage.table(&place.schema, &place.name),
        }
    }

    fn description(&self, schema: SchemaRef, options: &TableOptions) -> Description {
        Description {
            schema,
            partition_by: options.partition_by.clone(),
            properties: options.properties.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            comment: None,
        }
    }
}

impl Description {
    /// Where rows of such a table are written.
    ///
    /// # Errors
    /// `Sql` for a CHECK that its columns do not allow.
    pub(super) fn sink(
        &self,
        store: Arc<dyn deltalake::ObjectStore>,
        state: &SessionState,
    ) -> Result<Sink, AdapterError> {
        Ok(Sink {
            store,
            checks: Checks::of(self.properties.iter(), &self.schema, state)?,
            schema: Arc::clone(&self.schema),
            partition_by: self.partition_by.clone(),
            properties: self
                .properties
                .iter()
                .map(|(key, value)| (key.clone(), Some(value.clone())))
                .collect::<HashMap<_, _>>(),
            row_group: row_group(state),
        })
    }
}

/// The columns of a query in the order of a contract.
fn in_order(plan: LogicalPlan, schema: &SchemaRef) -> Result<LogicalPlan, AdapterError> {
    let columns = plan.schema().columns();
    let mut exprs = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let Some(column) = columns.iter().find(|column| column.name == *field.name()) else {
            let message = format!("the query has no column `{}`, which the contract promises", field.name());
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        };
        exprs.push(Expr::Column(column.clone()));
    }
    let ordered = LogicalPlanBuilder::from(plan).project(exprs).and_then(LogicalPlanBuilder::build);
    ordered.map_err(error::from_datafusion)
}

pub(super) fn overwrite(partition_by: &[String]) -> DeltaOperation {
    DeltaOperation::Write {
        mode: SaveMode::Overwrite,
        partition_by: (!partition_by.is_empty()).then(|| partition_by.to_vec()),
        predicate: None,
    }
}
