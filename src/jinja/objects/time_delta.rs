use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

/// Python's `timedelta`.
#[derive(Debug, Clone, Copy)]
pub(in crate::jinja) struct TimeDelta(pub(super) chrono::TimeDelta);

const SECONDS_OF_DAY: i64 = 86_400;

impl TimeDelta {
    pub(super) fn value(self) -> Value {
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
