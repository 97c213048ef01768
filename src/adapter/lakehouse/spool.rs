//! Rows of a query that are read more than once, kept in memory.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::LogicalPlan;
use deltalake::arrow::array::RecordBatch;
use deltalake::arrow::datatypes::SchemaRef;
use futures::StreamExt;

use super::catalog::StatementCatalog;
use super::conform::{conform, stored_schema};
use super::{error, execute};
use crate::adapter::AdapterError;

/// Runs a plan and keeps its rows as a table.
///
/// # Errors
/// The query's.
pub(super) async fn spool(
    catalog: &StatementCatalog,
    plan: &LogicalPlan,
) -> Result<Arc<dyn TableProvider>, AdapterError> {
    let schema = stored_schema(plan.schema().as_arrow())?;
    let batches = collect(catalog, plan, &schema).await?;
    let table = MemTable::try_new(schema, vec![batches]).map_err(error::from_datafusion)?;
    Ok(Arc::new(table))
}

async fn collect(
    catalog: &StatementCatalog,
    plan: &LogicalPlan,
    schema: &SchemaRef,
) -> Result<Vec<RecordBatch>, AdapterError> {
    execute::run(&catalog.state(), plan, |ready| async move {
        let mut stream = ready.stream()?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            batches.push(conform(&batch.map_err(error::from_datafusion)?, schema)?);
        }
        Ok(batches)
    })
    .await
}
