//! Casts that PostgreSQL carries out otherwise than Arrow: numbers are rounded, texts are read with
//! blanks around them, lengths are kept.

use std::sync::Arc;

use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{Cast, Expr, ScalarUDF};
use deltalake::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int64Array, StringArray,
};
use deltalake::arrow::compute::{CastOptions, cast_with_options};
use deltalake::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, TimeUnit};
use deltalake::arrow::util::display::FormatOptions;

use super::arithmetic::{fits, rounded};
use super::shown::shown;
use super::{Function, anything, each_text, invalid, is_decimal, is_text, strings};

const STRICT: CastOptions<'static> = CastOptions { safe: false, format_options: FormatOptions::new() };

/// Digits after the point that a `numeric` without precision keeps of a text or a binary fraction.
const NUMERIC_SCALE: i8 = 10;

/// The casts.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::new("aq_int2", anything, |_| Ok(DataType::Int16), to_integer)
            .becoming(|args, info| integers_cast(args, info, DataType::Int16))
            .udf(),
        Function::new("aq_int4", anything, |_| Ok(DataType::Int32), to_integer)
            .becoming(|args, info| integers_cast(args, info, DataType::Int32))
            .udf(),
        Function::new("aq_int8", anything, |_| Ok(DataType::Int64), to_integer)
            .becoming(|args, info| integers_cast(args, info, DataType::Int64))
            .udf(),
        Function::new("aq_float8", anything, |_| Ok(DataType::Float64), to_float)
            .becoming(|args, info| numbers_cast(args, info, DataType::Float64))
            .udf(),
        Function::new("aq_float4", anything, |_| Ok(DataType::Float32), to_float)
            .becoming(|args, info| numbers_cast(args, info, DataType::Float32))
            .udf(),
        Function::new("aq_timestamp", anything, |_| Ok(moment(None)), to_moment)
            .becoming(|args, info| moments_cast(args, info, moment(None)))
            .udf(),
        Function::new("aq_timestamptz", anything, |_| Ok(moment(Some("UTC"))), to_moment)
            .becoming(|args, info| moments_cast(args, info, moment(Some("UTC"))))
            .udf(),
        Function::new("aq_bool", anything, |_| Ok(DataType::Boolean), to_boolean).udf(),
        Function::new("aq_numeric", anything, numeric_type, to_numeric).becoming(numeric_stays).udf(),
        to_text(),
        Function::new("aq_varchar", with_length, super::text, cut).udf(),
        Function::new("aq_output", anything, super::text, |args, _| Ok(Arc::new(output(&args[0])?))).udf(),
        Function::new("aq_bytea", anything, |_| Ok(DataType::Binary), to_bytes).udf(),
        Function::new("aq_uuid", super::texts, super::text, to_uuid).udf(),
    ]
}

/// Any value as text.
pub(super) fn to_text() -> ScalarUDF {
    Function::new("aq_text", anything, super::text, |args, _| Ok(Arc::new(shown(&args[0])?))).becoming(text_stays).udf()
}

fn strict(column: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
    Ok(cast_with_options(column, kind, &STRICT)?)
}

fn simpler(args: Vec<Expr>, kind: DataType) -> Result<ExprSimplifyResult> {
    let cast = args.into_iter().next().map(|arg| Expr::Cast(Cast::new(Box::new(arg), kind)));
    Ok(cast.map_or(ExprSimplifyResult::Original(Vec::new()), ExprSimplifyResult::Simplified))
}

fn type_of(args: &[Expr], info: &SimplifyContext) -> Result<DataType> {
    args.first().map_or(Ok(DataType::Null), |arg| info.get_data_type(arg))
}

/// Among whole numbers and booleans Arrow's cast does as PostgreSQL's, and the optimizer can look
/// through it.
fn integers_cast(args: Vec<Expr>, info: &SimplifyContext, gives: DataType) -> Result<ExprSimplifyResult> {
    match type_of(&args, info)? {
        DataType::Boolean | DataType::Null => simpler(args, gives),
        kind if kind.is_integer() => simpler(args, gives),
        _ => Ok(ExprSimplifyResult::Original(args)),
    }
}

fn numbers_cast(args: Vec<Expr>, info: &SimplifyContext, gives: DataType) -> Result<ExprSimplifyResult> {
    match type_of(&args, info)?.is_numeric() {
        true => simpler(args, gives),
        false => Ok(ExprSimplifyResult::Original(args)),
    }
}

