//! COPY's binary format, decoded into Arrow columns of the types that were asked for.
//!
//! The statement casts every column to the one type that its Arrow type is read from, so that a
//! decoder per Arrow type is all that is needed.

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, RecordBatch, RecordBatchOptions, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use bytes::{Buf, Bytes, BytesMut};

use super::numeric;
use crate::adapter::{AdapterError, AdapterErrorKind};

use std::sync::Arc;

/// What the format begins with, before flags and an extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, length of the extension.
const HEADER: usize = SIGNATURE.len() + 8;
/// Rows of a batch.
const ROWS: usize = 8192;
/// Bytes after which a batch is given out, however few its rows are.
const BYTES: usize = 8 << 20;
/// Days from 1970-01-01 to the server's first day, 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The PostgreSQL type that an Arrow type is read from; `None` for one that is not read.
pub(super) fn read_as(kind: &DataType) -> Option<String> {
    Some(match kind {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double precision".to_owned(),
        // Without precision: what does not fit must be noticed, not rounded.
        DataType::Decimal128(..) => "numeric".to_owned(),
        DataType::Utf8 => "text".to_owned(),
        DataType::Binary => "bytea".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "timestamp".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "timestamptz".to_owned(),
        _ => return None,
    })
}

/// Rows that have arrived, column by column.
pub(super) struct Decoder {
    schema: SchemaRef,
    columns: Vec<Builder>,
    buffer: BytesMut,
    /// Whether the header has been read.
    begun: bool,
    rows: usize,
    bytes: usize,
}

impl Decoder {
    /// A decoder for columns of these types.
    ///
    /// # Errors
    /// `Internal` for a type that is not read.
    pub(super) fn new(schema: SchemaRef) -> Result<Self, AdapterError> {
        let builders: Option<Vec<Builder>> =
            schema.fields().iter().map(|field| Builder::new(field.data_type())).collect();
        let columns = builders.ok_or_else(|| internal("a column is wanted in a type that is not read"))?;
        Ok(Self { schema, columns, buffer: BytesMut::new(), begun: false, rows: 0, bytes: 0 })
    }

    /// Takes bytes in; gives a batch when there are enough rows for one.
    ///
    /// # Errors
    /// `Sql` naming the column with a value that its type cannot hold.
    pub(super) fn take(&mut self, bytes: &Bytes) -> Result<Option<RecordBatch>, AdapterError> {
        self.buffer.extend_from_slice(bytes);
        if !self.begun {
            if self.buffer.len() < HEADER {
                return Ok(None);
            }
            self.buffer.advance(HEADER);
            self.begun = true;
        }
        while let Some(length) = self.whole_row()? {
            let row = self.buffer.split_to(length);
            self.read_row(&row)?;
            self.bytes += length;
        }
        if self.rows >= ROWS || self.bytes >= BYTES { self.finish().map(Some) } else { Ok(None) }
    }

    /// The rows that have not been given out yet.
    ///
    /// # Errors
    /// `Internal` when they make no batch.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, AdapterError> {
        let columns = self.columns.iter_mut().map(Builder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|cause| internal(&cause.to_string()))
    }

    /// Bytes of the next row, if it has arrived whole; none at the end's mark.
    fn whole_row(&self) -> Result<Option<usize>, AdapterError> {
        let mut rest: &[u8] = &self.buffer;
        let Ok(fields) = rest.try_get_i16() else { return Ok(None) };
        if fields < 0 {
            return Ok(None);
        }
        if usize::from(fields.unsigned_abs()) != self.columns.len() {
            return Err(internal("the server sent a row of another width"));
        }
        for _ in 0..fields {
            let Ok(length) = rest.try_get_i32() else { return Ok(None) };
            let length = usize::try_from(length).unwrap_or(0);
            match rest.get(length..) {
                Some(after) => rest = after,
                None => return Ok(None),
            }
        }
        Ok(Some(self.buffer.len() - rest.len()))
    }

    fn read_row(&mut self, row: &[u8]) -> Result<(), AdapterError> {
        let mut rest = row.get(2..).unwrap_or_default();
        for (column, field) in self.columns.iter_mut().zip(self.schema.fields()) {
            let length = rest.try_get_i32().map_err(|_| internal("a row ended early"))?;
            let value = match usize::try_from(length) {
                Err(_) => None,
                Ok(length) => {
                    let (value, after) = rest.split_at_checked(length).ok_or_else(|| internal("a row ended early"))?;
                    rest = after;
                    Some(value)
                }
            };
            column.append(value).map_err(|why| {
                let mut error = AdapterError::new(AdapterErrorKind::Sql, format!("column `{}`: {why}", field.name()));
                error.hint =
                    Some("describe the column with a `data_type` that holds it, or with `data_type: text`".to_owned());
                error
            })?;
        }
        self.rows += 1;
        Ok(())
    }
}

