use std::sync::Arc;

use chrono::{NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::date_time::{DateTimeValue, Parts, Zone};

/// A time zone of `pytz`.
#[derive(Debug, Clone, Copy)]
pub(in crate::jinja) struct ZoneValue(pub(super) Tz);

impl ZoneValue {
    pub(super) fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The zone that a value is.
    pub(super) fn of(value: &Value) -> Option<Self> {
        value.downcast_object_ref::<Self>().copied()
    }

    /// The zone by its name, whatever the case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let exact = name.parse::<Tz>().ok();
        let found =
            exact.or_else(|| chrono_tz::TZ_VARIANTS.iter().find(|tz| tz.name().eq_ignore_ascii_case(name)).copied());
        found.map(Self)
    }

    /// What counts at an instant of UTC.
    pub(super) fn at_instant(self, instant: NaiveDateTime) -> Zone {
        Zone { offset: self.0.offset_from_utc_datetime(&instant).fix(), name: Some(self.0) }
    }

    /// What counts at a time of the zone's own clock. COMPAT: a time that comes twice is the second,
    /// one that never comes counts as before the change (pytz).
    pub(super) fn at_local(self, local: NaiveDateTime) -> Zone {
        let offset = match self.0.offset_from_local_datetime(&local) {
            chrono::LocalResult::Single(offset) => offset.fix(),
            chrono::LocalResult::Ambiguous(_, later) => later.fix(),
            chrono::LocalResult::None => self.0.offset_from_utc_datetime(&local).fix(),
        };
        Zone { offset, name: Some(self.0) }
    }
}

impl Object for ZoneValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "zone").then(|| Value::from(self.0.name()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        let time = args.first().and_then(|time| time.downcast_object_ref::<DateTimeValue>());
        match (name, time) {
            ("localize", Some(time)) => {
                let zone = self.at_local(time.at);
                Ok(DateTimeValue { at: time.at, zone: Some(zone), parts: Parts::DateTime }.value())
            }
            ("normalize", Some(time)) => {
                let instant = time.instant();
                let zone = self.at_instant(instant);
                Ok(DateTimeValue { at: instant + zone.offset, zone: Some(zone), parts: Parts::DateTime }.value())
            }
            ("localize" | "normalize", None) => {
                Err(Error::new(ErrorKind::InvalidOperation, format!("`{name}` needs a datetime")))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        Some(self.0.name().cmp(other.downcast_ref::<Self>()?.0.name()))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}
