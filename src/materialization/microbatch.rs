//! Microbatch models: which spans of event time are built, one after the other.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use crate::config::EventWindow;
use crate::diagnostic::{Code, Diagnostic};
use crate::resource::Node;

/// How long a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// What decides which batches are built, beside the model's config.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Whether the table stands and is only added to.
    pub is_incremental: bool,
    /// `--event-time-start`.
    pub start: Option<DateTime<Utc>>,
    /// `--event-time-end`.
    pub end: Option<DateTime<Utc>>,
    /// When the run began.
    pub now: DateTime<Utc>,
}

/// Whether a model is built batch by batch.
pub fn is_microbatch(node: &Node) -> bool {
    node.config.materialized == crate::resource::Materialization::Incremental
        && node.config.text("incremental_strategy") == Some("microbatch")
}

/// The batches of a model, the earliest first.
///
/// # Errors
/// `missing-key` without `batch_size`, or without `begin` where it is needed; `invalid-value`.
pub fn batches(node: &Node, limits: &BatchLimits) -> Result<Vec<EventWindow>, Box<Diagnostic>> {
    let size = batch_size(node)?;
    let end = size.ceiling(limits.end.unwrap_or(limits.now));
    let start = match limits.start {
        Some(start) => size.floor(start),
        None if limits.is_incremental => {
            let lookback = node.config.get("lookback").and_then(serde_json::Value::as_i64).unwrap_or(1);
            // COMPAT: an end between two batches belongs to the one before it (dbt 1.11).
            let more = i64::from(size.floor(end) == end);
            size.offset(end, -(lookback + more))
        }
        None => size.floor(begin(node)?),
    };
    let mut batches = Vec::new();
    let mut at = start;
    loop {
        let next = size.offset(at, 1);
        if next >= end || next <= at {
            batches.push(EventWindow { start: at, end });
            return Ok(batches);
        }
        batches.push(EventWindow { start: at, end: next });
        at = next;
    }
}

/// The model's `batch_size`.
///
/// # Errors
/// `missing-key`, `invalid-value`.
pub fn batch_size(node: &Node) -> Result<BatchSize, Box<Diagnostic>> {
    const SIZES: &str = "`hour`, `day`, `month` or `year`";
    let written = node.config.text("batch_size").ok_or_else(|| missing(node, "batch_size", SIZES))?;
    BatchSize::from_name(written).ok_or_else(|| {
        let message = format!("`batch_size` of `{}` is `{written}`", node.name);
        Box::new(
            Diagnostic::error(Code::InvalidValue, message).at(node.origin.span, "").help(format!("it must be {SIZES}")),
        )
    })
}

fn begin(node: &Node) -> Result<DateTime<Utc>, Box<Diagnostic>> {
    const EXAMPLE: &str = "a date or time, such as `2024-01-01`";
    let written = node.config.text("begin").ok_or_else(|| missing(node, "begin", EXAMPLE))?;
    moment(written).ok_or_else(|| {
        let message = format!("`begin` of `{}` is `{written}`", node.name);
        Box::new(
            Diagnostic::error(Code::InvalidValue, message)
                .at(node.origin.span, "")
                .help(format!("it must be {EXAMPLE}")),
        )
    })
}

/// COMPAT: the words of dbt (dbt 1.11).
fn missing(node: &Node, key: &str, example: &str) -> Box<Diagnostic> {
    let message = format!("Microbatch model '{}' requires a '{key}' configuration.", node.name);
    Box::new(
        Diagnostic::error(Code::MissingKey, message)
            .at(node.origin.span, "")
            .help(format!("add `{key}` to its config: {example}")),
    )
}

/// A date or time as written; without a zone it is UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&Utc));
    }
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_hms_opt(0, 0, 0)?.and_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|time| time.and_utc())
}

impl BatchSize {
    /// From the config value.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// How many batches a span reaches into.
    pub fn count(self, span: EventWindow) -> i64 {
        let (mut count, mut at) = (0, self.floor(span.start));
        while at < span.end {
            count += 1;
            let next = self.offset(at, 1);
            if next <= at {
                break;
            }
            at = next;
        }
        count
    }

