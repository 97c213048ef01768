//! Rows into the data files of a table. Nothing is committed here: until a commit names them, the
//! files are invisible.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream_partitioned;
use deltalake::arrow::array::RecordBatch;
use deltalake::arrow::datatypes::SchemaRef;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::Add;
use deltalake::operations::get_num_idx_cols_and_stats_columns;
use deltalake::{DeltaTable, ObjectStore, Path};
use futures::StreamExt;
use object_store::ObjectStoreExt;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::conform::conform;
use super::constraint::Checks;
use super::{error, execute};
use crate::adapter::{AdapterError, AdapterErrorKind};

/// Bytes in memory after which rows go to more than one file at a time; what is smaller becomes one
/// file.
const ONE_FILE: usize = 64 << 20;
/// Bytes of a row group, of which a writer holds a few times as many, unless memory has a limit.
const ROW_GROUP: usize = 128 << 20;
/// With a limit, a row group is this part of it, but not less than the other.
const ROW_GROUPS_OF_LIMIT: usize = 16;
const SMALLEST_ROW_GROUP: usize = 8 << 20;
/// Bytes of a file, unless the table says otherwise: those that compaction makes files of, too. What is
/// changed later copies whole files.
const FILE: u64 = 100 << 20;
/// Rows handed to the file writer at a time.
const ROWS_AT_ONCE: usize = 8192;
/// Batches that wait for a writer.
const WAITING: usize = 4;

/// Where rows go and in what shape.
#[derive(Clone)]
pub(super) struct Sink {
    /// The table's folder.
    pub(super) store: Arc<dyn ObjectStore>,
    /// The table's columns.
    pub(super) schema: SchemaRef,
    /// Partition columns, part of `schema`.
    pub(super) partition_by: Vec<String>,
    /// The table's properties.
    pub(super) properties: HashMap<String, Option<String>>,
    /// Conditions that rows must fulfil.
    pub(super) checks: Checks,
    /// Bytes of a row group.
    pub(super) row_group: usize,
}

/// Files that are written and not committed.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The files.
    pub(super) files: Vec<Add>,
    /// Rows in them.
    pub(super) rows: u64,
    /// What the plan gave beyond the table's columns, kept in memory.
    pub(super) beside: Vec<RecordBatch>,
}

/// Runs a plan and writes its rows, columns taken by position. Columns beyond those of the table are
/// not written but handed back: the keys of the rows, or a check of them.
///
/// # Errors
/// The query's, and `Sql` for values that the table cannot hold.
pub(super) async fn write_plan(state: &SessionState, plan: &LogicalPlan, sink: &Sink) -> Result<Written, AdapterError> {
    execute::run(state, plan, |ready| async {
        let streams = execute_stream_partitioned(ready.plan, ready.context).map_err(error::from_datafusion)?;
        write_streams(streams, sink).await
    })
    .await
}

/// Writes batches as they are made.
///
/// # Errors
/// As [`write_plan`].
pub(super) async fn write_batches(
    batches: impl Iterator<Item = Result<RecordBatch, AdapterError>> + Send,
    sink: &Sink,
) -> Result<Written, AdapterError> {
    let mut writer = sink.writer();
    let mut rows = 0;
    for batch in batches {
        let batch = sink.fitted(&batch?)?;
        rows += batch.num_rows() as u64;
        writer.write(&batch).await.map_err(error::from_delta)?;
    }
    Ok(Written { files: writer.close().await.map_err(error::from_delta)?, rows, beside: Vec::new() })
}

/// Streams run at once; their batches go to one writer until there are enough for several. Dropping
/// the future stops all of it. The first failure ends all: the parts of a join wait for each other, and
/// would wait for ever for one that has failed.
async fn write_streams(streams: Vec<SendableRecordBatchStream>, sink: &Sink) -> Result<Written, AdapterError> {
    let most = streams.len().max(1);
    let (sender, receiver) = mpsc::channel(WAITING);
    let mut readers = JoinSet::new();
    for stream in streams {
        let (sink, sender) = (sink.clone(), sender.clone());
        readers.spawn(async move {
            match read(stream, sink, &sender).await {
                Ok(beside) => beside,
                Err(cause) => {
                    // Nobody takes it any more if another one was faster.
                    let _ = sender.send(Err(cause)).await;
                    Vec::new()
                }
            }
        });
    }
    drop(sender);
    let mut writers = Writers { sink: sink.clone(), most, inputs: Vec::new(), tasks: JoinSet::new() };
    let rows = hand_over(receiver, &mut writers).await;
    match (rows, writers.finish().await) {
        (Ok(rows), Ok(files)) => Ok(Written { files, rows, beside: all_beside(readers).await? }),
        (Ok(_), Err(cause)) => {
            readers.shutdown().await;
            Err(cause)
        }
        (Err(cause), files) => {
            // The memory that they hold is free when they have ended.
            readers.shutdown().await;
            for file in files.unwrap_or_default() {
                // Nobody sees it, and `vacuum` finds what cannot be deleted now.
                let Ok(path) = Path::from_url_path(&file.path) else { continue };
                let _ = sink.store.delete(&path).await;
            }
            Err(cause)
        }
    }
}

