//! Functions that give rows, here as one list for each row: `unnest` makes rows of it.

use std::sync::Arc;

use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ScalarUDF;
use deltalake::arrow::array::{Array, ArrayRef, AsArray, ListArray, PrimitiveArray, StringArray};
use deltalake::arrow::buffer::{OffsetBuffer, ScalarBuffer};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, Int32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, TimeUnit, TimestampMicrosecondType,
};

use super::calendar::{later, zoned};
use super::{Function, anything, refuse};

/// The most rows that a series may have.
const MOST: usize = 50_000_000;

/// The functions.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::new("aq_series", bounds_and_step, of_bounds, series).udf(),
        Function::new("aq_list", anything, |types| Ok(types[0].clone()), |args, _| without_null_lists(&args[0])).udf(),
        Function::new("aq_type_of", anything, super::text, type_of).udf(),
        Function::new(
            "aq_wall_clock",
            anything,
            |_| Ok(DataType::Timestamp(TimeUnit::Microsecond, None)),
            |args, gives| {
                let utc = cast(&args[0], &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
                Ok(Arc::new(utc.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(None::<Arc<str>>))
                    as ArrayRef)
                .and_then(|array| Ok(cast(&array, gives)?))
            },
        )
        .udf(),
    ]
}

fn bounds_and_step(types: &[DataType]) -> Result<Vec<DataType>> {
    let (from, rest) = types.split_first().ok_or(()).or_else(|()| refuse("generate_series", types))?;
    let kind = match (from, rest.first()) {
        (from, Some(to)) if from.is_integer() && to.is_integer() => {
            let small = |kind: &DataType| matches!(kind, DataType::Int16 | DataType::Int32);
            if types.iter().all(small) { DataType::Int32 } else { DataType::Int64 }
        }
        (DataType::Timestamp(_, None), Some(DataType::Timestamp(_, None) | DataType::Date32)) => {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        }
        (DataType::Date32 | DataType::Timestamp(..), Some(_)) => zoned(),
        _ => return refuse("generate_series", types),
    };
    let step = match kind {
        DataType::Timestamp(..) => DataType::Interval(IntervalUnit::MonthDayNano),
        _ => kind.clone(),
    };
    match types.len() {
        2 if kind.is_integer() => Ok(vec![kind.clone(), kind]),
        3 => Ok(vec![kind.clone(), kind, step]),
        _ => refuse("generate_series", types),
    }
}

fn of_bounds(types: &[DataType]) -> Result<DataType> {
    Ok(DataType::new_list(types[0].clone(), true))
}

fn series(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    match args[0].data_type() {
        DataType::Int32 => numbers::<Int32Type>(args, i64::from, |value| i32::try_from(value).ok()),
        DataType::Int64 => numbers::<Int64Type>(args, |value| value, Some),
        _ => moments(args),
    }
}

fn numbers<T: ArrowPrimitiveType>(
    args: &[ArrayRef],
    wide: fn(T::Native) -> i64,
    narrow: fn(i64) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let at = |column: &ArrayRef, row: usize| {
        let column = column.as_primitive::<T>();
        column.is_valid(row).then(|| wide(column.value(row)))
    };
    lists_of::<T>(args, |row, values| {
        let step = args.get(2).map_or(Some(1), |steps| at(steps, row));
        let (Some(mut value), Some(end), Some(step)) = (at(&args[0], row), at(&args[1], row), step) else {
            return Ok(());
        };
        if step == 0 {
            return exec_err!("step size cannot equal zero");
        }
        while (step > 0 && value <= end) || (step < 0 && value >= end) {
            push(values, narrow(value))?;
            match value.checked_add(step) {
                Some(next) => value = next,
                None => break,
            }
        }
        Ok(())
    })
}

fn moments(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (from, to) =
        (args[0].as_primitive::<TimestampMicrosecondType>(), args[1].as_primitive::<TimestampMicrosecondType>());
    let steps = args[2].as_primitive::<IntervalMonthDayNanoType>();
    lists_of::<TimestampMicrosecondType>(args, |row, values| {
        if from.is_null(row) || to.is_null(row) || steps.is_null(row) {
            return Ok(());
        }
        let (mut value, end, step) = (from.value(row), to.value(row), steps.value(row));
        let up = direction(step)?;
        while (up && value <= end) || (!up && value >= end) {
            push(values, Some(value))?;
            value = later(value, step)?;
        }
        Ok(())
    })
}

fn direction(step: IntervalMonthDayNano) -> Result<bool> {
    let signs = [i64::from(step.months), i64::from(step.days), step.nanoseconds].map(i64::signum);
    match (signs.contains(&1), signs.contains(&-1)) {
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        _ => exec_err!("step size must be all positive or all negative"),
    }
}

fn push<N>(values: &mut Vec<N>, value: Option<N>) -> Result<()> {
    if values.len() >= MOST {
        return exec_err!("generate_series gives more than {MOST} rows");
    }
    values.extend(value);
    Ok(())
}

/// One list for each row.
fn lists_of<T: ArrowPrimitiveType>(
    args: &[ArrayRef],
    mut fill: impl FnMut(usize, &mut Vec<T::Native>) -> Result<()>,
) -> Result<ArrayRef> {
    let mut values = Vec::new();
    let mut lengths = Vec::with_capacity(args[0].len());
    for row in 0..args[0].len() {
        let before = values.len();
        fill(row, &mut values)?;
        lengths.push(values.len() - before);
    }
    let kind = args[0].data_type().clone();
    let items = PrimitiveArray::<T>::new(ScalarBuffer::from(values), None).with_data_type(kind.clone());
    let field = Arc::new(Field::new_list_field(kind, true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), Arc::new(items), None)?))
}

/// PostgreSQL's `unnest` gives no row for NULL; DataFusion's gives one.
fn without_null_lists(column: &ArrayRef) -> Result<ArrayRef> {
    let DataType::List(field) = column.data_type() else { return Ok(Arc::clone(column)) };
    let lists = column.as_list::<i32>();
    if lists.null_count() == 0 {
        return Ok(Arc::clone(column));
    }
    let parts: Vec<ArrayRef> =
        (0..lists.len()).filter(|row| lists.is_valid(*row)).map(|row| lists.value(row)).collect();
    let lengths = (0..lists.len()).map(|row| if lists.is_valid(row) { lists.value(row).len() } else { 0 });
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    let items = match parts.is_empty() {
        true => deltalake::arrow::array::new_empty_array(field.data_type()),
        false => deltalake::arrow::compute::concat(&parts)?,
    };
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), OffsetBuffer::from_lengths(lengths), items, None)?))
}

fn type_of(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let name = super::super::types::text(args[0].data_type());
    Ok(Arc::new(StringArray::from(vec![name; args[0].len()])))
}