    /// A batch's name by its start: `2024-09-17T16`, `2024-09-17`, `2024-09`, `2024`.
    pub fn label(self, start: DateTime<Utc>) -> String {
        let format = match self {
            Self::Hour => "%Y-%m-%dT%H",
            Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        start.format(format).to_string()
    }

    /// The start of the batch that a moment lies in.
    pub fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let date = match self {
            Self::Hour | Self::Day => Some(time.date_naive()),
            Self::Month => time.date_naive().with_day(1),
            Self::Year => time.date_naive().with_day(1).and_then(|date| date.with_month(1)),
        };
        let hour = if self == Self::Hour { time.hour() } else { 0 };
        date.and_then(|date| date.and_hms_opt(hour, 0, 0)).map_or(time, |start| start.and_utc())
    }

    /// The end of the batch that a moment lies in; a moment between two batches is one itself.
    pub fn ceiling(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let start = self.floor(time);
        if start == time { time } else { self.offset(start, 1) }
    }

    /// The start of the batch so many further on, or back.
    pub fn offset(self, time: DateTime<Utc>, count: i64) -> DateTime<Utc> {
        let start = self.floor(time);
        let months = |count: i64| {
            let by = Months::new(u32::try_from(count.unsigned_abs()).unwrap_or(u32::MAX));
            if count < 0 { start.checked_sub_months(by) } else { start.checked_add_months(by) }
        };
        let moved = match self {
            Self::Hour => TimeDelta::try_hours(count).and_then(|by| start.checked_add_signed(by)),
            Self::Day if count < 0 => start.checked_sub_days(Days::new(count.unsigned_abs())),
            Self::Day => start.checked_add_days(Days::new(count.unsigned_abs())),
            Self::Month => months(count),
            Self::Year => months(count.saturating_mul(12)),
        };
        moved.unwrap_or(start)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::project::sample;

    fn at(text: &str) -> DateTime<Utc> {
        moment(text).unwrap()
    }

    fn shown(config: Value, limits: (bool, Option<&str>, Option<&str>, &str)) -> Result<Vec<String>, String> {
        let node = sample::model("models/events.sql").configured(config);
        let (is_incremental, start, end, now) = limits;
        let limits = BatchLimits { is_incremental, start: start.map(at), end: end.map(at), now: at(now) };
        let show =
            |batch: &EventWindow| format!("{}..{}", batch.start.format("%m-%dT%H:%M"), batch.end.format("%m-%dT%H:%M"));
        batches(&node, &limits).map(|all| all.iter().map(show).collect()).map_err(|problem| problem.message)
    }

    #[test]
    fn the_first_run_begins_at_begin_and_later_ones_look_back() {
        let daily = json!({ "batch_size": "day", "begin": "2024-01-01", "lookback": 1 });
        let now = "2024-01-03 13:57:00";
        assert_eq!(
            shown(daily.clone(), (false, None, None, now)).unwrap(),
            ["01-01T00:00..01-02T00:00", "01-02T00:00..01-03T00:00", "01-03T00:00..01-04T00:00"]
        );
        assert_eq!(
            shown(daily.clone(), (true, None, None, now)).unwrap(),
            ["01-02T00:00..01-03T00:00", "01-03T00:00..01-04T00:00"]
        );
        assert_eq!(
            shown(daily, (true, Some("2024-01-01 05:00"), Some("2024-01-02 06:30"), now)).unwrap(),
            ["01-01T00:00..01-02T00:00", "01-02T00:00..01-03T00:00"]
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        let now = "2024-01-03";
        assert_eq!(
            shown(json!({ "batch_size": "day" }), (false, None, None, now)),
            Err("Microbatch model 'events' requires a 'begin' configuration.".to_owned())
        );
        assert_eq!(
            shown(json!({ "begin": "2024-01-01" }), (false, None, None, now)),
            Err("Microbatch model 'events' requires a 'batch_size' configuration.".to_owned())
        );
        let week = json!({ "batch_size": "week", "begin": "2024-01-01" });
        assert_eq!(shown(week, (false, None, None, now)), Err("`batch_size` of `events` is `week`".to_owned()));
    }

    #[test]
    fn months_and_years_follow_the_calendar() {
        assert_eq!(BatchSize::Month.offset(at("2024-03-31 10:00"), -1), at("2024-02-01"));
        assert_eq!(BatchSize::Year.offset(at("2024-02-29"), 1), at("2025-01-01"));
        assert_eq!(BatchSize::Hour.ceiling(at("2024-12-31 23:30")), at("2025-01-01"));
        assert_eq!(BatchSize::Month.label(at("2024-09-17")), "2024-09");
    }
}
