//! Values as PostgreSQL writes them.

use datafusion::common::Result;
use deltalake::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};

use super::strings;

const MICROS: i64 = 1_000_000;

/// A column as text.
///
/// # Errors
/// Arrow's, for a type that has no text.
pub(in crate::adapter::lakehouse) fn shown(column: &ArrayRef) -> Result<StringArray> {
    Ok(match column.data_type() {
        DataType::Float64 => {
            column.as_primitive::<Float64Type>().iter().map(|value| value.map(|value| float(value, 15))).collect()
        }
        DataType::Float32 => {
            let values = column.as_primitive::<Float32Type>().iter();
            values.map(|value| value.map(|value| float_text(&format!("{value:e}"), 6))).collect()
        }
        DataType::Date32 => column.as_primitive::<Date32Type>().iter().map(|days| days.map(date)).collect(),
        DataType::Timestamp(_, zone) => {
            let zoned = zone.is_some();
            let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>();
            micros.iter().map(|micros| micros.map(|micros| timestamp(micros, zoned))).collect()
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let micros = cast(column, &DataType::Time64(TimeUnit::Microsecond))?;
            micros.as_primitive::<Time64MicrosecondType>().iter().map(|micros| micros.map(clock)).collect()
        }
        DataType::Interval(_) | DataType::Duration(_) => {
            let spans = cast(column, &DataType::Interval(IntervalUnit::MonthDayNano))?;
            spans.as_primitive::<IntervalMonthDayNanoType>().iter().map(|span| span.map(interval)).collect()
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            let bytes = cast(column, &DataType::Binary)?;
            bytes
                .as_binary::<i32>()
                .iter()
                .map(|bytes| bytes.map(|bytes| format!("\\x{}", hex::encode(bytes))))
                .collect()
        }
        DataType::List(_) => lists(column)?,
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
            shown(&cast(column, &DataType::List(item.clone()))?)?
        }
        DataType::Struct(_) => records(column)?,
        DataType::Dictionary(_, value) => shown(&cast(column, value)?)?,
        _ => strings(column)?,
    })
}

/// A binary fraction: the fewest digits that give it back, with an exponent where PostgreSQL has one.
pub(super) fn float(value: f64, digits: i32) -> String {
    float_text(&format!("{value:e}"), digits)
}

/// `1.5e3` as PostgreSQL writes it.
fn float_text(scientific: &str, digits: i32) -> String {
    match scientific {
        "inf" => return "Infinity".to_owned(),
        "-inf" => return "-Infinity".to_owned(),
        _ => {}
    }
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific.to_owned() };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..digits).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let whole = exponent + 1;
    let text = match usize::try_from(whole) {
        Ok(whole) if whole >= all.len() => format!("{all}{}", "0".repeat(whole - all.len())),
        Ok(whole) if whole > 0 => format!("{}.{}", &all[..whole], &all[whole..]),
        _ => format!("0.{}{all}", "0".repeat(whole.unsigned_abs() as usize)),
    };
    format!("{sign}{text}")
}

/// Days since 1970 as a date.
pub(super) fn date(days: i32) -> String {
    match chrono::DateTime::from_timestamp(i64::from(days) * 86_400, 0) {
        Some(instant) => instant.format("%Y-%m-%d").to_string(),
        None => format!("{days} days since 1970-01-01"),
    }
}

/// Microseconds since 1970 as a timestamp.
pub(super) fn timestamp(micros: i64, zoned: bool) -> String {
    let Some(instant) = chrono::DateTime::from_timestamp_micros(micros) else {
        return format!("{micros} microseconds since 1970-01-01");
    };
    let rest = fraction(micros.rem_euclid(MICROS));
    format!("{}{rest}{}", instant.format("%Y-%m-%d %H:%M:%S"), if zoned { "+00" } else { "" })
}

/// Microseconds of a day as a time.
fn clock(micros: i64) -> String {
    let seconds = micros / MICROS;
    format!("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction(micros % MICROS))
}

fn fraction(micros: i64) -> String {
    match micros {
        0 => String::new(),
        _ => format!(".{micros:06}").trim_end_matches('0').to_owned(),
    }
}

/// A span as `1 year 2 mons 3 days 04:05:06`.
pub(super) fn interval(span: IntervalMonthDayNano) -> String {
    let micros = span.nanoseconds / 1000;
    let mut parts = Vec::new();
    let mut before_negative = false;
    for (count, word) in [(span.months / 12, "year"), (span.months % 12, "mon"), (span.days, "day")] {
        if count == 0 {
            continue;
        }
        // A positive part after a negative one has its sign.
        let sign = if before_negative && count > 0 { "+" } else { "" };
        let plural = if count == 1 { "" } else { "s" };
        parts.push(format!("{sign}{count} {word}{plural}"));
        before_negative = count < 0;
    }
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 {
            "-"
        } else if before_negative {
            "+"
        } else {
            ""
        };
        parts.push(format!("{sign}{}", clock(micros.abs())));
    }
    parts.join(" ")
}

fn lists(column: &ArrayRef) -> Result<StringArray> {
    let lists = column.as_list::<i32>();
    let mut texts = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) {
            texts.push(None);
            continue;
        }
        let items = lists.value(row);
        let nested = matches!(items.data_type(), DataType::List(_));
        let items = shown(&items)?;
        let items: Vec<String> = items.iter().map(|item| element(item, nested)).collect();
        texts.push(Some(format!("{{{}}}", items.join(","))));
    }
    Ok(StringArray::from(texts))
}

fn element(item: Option<&str>, nested: bool) -> String {
    let Some(item) = item else { return "NULL".to_owned() };
    let plain = !item.is_empty()
        && !item.eq_ignore_ascii_case("null")
        && !item.contains(|character: char| character.is_whitespace() || "{},\"\\".contains(character));
    if nested || plain {
        return item.to_owned();
    }
    format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))
}

fn records(column: &ArrayRef) -> Result<StringArray> {
    let records = column.as_struct();
    let fields = records.columns().iter().map(shown).collect::<Result<Vec<_>>>()?;
    let field = |texts: &StringArray, row: usize| match texts.is_null(row) {
        true => String::new(),
        false if texts.value(row).contains([',', ' ', '"', '(', ')', '\\']) || texts.value(row).is_empty() => {
            format!("\"{}\"", texts.value(row).replace('\\', "\\\\").replace('"', "\"\""))
        }
        false => texts.value(row).to_owned(),
    };
    let record = |row: usize| {
        let parts: Vec<String> = fields.iter().map(|texts| field(texts, row)).collect();
        (!records.is_null(row)).then(|| format!("({})", parts.join(",")))
    };
    Ok((0..records.len()).map(record).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_postgres_writes_them() {
        for (value, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (123_456.789, "123456.789"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e100, "1.5e+100"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(float(value, 15), text);
        }
    }

    #[test]
    fn intervals_are_written_as_postgres_writes_them() {
        let hour = 3_600_000_000_000;
        for ((months, days, nanoseconds), text) in [
            ((0, 1, 0), "1 day"),
            ((14, 3, 4 * hour), "1 year 2 mons 3 days 04:00:00"),
            ((0, 0, 0), "00:00:00"),
            ((0, -1, hour), "-1 days +01:00:00"),
            ((0, 0, -hour / 2), "-00:30:00"),
            ((0, 0, 1_500_000_000), "00:00:01.5"),
        ] {
            assert_eq!(interval(IntervalMonthDayNano { months, days, nanoseconds }), text);
        }
    }
}
