use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::{OffsetName, Tz};
use minijinja::value::{DynObject, Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use super::{TimeDelta, ZoneValue};
use crate::jinja::python::split_kwargs;

/// What of a day and a time of day a value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// `datetime.datetime`
    DateTime,
    /// `datetime.date`
    Date,
    /// `datetime.time`
    Time,
}

/// Where a time counts: its offset, and the zone it follows from where that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) offset: chrono::FixedOffset,
    pub(super) name: Option<Tz>,
}

impl Zone {
    /// UTC.
    pub(super) fn utc() -> Self {
        Self { offset: Utc.fix(), name: Some(Tz::UTC) }
    }
}

/// Python's `datetime`, `date` or `time`, as far as templates use it.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct DateTimeValue {
    pub(super) at: NaiveDateTime,
    pub(super) zone: Option<Zone>,
    pub(super) parts: Parts,
}

impl DateTimeValue {
    /// An instant of UTC.
    pub(in crate::jinja) fn utc(at: DateTime<Utc>) -> Value {
        Self { at: at.naive_utc(), zone: Some(Zone::utc()), parts: Parts::DateTime }.value()
    }

    /// A date or time from its ISO text; the text itself when it is neither.
    pub(in crate::jinja) fn parsed(text: &str) -> Value {
        Self::from_iso(text).map_or_else(|| Value::from(text), Self::value)
    }

