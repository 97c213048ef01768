//! Rows given as text, into a table: seeds.

use std::ops::Range;
use std::sync::Arc;

use deltalake::arrow::array::{ArrayRef, RecordBatch, StringArray};
use deltalake::arrow::compute::{CastOptions, cast_with_options};
use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use deltalake::arrow::util::display::FormatOptions;
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::commit::{Change, add_all, remove_all};
use super::function::with_seconds;
use super::replace::{overwrite, retried};
use super::response::rows_response;
use super::session::LakehouseSession;
use super::sql;
use super::types;
use super::warehouse::Place;
use super::write::{Sink, write_batches};
use crate::adapter::{AdapterError, AdapterErrorKind, Load};
use crate::outcome::AdapterResponse;
use crate::relation::TableOptions;

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
        let sink = description.sink(table.log_store().object_store(None), &self.warehouse.base)?;
        let written = write_batches(typed_batches(load, &sink.schema)?, &sink).await?;
        let mut actions = description.actions(&table)?;
        actions.extend(remove_all(&table)?);
        actions.extend(add_all(written.files));
        let operation = overwrite(&description.partition_by);
        Change { table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(written.rows)
    }

    async fn load_once(&self, place: &Place, load: &Load<'_>) -> Result<u64, AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let sink = Sink::of(&table, &self.warehouse.base)?;
        let written = write_batches(typed_batches(load, &sink.schema)?, &sink).await?;
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let change = Change { table, actions: add_all(written.files).collect(), operation, blind: true };
        change.commit(self, place).await?;
        Ok(written.rows)
    }
}

/// The rows as batches with the table's columns, made as they are asked for; columns that are not
/// loaded are NULL.
fn typed_batches<'a>(
    load: &'a Load<'_>,
    schema: &'a SchemaRef,
) -> Result<impl Iterator<Item = Result<RecordBatch, AdapterError>> + Send + 'a, AdapterError> {
    for column in load.columns {
        if schema.field_with_name(&column.name).is_err() {
            let message = format!("table `{}` has no column `{}`", load.target.short(), column.name);
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
    }
    let starts = (0..load.rows.len()).step_by(BATCH);
    Ok(starts.map(move |start| typed_batch(load, start..(start + BATCH).min(load.rows.len()), schema)))
}

fn typed_batch(load: &Load<'_>, rows: Range<usize>, schema: &SchemaRef) -> Result<RecordBatch, AdapterError> {
    let mut fields = Vec::with_capacity(schema.fields().len());
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let column = match load.columns.iter().position(|column| column.name == *field.name()) {
            Some(index) => typed_column(load, rows.clone(), index)?,
            None => deltalake::arrow::array::new_null_array(field.data_type(), rows.len()),
        };
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))
}

/// One column of some rows, parsed.
fn typed_column(load: &Load<'_>, rows: Range<usize>, index: usize) -> Result<ArrayRef, AdapterError> {
    let column = &load.columns[index];
    let kind = types::parse(&column.data_type)?;
    let first = rows.start;
    let texts: StringArray = rows.map(|row| load.rows.field(row, index)).collect();
    parse_column(&texts, &kind).map_err(|at| {
        let (line, value) = (first + at + 1, texts.value(at));
        let message = format!("line {line}, column `{}`: `{value}` is no {}", column.name, types::text(&kind));
        AdapterError::new(AdapterErrorKind::Sql, message)
    })
}

/// The texts as values of a type, or the index of the first that is none.
fn parse_column(texts: &StringArray, kind: &DataType) -> Result<ArrayRef, usize> {
    const LENIENT: CastOptions<'static> = CastOptions { safe: true, format_options: FormatOptions::new() };
    use deltalake::arrow::array::Array;
    let completed = match kind {
        DataType::Timestamp(..) => Some(with_seconds(texts)),
        DataType::Decimal128(..) => Some(without_exponents(texts)),
        _ => None,
    };
    let Ok(parsed) = cast_with_options(completed.as_ref().unwrap_or(texts), kind, &LENIENT) else { return Err(0) };
    match (0..texts.len()).find(|&at| parsed.is_null(at) && !texts.is_null(at)) {
        Some(at) => Err(at),
        None => Ok(parsed),
    }
}

/// Decimals are not read from texts like `1.5e-05`, which other programs write.
fn without_exponents(texts: &StringArray) -> StringArray {
    let plain = |text: &str| sql::without_exponent(text).unwrap_or_else(|| text.to_owned());
    texts.iter().map(|text| text.map(plain)).collect()
}
