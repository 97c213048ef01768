//! Dates, times and intervals.

mod age;
mod part;
mod zone;

use std::sync::Arc;

use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ScalarUDF;
use deltalake::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Float64Array, Int32Array, IntervalMonthDayNanoArray,
    TimestampMicrosecondArray,
};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};

use super::{Function, is_text, refuse, strings};
pub(super) use age::later;
pub(super) use part::wall_clock;
use part::{Field, Moment};

const MICROS_OF_DAY: i64 = 86_400_000_000;
const SPAN: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// The functions.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        add_days(),
        days_between(),
        time_between(),
        at_time(),
        times(),
        divided(),
        Function::new("aq_extract", field_and_moment, |_| Ok(DataType::Decimal128(20, 0)), extract).udf(),
        Function::new("aq_extract_fraction", field_and_moment, |_| Ok(DataType::Decimal128(26, 6)), extract).udf(),
        Function::new("date_part", field_and_moment, |_| Ok(DataType::Float64), date_part).udf(),
        Function::new("date_trunc", field_and_moment, truncated, truncate).udf(),
        Function::new("aq_at_time_zone", moment_and_zone, at_zone_type, zone::at_time_zone).udf(),
        Function::new("age", two_timestamps, |_| Ok(SPAN), age::age).udf(),
        Function::new("last_day", dates, |_| Ok(DataType::Date32), last_day).udf(),
        Function::new("aq_to_timestamp", one_float, |_| Ok(zoned()), of_epoch).udf(),
        Function::new("make_timestamp", parts_of_timestamp, |_| Ok(zoneless()), make_timestamp).udf(),
        Function::new("justify_days", spans, |_| Ok(SPAN), |args, _| justified(&args[0], age::justify_days)).udf(),
        Function::new("justify_hours", spans, |_| Ok(SPAN), |args, _| justified(&args[0], age::justify_hours)).udf(),
        Function::new("justify_interval", spans, |_| Ok(SPAN), |args, _| justified(&args[0], age::justify)).udf(),
    ]
}

/// A date so many days later.
pub(super) fn add_days() -> ScalarUDF {
    let takes = |_: &[DataType]| Ok(vec![DataType::Date32, DataType::Int64]);
    Function::new(
        "aq_add_days",
        takes,
        |_| Ok(DataType::Date32),
        |args, _| {
            let (dates, days) = (args[0].as_primitive::<Date32Type>(), args[1].as_primitive::<Int64Type>());
            let add = |(date, days): (Option<i32>, Option<i64>)| match (date, days) {
                (Some(date), Some(days)) => match i32::try_from(i64::from(date).saturating_add(days)) {
                    Ok(date) => Ok(Some(date)),
                    Err(_) => exec_err!("date out of range"),
                },
                _ => Ok(None),
            };
            Ok(Arc::new(dates.iter().zip(days.iter()).map(add).collect::<Result<Date32Array>>()?))
        },
    )
    .udf()
}

/// Days from the second date to the first.
pub(super) fn days_between() -> ScalarUDF {
    Function::new(
        "aq_days_between",
        dates,
        |_| Ok(DataType::Int32),
        |args, _| {
            let (left, right) = (args[0].as_primitive::<Date32Type>(), args[1].as_primitive::<Date32Type>());
            let days = left.iter().zip(right.iter()).map(|(left, right)| Some(left? - right?));
            Ok(Arc::new(days.collect::<Int32Array>()))
        },
    )
    .udf()
}

/// The time from the second timestamp to the first, in days and hours.
pub(super) fn time_between() -> ScalarUDF {
    Function::new(
        "aq_time_between",
        two_timestamps,
        |_| Ok(SPAN),
        |args, _| {
            let (left, right) = (moments(&args[0])?, moments(&args[1])?);
            let between = left.iter().zip(right.iter()).map(|(left, right)| {
                let micros = left? - right?;
                Some(span(0, micros / MICROS_OF_DAY, micros % MICROS_OF_DAY))
            });
            Ok(Arc::new(between.collect::<IntervalMonthDayNanoArray>()))
        },
    )
    .udf()
}

/// A date at a time of day.
pub(super) fn at_time() -> ScalarUDF {
    let takes = |_: &[DataType]| Ok(vec![DataType::Date32, DataType::Time64(TimeUnit::Microsecond)]);
    Function::new(
        "aq_at_time",
        takes,
        |_| Ok(zoneless()),
        |args, _| {
            let (dates, times) =
                (args[0].as_primitive::<Date32Type>(), args[1].as_primitive::<Time64MicrosecondType>());
            let joined =
                dates.iter().zip(times.iter()).map(|(date, time)| Some(i64::from(date?) * MICROS_OF_DAY + time?));
            Ok(Arc::new(joined.collect::<TimestampMicrosecondArray>()))
        },
    )
    .udf()
}

