//! Writing the few lines of YAML that package files consist of, as dbt's YAML library writes them.

/// A text as a plain scalar, or quoted where a reader would take it for something else.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().any(char::is_control) {
        serde_json::Value::from(text).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

fn is_plain(text: &str) -> bool {
    const SPECIAL: &str = "!&*-?|>@%`\"'#{}[],:=<";
    let first_is_fine = text.chars().next().is_some_and(|first| !SPECIAL.contains(first) && !first.is_whitespace());
    let starts_a_word = text.starts_with(['-', '?']) && text.chars().nth(1).is_some_and(|next| !next.is_whitespace());
    let inner_is_fine = !text.contains(": ") && !text.contains(" #") && !text.ends_with([' ', ':']);
    let has_controls = text.chars().any(char::is_control);
    (first_is_fine || starts_a_word) && inner_is_fine && !has_controls && !means_something_else(text)
}

/// Whether a reader would see a number, a truth value, null or a date.
fn means_something_else(text: &str) -> bool {
    const WORDS: [&str; 12] = ["true", "false", "yes", "no", "on", "off", "null", "~", "y", "n", ".nan", ".inf"];
    let lower = text.to_ascii_lowercase();
    let numeric = lower.trim_start_matches(['+', '-']).replace('_', "");
    let is_number = numeric.parse::<f64>().is_ok() && !numeric.starts_with(['i', 'n'])
        || ["0x", "0o", "0b"].iter().any(|prefix| numeric.starts_with(prefix));
    let is_date = text.len() >= 8
        && text.as_bytes().get(4) == Some(&b'-')
        && text.chars().all(|c| c.is_ascii_digit() || "-: TZ.+".contains(c));
    let is_sexagesimal = text.contains(':') && text.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.');
    WORDS.contains(&lower.as_str()) || is_number || is_date || is_sexagesimal
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn texts_are_quoted_where_they_would_be_misread() {
        let plain =
            ["1.3.0", "dbt-labs/dbt_utils", "https://x.org/a.git", "../own", "HEAD", "0.7.1-rc1", "main", "a b", "-x"];
        for text in plain {
            assert_eq!(scalar(text), text);
        }
        let quoted =
            ["1.0", "10", "true", "", ">=1.0.0", "2026-01-01", "1e5", "- a", "{{ x }}", "a: b", "null", "1:30"];
        for text in quoted {
            assert_eq!(scalar(text), format!("'{text}'"));
        }
        assert_eq!(scalar("it's: x"), "'it''s: x'");
    }
}
