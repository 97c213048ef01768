//! `require-dbt-version`: whether the kept contract is one of those a project asks for.

use std::cmp::Ordering;

/// A version's three numbers; what follows them (`rc1`, `+build`) says earlier or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    numbers: [u64; 3],
    prerelease: bool,
}

/// Whether `version` satisfies every one of `requirements` (`>=1.6.0`, `<2`, `1.11.16`, and several
/// separated by commas).
///
/// # Errors
/// The first requirement that cannot be read.
pub(super) fn satisfies(version: &str, requirements: &[String]) -> Result<bool, String> {
    let own = Version::parse(version).ok_or_else(|| version.to_owned())?;
    let mut all = true;
    for requirement in requirements.iter().flat_map(|text| text.split(',')).map(str::trim) {
        let (operator, wanted) = split_operator(requirement);
        let wanted = Version::parse(wanted).ok_or_else(|| requirement.to_owned())?;
        let order = own.compare(&wanted);
        all &= match operator {
            ">=" => order != Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            "<" => order == Ordering::Less,
            "!=" => order != Ordering::Equal,
            _ => order == Ordering::Equal,
        };
    }
    Ok(all)
}

fn split_operator(text: &str) -> (&str, &str) {
    ["==", ">=", "<=", "!=", ">", "<", "="]
        .iter()
        .find_map(|operator| text.strip_prefix(operator).map(|rest| (*operator, rest.trim())))
        .unwrap_or(("=", text))
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let mut numbers = [0; 3];
        let mut rest = "";
        let mut parts = text.splitn(3, '.');
        for number in &mut numbers {
            let Some(part) = parts.next() else { break };
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            *number = part.get(..digits)?.parse().ok()?;
            rest = part.get(digits..)?;
        }
        let prerelease = !rest.is_empty() && !rest.starts_with('+');
        Some(Self { numbers, prerelease })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then(other.prerelease.cmp(&self.prerelease))
    }
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn requirements_are_ranges() {
        let check = |requirements: &[&str]| {
            satisfies("1.11.16", &requirements.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(check(&[">=1.10.0", "<3.0.0"]), Ok(true));
        assert_eq!(check(&[">=1.0.0,<1.11.0"]), Ok(false));
        assert_eq!(check(&[">=1.3", "!=1.11.16"]), Ok(false));
        assert_eq!(check(&["=1.11.16"]), Ok(true));
        assert_eq!(check(&["<1.12.0rc1"]), Ok(true));
        assert_eq!(check(&["soon"]), Err("soon".to_owned()));
    }
}