/// An interval times a number.
pub(super) fn times() -> ScalarUDF {
    Function::new("aq_times", span_and_number, |_| Ok(SPAN), |args, _| scaled(args, Ok)).udf()
}

/// An interval divided by a number.
pub(super) fn divided() -> ScalarUDF {
    Function::new("aq_divided", span_and_number, |_| Ok(SPAN), |args, _| scaled(args, inverse)).udf()
}

fn inverse(divisor: f64) -> Result<f64> {
    if divisor == 0.0 { exec_err!("division by zero") } else { Ok(1.0 / divisor) }
}

fn scaled(args: &[ArrayRef], factor: fn(f64) -> Result<f64>) -> Result<ArrayRef> {
    let (spans, numbers) = (args[0].as_primitive::<IntervalMonthDayNanoType>(), args[1].as_primitive::<Float64Type>());
    let scale = |(span, number): (Option<IntervalMonthDayNano>, Option<f64>)| match (span, number) {
        (Some(span), Some(number)) => Ok(Some(age::scaled(span, factor(number)?))),
        _ => Ok(None),
    };
    Ok(Arc::new(spans.iter().zip(numbers.iter()).map(scale).collect::<Result<IntervalMonthDayNanoArray>>()?))
}

fn span(months: i32, days: i64, micros: i64) -> IntervalMonthDayNano {
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    IntervalMonthDayNano { months, days, nanoseconds: micros.saturating_mul(1000) }
}

fn zoneless() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

/// A timestamp with time zone.
pub(super) fn zoned() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn dates(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![DataType::Date32; types.len()])
}

fn spans(_: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![SPAN])
}

fn span_and_number(_: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![SPAN, DataType::Float64])
}

fn one_float(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [kind] if kind.is_numeric() || *kind == DataType::Null => Ok(vec![DataType::Float64]),
        _ => refuse("to_timestamp", types),
    }
}

fn moment_and_zone(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [moment, zone] if is_text(zone) => Ok(vec![micros_of(moment)?, DataType::Utf8]),
        _ => refuse("timezone", types),
    }
}

/// What has a zone loses it, what has none gets one.
fn at_zone_type(types: &[DataType]) -> Result<DataType> {
    Ok(match types {
        [DataType::Timestamp(_, Some(_)), _] => zoneless(),
        _ => zoned(),
    })
}

/// Timestamps in microseconds, zoned or not as they are.
fn two_timestamps(types: &[DataType]) -> Result<Vec<DataType>> {
    types.iter().map(micros_of).collect()
}

fn micros_of(kind: &DataType) -> Result<DataType> {
    Ok(match kind {
        DataType::Timestamp(_, Some(_)) => zoned(),
        _ => zoneless(),
    })
}

fn field_and_moment(types: &[DataType]) -> Result<Vec<DataType>> {
    let [_, moment] = types else { return refuse("date_part", types) };
    let moment = match moment {
        DataType::Date32 | DataType::Time64(_) => moment.clone(),
        DataType::Interval(_) | DataType::Duration(_) => SPAN,
        DataType::Timestamp(..) | DataType::Null => micros_of(moment)?,
        kind if is_text(kind) => zoneless(),
        _ => return refuse("date_part", types),
    };
    Ok(vec![DataType::Utf8, moment])
}

/// A column of timestamps as microseconds.
fn moments(column: &ArrayRef) -> Result<TimestampMicrosecondArray> {
    let utc = match column.data_type() {
        DataType::Timestamp(_, zone) => cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?,
        _ => cast(column, &zoneless())?,
    };
    Ok(utc.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(None::<Arc<str>>))
}

/// What a field is taken of, for each row.
fn each_moment(column: &ArrayRef) -> Result<Vec<Option<Moment>>> {
    Ok(match column.data_type() {
        DataType::Date32 => {
            let dates = column.as_primitive::<Date32Type>();
            dates.iter().map(|days| days.map(|days| Moment::At(i64::from(days) * MICROS_OF_DAY))).collect()
        }
        DataType::Time64(_) => {
            let times = cast(column, &DataType::Time64(TimeUnit::Microsecond))?;
            times.as_primitive::<Time64MicrosecondType>().iter().map(|micros| micros.map(Moment::At)).collect()
        }
        DataType::Interval(_) => {
            column.as_primitive::<IntervalMonthDayNanoType>().iter().map(|span| span.map(Moment::Span)).collect()
        }
        _ => moments(column)?.iter().map(|micros| micros.map(Moment::At)).collect(),
    })
}

fn field(column: &ArrayRef) -> Result<Option<Field>> {
    let names = strings(column)?;
    names.iter().flatten().next().map(Field::parse).transpose()
}

