//! Functions of numbers.

use std::sync::Arc;

use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use deltalake::arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int32Array, StringArray};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type, Int32Type, Int64Type};

use super::arithmetic::{Operation, QUOTIENT_SCALE, rounded};
use super::{Function, is_decimal, refuse};

/// The functions.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        ScalarUDF::from(Places { name: "round", signature: Signature::user_defined(Volatility::Immutable) }),
        ScalarUDF::from(Places { name: "trunc", signature: Signature::user_defined(Volatility::Immutable) }),
        Function::new("ceil", float_or_decimal, whole, |args, gives| whole_number(&args[0], gives, Near::Above)).udf(),
        Function::new("floor", float_or_decimal, whole, |args, gives| whole_number(&args[0], gives, Near::Below)).udf(),
        Function::new("sign", float_or_decimal, whole, |args, gives| whole_number(&args[0], gives, Near::Sign)).udf(),
        Function::new("aq_average", average_takes, average_type, average).udf(),
        Function::new("power", floats_or_decimals, real_type, power).udf(),
        Function::new("sqrt", floats_or_decimals, real_type, |args, gives| real(args, gives, "square root", f64::sqrt))
            .udf(),
        Function::new("exp", floats_or_decimals, real_type, |args, gives| real(args, gives, "exponent", f64::exp))
            .udf(),
        Function::new("ln", floats_or_decimals, real_type, |args, gives| real(args, gives, "logarithm", f64::ln)).udf(),
        Function::new("log", floats_or_decimals, real_type, logarithm).udf(),
        Function::new("to_hex", super::anything, super::text, to_hex).udf(),
        Function::new("width_bucket", bucket_takes, |_| Ok(DataType::Int32), width_bucket).udf(),
    ]
}

/// A whole number near a number.
#[derive(Clone, Copy)]
enum Near {
    Above,
    Below,
    Sign,
}

impl Near {
    fn of_float(self, value: f64) -> f64 {
        match self {
            Self::Above => value.ceil(),
            Self::Below => value.floor(),
            Self::Sign if value == 0.0 => 0.0,
            Self::Sign => value.signum(),
        }
    }

    fn of_decimal(self, value: i128, unit: i128) -> i128 {
        let below = value.div_euclid(unit);
        match self {
            Self::Above if value.rem_euclid(unit) > 0 => below + 1,
            Self::Above | Self::Below => below,
            Self::Sign => value.signum(),
        }
    }
}

/// `round` and `trunc`, to whole numbers or to digits after the point.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Places {
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Places {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [_] => float_or_decimal(types),
            [number, _] if number.is_floating() => Ok(vec![DataType::Float64, DataType::Int64]),
            [number, _] => Ok(vec![decimal_of(number).map_or_else(|| refuse(self.name, types), Ok)?, DataType::Int64]),
            _ => refuse(self.name, types),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        whole(types)
    }

    /// A decimal has as many digits after the point as are asked for, where that is a constant.
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let number = args.arg_fields[0].data_type();
        let kind = match (number, args.scalar_arguments.get(1)) {
            (DataType::Decimal128(precision, scale), Some(Some(ScalarValue::Int64(Some(places))))) => {
                let places = i8::try_from((*places).clamp(0, 37)).unwrap_or(37);
                let digits = i16::from(*precision) - i16::from(*scale) + i16::from(places) + 1;
                DataType::Decimal128(u8::try_from(digits.clamp(1, 38)).unwrap_or(38), places)
            }
            (DataType::Decimal128(precision, scale), Some(_)) => DataType::Decimal128((*precision + 1).min(38), *scale),
            (other, Some(_)) => other.clone(),
            (_, None) => whole(std::slice::from_ref(number))?,
        };
        Ok(Arc::new(Field::new(self.name, kind, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let places = match arrays.get(1) {
            Some(places) => places.as_primitive::<Int64Type>().iter().collect(),
            None => vec![Some(0); arrays[0].len()],
        };
        let given = match args.return_field.data_type() {
            DataType::Decimal128(precision, scale) => {
                let values = decimal_places(&arrays[0], &places, *scale, self.name == "trunc")?;
                Arc::new(values.with_precision_and_scale(*precision, *scale)?) as ArrayRef
            }
            _ => Arc::new(float_places(&arrays[0], &places, self.name == "trunc", arrays.len() == 1)),
        };
        match constant && given.len() == 1 {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&given, 0)?)),
            false => Ok(ColumnarValue::Array(given)),
        }
    }
}

