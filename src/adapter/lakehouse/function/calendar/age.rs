//! Spans of time.

use std::sync::Arc;

use chrono::{Datelike, Months, NaiveDate};
use datafusion::common::{Result, exec_err};
use deltalake::arrow::array::{ArrayRef, IntervalMonthDayNanoArray};
use deltalake::arrow::datatypes::{DataType, IntervalMonthDayNano};

use super::part::wall_clock;
use super::{MICROS_OF_DAY, moments, span};

/// Years, months, days and time from the second timestamp to the first.
pub(super) fn age(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let (left, right) = (moments(&args[0])?, moments(&args[1])?);
    let ages = left.iter().zip(right.iter()).map(|pair| match pair {
        (Some(left), Some(right)) => between(left, right).map(Some),
        _ => Ok(None),
    });
    Ok(Arc::new(ages.collect::<Result<IntervalMonthDayNanoArray>>()?))
}

fn between(later: i64, earlier: i64) -> Result<IntervalMonthDayNano> {
    if later < earlier {
        let IntervalMonthDayNano { months, days, nanoseconds } = between(earlier, later)?;
        return Ok(IntervalMonthDayNano { months: -months, days: -days, nanoseconds: -nanoseconds });
    }
    let (to, from) = (wall_clock(later)?, wall_clock(earlier)?);
    let mut micros = later.rem_euclid(MICROS_OF_DAY) - earlier.rem_euclid(MICROS_OF_DAY);
    let mut days = i64::from(to.day()) - i64::from(from.day());
    let mut months = (to.year() - from.year()) * 12 + to.month0() as i32 - from.month0() as i32;
    if micros < 0 {
        micros += MICROS_OF_DAY;
        days -= 1;
    }
    if days < 0 {
        // A borrowed month is as long as the earlier date's.
        days += i64::from(days_of_month(from.date()));
        months -= 1;
    }
    Ok(span(months, days, micros))
}

fn days_of_month(date: NaiveDate) -> u32 {
    let first = date.with_day(1).unwrap_or(date);
    first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).map_or(31, |last| last.day())
}

/// The last day of a date's month.
pub(super) fn last_day(days: i32) -> Result<i32> {
    let date = wall_clock(i64::from(days) * MICROS_OF_DAY)?.date();
    let left = days_of_month(date) - date.day();
    i32::try_from(left).map_or_else(|_| exec_err!("date out of range"), |left| Ok(days + left))
}

/// A span times a factor: what is left of a month becomes days of 30 to the month, what is left of a
/// day becomes time.
#[allow(clippy::cast_possible_truncation, reason = "spans of that length do not exist")]
pub(super) fn scaled(span: IntervalMonthDayNano, factor: f64) -> IntervalMonthDayNano {
    let months = f64::from(span.months) * factor;
    let days = f64::from(span.days) * factor + months.fract() * 30.0;
    // Binary fractions that mean a whole second are made one.
    let rest = ((days.fract() * 86_400.0) * 1e6).round() / 1e6;
    #[allow(clippy::cast_precision_loss, reason = "as PostgreSQL does it")]
    let nanoseconds =
        ((span.nanoseconds as f64 / 1000.0 * factor).round_ties_even() + (rest * 1e6).round_ties_even()) as i64;
    IntervalMonthDayNano { months: months as i32, days: days as i32, nanoseconds: nanoseconds.saturating_mul(1000) }
}

/// Thirty days are a month.
pub(super) fn justify_days(span: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let mut justified = IntervalMonthDayNano { months: span.months + span.days / 30, days: span.days % 30, ..span };
    if justified.months > 0 && justified.days < 0 {
        justified.days += 30;
        justified.months -= 1;
    } else if justified.months < 0 && justified.days > 0 {
        justified.days -= 30;
        justified.months += 1;
    }
    justified
}

/// Twenty-four hours are a day.
pub(super) fn justify_hours(span: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let day = MICROS_OF_DAY * 1000;
    let (mut days, mut rest) = (i64::from(span.days) + span.nanoseconds / day, span.nanoseconds % day);
    if days > 0 && rest < 0 {
        (days, rest) = (days - 1, rest + day);
    } else if days < 0 && rest > 0 {
        (days, rest) = (days + 1, rest - day);
    }
    super::span(span.months, days, rest / 1000)
}

/// Both.
pub(super) fn justify(span: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let mut justified = justify_days(justify_hours(span));
    let day = MICROS_OF_DAY * 1000;
    if justified.months > 0 && (justified.days < 0 || justified.days == 0 && justified.nanoseconds < 0) {
        justified.days += 30;
        justified.months -= 1;
    }
    if justified.days > 0 && justified.nanoseconds < 0 {
        justified.nanoseconds += day;
        justified.days -= 1;
    }
    justified
}

/// A moment so much later: months first, then days, then time.
pub(in super::super) fn later(micros: i64, step: IntervalMonthDayNano) -> Result<i64> {
    let at = wall_clock(micros)?;
    let months = Months::new(step.months.unsigned_abs());
    let moved = if step.months < 0 { at.checked_sub_months(months) } else { at.checked_add_months(months) };
    let Some(moved) = moved else { return exec_err!("timestamp out of range") };
    let rest = i64::from(step.days) * MICROS_OF_DAY + step.nanoseconds / 1000;
    match moved.and_utc().timestamp_micros().checked_add(rest) {
        Some(later) => Ok(later),
        None => exec_err!("timestamp out of range"),
    }
}
