//! Rows that come from another warehouse or go to one: COPY both ways, a piece at a time.

use std::pin::Pin;
use std::sync::Arc;

use ::arrow::array::RecordBatch;
use ::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::{SinkExt, StreamExt, TryStreamExt, pin_mut};
use tokio_postgres::{Client, CopyOutStream};

use super::binary::{Decoder, read_as};
use super::dialect::quote_identifier;
use super::pool::LeaseState;
use super::session::PostgresSession;
use super::{copy, error};
use crate::adapter::{AdapterError, AdapterErrorKind, RowStream, Session};
use crate::relation::{Column, Relation};

/// The rows of a query. The session lives as long as they are read.
pub(super) async fn stream(
    mut session: Box<PostgresSession>,
    sql: &str,
    wanted: Option<SchemaRef>,
) -> Result<RowStream, AdapterError> {
    let (columns, schema) = match wanted {
        Some(schema) => (columns_of(&schema), schema),
        None => {
            let columns = session.describe(sql).await?;
            let text = columns.iter().map(|column| Field::new(&column.name, DataType::Utf8, true)).collect::<Vec<_>>();
            (columns, Arc::new(Schema::new(text)))
        }
    };
    let decoder = Decoder::new(Arc::clone(&schema))?;
    let statement = session.tap.send(&statement(sql, &schema)?);
    let before = std::mem::replace(&mut session.lease.state, LeaseState::Busy);
    let copied = session.lease.client().copy_out(&statement).await;
    let bytes = copied.map_err(|failure| {
        session.lease.state = if error::ends_connection(&failure) { LeaseState::Lost } else { LeaseState::Touched };
        AdapterError { query_offset: None, ..error::of_statement(&failure, &statement) }
    })?;
    let reading = Reading { session, before, bytes: Box::pin(bytes), decoder, over: false };
    let batches = futures::stream::try_unfold(reading, |reading| reading.next());
    Ok(RowStream { columns, batches: Box::pin(batches) })
}

/// The statement that sends the query's columns in the types that are read.
fn statement(sql: &str, schema: &Schema) -> Result<String, AdapterError> {
    let column = |field: &Arc<Field>| {
        let name = quote_identifier(field.name());
        let kind = read_as(field.data_type());
        kind.map(|kind| format!("q.{name}::{kind}")).ok_or_else(|| {
            let message = format!("column `{}` is wanted in a type that is not read", field.name());
            AdapterError::new(AdapterErrorKind::Internal, message)
        })
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("copy (select {} from (\n{sql}\n) q) to stdout (format binary)", columns.join(", ")))
}

fn columns_of(schema: &Schema) -> Vec<Column> {
    let column = |field: &Arc<Field>| Column::new(field.name(), read_as(field.data_type()).unwrap_or_default());
    schema.fields().iter().map(column).collect()
}

/// A COPY that is under way.
struct Reading {
    session: Box<PostgresSession>,
    before: LeaseState,
    bytes: Pin<Box<CopyOutStream>>,
    decoder: Decoder,
    over: bool,
}

impl Reading {
    /// The next batch, with what gives the one after it.
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>, AdapterError> {
        if self.over {
            return Ok(None);
        }
        while let Some(bytes) = self.bytes.try_next().await.map_err(|failure| error::of_request(&failure))? {
            if let Some(batch) = self.decoder.take(&bytes)? {
                return Ok(Some((batch, self)));
            }
        }
        self.over = true;
        self.session.lease.state = self.before;
        let rest = self.decoder.finish()?;
        Ok((rest.num_rows() > 0).then_some((rest, self)))
    }
}

/// Copies rows into a table; how many there were. What is wrong with the rows themselves ends the
/// copy: then the server keeps none of them.
///
/// # Errors
/// The server's.
pub(super) async fn receive(
    client: &Client,
    target: &Relation,
    rows: RowStream,
) -> Result<Result<u64, AdapterError>, tokio_postgres::Error> {
    let sink = client.copy_in(&copy::statement(target, &rows.columns)).await?;
    pin_mut!(sink);
    let mut batches = rows.batches;
    while let Some(batch) = batches.next().await {
        match batch.and_then(|batch| copy::lines(&batch)) {
            Ok(lines) => sink.send(lines).await?,
            Err(error) => return Ok(Err(error)),
        }
    }
    sink.finish().await.map(Ok)
}
