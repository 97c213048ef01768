const STARS: &str = "*****";

/// A secret of fewer bytes is replaced where it stands for itself and not within a word: of a text with every
/// `x` gone nothing could be read.
const SHORT: usize = 8;

/// Replaces secrets with `*****`.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    /// As they may stand in a text, the longest first.
    secrets: Vec<String>,
}

impl Scrubber {
    /// A scrubber of these secrets; blank ones are ignored.
    pub(super) fn new(secrets: Vec<String>) -> Self {
        let mut forms: Vec<String> = Vec::new();
        for secret in secrets.into_iter().filter(|secret| !secret.trim().is_empty()) {
            // In a JSON line or a quoted SQL literal the same secret is written differently.
            let in_json = serde_json::to_string(&secret).unwrap_or_default();
            forms.push(in_json.trim_matches('"').to_owned());
            forms.push(secret.replace('\'', "''"));
            forms.push(secret);
        }
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        forms.dedup();
        Self { secrets: forms }
    }

    /// The text with every secret replaced.
    pub(super) fn scrub(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| match secret.len() < SHORT {
            _ if !text.contains(secret.as_str()) => text,
            true => without_word(&text, secret),
            false => text.replace(secret.as_str(), STARS),
        })
    }
}

fn without_word(text: &str, secret: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in text.match_indices(secret) {
        let end = at + found.len();
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(end..).and_then(|text| text.chars().next());
        let within = |outer: Option<char>, own: Option<char>| {
            outer.is_some_and(char::is_alphanumeric) && own.is_some_and(char::is_alphanumeric)
        };
        if within(before, secret.chars().next()) || within(after, secret.chars().next_back()) {
            continue;
        }
        left.push_str(text.get(rest..at).unwrap_or_default());
        left.push_str(STARS);
        rest = end;
    }
    left.push_str(text.get(rest..).unwrap_or_default());
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_in_every_spelling() {
        let scrubber = Scrubber::new(vec!["pa\"ss'word".into(), " ".into()]);
        let text = r#"a pa"ss'word, {"k":"pa\"ss'word"}, 'pa"ss''word', part"#;
        assert_eq!(scrubber.scrub(text.into()), r#"a *****, {"k":"*****"}, '*****', part"#);
    }

    #[test]
    fn short_secrets_stay_within_words() {
        let scrubber = Scrubber::new(vec!["x1".into(), "long-enough".into()]);
        let text = "x1, me:x1@host, 'x1', /tmp/ax1b, x12, so.x1 notlong-enoughat all";
        assert_eq!(
            scrubber.scrub(text.into()),
            "*****, me:*****@host, '*****', /tmp/ax1b, x12, so.***** not*****at all"
        );
    }
}
