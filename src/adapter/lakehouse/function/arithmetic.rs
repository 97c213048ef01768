//! `+ - * /` and `%`: checked, and of the type that PostgreSQL gives.

use std::sync::Arc;

use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr_common::datum::apply;
use deltalake::arrow::array::{Array, ArrayRef, AsArray, Datum, Decimal128Array};
use deltalake::arrow::compute::cast;
use deltalake::arrow::compute::kernels::numeric::{add, div, mul, neg, rem, sub};
use deltalake::arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, i256};
use deltalake::arrow::error::ArrowError;

use super::{Function, anything, refuse};

/// The most digits that a decimal has.
const DIGITS: u8 = 38;
/// Digits after the point of a quotient, unless an operand has more.
///
/// COMPAT: PostgreSQL gives at least 16 significant digits, here a column has one scale.
pub(super) const QUOTIENT_SCALE: i8 = 16;
/// Digits after the point of a product, unless an operand has more: what has more of them is rounded.
const PRODUCT_SCALE: i8 = 22;

/// An operator as a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// All operators.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Operation::*;
    let negate = Function::new(
        "aq_negate",
        anything,
        |types| Ok(types[0].clone()),
        |args, _| neg(&args[0]).map_err(|cause| out_of_range(cause, args[0].data_type()).into()),
    );
    let operations = [Add, Subtract, Multiply, Divide, Remainder].into_iter().map(Operation::function);
    operations.chain([negate.udf()]).collect()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    operation: Operation,
    signature: Signature,
}

impl Operation {
    /// The function.
    pub(super) fn function(self) -> ScalarUDF {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(Checked { operation: self, signature })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Add => "aq_add",
            Self::Subtract => "aq_subtract",
            Self::Multiply => "aq_multiply",
            Self::Divide => "aq_divide",
            Self::Remainder => "aq_remainder",
        }
    }

    /// The type of a result of decimals.
    fn of_decimals(self, (p1, s1): (u8, i8), (p2, s2): (u8, i8)) -> (u8, i8) {
        let whole = (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2));
        let scale = s1.max(s2);
        let (digits, scale) = match self {
            Self::Add | Self::Subtract => (whole + i16::from(scale) + 1, scale),
            Self::Remainder => (whole + i16::from(scale), scale),
            Self::Divide => (i16::from(DIGITS), scale.max(QUOTIENT_SCALE)),
            Self::Multiply if s1 + s2 > PRODUCT_SCALE => (i16::from(DIGITS), scale.max(PRODUCT_SCALE)),
            Self::Multiply => (i16::from(p1) + i16::from(p2) + 1, s1 + s2),
        };
        (u8::try_from(digits).unwrap_or(DIGITS).min(DIGITS), scale)
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        self.operation.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [left, right] = types else { return refuse(self.name(), types) };
        let (left, right) = match (left, right) {
            (DataType::Null, DataType::Null) => (&DataType::Int32, &DataType::Int32),
            (DataType::Null, other) | (other, DataType::Null) => (other, other),
            both => both,
        };
        match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) => Ok(common(left, right)),
            _ => refuse(self.name(), types),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::Decimal128(p1, s1), DataType::Decimal128(p2, s2)] => {
                let (precision, scale) = self.operation.of_decimals((*p1, *s1), (*p2, *s2));
                Ok(DataType::Decimal128(precision, scale))
            }
            [left, right] if left == right => Ok(left.clone()),
            _ => plan_err!("{} needs two numbers of one type", self.name()),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = args.args.as_slice() else { return exec_err!("{} needs two arguments", self.name()) };
        let gives = args.return_field.data_type();
        let operation = self.operation;
        apply(left, right, |left, right| calculate(operation, left, right, gives))
    }
}

/// A number's type, from narrow to wide.
#[derive(Debug, Clone, Copy)]
enum Number {
    Int(u8),
    Decimal(u8, i8),
    Real,
    Double,
}

impl Number {
    fn of(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Int8 | DataType::UInt8 | DataType::Int16 => Self::Int(2),
            DataType::UInt16 | DataType::Int32 => Self::Int(4),
            DataType::UInt32 | DataType::Int64 | DataType::UInt64 => Self::Int(8),
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale) => Self::Decimal(*precision, *scale),
            DataType::Float16 | DataType::Float32 => Self::Real,
            DataType::Float64 => Self::Double,
            _ => return None,
        })
    }

    fn decimal(self) -> DataType {
        match self {
            Self::Int(2) => DataType::Decimal128(5, 0),
            Self::Int(4) => DataType::Decimal128(10, 0),
            Self::Int(_) => DataType::Decimal128(19, 0),
            Self::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
            Self::Real | Self::Double => DataType::Float64,
        }
    }
}

