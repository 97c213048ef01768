//! `modules.datetime` and `modules.pytz`.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use minijinja::{Error, ErrorKind, State, Value};

use super::date_time::{DateTimeValue, Parts};
use super::{MutableList, Namespace, Run, TimeDelta, ZoneValue};
use crate::jinja::python::{Arguments, text};
use crate::jinja::rendering::Rendering;

type Outcome = Result<Value, Error>;

/// `modules.datetime`.
pub(in crate::jinja) fn datetime_module(rendering: &Arc<Rendering>) -> Value {
    const DATETIME: &[(&str, Run)] = &[
        ("now", now),
        ("utcnow", utcnow),
        ("today", utcnow),
        ("strptime", strptime),
        ("fromisoformat", from_iso),
        ("fromtimestamp", from_timestamp),
        ("utcfromtimestamp", from_timestamp),
        ("combine", combine),
    ];
    const DATE: &[(&str, Run)] = &[("today", today), ("fromisoformat", from_iso_date)];
    const TIME: &[(&str, Run)] = &[("fromisoformat", from_iso_time)];
    let utc = Namespace::new("datetime.timezone", &[], rendering).with("utc", ZoneValue(Tz::UTC).value());
    Namespace::new("modules.datetime", &[], rendering)
        .with("datetime", Namespace::new("datetime.datetime", DATETIME, rendering).callable(new_datetime).value())
        .with("date", Namespace::new("datetime.date", DATE, rendering).callable(new_date).value())
        .with("time", Namespace::new("datetime.time", TIME, rendering).callable(new_time).value())
        .with("timedelta", Namespace::new("datetime.timedelta", &[], rendering).callable(new_delta).value())
        .with("timezone", utc.value())
        .value()
}