/// A column that is being read.
enum Builder {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Text(StringBuilder),
    Binary(BinaryBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
}

impl Builder {
    fn new(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int16 => Self::Int16(Int16Builder::new()),
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::Float32 => Self::Float32(Float32Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Decimal128(precision, scale) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(*precision, *scale).ok()?;
                Self::Decimal(builder, *precision, *scale)
            }
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(kind.clone()))
            }
            _ => return None,
        })
    }

    /// Adds a value; what is wrong with it if it cannot be held.
    fn append(&mut self, value: Option<&[u8]>) -> Result<(), String> {
        match self {
            Self::Boolean(builder) => builder.append_option(value.map(|bytes| bytes.first() == Some(&1))),
            Self::Int16(builder) => builder.append_option(value.map(whole).transpose()?.map(i16::from_be_bytes)),
            Self::Int32(builder) => builder.append_option(value.map(whole).transpose()?.map(i32::from_be_bytes)),
            Self::Int64(builder) => builder.append_option(value.map(whole).transpose()?.map(i64::from_be_bytes)),
            Self::Float32(builder) => builder.append_option(value.map(whole).transpose()?.map(f32::from_be_bytes)),
            Self::Float64(builder) => builder.append_option(value.map(whole).transpose()?.map(f64::from_be_bytes)),
            Self::Decimal(builder, precision, scale) => {
                let read = value.map(|bytes| numeric::of_binary(bytes, *precision, *scale)).transpose()?;
                builder.append_option(read);
            }
            Self::Text(builder) => {
                let text = value.map(std::str::from_utf8).transpose();
                builder.append_option(text.map_err(|cause| cause.to_string())?);
            }
            Self::Binary(builder) => builder.append_option(value),
            Self::Date(builder) => builder.append_option(value.map(days).transpose()?),
            Self::Timestamp(builder) => builder.append_option(value.map(micros).transpose()?),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, ..) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
        }
    }
}

fn whole<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| format!("a value has {} bytes instead of {N}", bytes.len()))
}

/// Infinity is sent as the largest and the smallest number.
fn days(bytes: &[u8]) -> Result<i32, String> {
    match i32::from_be_bytes(whole(bytes)?) {
        i32::MAX | i32::MIN => Err("the date `infinity` is on no calendar here".to_owned()),
        days => days.checked_add(EPOCH_DAYS).ok_or_else(|| "a date is out of range".to_owned()),
    }
}

fn micros(bytes: &[u8]) -> Result<i64, String> {
    match i64::from_be_bytes(whole(bytes)?) {
        i64::MAX | i64::MIN => Err("the timestamp `infinity` is on no calendar here".to_owned()),
        micros => micros.checked_add(EPOCH_MICROS).ok_or_else(|| "a timestamp is out of range".to_owned()),
    }
}

fn internal(message: &str) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Internal, message)
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::{Field, Int32Type, Schema};

    use super::*;

    fn header() -> Vec<u8> {
        [SIGNATURE, &[0; 8]].concat()
    }

    #[test]
    fn rows_may_arrive_in_pieces() {
        let schema = Schema::new(vec![Field::new("a", DataType::Int32, true), Field::new("b", DataType::Utf8, true)]);
        let mut decoder = Decoder::new(Arc::new(schema)).expect("types that are read");
        let mut bytes = header();
        for (number, text) in [(1_i32, Some("x")), (-7, None)] {
            bytes.extend([0, 2, 0, 0, 0, 4]);
            bytes.extend(number.to_be_bytes());
            match text {
                Some(text) => bytes.extend([&[0, 0, 0, 1], text.as_bytes()].concat()),
                None => bytes.extend((-1_i32).to_be_bytes()),
            }
        }
        bytes.extend((-1_i16).to_be_bytes());
        for byte in bytes {
            assert!(decoder.take(&Bytes::copy_from_slice(&[byte])).expect("well formed").is_none());
        }
        let batch = decoder.finish().expect("a batch");
        assert_eq!(batch.column(0).as_primitive::<Int32Type>().values(), &[1, -7]);
        assert_eq!(batch.column(1).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("x"), None]);
    }

    #[test]
    fn infinity_is_told_and_not_counted() {
        assert_eq!(days(&0_i32.to_be_bytes()), Ok(EPOCH_DAYS));
        assert!(days(&i32::MAX.to_be_bytes()).is_err_and(|why| why.contains("infinity")));
        assert!(micros(&i64::MIN.to_be_bytes()).is_err_and(|why| why.contains("infinity")));
    }
}
