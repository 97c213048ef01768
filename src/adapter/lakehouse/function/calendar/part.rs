//! Fields of moments: what `extract` gives and where `date_trunc` cuts.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use datafusion::common::{Result, exec_err, plan_err};
use deltalake::arrow::datatypes::IntervalMonthDayNano;

use super::MICROS_OF_DAY;

const MICROS: i64 = 1_000_000;

/// A point in time, in microseconds since 1970, or a span of time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    At(i64),
    Span(IntervalMonthDayNano),
}

/// A field of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Microseconds,
    Milliseconds,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Julian,
}

impl Field {
    /// The field of a name.
    pub(super) fn parse(name: &str) -> Result<Self> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "microsecond" | "microseconds" | "us" | "usec" => Self::Microseconds,
            "millisecond" | "milliseconds" | "ms" | "msec" => Self::Milliseconds,
            "second" | "seconds" | "sec" | "s" => Self::Second,
            "minute" | "minutes" | "min" | "m" => Self::Minute,
            "hour" | "hours" | "h" => Self::Hour,
            "day" | "days" | "d" => Self::Day,
            "week" | "weeks" | "w" => Self::Week,
            "month" | "months" | "mon" => Self::Month,
            "quarter" => Self::Quarter,
            "year" | "years" | "y" => Self::Year,
            "decade" | "decades" => Self::Decade,
            "century" | "centuries" => Self::Century,
            "millennium" | "millennia" => Self::Millennium,
            "epoch" => Self::Epoch,
            "dow" => Self::DayOfWeek,
            "isodow" => Self::IsoDayOfWeek,
            "doy" => Self::DayOfYear,
            "isoyear" => Self::IsoYear,
            "julian" => Self::Julian,
            _ => return plan_err!("unit \"{name}\" not recognized"),
        })
    }

    /// The field's value, in millionths.
    pub(super) fn of(self, moment: Moment) -> Result<i128> {
        match moment {
            Moment::At(micros) => self.of_time(micros),
            Moment::Span(span) => self.of_span(span),
        }
    }

    fn of_time(self, micros: i64) -> Result<i128> {
        let at = wall_clock(micros)?;
        let within_minute = i64::from(at.second()) * MICROS + micros.rem_euclid(MICROS);
        let whole = match self {
            Self::Epoch => return Ok(i128::from(micros)),
            Self::Second => return Ok(i128::from(within_minute)),
            Self::Milliseconds => return Ok(i128::from(within_minute) * 1000),
            Self::Microseconds => within_minute,
            Self::Minute => i64::from(at.minute()),
            Self::Hour => i64::from(at.hour()),
            Self::Day => i64::from(at.day()),
            Self::Week => i64::from(at.iso_week().week()),
            Self::Month => i64::from(at.month()),
            Self::Quarter => i64::from(at.month0() / 3 + 1),
            Self::Year => i64::from(at.year()),
            Self::Decade => i64::from(at.year().div_euclid(10)),
            Self::Century => i64::from((at.year() - 1).div_euclid(100) + 1),
            Self::Millennium => i64::from((at.year() - 1).div_euclid(1000) + 1),
            Self::DayOfWeek => i64::from(at.weekday().num_days_from_sunday()),
            Self::IsoDayOfWeek => i64::from(at.weekday().number_from_monday()),
            Self::DayOfYear => i64::from(at.ordinal()),
            Self::IsoYear => i64::from(at.iso_week().year()),
            Self::Julian => micros.div_euclid(MICROS_OF_DAY) + 2_440_588,
        };
        Ok(i128::from(whole) * i128::from(MICROS))
    }

    fn of_span(self, span: IntervalMonthDayNano) -> Result<i128> {
        let micros = span.nanoseconds / 1000;
        let whole = match self {
            Self::Epoch => return Ok(i128::from(epoch_of_span(span))),
            Self::Second => return Ok(i128::from(micros % (60 * MICROS))),
            Self::Milliseconds => return Ok(i128::from(micros % (60 * MICROS)) * 1000),
            Self::Microseconds => micros % (60 * MICROS),
            Self::Minute => micros / (60 * MICROS) % 60,
            Self::Hour => micros / (3600 * MICROS),
            Self::Day => i64::from(span.days),
            Self::Month => i64::from(span.months % 12),
            Self::Quarter => i64::from(span.months % 12 / 3 + 1),
            Self::Year => i64::from(span.months / 12),
            Self::Decade => i64::from(span.months / 120),
            Self::Century => i64::from(span.months / 1200),
            Self::Millennium => i64::from(span.months / 12_000),
            other => return exec_err!("unit {other:?} not supported for type interval"),
        };
        Ok(i128::from(whole) * i128::from(MICROS))
    }

    /// The moment with all smaller fields at their beginning.
    pub(super) fn truncate(self, moment: Moment) -> Result<Moment> {
        match moment {
            Moment::At(micros) => self.truncate_time(micros).map(Moment::At),
            Moment::Span(span) => self.truncate_span(span).map(Moment::Span),
        }
    }

    fn truncate_time(self, micros: i64) -> Result<i64> {
        let step = match self {
            Self::Microseconds => return Ok(micros),
            Self::Milliseconds => 1000,
            Self::Second => MICROS,
            Self::Minute => 60 * MICROS,
            Self::Hour => 3600 * MICROS,
            Self::Day => MICROS_OF_DAY,
            _ => return self.first_day(micros),
        };
        Ok(micros - micros.rem_euclid(step))
    }

    fn first_day(self, micros: i64) -> Result<i64> {
        let date = wall_clock(micros)?.date();
        let (year, month) = (date.year(), date.month());
        let first = match self {
            Self::Week => {
                let back = u64::from(date.weekday().num_days_from_monday());
                date.checked_sub_days(chrono::Days::new(back))
            }
            Self::Month => NaiveDate::from_ymd_opt(year, month, 1),
            Self::Quarter => NaiveDate::from_ymd_opt(year, (month - 1) / 3 * 3 + 1, 1),
            Self::Year => NaiveDate::from_ymd_opt(year, 1, 1),
            Self::Decade => NaiveDate::from_ymd_opt(year.div_euclid(10) * 10, 1, 1),
            Self::Century => NaiveDate::from_ymd_opt((year - 1).div_euclid(100) * 100 + 1, 1, 1),
            Self::Millennium => NaiveDate::from_ymd_opt((year - 1).div_euclid(1000) * 1000 + 1, 1, 1),
            other => return exec_err!("unit {other:?} not supported by date_trunc"),
        };
        match first.and_then(|date| date.and_hms_opt(0, 0, 0)) {
            Some(first) => Ok(first.and_utc().timestamp_micros()),
            None => exec_err!("timestamp out of range"),
        }
    }

    fn truncate_span(self, span: IntervalMonthDayNano) -> Result<IntervalMonthDayNano> {
        let cut = |micros: i64| IntervalMonthDayNano {
            nanoseconds: span.nanoseconds - span.nanoseconds % (micros * 1000),
            ..span
        };
        let months = |unit: i32| IntervalMonthDayNano { months: span.months / unit * unit, days: 0, nanoseconds: 0 };
        Ok(match self {
            Self::Microseconds => cut(1),
            Self::Milliseconds => cut(1000),
            Self::Second => cut(MICROS),
            Self::Minute => cut(60 * MICROS),
            Self::Hour => cut(3600 * MICROS),
            Self::Day => IntervalMonthDayNano { nanoseconds: 0, ..span },
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
            Self::Decade => months(120),
            other => return exec_err!("unit {other:?} not supported by date_trunc of an interval"),
        })
    }
}

