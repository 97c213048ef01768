//! The memory of microbatch models: which spans of event time are built, kept in a table beside them.
//!
//! A row is added for each batch that was built, after it was: a process that dies in between builds
//! one batch again, which does no harm. Rows that say the same are joined when a run of the model ends.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use chrono::{DateTime, Utc};

use super::runner::NodeRunner;
use super::warehouse::NodeSession;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::config::EventWindow;
use crate::diagnostic::Diagnostic;
use crate::materialization::{BatchSize, batch_size, gaps, merged};
use crate::relation::{Column, Relation, RelationKind, RelationOp, Scalar, Table, TableOptions};
use crate::resource::Node;

use super::failure::diagnose;

/// The table's name; it stands in the schema of the models that it is about.
pub const INTERVALS: &str = "aquifer_intervals";

const COLUMNS: [(&str, &str); 5] = [
    ("id", "text"),
    ("model", "text"),
    ("interval_start", "timestamp without time zone"),
    ("interval_end", "timestamp without time zone"),
    ("built_at", "timestamp without time zone"),
];

/// What is remembered of one model.
pub(super) struct Intervals {
    session: Arc<NodeSession>,
    table: Relation,
    model: String,
}

/// A row of the table.
struct Remembered {
    id: String,
    span: EventWindow,
}

impl Intervals {
    /// The memory of a model, with its table made if there is none yet; `None` for a model without a place.
    pub(super) async fn open(runner: &NodeRunner, node: &Node) -> Result<Option<Self>, AdapterError> {
        let Some(memory) = Self::of(runner, node) else { return Ok(None) };
        let _turn = runner.warehouse.turn_to_define().await;
        if runner.warehouse.relation(&memory.table).await?.is_none() {
            let columns = COLUMNS.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
            let options = TableOptions::default();
            let create =
                RelationOp::CreateEmptyTable { target: memory.table.clone(), existing: None, columns, options };
            if let Err(error) = memory.session.take().await?.apply(&[create]).await {
                // Another process may have been faster.
                runner.warehouse.cache().forget();
                if runner.warehouse.relation(&memory.table).await?.is_none() {
                    return Err(error);
                }
            }
        }
        Ok(Some(memory))
    }

    fn of(runner: &NodeRunner, node: &Node) -> Option<Self> {
        let table = node.relation.as_ref()?.renamed(INTERVALS).with_kind(RelationKind::Table);
        let session = NodeSession::named(runner, INTERVALS);
        Some(Self { session, table, model: node.unique_id.as_str().to_owned() })
    }

    /// The spans that are built.
    pub(super) async fn built(&self) -> Result<Vec<EventWindow>, AdapterError> {
        Ok(self.read().await?.into_iter().map(|row| row.span).collect())
    }

    async fn read(&self) -> Result<Vec<Remembered>, AdapterError> {
        let sql = format!(
            "select id, interval_start, interval_end from {} where model = {}",
            self.table,
            literal(&self.model)
        );
        let (table, _) = self.session.take().await?.get()?.query(&sql).await?;
        let rows = table.rows().map_err(|error| AdapterError::new(AdapterErrorKind::Internal, error.to_string()))?;
        Ok(rows.iter().filter_map(|row| remembered(row)).collect())
    }

    /// Remembers that a span is built.
    pub(super) async fn add(&self, span: EventWindow) -> Result<(), AdapterError> {
        if span.start >= span.end {
            return Ok(());
        }
        let id = uuid::Uuid::new_v4().to_string();
        let columns = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let query = self.values(&id, span);
        let append = RelationOp::Append { target: self.table.clone(), columns, query };
        self.session.take().await?.apply(&[append]).await.map(|_| ())
    }

