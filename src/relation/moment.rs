//! Earlier states of a relation.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::Relation;

/// A state that a relation was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The state after a commit.
    Version(u64),
    /// The state at a time.
    Time(DateTime<Utc>),
}

impl Moment {
    /// `2026-01-31`, `2026-01-31 08:00:00` or with a `T`; with a zone or in UTC.
    pub fn at(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::Time(time.with_timezone(&Utc)));
        }
        let date = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        let exact = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        exact.or_else(date).map(|time| Self::Time(time.and_utc()))
    }

    /// A name without its moment, and the moment: `orders@v3`, `orders@2026-01-31T08:00:00Z`.
    pub fn of_name(name: &str) -> Option<(&str, Self)> {
        let (name, suffix) = name.rsplit_once('@').filter(|(name, _)| !name.is_empty())?;
        let moment = match suffix.strip_prefix('v').map(str::parse) {
            Some(Ok(version)) => Self::Version(version),
            _ => Self::at(suffix)?,
        };
        Some((name, moment))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(version) => write!(f, "v{version}"),
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        }
    }
}

impl Relation {
    /// The name under which an earlier state of the relation is read.
    #[must_use]
    pub fn as_of(&self, moment: Moment) -> Self {
        let mut earlier = self.renamed(format!("{}@{moment}", self.identifier));
        earlier.quote.identifier = true;
        earlier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_their_moment() {
        let relation = Relation::new("db", "main", "orders");
        for moment in
            [Moment::Version(3), Moment::at("2026-01-31").unwrap(), Moment::at("2026-01-31 08:00:00.25").unwrap()]
        {
            let name = relation.as_of(moment).identifier;
            assert_eq!(Moment::of_name(&name), Some(("orders", moment)), "{name}");
        }
        assert_eq!(Moment::of_name("a@b"), None);
        assert_eq!(Moment::of_name("@v1"), None);
        assert_eq!(Moment::at("2026-01-31T10:00:00+02:00"), Moment::at("2026-01-31 08:00"));
        assert_eq!(Moment::at("yesterday"), None);
    }
}