fn moment(zone: Option<&str>) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into))
}

fn moments_cast(args: Vec<Expr>, info: &SimplifyContext, gives: DataType) -> Result<ExprSimplifyResult> {
    match is_text(&type_of(&args, info)?) {
        false => simpler(args, gives),
        true => Ok(ExprSimplifyResult::Original(args)),
    }
}

fn to_moment(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    match is_text(args[0].data_type()) {
        true => strict(&(Arc::new(with_seconds(&strings(&args[0])?)) as ArrayRef), gives),
        false => strict(&args[0], gives),
    }
}

/// Texts of moments with the seconds that Arrow wants to see: `2024-01-31 10:00` has none.
pub(in crate::adapter::lakehouse) fn with_seconds(texts: &StringArray) -> StringArray {
    let completed = |text: &str| {
        let text = text.trim();
        let parts = text.split_once([' ', 'T']).and_then(|(day, time)| Some((day, time.split_at_checked(5)?)));
        match parts {
            Some((day, (minutes, rest))) if is_minutes(minutes) && !rest.starts_with(':') => {
                format!("{day} {minutes}:00{rest}")
            }
            _ => text.to_owned(),
        }
    };
    texts.iter().map(|text| text.map(completed)).collect()
}

fn is_minutes(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| if at == 2 { byte == b':' } else { byte.is_ascii_digit() })
}

fn text_stays(args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
    let kind = type_of(&args, info)?;
    match kind {
        DataType::Utf8 => {
            Ok(args.into_iter().next().map_or(ExprSimplifyResult::Original(Vec::new()), ExprSimplifyResult::Simplified))
        }
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Boolean => simpler(args, DataType::Utf8),
        kind if kind.is_integer() => simpler(args, DataType::Utf8),
        _ => Ok(ExprSimplifyResult::Original(args)),
    }
}

fn numeric_stays(args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
    match type_of(&args, info)? {
        DataType::Decimal128(..) => {
            Ok(args.into_iter().next().map_or(ExprSimplifyResult::Original(Vec::new()), ExprSimplifyResult::Simplified))
        }
        kind if kind.is_integer() => simpler(args, numeric_type(&[kind])?),
        _ => Ok(ExprSimplifyResult::Original(args)),
    }
}

fn to_integer(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let column = &args[0];
    let whole: ArrayRef = match column.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let floats = strict(column, &DataType::Float64)?;
            Arc::new(whole_floats(floats.as_primitive::<Float64Type>(), gives)?)
        }
        kind if is_decimal(kind) => Arc::new(whole_decimals(column)?),
        kind if is_text(kind) => {
            let name = super::super::types::text(gives);
            let read = |text: &str| match text.trim().parse::<i64>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => integer_text(&name, text),
            };
            let texts = strings(column)?;
            Arc::new(texts.iter().map(|text| text.map_or(Ok(None), read)).collect::<Result<Int64Array>>()?)
        }
        _ => Arc::clone(column),
    };
    strict(&whole, gives).or_else(|_| exec_err!("{} out of range", super::super::types::text(gives)))
}

fn integer_text(kind: &str, text: &str) -> Result<Option<i64>> {
    let digits = text.trim().trim_start_matches(['+', '-']);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return exec_err!("value \"{text}\" is out of range for type {kind}");
    }
    invalid(kind, text)
}

/// Halves go to the even neighbour.
fn whole_floats(floats: &Float64Array, gives: &DataType) -> Result<Int64Array> {
    let whole = |value: f64| {
        let rounded = value.round_ties_even();
        // 2^63 is a number that a float can be exactly.
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
            return exec_err!("{} out of range", super::super::types::text(gives));
        }
        #[allow(clippy::cast_possible_truncation, reason = "checked above")]
        Ok(Some(rounded as i64))
    };
    floats.iter().map(|value| value.map_or(Ok(None), whole)).collect()
}

/// Halves go away from zero.
fn whole_decimals(column: &ArrayRef) -> Result<Int64Array> {
    let wide = match column.data_type() {
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            strict(column, &DataType::Decimal128(*precision, *scale))?
        }
        _ => Arc::clone(column),
    };
    let decimals = wide.as_primitive::<Decimal128Type>();
    let unit = 10_i128.pow(u32::from(decimals.scale().unsigned_abs()));
    let whole = |value: i128| match i64::try_from(rounded(value, unit)) {
        Ok(value) => Ok(Some(value)),
        Err(_) => exec_err!("bigint out of range"),
    };
    decimals.iter().map(|value| value.map_or(Ok(None), whole)).collect()
}