/// `modules.pytz`.
pub(in crate::jinja) fn pytz_module(rendering: &Arc<Rendering>) -> Value {
    const PYTZ: &[(&str, Run)] = &[("timezone", timezone)];
    let all = chrono_tz::TZ_VARIANTS.iter().map(|tz| Value::from(tz.name())).collect();
    Namespace::new("modules.pytz", PYTZ, rendering)
        .with("utc", ZoneValue(Tz::UTC).value())
        .with("UTC", ZoneValue(Tz::UTC).value())
        .with("all_timezones", MutableList::value(all))
        .value()
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn part(given: &Arguments<'_>, index: usize, name: &str, default: u32) -> Result<u32, Error> {
    match given.get(index, name) {
        Some(value) => {
            let number = value.as_i64().and_then(|number| u32::try_from(number).ok());
            number.ok_or_else(|| wrong(format!("`{name}` must be a whole number, not {}", text(&value))))
        }
        None => Ok(default),
    }
}

fn day(given: &Arguments<'_>) -> Result<NaiveDate, Error> {
    let year = given.get(0, "year").and_then(|year| year.as_i64()).and_then(|year| i32::try_from(year).ok());
    let year = year.ok_or_else(|| wrong("a date needs a year, a month and a day"))?;
    let date = NaiveDate::from_ymd_opt(year, part(given, 1, "month", 0)?, part(given, 2, "day", 0)?);
    date.ok_or_else(|| wrong("there is no such date"))
}

fn clock(given: &Arguments<'_>, from: usize) -> Result<NaiveTime, Error> {
    let time = NaiveTime::from_hms_micro_opt(
        part(given, from, "hour", 0)?,
        part(given, from + 1, "minute", 0)?,
        part(given, from + 2, "second", 0)?,
        part(given, from + 3, "microsecond", 0)?,
    );
    time.ok_or_else(|| wrong("there is no such time"))
}

fn new_datetime(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let given = Arguments::new(args);
    let at = day(&given)?.and_time(clock(&given, 3)?);
    let zone = given.get(7, "tzinfo").as_ref().and_then(ZoneValue::of).map(|tz| tz.at_local(at));
    Ok(DateTimeValue { at, zone, parts: Parts::DateTime }.value())
}

fn new_date(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    Ok(DateTimeValue::date(day(&Arguments::new(args))?).value())
}

fn new_time(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    Ok(DateTimeValue::time(clock(&Arguments::new(args), 0)?).value())
}

/// `timedelta(days=1, hours=2)`.
fn new_delta(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    const UNITS: [(&str, f64); 7] = [
        ("days", 86_400e6),
        ("seconds", 1e6),
        ("microseconds", 1.0),
        ("milliseconds", 1e3),
        ("minutes", 60e6),
        ("hours", 3_600e6),
        ("weeks", 604_800e6),
    ];
    let given = Arguments::new(args);
    let mut micros = 0.0;
    for (index, (name, unit)) in UNITS.iter().enumerate() {
        if let Some(value) = given.get(index, name) {
            let count = f64::try_from(value.clone()).map_err(|_| wrong(format!("`{name}` must be a number")))?;
            micros += count * unit;
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "spans of more than 290,000 years are cut")]
    let delta = chrono::TimeDelta::microseconds(micros.round() as i64);
    Ok(TimeDelta(delta).value())
}

fn now(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let instant = Utc::now().naive_utc();
    Ok(match Arguments::new(args).get(0, "tz").as_ref().and_then(ZoneValue::of) {
        Some(tz) => {
            let zone = tz.at_instant(instant);
            DateTimeValue { at: instant + zone.offset, zone: Some(zone), parts: Parts::DateTime }.value()
        }
        None => DateTimeValue::naive(instant).value(),
    })
}

fn utcnow(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Outcome {
    Ok(DateTimeValue::naive(Utc::now().naive_utc()).value())
}

fn today(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Outcome {
    Ok(DateTimeValue::date(Utc::now().date_naive()).value())
}

fn parsed(args: &[Value]) -> Result<DateTimeValue, Error> {
    let written = args.first().map(text).unwrap_or_default();
    let found = DateTimeValue::from_iso(written.trim_end_matches('Z'));
    found.ok_or_else(|| wrong(format!("Invalid isoformat string: '{written}'")))
}

fn from_iso(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let mut time = parsed(args)?;
    time.parts = Parts::DateTime;
    if args.first().map(text).is_some_and(|text| text.ends_with('Z')) {
        time.zone = Some(super::date_time::Zone::utc());
    }
    Ok(time.value())
}

fn from_iso_date(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    Ok(DateTimeValue::date(parsed(args)?.at.date()).value())
}

fn from_iso_time(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let written = args.first().map(text).unwrap_or_default();
    let time = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(&written, format).ok());
    let time = time.ok_or_else(|| wrong(format!("Invalid isoformat string: '{written}'")))?;
    Ok(DateTimeValue::time(time).value())
}

fn from_timestamp(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let seconds = args.first().and_then(|value| f64::try_from(value.clone()).ok());
    let seconds = seconds.ok_or_else(|| wrong("a timestamp is a number of seconds"))?;
    #[allow(clippy::cast_possible_truncation, reason = "what does not fit is no time")]
    let at = chrono::DateTime::from_timestamp_micros((seconds * 1e6).round() as i64);
    Ok(DateTimeValue::naive(at.ok_or_else(|| wrong("there is no such time"))?.naive_utc()).value())
}

fn combine(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let part = |index: usize| args.get(index).and_then(|value| value.downcast_object_ref::<DateTimeValue>());
    let (Some(date), Some(time)) = (part(0), part(1)) else { return Err(wrong("`combine` takes a date and a time")) };
    Ok(DateTimeValue::naive(date.at.date().and_time(time.at.time())).value())
}

fn strptime(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let written = args.first().map(text).unwrap_or_default();
    // Python's %f takes up to six digits without a dot in front.
    let format = args.get(1).map(text).unwrap_or_default().replace(".%f", "%.f");
    if let Ok(at) = chrono::DateTime::parse_from_str(&written, &format) {
        let zone = super::date_time::Zone { offset: *at.offset(), name: None };
        return Ok(DateTimeValue { at: at.naive_local(), zone: Some(zone), parts: Parts::DateTime }.value());
    }
    let at = NaiveDateTime::parse_from_str(&written, &format)
        .or_else(|_| NaiveDate::parse_from_str(&written, &format).map(|date| date.and_time(NaiveTime::MIN)))
        .or_else(|_| NaiveDateTime::parse_from_str(&format!("{written} 00"), &format!("{format} %S")))
        .or_else(|_| {
            NaiveDate::parse_from_str(&format!("{written} 01"), &format!("{format} %d"))
                .map(|date| date.and_time(NaiveTime::MIN))
        });
    let at = at.map_err(|_| {
        let format = args.get(1).map(text).unwrap_or_default();
        wrong(format!("time data '{written}' does not match format '{format}'"))
    })?;
    Ok(DateTimeValue::naive(at).value())
}

fn timezone(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let name = args.first().map(text).unwrap_or_default();
    ZoneValue::named(&name).map(ZoneValue::value).ok_or_else(|| wrong(format!("there is no time zone `{name}`")))
}
