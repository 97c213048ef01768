//! Versions of hub packages and the requirements they must meet.

use std::cmp::Ordering;
use std::fmt;

/// A version as semantic versioning has it; what follows a `+` does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    numbers: [u64; 3],
    prerelease: Vec<Part>,
    text: String,
}

/// A part of what follows a version's `-`: numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Version {
    /// Reads `1.2.3`, `1.2.3-rc.1`, `1.2.3rc1`; all three numbers must be there, as dbt wants them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let whole = text.trim();
        let core = whole.split('+').next().unwrap_or_default();
        let mut rest = core;
        let mut numbers = [0; 3];
        for (index, number) in numbers.iter_mut().enumerate() {
            if index > 0 {
                rest = rest.strip_prefix('.')?;
            }
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            *number = rest.get(..digits)?.parse().ok()?;
            rest = rest.get(digits..)?;
        }
        let tail = rest.strip_prefix('-').unwrap_or(rest);
        let is_tail = tail.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        if !is_tail || tail.starts_with('.') || (tail.is_empty() && !rest.is_empty()) {
            return None;
        }
        let part = |part: &str| part.parse().map_or_else(|_| Part::Word(part.to_owned()), Part::Number);
        let prerelease = if tail.is_empty() { Vec::new() } else { tail.split('.').map(part).collect() };
        Some(Self { numbers, prerelease, text: whole.to_owned() })
    }

    /// Whether it comes before a release.
    pub(super) fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    /// As written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Earlier or later. A release comes after what was released before it under the same numbers.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.is_prerelease(), other.is_prerelease()) {
            (false, false) => Ordering::Equal,
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (true, true) => self.prerelease.cmp(&other.prerelease),
        })
    }
}

/// One condition on a version: `>=1.2.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    operator: Operator,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Exactly,
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
}

const OPERATORS: [(&str, Operator); 5] = [
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::MoreThan),
    ("<", Operator::LessThan),
    ("=", Operator::Exactly),
];

impl Requirement {
    /// Reads a condition; a version alone must be met exactly.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let found = OPERATORS.iter().find_map(|(sign, operator)| Some((text.strip_prefix(sign)?, *operator)));
        let (version, operator) = found.unwrap_or((text, Operator::Exactly));
        Some(Self { operator, version: Version::parse(version)? })
    }

    /// Whether a version meets it.
    pub(super) fn takes(&self, version: &Version) -> bool {
        let order = version.order(&self.version);
        match self.operator {
            Operator::Exactly => order == Ordering::Equal,
            Operator::AtLeast => order != Ordering::Less,
            Operator::MoreThan => order == Ordering::Greater,
            Operator::AtMost => order != Ordering::Greater,
            // COMPAT: `<1.0.0` leaves out `1.0.0-rc1` too (dbt 1.11).
            Operator::LessThan => {
                let same = version.numbers == self.version.numbers;
                order == Ordering::Less && (!same || self.version.is_prerelease())
            }
        }
    }

    /// Whether it names a version before a release.
    pub(super) fn names_prerelease(&self) -> bool {
        self.version.is_prerelease()
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPERATORS.iter().find(|(_, operator)| *operator == self.operator).map_or("=", |(sign, _)| sign);
        write!(f, "{sign}{}", self.version.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(requirement: &str, version: &str) -> bool {
        Requirement::parse(requirement).unwrap().takes(&Version::parse(version).unwrap())
    }

    #[test]
    fn versions_are_ordered_as_releases_follow() {
        let ordered =
            ["0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0", "1.0.1", "1.10.0"];
        for pair in ordered.windows(2) {
            let (one, other) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert_eq!(one.order(&other), Ordering::Less, "{} < {}", pair[0], pair[1]);
        }
        for wrong in ["1.0", "v1.0.0", "1.0.0-", "1.0.0.1", "latest", ""] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Version::parse("1.0.0+a").unwrap().order(&Version::parse("1.0.0+b").unwrap()), Ordering::Equal);
    }

    #[test]
    fn requirements_take_what_they_say() {
        assert!(takes(">=1.0.0", "1.0.0") && takes("<2.0.0", "1.99.0") && takes("1.0.0", "1.0.0"));
        assert!(!takes(">1.0.0", "1.0.0") && takes("<=1.0.0", "1.0.0") && !takes("=1.0.0", "1.0.1"));
        assert!(!takes("<1.0.0", "1.0.0-rc1") && takes("<1.0.0-rc2", "1.0.0-rc1"));
    }
}
