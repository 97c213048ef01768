//! Rows brought into the shape of a table: Delta's types, the table's order, no NULL where none may be.

use deltalake::arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use deltalake::arrow::compute::{CastOptions, cast_with_options};
use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use deltalake::arrow::error::ArrowError;
use deltalake::arrow::util::display::FormatOptions;

use std::sync::Arc;

use super::function::shown_text;
use super::{constraint, error, types};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::relation::Table;

/// A cast fails on a value that does not fit, rather than making it NULL.
const STRICT: CastOptions<'static> = CastOptions { safe: false, format_options: FormatOptions::new() };

/// The schema that a table gets when a query's rows make it: every column may hold NULL (a query
/// that happens to give none is no promise), types are those that Delta stores.
///
/// # Errors
/// `Unsupported` naming the column that cannot be stored, `Sql` for a name that stands twice.
pub(super) fn stored_schema(schema: &Schema) -> Result<SchemaRef, AdapterError> {
    let mut fields: Vec<Field> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let name = field.name();
        if fields.iter().any(|earlier| earlier.name().eq_ignore_ascii_case(name)) {
            let message = format!("column `{name}` stands twice in the query; Delta columns differ in more than case");
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
        let kind = types::stored(field.data_type()).map_err(|mut error| {
            error.message = format!("column `{name}`: {}", error.message);
            error
        })?;
        fields.push(Field::new(name, kind, true));
    }
    if fields.is_empty() {
        return Err(AdapterError::new(AdapterErrorKind::Sql, "a table needs at least one column"));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// A batch with the columns of `schema`, taken by position and cast where types differ.
///
/// # Errors
/// `Sql` naming the column with a value that does not fit.
pub(super) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, AdapterError> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for (column, field) in batch.columns().iter().zip(schema.fields()) {
        let column = constraint::fitted(cast(column, field)?, field)?;
        if let Some(row) = (0..column.len()).find(|&row| !field.is_nullable() && column.is_null(row)) {
            return Err(is_null(batch, row, field.name()));
        }
        columns.push(column);
    }
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))
}

fn is_null(batch: &RecordBatch, row: usize, column: &str) -> AdapterError {
    let message = format!("null value in column \"{column}\" violates not-null constraint");
    let mut cause = AdapterError::new(AdapterErrorKind::Sql, message);
    cause.sqlstate = Some("23502".to_owned());
    cause.detail = constraint::row_text(batch, row).ok().map(|row| format!("Failing row contains ({row})."));
    cause
}

fn cast(column: &ArrayRef, field: &Field) -> Result<ArrayRef, AdapterError> {
    if column.data_type() == field.data_type() {
        return Ok(Arc::clone(column));
    }
    cast_with_options(column, field.data_type(), &STRICT).map_err(|cause| refused(&cause, column.data_type(), field))
}

fn refused(cause: &ArrowError, from: &DataType, field: &Field) -> AdapterError {
    let (from, to) = (types::text(from), types::text(field.data_type()));
    let mut error = AdapterError::new(
        AdapterErrorKind::Sql,
        format!("column `{}`: a value of type {from} does not fit into {to}", field.name()),
    );
    error.detail = Some(cause.to_string());
    error
}

/// Rows as the rest of the program reads them: plain strings, microseconds, signed integers.
///
/// # Errors
/// `Internal` for a value that has no plain form.
pub(super) fn shown(schema: &Schema, batches: Vec<RecordBatch>) -> Result<Table, AdapterError> {
    let fields: Vec<Field> =
        schema.fields().iter().map(|field| Field::new(field.name(), shown_type(field.data_type()), true)).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let batches = batches.iter().map(|batch| conform(&written_out(batch)?, &schema)).collect::<Result<Vec<_>, _>>()?;
    Ok(Table::new(schema, batches))
}

/// Every value as PostgreSQL writes it.
///
/// # Errors
/// `Internal` for a value that has no text.
pub(super) fn all_text(batch: &RecordBatch) -> Result<RecordBatch, AdapterError> {
    as_text_where(batch, |_| true)
}

/// Values that the rest of the program has no form for, as the texts that PostgreSQL gives for them.
fn written_out(batch: &RecordBatch) -> Result<RecordBatch, AdapterError> {
    as_text_where(batch, has_text_only)
}

fn as_text_where(batch: &RecordBatch, wanted: impl Fn(&DataType) -> bool) -> Result<RecordBatch, AdapterError> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let column: ArrayRef = match wanted(field.data_type()) {
            true => Arc::new(shown_text(column).map_err(error::from_datafusion)?),
            false => Arc::clone(column),
        };
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))
}

fn has_text_only(kind: &DataType) -> bool {
    kind.is_nested()
        || kind.is_binary()
        || matches!(kind, DataType::Interval(_) | DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_))
}

/// The stored type where there is one; other values are shown as they are.
fn shown_type(kind: &DataType) -> DataType {
    match kind {
        kind if has_text_only(kind) => DataType::Utf8,
        DataType::Null => DataType::Null,
        DataType::Decimal256(..) => kind.clone(),
        other => types::stored(other).unwrap_or_else(|_| other.clone()),
    }
}
