//! PostgreSQL's templates for dates and times: `to_char`, `to_date` and `to_timestamp`.

mod read;
mod write;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;
use deltalake::arrow::array::{ArrayRef, AsArray, Date32Array, StringArray, TimestampMicrosecondArray};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{
    DataType, IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};

use super::{Function, decimal_text, refuse, strings, texts};

/// The functions.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::new("to_char", value_and_template, super::text, to_char).udf(),
        Function::new("to_date", texts, |_| Ok(DataType::Date32), to_date).udf(),
        Function::new("to_timestamp", texts, |_| Ok(super::calendar::zoned()), to_timestamp).udf(),
    ]
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// A field, without padding (`FM`), with an ordinal's ending (`th`, `TH`).
    Field { name: &'static str, as_written: String, unpadded: bool, ordinal: Option<bool> },
}

/// Names of fields, longer ones before those they begin with.
const FIELDS: [&str; 42] = [
    "Y,YYY", "SSSSS", "SSSS", "YYYY", "IYYY", "HH24", "HH12", "MONTH", "A.M.", "P.M.", "B.C.", "A.D.", "IDDD", "YYY",
    "IYY", "DDD", "DAY", "MON", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "OF", "TZ", "HH", "MI", "SS", "MS", "US",
    "AM", "PM", "BC", "AD", "YY", "IY", "MM", "DD", "ID", "IW", "WW",
];
const LETTERS: [&str; 9] = ["DY", "CC", "RM", "Q", "D", "W", "J", "Y", "I"];

/// The pieces of a template.
pub(super) fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = template;
    let mut unpadded = false;
    while !rest.is_empty() {
        if let Some(after) = strip(rest, "FM").or_else(|| strip(rest, "FX")) {
            unpadded = unpadded || rest[..2].eq_ignore_ascii_case("FM");
            rest = after;
            continue;
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            push_literal(&mut pieces, text);
            rest = after;
            continue;
        }
        match FIELDS.iter().chain(&LETTERS).find_map(|name| strip(rest, name).map(|after| (*name, after))) {
            Some((name, after)) => {
                let as_written = rest[..name.len()].to_owned();
                let (ordinal, after) = match strip(after, "TH") {
                    Some(beyond) => (Some(after.starts_with("TH")), beyond),
                    None => (None, after),
                };
                pieces.push(Piece::Field { name, as_written, unpadded, ordinal });
                unpadded = false;
                rest = after;
            }
            None => {
                let end = rest.chars().next().map_or(rest.len(), char::len_utf8);
                push_literal(&mut pieces, &rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    pieces
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Literal(before)) => before.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

fn value_and_template(types: &[DataType]) -> Result<Vec<DataType>> {
    let [value, _] = types else { return refuse("to_char", types) };
    let value = match value {
        DataType::Date32 | DataType::Null => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::Interval(_) | DataType::Duration(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        number if number.is_numeric() => number.clone(),
        _ => return refuse("to_char", types),
    };
    Ok(vec![value, DataType::Utf8])
}

fn to_char(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let templates = strings(&args[1])?;
    let mut last: Option<(String, Vec<Piece>)> = None;
    let mut cut = |template: &str| -> Vec<Piece> {
        if last.as_ref().is_none_or(|(known, _)| known != template) {
            last = Some((template.to_owned(), pieces(template)));
        }
        last.as_ref().map(|(_, pieces)| pieces.clone()).unwrap_or_default()
    };
    let column = &args[0];
    let written: Vec<Option<String>> = match column.data_type() {
        DataType::Timestamp(_, zone) => {
            let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>();
            let write = |(at, template): (Option<i64>, Option<&str>)| match (at, template) {
                (Some(at), Some(template)) => write::timestamp(at, &cut(template)).map(Some),
                _ => Ok(None),
            };
            micros.iter().zip(templates.iter()).map(write).collect::<Result<_>>()?
        }
        DataType::Interval(_) => {
            let spans = column.as_primitive::<IntervalMonthDayNanoType>();
            let write = |(span, template): (Option<_>, Option<&str>)| match (span, template) {
                (Some(span), Some(template)) => write::interval(span, &cut(template)).map(Some),
                _ => Ok(None),
            };
            spans.iter().zip(templates.iter()).map(write).collect::<Result<_>>()?
        }
        _ => {
            let numbers = decimal_text(column)?;
            let write = |(number, template): (Option<&str>, Option<&str>)| match (number, template) {
                (Some(number), Some(template)) => write::number(number, template).map(Some),
                _ => Ok(None),
            };
            numbers.iter().zip(templates.iter()).map(write).collect::<Result<_>>()?
        }
    };
    Ok(Arc::new(StringArray::from(written)))
}

fn to_date(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let days = read_all(args)?
        .into_iter()
        .map(|micros| micros.map(|micros| i32::try_from(micros.div_euclid(86_400_000_000)).unwrap_or(i32::MAX)));
    Ok(Arc::new(days.collect::<Date32Array>()))
}

fn to_timestamp(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    Ok(Arc::new(TimestampMicrosecondArray::from(read_all(args)?).with_timezone("UTC")))
}

/// Each text read by its template, in microseconds since 1970.
fn read_all(args: &[ArrayRef]) -> Result<Vec<Option<i64>>> {
    if args.len() != 2 {
        return refuse("to_date", &args.iter().map(|arg| arg.data_type().clone()).collect::<Vec<_>>());
    }
    let (texts, templates) = (strings(&args[0])?, strings(&args[1])?);
    let read = |(text, template): (Option<&str>, Option<&str>)| match (text, template) {
        (Some(text), Some(template)) => read::timestamp(text, &pieces(template)).map(Some),
        _ => Ok(None),
    };
    texts.iter().zip(templates.iter()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(template: &str) -> String {
        // 2024-03-05 14:07:09.123456
        write::timestamp(1_709_647_629_123_456, &pieces(template)).unwrap()
    }

    #[test]
    fn templates_are_filled_in() {
        for (template, text) in [
            ("YYYY-MM-DD HH24:MI:SS.US", "2024-03-05 14:07:09.123456"),
            ("FMMonth FMDDth, YYYY", "March 5th, 2024"),
            ("Month|Mon|MON|mon", "March    |Mar|MAR|mar"),
            ("HH12:MI AM \"o'clock\"", "02:07 PM o'clock"),
            ("IYYY-IW-ID Q DDD", "2024-10-2 1 065"),
        ] {
            assert_eq!(written(template), text, "{template}");
        }
    }

    #[test]
    fn texts_are_read_by_templates() {
        for (text, template) in [
            ("2024-03-05 14:07:09.123456", "YYYY-MM-DD HH24:MI:SS.US"),
            ("05/03/2024 02:07:09.123456 PM", "DD/MM/YYYY HH12:MI:SS.US AM"),
            ("5 Mar 2024 14 7 9.123456", "DD Mon YYYY HH24 MI SS.US"),
        ] {
            assert_eq!(read::timestamp(text, &pieces(template)).unwrap(), 1_709_647_629_123_456, "{text}");
        }
        assert!(read::timestamp("nonsense", &pieces("YYYY-MM-DD")).is_err());
        assert!(read::timestamp("2024-02-31", &pieces("YYYY-MM-DD")).is_err());
    }
}