/// The types that two numbers are brought to before they meet.
fn common(left: Number, right: Number) -> Vec<DataType> {
    let both = |kind: DataType| vec![kind.clone(), kind];
    match (left, right) {
        (Number::Real, Number::Real) => both(DataType::Float32),
        (Number::Real | Number::Double, _) | (_, Number::Real | Number::Double) => both(DataType::Float64),
        (Number::Int(left), Number::Int(right)) => both(match left.max(right) {
            2 => DataType::Int16,
            4 => DataType::Int32,
            _ => DataType::Int64,
        }),
        (left, right) => vec![left.decimal(), right.decimal()],
    }
}

fn calculate(
    operation: Operation,
    left: &dyn Datum,
    right: &dyn Datum,
    gives: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let kind = left.get().0.data_type();
    let raw = match operation {
        Operation::Add => add(left, right),
        Operation::Subtract => sub(left, right),
        Operation::Multiply if needs_rounding(kind, right.get().0.data_type()) => {
            return decimals(operation, left, right, gives);
        }
        Operation::Multiply => mul(left, right),
        Operation::Divide if kind.is_floating() => {
            refuse_zero(right)?;
            div(left, right)
        }
        Operation::Divide if matches!(kind, DataType::Decimal128(..)) => {
            return decimals(operation, left, right, gives);
        }
        Operation::Divide => div(left, right),
        Operation::Remainder => rem(left, right),
    };
    let raw = raw.map_err(|cause| out_of_range(cause, kind))?;
    if kind.is_floating() {
        check_finite(&raw, left, right)?;
    }
    promised(raw, gives)
}

/// Arrow counts the digits of a decimal's result in its own way.
fn promised(raw: ArrayRef, gives: &DataType) -> Result<ArrayRef, ArrowError> {
    match (raw.data_type(), gives) {
        (DataType::Decimal128(_, from), DataType::Decimal128(precision, to)) if from == to => {
            let decimals = raw.as_primitive::<Decimal128Type>().clone();
            Ok(Arc::new(decimals.with_precision_and_scale(*precision, *to)?))
        }
        (from, to) if from == to => Ok(raw),
        _ => cast(&raw, gives),
    }
}

fn needs_rounding(left: &DataType, right: &DataType) -> bool {
    match (left, right) {
        (DataType::Decimal128(_, s1), DataType::Decimal128(_, s2)) => s1 + s2 > PRODUCT_SCALE,
        _ => false,
    }
}

fn out_of_range(cause: ArrowError, kind: &DataType) -> ArrowError {
    match cause {
        ArrowError::ArithmeticOverflow(_) => {
            ArrowError::ComputeError(format!("{} out of range", super::super::types::text(kind)))
        }
        ArrowError::DivideByZero => division_by_zero(),
        other => other,
    }
}

fn division_by_zero() -> ArrowError {
    ArrowError::ComputeError("division by zero".to_owned())
}

fn refuse_zero(divisor: &dyn Datum) -> Result<(), ArrowError> {
    let (array, _) = divisor.get();
    let zero = match array.data_type() {
        DataType::Float32 => array.as_primitive::<Float32Type>().iter().flatten().any(|value| value == 0.0),
        _ => array.as_primitive::<Float64Type>().iter().flatten().any(|value| value == 0.0),
    };
    if zero { Err(division_by_zero()) } else { Ok(()) }
}

/// PostgreSQL gives an infinity only where an operand is one.
fn check_finite(result: &ArrayRef, left: &dyn Datum, right: &dyn Datum) -> Result<(), ArrowError> {
    let endless = |array: &dyn Array| match array.data_type() {
        DataType::Float32 => array.as_primitive::<Float32Type>().iter().flatten().any(f32::is_infinite),
        _ => array.as_primitive::<Float64Type>().iter().flatten().any(f64::is_infinite),
    };
    if endless(result) && !endless(left.get().0) && !endless(right.get().0) {
        return Err(ArrowError::ComputeError("value out of range: overflow".to_owned()));
    }
    Ok(())
}

