//! Python's `+`, `-` and `%` where minijinja's own are narrower: of dates, lists that stay changeable, and
//! texts to be formatted.

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use super::formatting::percent;
use super::repr;
use crate::jinja::objects::{DateTimeValue, MutableList, TimeDelta};

/// Python's `+`.
pub(in crate::jinja) fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    check("+", left, right)?;
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        return Ok(Value::from(format!("{left}{right}")));
    }
    if let Some(sum) = numbers(left, right, i128::checked_add, |left, right| left + right) {
        return sum.ok_or_else(|| unsupported("+", left, right));
    }
    if left.kind() == ValueKind::Seq && right.kind() == ValueKind::Seq && left.is_tuple() == right.is_tuple() {
        let all: Vec<Value> = left.try_iter()?.chain(right.try_iter()?).collect();
        return Ok(if left.is_tuple() { Value::from(Tuple::from(all)) } else { MutableList::value(all) });
    }
    match (left.downcast_object_ref::<TimeDelta>(), right.downcast_object_ref::<TimeDelta>()) {
        (Some(left), Some(right)) => left.plus(right),
        (None, Some(delta)) => left.downcast_object_ref::<DateTimeValue>().and_then(|time| time.plus(delta)),
        (Some(delta), None) => right.downcast_object_ref::<DateTimeValue>().and_then(|time| time.plus(delta)),
        (None, None) => None,
    }
    .ok_or_else(|| unsupported("+", left, right))
}

/// Python's `-`.
pub(in crate::jinja) fn subtract(left: &Value, right: &Value) -> Result<Value, Error> {
    check("-", left, right)?;
    if let Some(difference) = numbers(left, right, i128::checked_sub, |left, right| left - right) {
        return difference.ok_or_else(|| unsupported("-", left, right));
    }
    let (time, delta) = (left.downcast_object_ref::<DateTimeValue>(), left.downcast_object_ref::<TimeDelta>());
    match (time, delta, right.downcast_object_ref::<TimeDelta>()) {
        (Some(time), _, Some(delta)) => time.plus(&delta.negated()),
        (_, Some(one), Some(other)) => one.plus(&other.negated()),
        (Some(time), _, None) => right.downcast_object_ref::<DateTimeValue>().map(|other| time.since(other)),
        _ => None,
    }
    .ok_or_else(|| unsupported("-", left, right))
}

/// Python's `%`: of numbers the remainder with the divisor's sign, of a text its formatting.
pub(in crate::jinja) fn modulo(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(pattern) = left.as_str() {
        return percent(pattern, right).map(Value::from);
    }
    check("%", left, right)?;
    let zero = || Error::new(ErrorKind::InvalidOperation, "modulo by zero");
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        let rest = left.checked_rem(right).ok_or_else(zero)?;
        return Ok(Value::from(if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }));
    }
    match (number(left), number(right)) {
        (Some(_), Some(0.0)) => Err(zero()),
        (Some(left), Some(right)) => Ok(Value::from(left - (left / right).floor() * right)),
        _ => Err(unsupported("%", left, right)),
    }
}

/// Adds or subtracts numbers; `None` when they are none, an inner `None` when there is no result.
fn numbers(
    left: &Value,
    right: &Value,
    wholes: fn(i128, i128) -> Option<i128>,
    floats: fn(f64, f64) -> f64,
) -> Option<Option<Value>> {
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        return Some(wholes(left, right).map(Value::from));
    }
    Some(Some(Value::from(floats(number(left)?, number(right)?))))
}

/// A whole number; truth counts as 1 or 0.
pub(super) fn whole(value: &Value) -> Option<i128> {
    match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        _ => None,
    }
}

fn check(operator: &str, left: &Value, right: &Value) -> Result<(), Error> {
    if left.is_undefined() || right.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, format!("an operand of `{operator}` is undefined")));
    }
    Ok(())
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> Error {
    let message = format!("unsupported operands for `{operator}`: {} and {}", repr(left), repr(right));
    Error::new(ErrorKind::InvalidOperation, message)
}