/// Seconds of a span in millionths: a year has 365.25 days, a month besides it 30.
fn epoch_of_span(span: IntervalMonthDayNano) -> i64 {
    let years = i64::from(span.months / 12) * (MICROS_OF_DAY * 1461 / 4);
    let months = i64::from(span.months % 12) * 30 * MICROS_OF_DAY;
    years + months + i64::from(span.days) * MICROS_OF_DAY + span.nanoseconds / 1000
}

/// Microseconds since 1970 as a date and a time of day.
pub(in super::super) fn wall_clock(micros: i64) -> Result<NaiveDateTime> {
    match DateTime::from_timestamp_micros(micros) {
        Some(instant) => Ok(instant.naive_utc()),
        None => exec_err!("timestamp out of range"),
    }
}

/// A timestamp of year, month, day, hour, minute and seconds.
pub(super) fn timestamp_of(parts: &[i64], seconds: f64) -> Result<i64> {
    let small = |index: usize| u32::try_from(parts[index]).ok();
    let date = i32::try_from(parts[0])
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, small(1)?, small(2)?))
        .and_then(|date| date.and_hms_opt(small(3)?, small(4)?, 0));
    match date {
        #[allow(clippy::cast_possible_truncation, reason = "below 60 million")]
        Some(date) if (0.0..60.0).contains(&seconds) => {
            Ok(date.and_utc().timestamp_micros() + (seconds * 1e6).round() as i64)
        }
        _ => exec_err!("date/time field value out of range"),
    }
}
