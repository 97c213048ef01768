use chrono::{DateTime, Datelike, Timelike, Utc};
use serde_json::Value;

use super::AnomalyTest;
use super::period::{Bucket, Period, moment};
use crate::resource::JsonMap;

/// Which side of what is usual is a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Either.
    Both,
    /// Less than usual.
    Drop,
    /// More than usual.
    Spike,
}

/// Which training values a value is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seasonality {
    /// Those of the same weekday.
    DayOfWeek,
    /// Those of the same hour.
    HourOfDay,
}

/// The arguments of a test that compares with history.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectations {
    /// What the present is taken to be.
    pub as_of: DateTime<Utc>,
    /// The buckets of the table itself that are measured; `None` compares with earlier runs.
    pub bucket: Option<Bucket>,
    /// The first moment that is learned from.
    pub from: DateTime<Utc>,
    /// The first bucket that is judged.
    pub judged_from: DateTime<Utc>,
    /// The first moment after the last whole bucket; the present, where there are no buckets.
    pub until: DateTime<Utc>,
    /// With fewer training values nothing is judged.
    pub min_training: usize,
    /// Standard deviations.
    pub sensitivity: f64,
    /// The side that is a fault.
    pub direction: Direction,
    /// Smaller deviations are no faults.
    pub min_change: f64,
    /// Comparable moments.
    pub seasonality: Option<Seasonality>,
    /// Changes of columns that are faults.
    pub changes: Vec<String>,
}

/// Changes of columns that there are.
const CHANGES: [&str; 3] = ["added", "removed", "retyped"];

impl Expectations {
    /// Reads a test's arguments; what is absent or none has its default.
    ///
    /// # Errors
    /// An argument that cannot be read, with what it may be.
    pub fn read(test: AnomalyTest, arguments: &JsonMap, began: DateTime<Utc>) -> Result<Self, String> {
        let read = Reader(arguments);
        let as_of = read.with("as_of", "a date or a time such as '2026-03-31 06:00:00'", text_moment)?;
        let as_of = as_of.unwrap_or(began);
        let bucket = read.with("time_bucket", "hour, day, week or month", |value| Bucket::parse(value.as_str()?))?;
        let has_times = arguments.get("timestamp_column").is_some_and(|value| !value.is_null());
        let bucket = match test {
            AnomalyTest::Freshness if !has_times => return Err("`timestamp_column` is missing".to_owned()),
            AnomalyTest::Freshness => bucket,
            AnomalyTest::Schema => None,
            _ => has_times.then(|| bucket.unwrap_or(Bucket::Day)),
        };
        let unit = bucket.filter(|bucket| *bucket > Bucket::Day).unwrap_or(Bucket::Day);
        let a_period = "a period such as `28 days` or {period: day, count: 28}";
        let training = read.with("training_period", a_period, Period::read)?;
        let training = training.unwrap_or(Period { unit, count: 14 });
        let detection = read.with("detection_period", a_period, Period::read)?;
        let until = bucket.map_or(as_of, |bucket| bucket.start(as_of));
        let judged_from = match (bucket, detection) {
            (None, _) => until,
            (Some(bucket), None) => bucket.shift(until, -1),
            (Some(bucket), Some(period)) => bucket.start(period.before(until)).min(bucket.shift(until, -1)),
        };
        let direction = read.with("direction", "both, drop or spike", |value| match value.as_str()? {
            "both" => Some(Direction::Both),
            "drop" => Some(Direction::Drop),
            "spike" => Some(Direction::Spike),
            _ => None,
        })?;
        let usual_side = if test == AnomalyTest::Freshness { Direction::Spike } else { Direction::Both };
        let whole = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
        Ok(Self {
            as_of,
            bucket,
            from: training.before(judged_from),
            judged_from,
            until,
            min_training: read
                .with("min_training", "a whole number, 3 or more", |value| whole(value).filter(|count| *count >= 3))?
                .unwrap_or(7),
            sensitivity: read
                .with("sensitivity", "a number above 0", |value| value.as_f64().filter(|number| *number > 0.0))?
                .unwrap_or(3.0),
            direction: direction.unwrap_or(usual_side),
            min_change: read
                .with("min_change", "a number, 0 or more", |value| value.as_f64().filter(|number| *number >= 0.0))?
                .unwrap_or(0.01),
            seasonality: read.with("seasonality", "day_of_week or hour_of_day", |value| match value.as_str()? {
                "day_of_week" => Some(Seasonality::DayOfWeek),
                "hour_of_day" => Some(Seasonality::HourOfDay),
                _ => None,
            })?,
            changes: read
                .with("changes", "a list of added, removed, retyped", known_changes)?
                .unwrap_or_else(|| CHANGES.map(str::to_owned).to_vec()),
        })
    }

    /// Whether a value of one moment says something of another moment.
    pub(super) fn comparable(&self, one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
        match self.seasonality {
            None => true,
            Some(Seasonality::DayOfWeek) => one.weekday() == other.weekday(),
            Some(Seasonality::HourOfDay) => one.hour() == other.hour(),
        }
    }
}

struct Reader<'a>(&'a JsonMap);

impl Reader<'_> {
    /// An argument by a function that knows what it may be.
    fn with<T>(&self, name: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(format!("`{name}` is {value}, expected {expected}")),
            },
        }
    }
}

fn text_moment(value: &Value) -> Option<DateTime<Utc>> {
    moment(value.as_str()?)
}

fn known_changes(value: &Value) -> Option<Vec<String>> {
    let names = value.as_array()?.iter().map(|item| item.as_str().filter(|name| CHANGES.contains(name)));
    names.map(|name| name.map(str::to_owned)).collect()
}