/// Works on pairs of decimals, as unscaled numbers with the scales of both and of the result.
fn decimals(
    operation: Operation,
    left: &dyn Datum,
    right: &dyn Datum,
    gives: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Decimal128(precision, scale) = gives else {
        return Err(ArrowError::ComputeError("a decimal was expected".to_owned()));
    };
    let ((left, left_constant), (right, right_constant)) = (left.get(), right.get());
    let (DataType::Decimal128(_, s1), DataType::Decimal128(_, s2)) = (left.data_type(), right.data_type()) else {
        return Err(ArrowError::ComputeError("decimals were expected".to_owned()));
    };
    // A quotient needs some digits more, a product has some too many.
    let (scale_gained, work): (i32, fn(i128, i128, u32) -> _) = match operation {
        Operation::Divide => (i32::from(*scale) - i32::from(*s1) + i32::from(*s2), quotient),
        _ => (i32::from(*s1) + i32::from(*s2) - i32::from(*scale), product),
    };
    let shift = scale_gained.unsigned_abs();
    let (left, right) = (left.as_primitive::<Decimal128Type>(), right.as_primitive::<Decimal128Type>());
    let rows = if left_constant { right.len() } else { left.len() };
    let at = |constant: bool, row: usize| if constant { 0 } else { row };
    let values = (0..rows).map(|row| {
        let (l, r) = (at(left_constant, row), at(right_constant, row));
        if left.is_null(l) || right.is_null(r) {
            return Ok(None);
        }
        work(left.value(l), right.value(r), shift).map(Some)
    });
    let values = values.collect::<Result<Decimal128Array, ArrowError>>()?;
    Ok(Arc::new(values.with_precision_and_scale(*precision, *scale)?))
}

/// `left * 10^shift / right`, rounded half away from zero.
fn quotient(left: i128, right: i128, shift: u32) -> Result<i128, ArrowError> {
    if right == 0 {
        return Err(division_by_zero());
    }
    let narrow = 10_i128.checked_pow(shift).and_then(|power| left.checked_mul(power));
    if let Some(dividend) = narrow {
        return Ok(rounded(dividend, right));
    }
    let wide = power(shift).and_then(|power| i256::from_i128(left).checked_mul(power)).ok_or_else(too_large)?;
    wide_rounded(wide, i256::from_i128(right))
}

/// `left * right / 10^shift`, rounded half away from zero.
fn product(left: i128, right: i128, shift: u32) -> Result<i128, ArrowError> {
    let wide = i256::from_i128(left).checked_mul(i256::from_i128(right)).ok_or_else(too_large)?;
    wide_rounded(wide, power(shift).ok_or_else(too_large)?)
}

fn power(exponent: u32) -> Option<i256> {
    i256::from_i128(10).checked_pow(exponent)
}

/// A quotient rounded half away from zero.
pub(super) fn rounded(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    if rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() {
        return quotient + if (dividend < 0) == (divisor < 0) { 1 } else { -1 };
    }
    quotient
}

fn wide_rounded(dividend: i256, divisor: i256) -> Result<i128, ArrowError> {
    let (Some(quotient), Some(rest)) = (dividend.checked_div(divisor), dividend.checked_rem(divisor)) else {
        return Err(too_large());
    };
    let up = rest.wrapping_abs() >= divisor.wrapping_abs() - rest.wrapping_abs();
    let step = if (dividend < i256::ZERO) == (divisor < i256::ZERO) { i256::ONE } else { i256::MINUS_ONE };
    let quotient = if up { quotient + step } else { quotient };
    quotient.to_i128().filter(|value| fits(*value)).ok_or_else(too_large)
}

/// Whether an unscaled decimal has at most 38 digits.
pub(super) fn fits(value: i128) -> bool {
    value.unsigned_abs() < 10_u128.pow(u32::from(DIGITS))
}

fn too_large() -> ArrowError {
    ArrowError::ComputeError("numeric out of range: the result has more than 38 digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (dividend, divisor, expected) in [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (7, 3, 2), (8, 3, 3), (0, 3, 0)] {
            assert_eq!(rounded(dividend, divisor), expected, "{dividend} / {divisor}");
        }
    }

    #[test]
    fn quotients_of_long_numbers_are_exact() {
        let long = 12_345_678_901_234_567_890_123_456_789_i128;
        assert_eq!(quotient(long, 1_000, 3).unwrap(), long);
        assert_eq!(product(long, 1_000, 3).unwrap(), long);
        assert!(quotient(i128::MAX / 2, 1, 10).is_err());
    }
}
