use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

/// Python's `timedelta`.
#[derive(Debug, Clone, Copy)]
pub(in crate::jinja) struct TimeDelta(pub(super) chrono::TimeDelta);

const SECONDS_OF_DAY: i64 = 86_400;

impl TimeDelta {
    pub(in crate::jinja) fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The sum of both; `None` when there is no such span.
    pub(in crate::jinja) fn plus(&self, other: &Self) -> Option<Value> {
        self.0.checked_add(&other.0).map(|sum| Self(sum).value())
    }

    /// The same backwards.
    pub(in crate::jinja) fn negated(self) -> Self {
        Self(-self.0)
    }

    /// So many times as long; a half of a microsecond goes to the even one. `None` when there is no such span.
    pub(in crate::jinja) fn times(self, factor: f64) -> Option<Value> {
        #[allow(clippy::cast_precision_loss, reason = "Python's result is of a float too")]
        let micros = (self.micros() as f64 * factor).round_ties_even();
        Self::of_micros(micros)
    }

    /// So many times as long, exactly.
    pub(in crate::jinja) fn times_whole(self, factor: i128) -> Option<Value> {
        let micros = i128::from(self.micros()).checked_mul(factor)?;
        Some(Self(chrono::TimeDelta::microseconds(i64::try_from(micros).ok()?)).value())
    }

    /// A part of it, rounded down.
    pub(in crate::jinja) fn floor_part(self, divisor: i128) -> Option<Value> {
        let micros = floor_division(i128::from(self.micros()), divisor)?;
        Some(Self(chrono::TimeDelta::microseconds(i64::try_from(micros).ok()?)).value())
    }

    /// How often another span goes into it.
    pub(in crate::jinja) fn ratio(self, other: Self) -> Option<Value> {
        #[allow(clippy::cast_precision_loss, reason = "Python's result is a float too")]
        let ratio = self.micros() as f64 / other.micros() as f64;
        ratio.is_finite().then(|| Value::from(ratio))
    }

    /// How often another span goes into it as a whole, and what is left.
    pub(in crate::jinja) fn divided(self, other: Self) -> Option<(Value, Value)> {
        let quotient = floor_division(i128::from(self.micros()), i128::from(other.micros()))?;
        let rest = i128::from(self.micros()) - quotient * i128::from(other.micros());
        let rest = Self(chrono::TimeDelta::microseconds(i64::try_from(rest).ok()?));
        Some((Value::from(quotient), rest.value()))
    }

    #[allow(clippy::cast_possible_truncation, reason = "what is out of range is refused")]
    fn of_micros(micros: f64) -> Option<Value> {
        let fits = micros.is_finite() && micros.abs() < i64::MAX as f64;
        fits.then(|| Self(chrono::TimeDelta::microseconds(micros as i64)).value())
    }

    /// Whether it goes backwards.
    pub(in crate::jinja) fn is_negative(self) -> bool {
        self.0 < chrono::TimeDelta::zero()
    }

    /// Whole days, rounded down: the rest is never negative.
    pub(super) fn days(self) -> i64 {
        self.whole_seconds().div_euclid(SECONDS_OF_DAY)
    }

    fn whole_seconds(self) -> i64 {
        self.micros().div_euclid(1_000_000)
    }

    fn micros(self) -> i64 {
        self.0.num_microseconds().unwrap_or(i64::MAX)
    }

    fn seconds(self) -> i64 {
        self.whole_seconds().rem_euclid(SECONDS_OF_DAY)
    }
}

/// Whole numbers divided and rounded down; `None` for no result.
pub(in crate::jinja) fn floor_division(dividend: i128, divisor: i128) -> Option<i128> {
    let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    Some(if rest != 0 && (rest < 0) != (divisor < 0) { quotient - 1 } else { quotient })
}

impl Object for TimeDelta {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "days" => Value::from(self.days()),
            "seconds" => Value::from(self.seconds()),
            "microseconds" => Value::from(self.micros().rem_euclid(1_000_000)),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, _: &[Value]) -> Result<Value, Error> {
        match name {
            "total_seconds" => {
                #[allow(clippy::cast_precision_loss, reason = "Python's is a float too")]
                let micros = self.micros() as f64;
                Ok(Value::from(micros / 1e6))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, seconds) = (self.days(), self.seconds());
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match self.micros().rem_euclid(1_000_000) {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}