fn decimal_places(column: &ArrayRef, places: &[Option<i64>], gives: i8, cut: bool) -> Result<Decimal128Array> {
    let numbers = column.as_primitive::<Decimal128Type>();
    let from = i64::from(numbers.scale());
    let value = |(value, places): (Option<i128>, &Option<i64>)| {
        let (Some(value), Some(places)) = (value, places) else { return Ok(None) };
        let unit = |digits: i64| u32::try_from(digits.max(0)).ok().and_then(|digits| 10_i128.checked_pow(digits));
        let short = match unit(from - places) {
            Some(unit) if cut => value / unit * unit,
            Some(unit) => rounded(value, unit) * unit,
            None => 0,
        };
        let scaled = match unit(i64::from(gives) - from) {
            Some(up) if i64::from(gives) >= from => short.checked_mul(up),
            _ => unit(from - i64::from(gives)).map(|down| short / down),
        };
        scaled.map_or_else(|| exec_err!("numeric out of range"), |value| Ok(Some(value)))
    };
    numbers.iter().zip(places).map(value).collect()
}

fn float_places(column: &ArrayRef, places: &[Option<i64>], cut: bool, ties_even: bool) -> Float64Array {
    let value = |(value, places): (Option<f64>, &Option<i64>)| {
        let (value, places) = (value?, i32::try_from((*places)?).unwrap_or(0));
        let unit = 10_f64.powi(places);
        Some(match (cut, ties_even) {
            (true, _) => (value * unit).trunc() / unit,
            (false, true) => value.round_ties_even(),
            (false, false) => (value * unit).round() / unit,
        })
    };
    column.as_primitive::<Float64Type>().iter().zip(places).map(value).collect()
}

/// One number, as a double or a decimal; whole numbers as doubles.
fn float_or_decimal(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [kind] if is_decimal(kind) => Ok(vec![decimal_of(kind).unwrap_or(DataType::Float64)]),
        [kind] if kind.is_numeric() || *kind == DataType::Null => Ok(vec![DataType::Float64]),
        _ => refuse("round", types),
    }
}

fn decimal_of(kind: &DataType) -> Option<DataType> {
    Some(match kind {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => DataType::Decimal128(*precision, *scale),
        DataType::Null => DataType::Decimal128(10, 0),
        kind if kind.is_integer() => DataType::Decimal128(20, 0),
        _ => return None,
    })
}

/// The type of a whole number: a decimal without digits after the point.
fn whole(types: &[DataType]) -> Result<DataType> {
    Ok(match &types[0] {
        DataType::Decimal128(precision, scale) => {
            let digits = i16::from(*precision) - i16::from(*scale) + 1;
            DataType::Decimal128(u8::try_from(digits.clamp(1, 38)).unwrap_or(38), 0)
        }
        other => other.clone(),
    })
}

fn whole_number(column: &ArrayRef, gives: &DataType, near: Near) -> Result<ArrayRef> {
    let DataType::Decimal128(precision, _) = gives else {
        let floats = column.as_primitive::<Float64Type>().iter();
        return Ok(Arc::new(floats.map(|value| value.map(|value| near.of_float(value))).collect::<Float64Array>()));
    };
    let numbers = column.as_primitive::<Decimal128Type>();
    let unit = 10_i128.pow(u32::from(numbers.scale().unsigned_abs()));
    let near: Decimal128Array =
        numbers.iter().map(|number| number.map(|number| near.of_decimal(number, unit))).collect();
    Ok(Arc::new(near.with_precision_and_scale(*precision, 0)?))
}

fn average_takes(types: &[DataType]) -> Result<Vec<DataType>> {
    let [sum, _] = types else { return refuse("avg", types) };
    let sum = match sum {
        kind if kind.is_floating() => DataType::Float64,
        DataType::Interval(_) => sum.clone(),
        kind => match decimal_of(kind) {
            Some(decimal) => decimal,
            None => return refuse("avg", types),
        },
    };
    Ok(vec![sum, DataType::Int64])
}

fn average_type(types: &[DataType]) -> Result<DataType> {
    Ok(match &types[0] {
        DataType::Decimal128(_, scale) => DataType::Decimal128(38, (*scale).max(QUOTIENT_SCALE)),
        other => other.clone(),
    })
}

/// A sum by a count; of no rows there is none.
fn average(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let counts: deltalake::arrow::array::Int64Array =
        args[1].as_primitive::<Int64Type>().iter().map(|count| count.filter(|count| *count != 0)).collect();
    let function = match gives {
        DataType::Interval(_) => super::calendar::divided(),
        _ => Operation::Divide.function(),
    };
    let counts: ArrayRef = match gives {
        DataType::Decimal128(..) => cast(&counts, &DataType::Decimal128(19, 0))?,
        _ => cast(&counts, &DataType::Float64)?,
    };
    let rows = counts.len();
    let field = |kind: &DataType| Arc::new(Field::new("", kind.clone(), true));
    let given = function.inner().invoke_with_args(ScalarFunctionArgs {
        arg_fields: vec![field(args[0].data_type()), field(counts.data_type())],
        args: vec![ColumnarValue::Array(Arc::clone(&args[0])), ColumnarValue::Array(counts)],
        number_rows: rows,
        return_field: field(gives),
        config_options: Arc::default(),
    })?;
    given.into_array(rows)
}

