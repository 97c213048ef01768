use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Timelike, Utc};
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::{Namespace, Run};
use crate::jinja::rendering::Rendering;

/// Python's `datetime` (or `date`), as far as templates use it.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct DateTimeValue {
    at: NaiveDateTime,
    offset: Option<FixedOffset>,
    is_date: bool,
}

impl DateTimeValue {
    /// An instant of UTC.
    pub(in crate::jinja) fn utc(at: DateTime<Utc>) -> Value {
        Value::from_object(Self { at: at.naive_utc(), offset: FixedOffset::east_opt(0), is_date: false })
    }

    /// A date or time from its ISO text; the text itself when it is neither.
    pub(in crate::jinja) fn parsed(text: &str) -> Value {
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Self::date(date);
        }
        let with_zone = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
        if let Some(at) = with_zone.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
            return Value::from_object(Self { at: at.naive_local(), offset: Some(*at.offset()), is_date: false });
        }
        let without = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
        match without.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
            Some(at) => Value::from_object(Self { at, offset: None, is_date: false }),
            None => Value::from(text),
        }
    }

    fn date(date: NaiveDate) -> Value {
        Value::from_object(Self { at: date.and_time(chrono::NaiveTime::MIN), offset: None, is_date: true })
    }

    fn isoformat(&self, separator: char) -> String {
        if self.is_date {
            return self.at.format("%Y-%m-%d").to_string();
        }
        let fraction = if self.at.nanosecond() == 0 { "" } else { "%.6f" };
        let text = self.at.format(&format!("%Y-%m-%d{separator}%H:%M:%S{fraction}")).to_string();
        match self.offset {
            Some(offset) => format!("{text}{offset}"),
            None => text,
        }
    }

    fn strftime(&self, format: &str) -> String {
        // Python's %f is six digits without a dot.
        let format = format.replace("%f", "%6f");
        let mut text = String::new();
        let written = match self.offset {
            Some(offset) => {
                let at = DateTime::<FixedOffset>::from_naive_utc_and_offset(self.at - offset, offset);
                std::fmt::Write::write_fmt(&mut text, format_args!("{}", at.format(&format)))
            }
            None => std::fmt::Write::write_fmt(&mut text, format_args!("{}", self.at.format(&format))),
        };
        // A format that chrono does not know is shown as it stands.
        if written.is_err() { format } else { text }
    }

    fn timestamp(&self) -> f64 {
        let shift = self.offset.map_or(0, |offset| i64::from(offset.local_minus_utc()));
        #[allow(clippy::cast_precision_loss, reason = "Python's timestamp is a float too")]
        let micros = (self.at.and_utc().timestamp_micros() - shift * 1_000_000) as f64;
        micros / 1e6
    }
}

impl Object for DateTimeValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.at.year()),
            "month" => Value::from(self.at.month()),
            "day" => Value::from(self.at.day()),
            "hour" => Value::from(self.at.hour()),
            "minute" => Value::from(self.at.minute()),
            "second" => Value::from(self.at.second()),
            "microsecond" => Value::from(self.at.nanosecond() / 1000),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "strftime" => Ok(Value::from(self.strftime(args.first().and_then(Value::as_str).unwrap_or_default()))),
            "isoformat" => {
                let separator = args.first().and_then(|value| value.as_str()?.chars().next()).unwrap_or('T');
                Ok(Value::from(self.isoformat(separator)))
            }
            "date" => Ok(Self::date(self.at.date())),
            "timestamp" => Ok(Value::from(self.timestamp())),
            "weekday" => Ok(Value::from(self.at.weekday().num_days_from_monday())),
            "isoweekday" => Ok(Value::from(self.at.weekday().number_from_monday())),
            "astimezone" | "replace" => Ok(Value::from_object(Self::clone(self))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(self.timestamp().total_cmp(&other.timestamp()))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.isoformat(' '))
    }
}

/// `modules.datetime`.
pub(in crate::jinja) fn datetime_module(rendering: &Arc<Rendering>) -> Value {
    const DATETIME: &[(&str, Run)] =
        &[("now", now), ("utcnow", utcnow), ("today", utcnow), ("strptime", strptime), ("fromisoformat", from_iso)];
    const DATE: &[(&str, Run)] = &[("today", today), ("fromisoformat", from_iso)];
    Namespace::new("modules.datetime", &[], rendering)
        .with("datetime", Namespace::new("datetime.datetime", DATETIME, rendering).callable(new).value())
        .with("date", Namespace::new("datetime.date", DATE, rendering).callable(new).value())
        .value()
}

fn now(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let offset = if args.is_empty() { None } else { FixedOffset::east_opt(0) };
    Ok(Value::from_object(DateTimeValue { at: Utc::now().naive_utc(), offset, is_date: false }))
}

fn utcnow(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from_object(DateTimeValue { at: Utc::now().naive_utc(), offset: None, is_date: false }))
}

fn today(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(DateTimeValue::date(Utc::now().date_naive()))
}

fn from_iso(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(DateTimeValue::parsed(args.first().and_then(Value::as_str).unwrap_or_default()))
}

fn strptime(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let text = args.first().and_then(Value::as_str).unwrap_or_default();
    let format = args.get(1).and_then(Value::as_str).unwrap_or_default();
    let at = NaiveDateTime::parse_from_str(text, format)
        .or_else(|_| NaiveDate::parse_from_str(text, format).map(|date| date.and_time(chrono::NaiveTime::MIN)));
    let at =
        at.map_err(|_| Error::new(ErrorKind::InvalidOperation, format!("`{text}` does not have the form `{format}`")))?;
    Ok(Value::from_object(DateTimeValue { at, offset: None, is_date: false }))
}

fn new(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let part = |index: usize, default: u32| {
        args.get(index).and_then(Value::as_usize).and_then(|part| u32::try_from(part).ok()).unwrap_or(default)
    };
    let year = args.first().and_then(Value::as_i64).and_then(|year| i32::try_from(year).ok()).unwrap_or(1970);
    let date = NaiveDate::from_ymd_opt(year, part(1, 1), part(2, 1));
    let at = date.and_then(|date| date.and_hms_opt(part(3, 0), part(4, 0), part(5, 0)));
    let at = at.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "there is no such date"))?;
    Ok(Value::from_object(DateTimeValue { at, offset: None, is_date: args.len() <= 3 }))
}