/// Batches to the writers, until there are no more or a writer has failed; how many rows they had.
async fn hand_over(
    mut batches: mpsc::Receiver<Result<RecordBatch, AdapterError>>,
    writers: &mut Writers,
) -> Result<u64, AdapterError> {
    let (mut rows, mut bytes, mut turn) = (0_u64, 0_usize, 0_usize);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        bytes += batch.get_array_memory_size();
        let wanted = (1 + bytes / ONE_FILE).min(writers.most);
        turn = (turn + 1) % wanted;
        if !writers.give(turn, batch).await {
            break;
        }
    }
    Ok(rows)
}

/// What the readers hand back.
async fn all_beside(mut readers: JoinSet<Vec<RecordBatch>>) -> Result<Vec<RecordBatch>, AdapterError> {
    let mut beside = Vec::new();
    while let Some(joined) = readers.join_next().await {
        beside.extend(joined.map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))?);
    }
    Ok(beside)
}

/// Reads one stream to its end, or until nobody takes its batches any more; gives back the columns
/// beyond those of the table.
async fn read(
    mut stream: SendableRecordBatchStream,
    sink: Sink,
    sender: &mpsc::Sender<Result<RecordBatch, AdapterError>>,
) -> Result<Vec<RecordBatch>, AdapterError> {
    let mut beside = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(error::from_datafusion)?;
        if batch.num_rows() == 0 {
            continue;
        }
        let more: Vec<usize> = (sink.schema.fields().len()..batch.num_columns()).collect();
        if !more.is_empty() {
            beside.push(batch.project(&more).map_err(|cause| error::from_datafusion(cause.into()))?);
        }
        if sender.send(Ok(sink.fitted(&batch)?)).await.is_err() {
            break;
        }
    }
    Ok(beside)
}

/// File writers, each a task, opened as they are needed.
struct Writers {
    sink: Sink,
    most: usize,
    inputs: Vec<mpsc::Sender<RecordBatch>>,
    tasks: JoinSet<Result<Vec<Add>, AdapterError>>,
}

impl Writers {
    /// Hands a batch to a writer; `false` if that one has failed.
    async fn give(&mut self, turn: usize, batch: RecordBatch) -> bool {
        while self.inputs.len() <= turn && self.inputs.len() < self.most {
            let (sender, receiver) = mpsc::channel(WAITING);
            self.inputs.push(sender);
            self.tasks.spawn(write(self.sink.writer(), receiver));
        }
        match self.inputs.get(turn) {
            Some(input) => input.send(batch).await.is_ok(),
            None => false,
        }
    }

    async fn finish(mut self) -> Result<Vec<Add>, AdapterError> {
        self.inputs.clear();
        let mut files = Vec::new();
        while let Some(joined) = self.tasks.join_next().await {
            files.extend(joined.map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))??);
        }
        Ok(files)
    }
}

async fn write(mut writer: DeltaWriter, mut batches: mpsc::Receiver<RecordBatch>) -> Result<Vec<Add>, AdapterError> {
    while let Some(batch) = batches.recv().await {
        if let Err(cause) = writer.write(&batch).await {
            // The first failure is the one to report.
            let _ = writer.abort().await;
            return Err(error::from_delta(cause));
        }
    }
    writer.close().await.map_err(error::from_delta)
}

/// How large a row group may become: wide rows would fill the memory before there are enough of them.
pub(super) fn row_group(state: &SessionState) -> usize {
    match state.runtime_env().memory_pool.memory_limit() {
        MemoryLimit::Finite(limit) => (limit / ROW_GROUPS_OF_LIMIT).clamp(SMALLEST_ROW_GROUP, ROW_GROUP),
        _ => ROW_GROUP,
    }
}

impl Sink {
    /// Where rows of an existing table go.
    ///
    /// # Errors
    /// `Internal` for a table that is not loaded, `Sql` for a CHECK that cannot be asked.
    pub(super) fn of(table: &DeltaTable, session: &SessionState) -> Result<Self, AdapterError> {
        let state = table.snapshot().map_err(error::from_delta)?;
        let properties = state.metadata().configuration().iter();
        let schema = state.snapshot().arrow_schema();
        Ok(Self {
            store: table.log_store().object_store(None),
            checks: Checks::of(properties.clone(), &schema, session)?,
            schema,
            partition_by: state.metadata().partition_columns().to_vec(),
            properties: properties.map(|(key, value)| (key.clone(), Some(value.clone()))).collect(),
            row_group: row_group(session),
        })
    }

    /// Rows in the table's shape, which keep to its conditions.
    fn fitted(&self, batch: &RecordBatch) -> Result<RecordBatch, AdapterError> {
        let batch = conform(batch, &self.schema)?;
        self.checks.hold(&batch)?;
        Ok(batch)
    }

    /// Bytes after which a file is closed and another one begun.
    fn target_size(&self) -> Option<NonZeroU64> {
        let wanted = || self.properties.get("delta.targetFileSize")?.as_deref()?.parse().ok();
        NonZeroU64::new(wanted().unwrap_or(FILE))
    }

    fn writer(&self) -> DeltaWriter {
        let (indexed, named) = get_num_idx_cols_and_stats_columns(None, self.properties.clone());
        let config = WriterConfig::new(
            Arc::clone(&self.schema),
            self.partition_by.clone(),
            Some(
                WriterProperties::builder()
                    .set_created_by(concat!("aquifer ", env!("CARGO_PKG_VERSION")).to_owned())
                    .set_compression(Compression::SNAPPY)
                    .set_max_row_group_bytes(Some(self.row_group))
                    .build(),
            ),
            self.target_size(),
            Some(ROWS_AT_ONCE),
            indexed,
            named,
        );
        DeltaWriter::new(Arc::clone(&self.store), config)
    }
}
