//! The server's texts as Arrow columns. A column with a value that its Arrow type cannot hold
//! (`infinity`, `NaN`, 40 digits) is kept as text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int16Array, Int32Array,
    Int64Array, RecordBatch, RecordBatchOptions, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use chrono::{NaiveDate, NaiveDateTime};
use tokio_postgres::SimpleQueryRow;
use tokio_postgres::types::Type;

use super::numeric;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::relation::Table;

/// A column's type and type modifier.
pub(super) type ColumnType = (Type, i32);

/// The types of a prepared statement's columns.
pub(super) fn types(columns: &[tokio_postgres::Column]) -> Vec<ColumnType> {
    columns.iter().map(|column| (column.type_().clone(), column.type_modifier())).collect()
}

/// Rows as a table; columns without a known type are text.
///
/// # Errors
/// `Internal` when the columns do not make a record batch.
pub(super) fn table(names: &[String], types: &[ColumnType], rows: &[SimpleQueryRow]) -> Result<Table, AdapterError> {
    if names.is_empty() {
        return Ok(Table::empty());
    }
    build(names, types, rows).map_err(|error| AdapterError::new(AdapterErrorKind::Internal, error.to_string()))
}

fn build(names: &[String], types: &[ColumnType], rows: &[SimpleQueryRow]) -> Result<Table, ArrowError> {
    // Types of another number of columns are those of another statement.
    let types = if types.len() == names.len() { types } else { &[] };
    let mut fields = Vec::with_capacity(names.len());
    let mut arrays = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let values: Vec<Option<&str>> = rows.iter().map(|row| row.get(index)).collect();
        let typed = types.get(index).and_then(|(kind, modifier)| array(kind, *modifier, &values));
        let array = typed.unwrap_or_else(|| Arc::new(StringArray::from(values)));
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)?;
    Ok(Table::new(schema, vec![batch]))
}

/// A typed column; `None` where the type has no Arrow counterpart or a value does not fit.
fn array(kind: &Type, modifier: i32, values: &[Option<&str>]) -> Option<ArrayRef> {
    Some(match *kind {
        Type::BOOL => Arc::new(BooleanArray::from(parse(values, boolean)?)),
        Type::INT2 => Arc::new(Int16Array::from(parse(values, number)?)),
        Type::INT4 => Arc::new(Int32Array::from(parse(values, number)?)),
        Type::INT8 | Type::OID => Arc::new(Int64Array::from(parse(values, number)?)),
        Type::FLOAT4 => Arc::new(Float32Array::from(parse(values, number)?)),
        Type::FLOAT8 => Arc::new(Float64Array::from(parse(values, number)?)),
        Type::DATE => Arc::new(Date32Array::from(parse(values, days)?)),
        Type::TIMESTAMP => Arc::new(TimestampMicrosecondArray::from(parse(values, wall_clock)?)),
        Type::TIMESTAMPTZ => Arc::new(TimestampMicrosecondArray::from(parse(values, instant)?).with_timezone("+00:00")),
        Type::NUMERIC => {
            let (scale, values) = numeric::column(values, modifier)?;
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(numeric::PRECISION, scale).ok()?)
        }
        _ => return None,
    })
}

fn parse<T>(values: &[Option<&str>], read: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
    let read = |value: &Option<&str>| match value {
        None => Some(None),
        Some(text) => read(text).map(Some),
    };
    values.iter().map(read).collect()
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "t" => Some(true),
        "f" => Some(false),
        _ => None,
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.parse().ok()
}

fn days(text: &str) -> Option<i32> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    i32::try_from(date.signed_duration_since(epoch).num_days()).ok()
}

fn wall_clock(text: &str) -> Option<i64> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(time.and_utc().timestamp_micros())
}

/// `2024-03-01 12:00:00.5+05:30`: the offset may have minutes and even seconds.
fn instant(text: &str) -> Option<i64> {
    let at = text.rfind(['+', '-'])?;
    let (time, offset) = text.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let mut seconds = 0;
    for (part, unit) in offset.get(1..)?.split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some(wall_clock(time)? - sign * seconds * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_in_utc() {
        let noon = wall_clock("2024-03-01 12:00:00");
        assert_eq!(instant("2024-03-01 12:00:00+00"), noon);
        assert_eq!(instant("2024-03-01 17:30:00+05:30"), noon);
        assert_eq!(instant("2024-03-01 07:00:00-05"), noon);
        assert_eq!(instant("2024-03-01 12:19:32.5+00:19:32"), noon.map(|micros| micros + 500_000));
    }

    #[test]
    fn a_value_without_counterpart_makes_the_column_text() {
        assert!(array(&Type::DATE, -1, &[Some("2024-01-01"), Some("infinity")]).is_none());
        assert!(array(&Type::DATE, -1, &[Some("0044-03-15 BC")]).is_none());
        assert!(array(&Type::DATE, -1, &[Some("2024-01-01"), None]).is_some());
    }
}