fn to_float(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let column = &args[0];
    if !is_text(column.data_type()) {
        return strict(column, gives);
    }
    let read = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
        "infinity" | "inf" | "+infinity" => Ok(Some(f64::INFINITY)),
        "-infinity" | "-inf" => Ok(Some(f64::NEG_INFINITY)),
        "nan" => Ok(Some(f64::NAN)),
        number => match number.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            Ok(_) => exec_err!("\"{text}\" is out of range for type double precision"),
            Err(_) => invalid("double precision", text),
        },
    };
    let texts = strings(column)?;
    let floats = texts.iter().map(|text| text.map_or(Ok(None), read)).collect::<Result<Float64Array>>()?;
    strict(&(Arc::new(floats) as ArrayRef), gives)
}

fn to_boolean(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let column = &args[0];
    let given: BooleanArray = match column.data_type() {
        DataType::Boolean => return Ok(Arc::clone(column)),
        DataType::Null => BooleanArray::new_null(column.len()),
        kind if is_text(kind) => {
            let texts = strings(column)?;
            texts.iter().map(|text| text.map_or(Ok(None), boolean)).collect::<Result<_>>()?
        }
        kind if kind.is_integer() => {
            let numbers = strict(column, &DataType::Int64)?;
            numbers.as_primitive::<Int64Type>().iter().map(|number| number.map(|number| number != 0)).collect()
        }
        other => return exec_err!("cannot cast type {} to boolean", super::super::types::text(other)),
    };
    Ok(Arc::new(given))
}

fn boolean(text: &str) -> Result<Option<bool>> {
    let word = text.trim().to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if word == "1" || word == "on" || begins("true", 1) || begins("yes", 1) {
        return Ok(Some(true));
    }
    if word == "0" || begins("off", 2) || begins("false", 1) || begins("no", 1) {
        return Ok(Some(false));
    }
    invalid("boolean", text)
}

/// A `numeric` without precision: what is a decimal keeps its digits.
fn numeric_type(types: &[DataType]) -> Result<DataType> {
    Ok(match types.first() {
        Some(DataType::Decimal128(precision, scale)) => DataType::Decimal128(*precision, *scale),
        Some(DataType::Int8 | DataType::UInt8 | DataType::Int16) => DataType::Decimal128(5, 0),
        Some(DataType::UInt16 | DataType::Int32) => DataType::Decimal128(10, 0),
        Some(DataType::UInt32 | DataType::Int64 | DataType::UInt64) => DataType::Decimal128(20, 0),
        _ => DataType::Decimal128(38, NUMERIC_SCALE),
    })
}

fn to_numeric(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let column = &args[0];
    match column.data_type() {
        kind if is_text(kind) => {
            let texts = strings(column)?;
            let numbers = texts.iter().map(|text| text.map_or(Ok(None), numeric_text));
            let numbers = numbers.collect::<Result<deltalake::arrow::array::Decimal128Array>>()?;
            Ok(Arc::new(numbers.with_precision_and_scale(38, NUMERIC_SCALE)?))
        }
        // The digits that PostgreSQL takes of a float are those it is written with.
        DataType::Float32 | DataType::Float64 => {
            let digits = if *column.data_type() == DataType::Float32 { 5 } else { 14 };
            let floats = strict(column, &DataType::Float64)?;
            let unscaled = floats.as_primitive::<Float64Type>().iter().map(|value| {
                value.map_or(Ok(None), |value| scaled(&format!("{value:.digits$e}"), NUMERIC_SCALE, true))
            });
            let unscaled = unscaled.collect::<Result<deltalake::arrow::array::Decimal128Array>>()?;
            Ok(Arc::new(unscaled.with_precision_and_scale(38, NUMERIC_SCALE)?))
        }
        _ => strict(column, gives),
    }
}

fn numeric_text(text: &str) -> Result<Option<i128>> {
    scaled(text.trim(), NUMERIC_SCALE, false)
}

