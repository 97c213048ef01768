//! Rows of a query that are read more than once: in memory, and in files of their own beyond a part of
//! what statements may hold.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::{MemTable, TableType};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, SessionState, SpillFile, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, SpillMetrics};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, SpillManager};
use deltalake::arrow::array::RecordBatch;
use deltalake::arrow::datatypes::SchemaRef;
use futures::StreamExt;

use super::catalog::StatementCatalog;
use super::conform::{conform, stored_schema};
use super::{error, execute};
use crate::adapter::AdapterError;

/// Where memory has a limit, which part of it the rows may take: what reads them needs the rest.
const PART_OF_LIMIT: usize = 8;

/// Rows that are kept.
pub(super) struct Spooled {
    /// To read them, as often as wanted.
    pub(super) table: Arc<dyn TableProvider>,
    /// How many there are.
    pub(super) rows: u64,
}

/// Runs a plan and keeps its rows as a table.
///
/// # Errors
/// The query's, and `Sql` where there is no room for them on the disk either.
pub(super) async fn spool(catalog: &StatementCatalog, plan: &LogicalPlan) -> Result<Spooled, AdapterError> {
    let schema = stored_schema(plan.schema().as_arrow())?;
    let state = catalog.state();
    execute::run(&state, plan, |ready| {
        let mut spool = Spool::new(&state, &schema);
        async move {
            let mut stream = ready.stream()?;
            while let Some(batch) = stream.next().await {
                let batch = conform(&batch.map_err(error::from_datafusion)?, &spool.schema)?;
                spool.keep(batch).map_err(error::from_datafusion)?;
            }
            spool.finish().map_err(error::from_datafusion)
        }
    })
    .await
}

/// Rows on their way.
struct Spool {
    schema: SchemaRef,
    held: Vec<RecordBatch>,
    memory: MemoryReservation,
    /// Bytes that may be held.
    most: usize,
    disk: SpillManager,
    files: Vec<Arc<dyn SpillFile>>,
    rows: u64,
}

impl Spool {
    fn new(state: &SessionState, schema: &SchemaRef) -> Self {
        let runtime = state.runtime_env();
        let most = match runtime.memory_pool.memory_limit() {
            MemoryLimit::Finite(limit) => limit / PART_OF_LIMIT,
            _ => usize::MAX,
        };
        let metrics = SpillMetrics::new(&ExecutionPlanMetricsSet::new(), 0);
        Self {
            schema: Arc::clone(schema),
            held: Vec::new(),
            memory: MemoryConsumer::new("rows that are read again").register(&runtime.memory_pool),
            most,
            disk: SpillManager::new(Arc::clone(runtime), metrics, Arc::clone(schema))
                .with_compression_type(state.config_options().execution.spill_compression),
            files: Vec::new(),
            rows: 0,
        }
    }

    fn keep(&mut self, batch: RecordBatch) -> Result<(), DataFusionError> {
        self.rows += batch.num_rows() as u64;
        let bytes = batch.get_array_memory_size();
        let fits = self.memory.size().saturating_add(bytes) <= self.most && self.memory.try_grow(bytes).is_ok();
        self.held.push(batch);
        if fits { Ok(()) } else { self.spill() }
    }

    fn spill(&mut self) -> Result<(), DataFusionError> {
        let held = std::mem::take(&mut self.held);
        self.files.extend(self.disk.spill_record_batch_and_finish(&held, "rows that are read again")?);
        self.memory.free();
        Ok(())
    }

    fn finish(mut self) -> Result<Spooled, DataFusionError> {
        let table: Arc<dyn TableProvider> = if self.files.is_empty() {
            Arc::new(InMemory { table: MemTable::try_new(self.schema, vec![self.held])?, _memory: self.memory })
        } else {
            self.spill()?;
            let rows = InFiles { schema: Arc::clone(&self.schema), disk: self.disk, files: self.files };
            Arc::new(StreamingTable::try_new(self.schema, vec![Arc::new(rows)])?)
        };
        Ok(Spooled { table, rows: self.rows })
    }
}

/// Rows in memory, which is counted as taken until they are gone.
#[derive(Debug)]
struct InMemory {
    table: MemTable,
    _memory: MemoryReservation,
}

#[async_trait]
impl TableProvider for InMemory {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
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
}

/// Rows in files, which are removed when nobody reads them any more.
struct InFiles {
    schema: SchemaRef,
    disk: SpillManager,
    files: Vec<Arc<dyn SpillFile>>,
}

impl Debug for InFiles {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFiles").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for InFiles {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let disk = self.disk.clone();
        // A file is opened when the one before has been read.
        let rows = futures::stream::iter(self.files.clone())
            .map(move |file| disk.read_spill_as_stream(file, None))
            .flat_map(|opened| match opened {
                Ok(rows) => rows.boxed(),
                Err(cause) => futures::stream::iter([Err(cause)]).boxed(),
            });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}
