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
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "*****") } else { text }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_in_every_spelling() {
        let scrubber = Scrubber::new(vec!["pa\"ss'word".into(), "pa".into(), " ".into()]);
        let text = r#"a pa"ss'word, {"k":"pa\"ss'word"}, 'pa"ss''word', part"#;
        assert_eq!(scrubber.scrub(text.into()), r#"a *****, {"k":"*****"}, '*****', *****rt"#);
    }
}
