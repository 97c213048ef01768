use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use serde_json::Value;

/// A span of time that rows are counted in, or a number of which makes a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// 60 minutes.
    Hour,
    /// From midnight to midnight, UTC.
    Day,
    /// From Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Bucket {
    /// Every one, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Its name in properties files and in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The bucket of this name, `days` as well as `day`.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|bucket| bucket.as_str() == name.trim_end_matches('s'))
    }

    /// The first moment of the bucket that a moment lies in.
    pub fn start(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let day = moment.date_naive();
        let first = match self {
            Self::Hour => return day.and_hms_opt(moment.hour(), 0, 0).map_or(moment, |start| start.and_utc()),
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
        };
        first.and_then(|first| first.and_hms_opt(0, 0, 0)).map_or(moment, |start| start.and_utc())
    }

    /// A moment so many buckets later (earlier, if negative).
    pub fn shift(self, moment: DateTime<Utc>, count: i64) -> DateTime<Utc> {
        let months = Months::new(u32::try_from(count.unsigned_abs()).unwrap_or(u32::MAX));
        let shifted = match self {
            Self::Hour => TimeDelta::try_hours(count).and_then(|delta| moment.checked_add_signed(delta)),
            Self::Day => TimeDelta::try_days(count).and_then(|delta| moment.checked_add_signed(delta)),
            Self::Week => TimeDelta::try_weeks(count).and_then(|delta| moment.checked_add_signed(delta)),
            Self::Month if count < 0 => moment.checked_sub_months(months),
            Self::Month => moment.checked_add_months(months),
        };
        shifted.unwrap_or(moment)
    }
}

/// A number of hours, days, weeks or months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub unit: Bucket,
    pub count: i64,
}

impl Period {
    /// `28 days`, or `{period: day, count: 28}`.
    pub fn read(value: &Value) -> Option<Self> {
        let (unit, count) = match value {
            Value::String(text) => {
                let mut words = text.split_whitespace();
                let (count, unit) = (words.next()?.parse().ok()?, words.next()?);
                if words.next().is_some() {
                    return None;
                }
                (Bucket::parse(unit)?, count)
            }
            Value::Object(map) => (Bucket::parse(map.get("period")?.as_str()?)?, map.get("count")?.as_i64()?),
            _ => return None,
        };
        (1..=100_000).contains(&count).then_some(Self { unit, count })
    }

    /// A moment this long before another.
    pub fn before(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        self.unit.shift(moment, -self.count)
    }
}

/// A date or a time as people and warehouses write it; without a zone it is in UTC.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(zoned) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
        return Some(zoned.to_utc());
    }
    let text = text.trim_end_matches("+00").trim_end_matches('Z');
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let exact = || {
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    };
    date().or_else(exact).map(|plain| plain.and_utc())
}