/// A field as a number with six digits after the point, or none, as the result's type says.
fn extract(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let DataType::Decimal128(precision, scale) = gives else { return exec_err!("extract gives a number") };
    let unit = if *scale == 0 { 1_000_000 } else { 1 };
    let values = micro_parts(args)?.into_iter().map(|part| part.map(|part| part / unit));
    Ok(Arc::new(values.collect::<Decimal128Array>().with_precision_and_scale(*precision, *scale)?))
}

#[allow(clippy::cast_precision_loss, reason = "a double is what date_part gives")]
fn date_part(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let values = micro_parts(args)?.into_iter().map(|part| part.map(|part| part as f64 / 1e6));
    Ok(Arc::new(values.collect::<Float64Array>()))
}

/// A field of each row, in millionths.
fn micro_parts(args: &[ArrayRef]) -> Result<Vec<Option<i128>>> {
    let Some(field) = field(&args[0])? else { return Ok(vec![None; args[1].len()]) };
    let moments = each_moment(&args[1])?;
    moments.into_iter().map(|moment| moment.map_or(Ok(None), |moment| field.of(moment).map(Some))).collect()
}

/// COMPAT: PostgreSQL's date_trunc of a date gives a timestamp with time zone.
fn truncated(types: &[DataType]) -> Result<DataType> {
    Ok(match types {
        [_, DataType::Date32] => zoned(),
        [_, kind] => kind.clone(),
        _ => return refuse("date_trunc", types),
    })
}

fn truncate(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let Some(field) = field(&args[0])? else {
        return Ok(deltalake::arrow::array::new_null_array(gives, args[1].len()));
    };
    let mut spans = Vec::new();
    let mut micros = Vec::new();
    for moment in each_moment(&args[1])? {
        match moment.map(|moment| field.truncate(moment)).transpose()? {
            Some(Moment::Span(span)) => spans.push(Some(span)),
            Some(Moment::At(at)) => micros.push(Some(at)),
            None => {
                spans.push(None);
                micros.push(None);
            }
        }
    }
    match gives {
        DataType::Interval(_) => Ok(Arc::new(IntervalMonthDayNanoArray::from(spans))),
        DataType::Timestamp(_, zone) => {
            Ok(Arc::new(TimestampMicrosecondArray::from(micros).with_timezone_opt(zone.clone())))
        }
        other => Ok(cast(&TimestampMicrosecondArray::from(micros), other)?),
    }
}

fn last_day(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let dates = args[0].as_primitive::<Date32Type>();
    let last = dates.iter().map(|days| days.map_or(Ok(None), |days| age::last_day(days).map(Some)));
    Ok(Arc::new(last.collect::<Result<Date32Array>>()?))
}

/// Seconds since 1970 as a timestamp.
fn of_epoch(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let micros = |seconds: f64| {
        let micros = (seconds * 1e6).round_ties_even();
        #[allow(clippy::cast_possible_truncation, reason = "checked")]
        match micros.abs() < 9.2e18 {
            true => Ok(Some(micros as i64)),
            false => exec_err!("timestamp out of range: {seconds}"),
        }
    };
    let seconds = args[0].as_primitive::<Float64Type>().iter();
    let given = seconds.map(|value| value.map_or(Ok(None), micros)).collect::<Result<TimestampMicrosecondArray>>()?;
    Ok(Arc::new(given.with_timezone("UTC")))
}

fn parts_of_timestamp(types: &[DataType]) -> Result<Vec<DataType>> {
    if types.len() != 6 {
        return refuse("make_timestamp", types);
    }
    let mut takes = vec![DataType::Int64; 5];
    takes.push(DataType::Float64);
    Ok(takes)
}

fn make_timestamp(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let parts: Vec<_> = args[..5].iter().map(|column| column.as_primitive::<Int64Type>()).collect();
    let seconds = args[5].as_primitive::<Float64Type>();
    let mut given = Vec::with_capacity(seconds.len());
    for row in 0..seconds.len() {
        if seconds.is_null(row) || parts.iter().any(|part| part.is_null(row)) {
            given.push(None);
            continue;
        }
        let values: Vec<i64> = parts.iter().map(|part| part.value(row)).collect();
        given.push(Some(part::timestamp_of(&values, seconds.value(row))?));
    }
    Ok(Arc::new(TimestampMicrosecondArray::from(given)))
}

fn justified(column: &ArrayRef, work: fn(IntervalMonthDayNano) -> IntervalMonthDayNano) -> Result<ArrayRef> {
    let spans = column.as_primitive::<IntervalMonthDayNanoType>();
    Ok(Arc::new(spans.iter().map(|span| span.map(work)).collect::<IntervalMonthDayNanoArray>()))
}