    pub(super) fn from_iso(text: &str) -> Option<Self> {
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Some(Self::date(date));
        }
        let with_zone = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
        if let Some(at) = with_zone.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
            let zone = Zone { offset: *at.offset(), name: (at.offset().local_minus_utc() == 0).then_some(Tz::UTC) };
            return Some(Self { at: at.naive_local(), zone: Some(zone), parts: Parts::DateTime });
        }
        let without = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
        without.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(Self::naive)
    }

    pub(super) fn naive(at: NaiveDateTime) -> Self {
        Self { at, zone: None, parts: Parts::DateTime }
    }

    pub(super) fn date(date: NaiveDate) -> Self {
        Self { at: date.and_time(NaiveTime::MIN), zone: None, parts: Parts::Date }
    }

    pub(super) fn time(time: NaiveTime) -> Self {
        Self { at: NaiveDateTime::new(NaiveDate::default(), time), zone: None, parts: Parts::Time }
    }

    pub(super) fn value(self) -> Value {
        Value::from_object(self)
    }

    /// So much later; `None` outside of the calendar, or for a time of day.
    pub(in crate::jinja) fn plus(&self, delta: &TimeDelta) -> Option<Value> {
        let at = match self.parts {
            Parts::DateTime => self.at.checked_add_signed(delta.0)?,
            // COMPAT: whole days only, as Python's dates.
            Parts::Date => self.at.checked_add_signed(chrono::TimeDelta::days(delta.days()))?,
            Parts::Time => return None,
        };
        Some(Self { at, ..self.clone() }.value())
    }

    /// How much later this is than another.
    pub(in crate::jinja) fn since(&self, other: &Self) -> Value {
        let difference = match (self.zone, other.zone) {
            (Some(_), Some(_)) => self.instant() - other.instant(),
            _ => self.at - other.at,
        };
        TimeDelta(difference).value()
    }

    /// The same instant on the clock of UTC.
    pub(super) fn instant(&self) -> NaiveDateTime {
        self.zone.map_or(self.at, |zone| self.at - zone.offset)
    }

    fn isoformat(&self, separator: char) -> String {
        let fraction = if self.at.nanosecond() == 0 { "" } else { "%.6f" };
        let format = match self.parts {
            Parts::Date => "%Y-%m-%d".to_owned(),
            Parts::Time => format!("%H:%M:%S{fraction}"),
            Parts::DateTime => format!("%Y-%m-%d{separator}%H:%M:%S{fraction}"),
        };
        let text = self.at.format(&format).to_string();
        match self.zone.filter(|_| self.parts == Parts::DateTime) {
            Some(zone) => format!("{text}{}", zone.offset),
            None => text,
        }
    }

    /// The zone's own short name, `CET`.
    fn zone_name(&self) -> String {
        let Some(zone) = self.zone else { return String::new() };
        let named = zone.name.map(|tz| tz.offset_from_utc_datetime(&self.instant()));
        named
            .and_then(|offset| offset.abbreviation().map(str::to_owned))
            .unwrap_or_else(|| format!("UTC{}", zone.offset))
    }

    fn strftime(&self, format: &str) -> String {
        // Python's %f is six digits without a dot; names of zones are not chrono's business.
        let format = format.replace("%f", "%6f").replace("%Z", &self.zone_name());
        let format = if self.zone.is_none() { format.replace("%z", "") } else { format };
        let mut text = String::new();
        let written = match self.zone {
            Some(zone) => {
                let at = DateTime::<chrono::FixedOffset>::from_naive_utc_and_offset(self.instant(), zone.offset);
                std::fmt::Write::write_fmt(&mut text, format_args!("{}", at.format(&format)))
            }
            None => std::fmt::Write::write_fmt(&mut text, format_args!("{}", self.at.format(&format))),
        };
        // A format that chrono does not know is shown as it stands.
        if written.is_err() { format } else { text }
    }

    fn timestamp(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "Python's timestamp is a float too")]
        let micros = self.instant().and_utc().timestamp_micros() as f64;
        micros / 1e6
    }

    /// `replace(day=1)`.
    fn replaced(&self, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = split_kwargs(args);
        let given = |index: usize, name: &str| {
            let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
            positional.get(index).cloned().or(named)
        };
        let date = self.at.date();
        let time = self.at.time();
        let shift = if self.parts == Parts::Time { 0 } else { 3 };
        let part = |index: usize, name: &str, now: u32| {
            given(index, name)
                .and_then(|value| value.as_usize())
                .and_then(|value| u32::try_from(value).ok())
                .unwrap_or(now)
        };
        let year = given(0, "year").filter(|_| shift == 3).and_then(|year| year.as_i64());
        let year = year.and_then(|year| i32::try_from(year).ok()).unwrap_or_else(|| date.year());
        let day = if shift == 3 {
            NaiveDate::from_ymd_opt(year, part(1, "month", date.month()), part(2, "day", date.day()))
        } else {
            Some(date)
        };
        let micro = part(shift + 3, "microsecond", time.nanosecond() / 1000);
        let clock = NaiveTime::from_hms_micro_opt(
            part(shift, "hour", time.hour()),
            part(shift + 1, "minute", time.minute()),
            part(shift + 2, "second", time.second()),
            micro,
        );
        let (Some(day), Some(clock)) = (day, clock) else {
            return Err(Error::new(ErrorKind::InvalidOperation, "there is no such date or time"));
        };
        let zone = match given(7, "tzinfo") {
            Some(none) if none.is_none() => None,
            Some(zone) => ZoneValue::of(&zone).map(|tz| tz.at_local(day.and_time(clock))),
            None => self.zone,
        };
        Ok(Self { at: day.and_time(clock), zone, parts: self.parts }.value())
    }

    /// `astimezone(zone)`: the same instant on another clock.
    fn on_clock_of(&self, zone: Option<&Value>) -> Value {
        let tz = zone.and_then(ZoneValue::of).unwrap_or(ZoneValue(Tz::UTC));
        let instant = self.instant();
        let zone = tz.at_instant(instant);
        Self { at: instant + zone.offset, zone: Some(zone), parts: Parts::DateTime }.value()
    }

    fn isocalendar(&self) -> Value {
        let week = self.at.date().iso_week();
        let parts = [i64::from(week.year()), i64::from(week.week()), i64::from(self.at.weekday().number_from_monday())];
        Value::from(Tuple::from(parts.map(Value::from).to_vec()))
    }

    fn timetuple(&self) -> Value {
        let at = &self.at;
        let date = [i64::from(at.year()), i64::from(at.month()), i64::from(at.day())];
        let time = [i64::from(at.hour()), i64::from(at.minute()), i64::from(at.second())];
        let day = [i64::from(at.weekday().num_days_from_monday()), i64::from(at.ordinal()), -1];
        Value::from(Tuple::from(date.into_iter().chain(time).chain(day).map(Value::from).collect::<Vec<Value>>()))
    }
}