    /// Makes one row of those that touch. Only rows that were read go, so that what another process adds
    /// meanwhile stays.
    pub(super) async fn join(&self) -> Result<(), AdapterError> {
        let rows = self.read().await?;
        let spans = merged(rows.iter().map(|row| row.span).collect());
        if spans.len() == rows.len() {
            return Ok(());
        }
        let ids: Vec<String> = rows.iter().map(|row| literal(&row.id)).collect();
        let values: Vec<String> = rows.iter().zip(spans).map(|(row, span)| self.values(&row.id, span)).collect();
        let replace = RelationOp::ReplaceWhere {
            target: self.table.clone(),
            columns: COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect(),
            predicate: format!("id in ({})", ids.join(", ")),
            query: values.join("\nunion all\n"),
        };
        self.session.take().await?.apply(&[replace]).await.map(|_| ())
    }

    /// Forgets the model, which is built from scratch.
    pub(super) async fn forget(&self) -> Result<(), AdapterError> {
        if self.read().await?.is_empty() {
            return Ok(());
        }
        let sql = format!("delete from {} where model = {}", self.table, literal(&self.model));
        self.session.take().await?.get()?.execute(&sql).await.map(|_| ())
    }

    fn values(&self, id: &str, span: EventWindow) -> String {
        let time = |time: DateTime<Utc>| format!("cast('{}' as timestamp)", time.format("%Y-%m-%d %H:%M:%S%.6f"));
        format!(
            "select cast({} as text) as id, cast({} as text) as model, {} as interval_start, {} as interval_end, \
             {} as built_at",
            literal(id),
            literal(&self.model),
            time(span.start),
            time(span.end),
            time(Utc::now())
        )
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn remembered(row: &[Scalar]) -> Option<Remembered> {
    let time = |scalar: &Scalar| match scalar {
        Scalar::Timestamp(micros, _) => DateTime::from_timestamp_micros(*micros),
        _ => None,
    };
    match row {
        [Scalar::Text(id), start, end] => {
            Some(Remembered { id: id.clone(), span: EventWindow { start: time(start)?, end: time(end)? } })
        }
        _ => None,
    }
}

/// The spans of a microbatch model up to now, as rows: whether they are built, from when to when, how many
/// batches they are.
///
/// # Errors
/// The warehouse's refusal, and what is wrong with the model's config.
pub async fn intervals(runner: &NodeRunner, node: &Node) -> Result<Table, Box<Diagnostic>> {
    let size = batch_size(node)?;
    let now = Utc::now();
    let mut built = Vec::new();
    if let Some(memory) = Intervals::of(runner, node) {
        let standing = runner.warehouse.relation(&memory.table).await.map_err(|error| diagnose(&error))?;
        if standing.is_some() {
            built = memory.built().await.map_err(|error| diagnose(&error))?;
        }
    }
    let missing = merged(gaps(size, built.clone(), size.floor(now)));
    let mut rows: Vec<(EventWindow, &str)> = merged(built).into_iter().map(|span| (span, "built")).collect();
    rows.extend(missing.into_iter().map(|span| (span, "missing")));
    rows.sort_by_key(|(span, _)| span.start);
    shown(&rows, size).map_err(|error| diagnose(&AdapterError::new(AdapterErrorKind::Internal, error.to_string())))
}

fn shown(rows: &[(EventWindow, &str)], size: BatchSize) -> Result<Table, arrow::error::ArrowError> {
    let times = |of: &dyn Fn(&EventWindow) -> DateTime<Utc>| -> ArrayRef {
        let micros = rows.iter().map(|(span, _)| of(span).timestamp_micros());
        Arc::new(TimestampMicrosecondArray::from_iter_values(micros))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|(_, state)| Some(*state)).collect::<StringArray>()),
        times(&|span| span.start),
        times(&|span| span.end),
        Arc::new(rows.iter().map(|(span, _)| Some(size.count(*span))).collect::<Int64Array>()),
    ];
    let names = ["state", "from", "until", "batches"];
    let kinds = columns.iter().map(|column| column.data_type().clone());
    let fields: Vec<Field> = names.iter().zip(kinds).map(|(name, kind)| Field::new(*name, kind, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    Ok(Table::new(Arc::clone(&schema), vec![RecordBatch::try_new(schema, columns)?]))
}
