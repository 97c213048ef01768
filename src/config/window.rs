use chrono::{DateTime, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// A span of event time: `--sample`, a batch of a microbatch model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventWindow {
    /// Its first moment.
    pub start: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
}

impl EventWindow {
    /// The window that a text means: `3 days` before now, or `{start: 2026-01-01, end: 2026-02-01}`.
    pub fn parse(text: &str, now: DateTime<Utc>) -> Option<Self> {
        match text.trim().strip_prefix('{') {
            Some(rest) => Self::from_mapping(rest.trim_end().strip_suffix('}')?),
            None => Some(Self { start: before(text, now)?, end: now }),
        }
    }

    /// What both windows have in common; it may be empty, its end then standing before its start.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// The condition that a column's value lies in the window. COMPAT: the text of dbt 1.11.
    pub fn condition(&self, column: &str) -> String {
        format!("{column} >= '{}' and {column} < '{}'", shown(self.start), shown(self.end))
    }

    fn from_mapping(inner: &str) -> Option<Self> {
        let mut found = [None, None];
        for part in inner.split(',') {
            let (key, value) = part.split_once(':')?;
            let unquoted = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
            let slot = ["start", "end"].iter().position(|name| *name == unquoted(key))?;
            found[slot] = Some(moment(&unquoted(value))?);
        }
        Some(Self { start: found[0]?, end: found[1]? })
    }
}

/// A number of hours, days, months or years before a moment.
fn before(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut words = text.split_whitespace();
    let (count, grain) = (words.next()?.parse::<u32>().ok()?, words.next()?.to_lowercase());
    if words.next().is_some() {
        return None;
    }
    match grain.trim_end_matches('s') {
        "hour" => now.checked_sub_signed(TimeDelta::hours(i64::from(count))),
        "day" => now.checked_sub_days(Days::new(u64::from(count))),
        "month" => now.checked_sub_months(Months::new(count)),
        "year" => now.checked_sub_months(Months::new(count.checked_mul(12)?)),
        _ => None,
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let exact = || {
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    };
    let plain = date().or_else(exact).map(|moment| moment.and_utc());
    plain.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc()))
}

/// As Python shows it: microseconds unless there are none.
fn shown(moment: DateTime<Utc>) -> String {
    let form =
        if moment.timestamp_subsec_micros() == 0 { "%Y-%m-%d %H:%M:%S+00:00" } else { "%Y-%m-%d %H:%M:%S%.6f+00:00" };
    moment.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2024-03-31T10:30:00Z".parse().unwrap()
    }

    #[test]
    fn a_number_of_grains_reaches_back_from_now() {
        for (text, start) in [
            ("3 days", "2024-03-28T10:30:00Z"),
            ("1 Hour", "2024-03-31T09:30:00Z"),
            ("1 month", "2024-02-29T10:30:00Z"),
            ("2 years", "2022-03-31T10:30:00Z"),
        ] {
            let expected = EventWindow { start: start.parse().unwrap(), end: now() };
            assert_eq!(EventWindow::parse(text, now()), Some(expected), "{text}");
        }
    }

    #[test]
    fn both_ends_can_be_said() {
        let window = EventWindow::parse("{'start': '2025-01-01', 'end': '2025-01-02T12:00:00'}", now()).unwrap();
        assert_eq!(
            window.condition("happened_at"),
            "happened_at >= '2025-01-01 00:00:00+00:00' and happened_at < '2025-01-02 12:00:00+00:00'"
        );
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in ["", "days", "3", "3 weeks", "-1 days", "1 day ago", "{start: 2025-01-01}", "{start: x, end: y}"] {
            assert_eq!(EventWindow::parse(text, now()), None, "{text}");
        }
    }
}