impl Object for DateTimeValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let has_date = self.parts != Parts::Time;
        let has_time = self.parts != Parts::Date;
        Some(match key.as_str()? {
            "year" if has_date => Value::from(self.at.year()),
            "month" if has_date => Value::from(self.at.month()),
            "day" if has_date => Value::from(self.at.day()),
            "hour" if has_time => Value::from(self.at.hour()),
            "minute" if has_time => Value::from(self.at.minute()),
            "second" if has_time => Value::from(self.at.second()),
            "microsecond" if has_time => Value::from(self.at.nanosecond() / 1000),
            "tzinfo" if has_time => match self.zone {
                Some(zone) => ZoneValue(zone.name.unwrap_or(Tz::UTC)).value(),
                None => Value::from(()),
            },
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "strftime" | "__format__" => {
                Ok(Value::from(self.strftime(args.first().and_then(Value::as_str).unwrap_or_default())))
            }
            "isoformat" => {
                let separator = args.first().and_then(|value| value.as_str()?.chars().next()).unwrap_or('T');
                Ok(Value::from(self.isoformat(separator)))
            }
            "date" if self.parts == Parts::DateTime => Ok(Self::date(self.at.date()).value()),
            "time" if self.parts == Parts::DateTime => Ok(Self::time(self.at.time()).value()),
            "timestamp" => Ok(Value::from(self.timestamp())),
            "weekday" => Ok(Value::from(self.at.weekday().num_days_from_monday())),
            "isoweekday" => Ok(Value::from(self.at.weekday().number_from_monday())),
            "isocalendar" => Ok(self.isocalendar()),
            "timetuple" => Ok(self.timetuple()),
            "toordinal" => Ok(Value::from(self.at.date().num_days_from_ce())),
            "tzname" => Ok(self.zone.map_or_else(|| Value::from(()), |_| Value::from(self.zone_name()))),
            "utcoffset" => Ok(self.zone.map_or_else(
                || Value::from(()),
                |zone| TimeDelta(chrono::TimeDelta::seconds(i64::from(zone.offset.local_minus_utc()))).value(),
            )),
            "astimezone" => Ok(self.on_clock_of(args.first())),
            "replace" => self.replaced(args),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(self.instant().cmp(&other.instant()))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.isoformat(' '))
    }
}

impl DateTimeValue {
    /// How Python shows it within a list.
    pub(in crate::jinja) fn repr_text(&self) -> String {
        let (date, time) = (self.at.date(), self.at.time());
        let mut parts: Vec<u32> = Vec::new();
        if self.parts != Parts::Date {
            parts.extend([time.hour(), time.minute()]);
            let micro = time.nanosecond() / 1000;
            if time.second() > 0 || micro > 0 {
                parts.push(time.second());
            }
            if micro > 0 {
                parts.push(micro);
            }
        }
        let clock = parts.iter().map(u32::to_string);
        let day = [date.year().to_string(), date.month().to_string(), date.day().to_string()];
        let (name, all): (&str, Vec<String>) = match self.parts {
            Parts::DateTime => ("datetime", day.into_iter().chain(clock).collect()),
            Parts::Date => ("date", day.into_iter().collect()),
            Parts::Time => ("time", clock.collect()),
        };
        let zone = self.zone.map(|zone| format!(", tzinfo=<{}>", zone.name.map_or("UTC", |tz| tz.name())));
        format!("datetime.{name}({}{})", all.join(", "), zone.unwrap_or_default())
    }
}
