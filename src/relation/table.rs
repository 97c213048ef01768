use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, cast::AsArray};
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Rows that came out of a warehouse: Arrow record batches of one schema.
#[derive(Debug, Clone)]
pub struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// One value, in the few types that templates, artifacts and terminals tell apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// SQL NULL.
    Null,
    /// Boolean.
    Bool(bool),
    /// Any integer type.
    Int(i64),
    /// Binary floating point.
    Float(f64),
    /// Exact decimal, as its text.
    Decimal(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00:00, of the wall clock (`false`) or of UTC (`true`).
    Timestamp(i64, bool),
    /// Text, and every other type as the text a person would read.
    Text(String),
}

/// A result that cannot be read as rows.
#[derive(Debug, thiserror::Error)]
#[error("a result column cannot be shown: {0}")]
pub struct TableError(#[from] ArrowError);

impl Table {
    /// Rows of a schema; every batch has it.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    /// No columns, no rows.
    pub fn empty() -> Self {
        Self { schema: Arc::new(Schema::empty()), batches: Vec::new() }
    }

    /// Column names and types.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The record batches.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Column names in order.
    pub fn column_names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// All rows as scalars, row by row.
    ///
    /// # Errors
    /// A column whose values Arrow cannot format.
    pub fn rows(&self) -> Result<Vec<Vec<Scalar>>, TableError> {
        let mut rows = Vec::with_capacity(self.row_count());
        for batch in &self.batches {
            let columns =
                batch.columns().iter().map(column_scalars).collect::<Result<Vec<Vec<Scalar>>, TableError>>()?;
            for index in 0..batch.num_rows() {
                rows.push(columns.iter().filter_map(|column| column.get(index).cloned()).collect());
            }
        }
        Ok(rows)
    }

    /// The first rows, so many of them.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let mut left = count;
        let mut batches = Vec::new();
        for batch in &self.batches {
            let taken = batch.slice(0, batch.num_rows().min(left));
            left -= taken.num_rows();
            batches.push(taken);
        }
        Self { schema: Arc::clone(&self.schema), batches }
    }

    /// The first value of the first row, if there is one.
    ///
    /// # Errors
    /// As [`Table::rows`].
    pub fn first_value(&self) -> Result<Option<Scalar>, TableError> {
        Ok(self.rows()?.into_iter().next().and_then(|row| row.into_iter().next()))
    }
}

fn column_scalars(column: &ArrayRef) -> Result<Vec<Scalar>, TableError> {
    let reader = ScalarReader::new(column)?;
    Ok((0..column.len()).map(|index| reader.read(index)).collect())
}

/// Reads one Arrow column value by value.
struct ScalarReader<'a> {
    column: &'a ArrayRef,
    canonical: ArrayRef,
    /// Absent for timestamps: Arrow's formatter knows few time zones by name, and none is needed.
    text: Option<ArrayFormatter<'a>>,
}

impl<'a> ScalarReader<'a> {
    fn new(column: &'a ArrayRef) -> Result<Self, TableError> {
        use arrow::compute::cast;
        let canonical = match column.data_type() {
            kind if kind.is_integer() && *kind != DataType::UInt64 => cast(column, &DataType::Int64)?,
            kind if kind.is_floating() => cast(column, &DataType::Float64)?,
            DataType::Timestamp(_, zone) => cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?,
            _ => column.clone(),
        };
        const PLAIN: FormatOptions<'static> = FormatOptions::new().with_display_error(true);
        let text = match column.data_type() {
            DataType::Timestamp(..) => None,
            _ => Some(ArrayFormatter::try_new(column.as_ref(), &PLAIN)?),
        };
        Ok(Self { column, canonical, text })
    }

    fn text(&self, index: usize) -> String {
        self.text.as_ref().map(|text| text.value(index).to_string()).unwrap_or_default()
    }

    fn read(&self, index: usize) -> Scalar {
        use arrow::datatypes::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
        if self.column.is_null(index) || *self.column.data_type() == DataType::Null {
            return Scalar::Null;
        }
        match self.canonical.data_type() {
            DataType::Boolean => Scalar::Bool(self.canonical.as_boolean().value(index)),
            DataType::Int64 => Scalar::Int(self.canonical.as_primitive::<Int64Type>().value(index)),
            DataType::Float64 => Scalar::Float(self.canonical.as_primitive::<Float64Type>().value(index)),
            DataType::Date32 => Scalar::Date(self.canonical.as_primitive::<Date32Type>().value(index)),
            DataType::Timestamp(_, zone) => {
                let micros = self.canonical.as_primitive::<TimestampMicrosecondType>().value(index);
                Scalar::Timestamp(micros, zone.is_some())
            }
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Scalar::Decimal(self.text(index))
            }
            _ => Scalar::Text(self.text(index)),
        }
    }
}

impl std::fmt::Display for Scalar {
    /// The value as `psql` would print it; NULL is empty.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Decimal(text) | Self::Text(text) => f.write_str(text),
            Self::Date(days) => match chrono::NaiveDate::from_num_days_from_ce_opt(days + UNIX_EPOCH_FROM_CE) {
                Some(date) => write!(f, "{date}"),
                None => write!(f, "{days} days since 1970-01-01"),
            },
            Self::Timestamp(micros, zoned) => match chrono::DateTime::from_timestamp_micros(*micros) {
                Some(instant) => {
                    let suffix = if *zoned { "+00" } else { "" };
                    write!(f, "{}{suffix}", instant.naive_utc().format("%Y-%m-%d %H:%M:%S%.f"))
                }
                None => write!(f, "{micros} microseconds since 1970-01-01"),
            },
        }
    }
}

/// Days from 0001-01-01 (day 1) to 1970-01-01.
const UNIX_EPOCH_FROM_CE: i32 = 719_163;
