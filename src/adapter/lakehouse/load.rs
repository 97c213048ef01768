//! Rows given as text, into a table: seeds.

use std::sync::Arc;

use deltalake::arrow::array::{ArrayRef, RecordBatch, StringArray};
use deltalake::arrow::compute::{CastOptions, cast_with_options};
use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use deltalake::arrow::util::display::FormatOptions;
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::commit::{Change, add_all, remove_all};
use super::conform::conform;
use super::replace::{overwrite, retried, rows_response};
use super::session::LakehouseSession;
use super::types;
use super::warehouse::Place;
use super::write::{Sink, write_batches};
use crate::adapter::{AdapterError, AdapterErrorKind, Load};
use crate::outcome::AdapterResponse;
use crate::relation::{Column, TableOptions};

/// Rows turned into one batch at a time.
const BATCH: usize = 8192;

impl LakehouseSession {
    /// Appends the rows in one commit.
    pub(super) async fn load_rows(&self, load: &Load<'_>) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(load.target)?;
        let rows = retried(|| self.load_once(&place, load)).await?;
        Ok(rows_response("INSERT", rows))
    }

    /// Makes a table of the rows in one commit.
    pub(super) async fn load_new_table(
        &self,
        load: &Load<'_>,
        options: &TableOptions,
    ) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(load.target)?;
        let rows = retried(|| self.load_new_once(&place, load, options)).await?;
        self.warehouse.storage.remove_view(&place.schema, &place.name).await?;
        Ok(rows_response("INSERT", rows))
    }

    async fn load_new_once(&self, place: &Place, load: &Load<'_>, options: &TableOptions) -> Result<u64, AdapterError> {
        let description = self.described(load.columns, options)?;
        let table = self.table_or_new(place).await?;
        let sink = description.sink(table.log_store().object_store(None));
        let written = write_batches(&typed_batches(load, &sink.schema)?, &sink).await?;
        let mut actions = description.actions(&table)?;
        actions.extend(remove_all(&table)?);
        actions.extend(add_all(written.files));
        let operation = overwrite(&description.partition_by);
        Change { table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(written.rows)
    }

    async fn load_once(&self, place: &Place, load: &Load<'_>) -> Result<u64, AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let sink = Sink::of(&table)?;
        let batches = typed_batches(load, &sink.schema)?;
        let written = write_batches(&batches, &sink).await?;
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let change = Change { table, actions: add_all(written.files).collect(), operation, blind: true };
        change.commit(self, place).await?;
        Ok(written.rows)
    }
}

/// The rows as batches of the table's schema; columns that are not loaded are NULL.
fn typed_batches(load: &Load<'_>, schema: &SchemaRef) -> Result<Vec<RecordBatch>, AdapterError> {
    for column in load.columns {
        if schema.field_with_name(&column.name).is_err() {
            let message = format!("table `{}` has no column `{}`", load.target.short(), column.name);
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
    }
    let mut batches = Vec::new();
    for (chunk, rows) in load.rows.chunks(BATCH).enumerate() {
        let first_line = chunk * BATCH;
        let columns = schema
            .fields()
            .iter()
            .map(|field| match load.columns.iter().position(|column| column.name == *field.name()) {
                Some(index) => typed_column(rows, index, &load.columns[index], first_line),
                None => Ok(deltalake::arrow::array::new_null_array(field.data_type(), rows.len())),
            })
            .collect::<Result<Vec<ArrayRef>, _>>()?;
        let fields: Vec<Field> = schema
            .fields()
            .iter()
            .zip(&columns)
            .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true))
            .collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))?;
        batches.push(conform(&batch, schema)?);
    }
    Ok(batches)
}

/// One column of some rows, parsed.
fn typed_column(
    rows: &[Vec<Option<String>>],
    index: usize,
    column: &Column,
    first_line: usize,
) -> Result<ArrayRef, AdapterError> {
    let kind = types::parse(&column.data_type)?;
    let texts = StringArray::from_iter(rows.iter().map(|row| row.get(index).and_then(Option::as_deref)));
    parse_column(&texts, &kind).map_err(|at| {
        let line = first_line + at;
        let value = texts.value(at);
        let message = format!("line {}, column `{}`: `{value}` is no {}", line + 1, column.name, types::text(&kind));
        AdapterError::new(AdapterErrorKind::Sql, message)
    })
}

/// The texts as values of a type, or the index of the first that is none.
fn parse_column(texts: &StringArray, kind: &DataType) -> Result<ArrayRef, usize> {
    const LENIENT: CastOptions<'static> = CastOptions { safe: true, format_options: FormatOptions::new() };
    use deltalake::arrow::array::Array;
    let Ok(parsed) = cast_with_options(texts, kind, &LENIENT) else { return Err(0) };
    match (0..texts.len()).find(|&at| parsed.is_null(at) && !texts.is_null(at)) {
        Some(at) => Err(at),
        None => Ok(parsed),
    }
}