/// All doubles, or all decimals where one is and none is a double.
fn floats_or_decimals(types: &[DataType]) -> Result<Vec<DataType>> {
    if !types.iter().all(|kind| kind.is_numeric() || *kind == DataType::Null) {
        return refuse("power", types);
    }
    if types.iter().any(is_decimal) && !types.iter().any(DataType::is_floating) {
        return types.iter().map(|kind| decimal_of(kind).map_or_else(|| refuse("power", types), Ok)).collect();
    }
    Ok(vec![DataType::Float64; types.len()])
}

fn real_type(types: &[DataType]) -> Result<DataType> {
    Ok(match &types[0] {
        DataType::Decimal128(..) => DataType::Decimal128(38, QUOTIENT_SCALE),
        _ => DataType::Float64,
    })
}

fn doubles(column: &ArrayRef) -> Result<Float64Array> {
    Ok(cast(column, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

fn given_as(values: Float64Array, gives: &DataType) -> Result<ArrayRef> {
    const STRICT: deltalake::arrow::compute::CastOptions<'static> = deltalake::arrow::compute::CastOptions {
        safe: false,
        format_options: deltalake::arrow::util::display::FormatOptions::new(),
    };
    Ok(deltalake::arrow::compute::cast_with_options(&values, gives, &STRICT)?)
}

fn real(args: &[ArrayRef], gives: &DataType, what: &str, of: fn(f64) -> f64) -> Result<ArrayRef> {
    let value = |value: f64| {
        let result = of(value);
        match result.is_finite() || !value.is_finite() {
            true => Ok(Some(result)),
            false => exec_err!("cannot take {what} of {value}"),
        }
    };
    let numbers = doubles(&args[0])?;
    given_as(numbers.iter().map(|number| number.map_or(Ok(None), value)).collect::<Result<_>>()?, gives)
}

fn power(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let (bases, exponents) = (doubles(&args[0])?, doubles(&args[1])?);
    let value = |pair| {
        let (Some(base), Some(exponent)) = pair else { return Ok(None) };
        let result = f64::powf(base, exponent);
        match result.is_finite() || !f64::is_finite(base) || !f64::is_finite(exponent) {
            true => Ok(Some(result)),
            false => exec_err!("value out of range: {base} ^ {exponent}"),
        }
    };
    given_as(bases.iter().zip(exponents.iter()).map(value).collect::<Result<_>>()?, gives)
}

/// To base 10, or to the base that comes first.
fn logarithm(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let [base, number] = args else { return real(args, gives, "logarithm", f64::log10) };
    let (bases, numbers) = (doubles(base)?, doubles(number)?);
    let value = |pair| match pair {
        (Some(base), Some(number)) if base > 0.0 && base != 1.0 && number > 0.0 => Ok(Some(f64::log(number, base))),
        (Some(_), Some(number)) => exec_err!("cannot take logarithm of {number}"),
        _ => Ok(None),
    };
    given_as(bases.iter().zip(numbers.iter()).map(value).collect::<Result<_>>()?, gives)
}

fn to_hex(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let texts: StringArray = match args[0].as_primitive_opt::<Int32Type>() {
        Some(numbers) => numbers.iter().map(|number| number.map(|number| format!("{number:x}"))).collect(),
        None => {
            let numbers = cast(&args[0], &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            numbers.iter().map(|number| number.map(|number| format!("{number:x}"))).collect()
        }
    };
    Ok(Arc::new(texts))
}

fn bucket_takes(types: &[DataType]) -> Result<Vec<DataType>> {
    match types.len() {
        4 => Ok(vec![DataType::Float64, DataType::Float64, DataType::Float64, DataType::Int32]),
        _ => refuse("width_bucket", types),
    }
}

fn width_bucket(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let columns: Vec<&Float64Array> = args[..3].iter().map(|column| column.as_primitive::<Float64Type>()).collect();
    let counts = args[3].as_primitive::<Int32Type>();
    let mut buckets = Vec::with_capacity(counts.len());
    for row in 0..counts.len() {
        if counts.is_null(row) || columns.iter().any(|column| column.is_null(row)) {
            buckets.push(None);
            continue;
        }
        let [value, low, high] = [0, 1, 2].map(|index: usize| columns[index].value(row));
        let count = counts.value(row);
        if count <= 0 || low == high {
            return exec_err!("width_bucket needs a positive count and two different bounds");
        }
        let share = (value - low) / (high - low);
        #[allow(clippy::cast_possible_truncation, reason = "between 0 and the count")]
        buckets.push(Some(match share {
            share if share < 0.0 => 0,
            share if share >= 1.0 => count + 1,
            share => (share * f64::from(count)).floor() as i32 + 1,
        }));
    }
    Ok(Arc::new(Int32Array::from(buckets)))
}
