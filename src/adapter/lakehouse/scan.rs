//! A table as statements read it.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use deltalake::DeltaTable;
use deltalake::arrow::datatypes::SchemaRef;

use super::error;
use crate::adapter::AdapterError;

/// Delta's table, whose conditions are looked at once more above it. It skips files by conditions on partition
/// columns and constants, takes those for met exactly, and keeps a file of which a condition is NULL:
/// `part in (1, null)` would give all rows.
#[derive(Debug)]
struct Scan {
    table: Arc<dyn TableProvider>,
}

/// A table as DataFusion reads it.
///
/// # Errors
/// `Sql` for a table with features that cannot be read.
pub(super) async fn provider(table: &DeltaTable) -> Result<Arc<dyn TableProvider>, AdapterError> {
    table.table_provider().await.map(wrapped).map_err(error::from_datafusion)
}

/// What a builder of Delta's makes, as DataFusion reads it.
pub(super) fn wrapped(table: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
    Arc::new(Scan { table })
}

#[async_trait]
impl TableProvider for Scan {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    fn statistics(&self) -> Option<Statistics> {
        self.table.statistics()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        self.table.scan(state, projection, filters, limit).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        let mut support = self.table.supports_filters_pushdown(filters)?;
        for found in &mut support {
            if *found == TableProviderFilterPushDown::Exact {
                *found = TableProviderFilterPushDown::Inexact;
            }
        }
        Ok(support)
    }
}