/// A number's text as an unscaled decimal. Digits that do not fit are refused, unless rounding is
/// wanted.
fn scaled(text: &str, scale: i8, round: bool) -> Result<Option<i128>> {
    let lower = text.to_ascii_lowercase();
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let (Ok(exponent), false) = (exponent.parse::<i32>(), digits.is_empty()) else { return invalid("numeric", text) };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return invalid("numeric", text);
    }
    let shift = exponent - i32::try_from(part.len()).unwrap_or(i32::MAX) + i32::from(scale);
    let digits = digits.trim_start_matches('0');
    let number: i128 = match digits.len() {
        0 => 0,
        1..=38 => digits.parse().unwrap_or(0),
        _ => return exec_err!("numeric out of range: {text}"),
    };
    let value = match u32::try_from(shift) {
        Ok(up) => 10_i128.checked_pow(up).and_then(|power| number.checked_mul(power)).filter(|value| fits(*value)),
        Err(_) => match 10_i128.checked_pow(shift.unsigned_abs()) {
            Some(unit) if round || number % unit == 0 => Some(rounded(number, unit)),
            None if round => Some(0),
            _ => {
                return exec_err!(
                    "\"{text}\" has more than {scale} digits after the point; cast it to numeric(precision, scale)"
                );
            }
        },
    };
    match value {
        Some(value) => Ok(Some(if negative { -value } else { value })),
        None if number == 0 => Ok(Some(0)),
        None => exec_err!("numeric out of range: {text}"),
    }
}

/// A value as it is joined to others: booleans are one letter.
fn output(column: &ArrayRef) -> Result<StringArray> {
    match column.as_boolean_opt() {
        Some(values) => Ok(values.iter().map(|value| value.map(|value| if value { "t" } else { "f" })).collect()),
        None => shown(column),
    }
}

fn to_bytes(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    if !is_text(args[0].data_type()) {
        return strict(&args[0], gives);
    }
    let bytes = |text: &str| match text.strip_prefix("\\x") {
        Some(digits) => hex::decode(digits).map(Some).or_else(|_| invalid("bytea", text)),
        None if text.contains('\\') => invalid("bytea", text),
        None => Ok(Some(text.as_bytes().to_vec())),
    };
    let texts = strings(&args[0])?;
    let values = texts.iter().map(|text| text.map_or(Ok(None), bytes)).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(values.into_iter().collect::<BinaryArray>()))
}

fn with_length(types: &[DataType]) -> Result<Vec<DataType>> {
    let mut types = types.to_vec();
    if let Some(length) = types.get_mut(1) {
        *length = DataType::Int64;
    }
    Ok(types)
}

/// The first characters.
fn cut(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let texts: ArrayRef = Arc::new(shown(&args[0])?);
    let lengths = args[1].as_primitive::<Int64Type>();
    let texts = texts.as_string::<i32>();
    let cut = texts.iter().zip(lengths.iter()).map(|(text, length)| {
        let (text, length) = (text?, usize::try_from(length?).ok()?);
        Some(match text.char_indices().nth(length) {
            Some((end, _)) => text[..end].to_owned(),
            None => text.to_owned(),
        })
    });
    Ok(Arc::new(cut.collect::<StringArray>()))
}

fn to_uuid(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    each_text(&args[0], |text| match uuid::Uuid::parse_str(text.trim()) {
        Ok(id) => Ok(Some(id.hyphenated().to_string())),
        Err(_) => invalid("uuid", text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        for (text, value) in [("1.5", 150), ("-1.5", -150), ("1e3", 100_000), ("0.05e1", 50), ("00", 0), (".5", 50)] {
            assert_eq!(scaled(text, 2, false).unwrap(), Some(value), "{text}");
        }
        for text in ["", "x", "1.x", "1e", "1.234", "-"] {
            assert!(scaled(text, 2, false).is_err(), "{text}");
        }
        assert_eq!(scaled("1.235", 2, true).unwrap(), Some(124));
    }

    #[test]
    fn booleans_have_many_words() {
        for text in ["t", "TRUE", " yes ", "on", "1", "y"] {
            assert_eq!(boolean(text).unwrap(), Some(true), "{text}");
        }
        for text in ["f", "False", "n", "off", "0"] {
            assert_eq!(boolean(text).unwrap(), Some(false), "{text}");
        }
        for text in ["", "o", "2", "maybe"] {
            assert!(boolean(text).is_err(), "{text}");
        }
    }
}
