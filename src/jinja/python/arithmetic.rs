//! Python's operators where minijinja's own are narrower: of dates and spans of time, lists that stay changeable,
//! and texts to be formatted.

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use super::formatting::percent;
use super::repr;
use crate::jinja::objects::{DateTimeValue, MutableList, TimeDelta, floor_division};

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
    if let Some((one, other)) = spans(left, right) {
        return one.divided(other).map(|(_, rest)| rest).ok_or_else(|| by_zero("modulo"));
    }
    let zero = || by_zero("modulo");
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

/// Python's `*`: of numbers and spans of time, and of texts and lists, which are repeated.
pub(in crate::jinja) fn multiply(left: &Value, right: &Value) -> Result<Value, Error> {
    check("*", left, right)?;
    if let Some(product) = numbers(left, right, i128::checked_mul, |left, right| left * right) {
        return product.ok_or_else(|| unsupported("*", left, right));
    }
    let product = match (span(left), span(right)) {
        (Some(span), None) => times(span, right),
        (None, Some(span)) => times(span, left),
        (Some(_), Some(_)) => None,
        (None, None) => match (whole(left), whole(right)) {
            (None, Some(count)) => repeated(left, count)?,
            (Some(count), None) => repeated(right, count)?,
            _ => None,
        },
    };
    product.ok_or_else(|| unsupported("*", left, right))
}

/// Python's `/`: a float, or a part of a span of time.
pub(in crate::jinja) fn divide(left: &Value, right: &Value) -> Result<Value, Error> {
    check("/", left, right)?;
    match (span(left), span(right)) {
        (Some(one), Some(other)) => one.ratio(other).ok_or_else(|| by_zero("division")),
        (Some(_), None) if number(right) == Some(0.0) => Err(by_zero("division")),
        (Some(span), None) => {
            number(right).and_then(|divisor| span.times(1.0 / divisor)).ok_or_else(|| unsupported("/", left, right))
        }
        _ => match (number(left), number(right)) {
            (Some(_), Some(0.0)) => Err(by_zero("division")),
            (Some(left), Some(right)) => Ok(Value::from(left / right)),
            _ => Err(unsupported("/", left, right)),
        },
    }
}

/// Python's `//`: rounded down.
pub(in crate::jinja) fn floor_divide(left: &Value, right: &Value) -> Result<Value, Error> {
    check("//", left, right)?;
    if let Some((one, other)) = spans(left, right) {
        return one.divided(other).map(|(times, _)| times).ok_or_else(|| by_zero("division"));
    }
    if number(right) == Some(0.0) {
        return Err(by_zero("division"));
    }
    if let (Some(span), Some(divisor)) = (span(left), whole(right)) {
        return span.floor_part(divisor).ok_or_else(|| unsupported("//", left, right));
    }
    if let (Some(one), Some(other)) = (whole(left), whole(right)) {
        return floor_division(one, other).map(Value::from).ok_or_else(|| unsupported("//", left, right));
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => Ok(Value::from((left / right).floor())),
        _ => Err(unsupported("//", left, right)),
    }
}

/// Python's `-` in front of a value.
pub(in crate::jinja) fn negate(value: &Value) -> Result<Value, Error> {
    if let Some(span) = span(value) {
        return Ok(span.negated().value());
    }
    subtract(&Value::from(0), value)
}

/// Python's `abs`.
pub(in crate::jinja) fn absolute(value: &Value) -> Option<Value> {
    span(value).map(|span| if span.is_negative() { span.negated().value() } else { span.value() })
}

/// What a repeated text or list may have at the most: what never ends must not use up the memory.
const LONGEST: usize = 16 << 20;

/// A text or list so many times; `None` if it is neither.
fn repeated(value: &Value, count: i128) -> Result<Option<Value>, Error> {
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    let length = value.as_str().map(str::len).or_else(|| value.len()).unwrap_or_default();
    if length.checked_mul(count).is_none_or(|length| length > LONGEST) {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("repeated {count} times, this is too long")));
    }
    if let Some(text) = value.as_str() {
        let repeated = text.repeat(count);
        return Ok(Some(if value.is_safe() { Value::from_safe_string(repeated) } else { Value::from(repeated) }));
    }
    if value.kind() != ValueKind::Seq {
        return Ok(None);
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let all = std::iter::repeat_n(items, count).flatten().collect::<Vec<Value>>();
    Ok(Some(if value.is_tuple() { Value::from(Tuple::from(all)) } else { MutableList::value(all) }))
}

fn span(value: &Value) -> Option<TimeDelta> {
    value.downcast_object_ref::<TimeDelta>().copied()
}

fn spans(left: &Value, right: &Value) -> Option<(TimeDelta, TimeDelta)> {
    Some((span(left)?, span(right)?))
}

fn times(span: TimeDelta, factor: &Value) -> Option<Value> {
    match whole(factor) {
        Some(factor) => span.times_whole(factor),
        None => span.times(number(factor)?),
    }
}

fn by_zero(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{what} by zero"))
}

/// Reckons with numbers; `None` when they are none, an inner `None` when there is no result.
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
