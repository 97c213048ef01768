//! The tag that a template fails to close. The parser notices at the end of the text, which is no place
//! to send anyone to.

use std::ops::Range;

/// Tags that want an end; `set` only without a value.
const BLOCKS: [&str; 7] = ["if", "for", "call", "filter", "macro", "set", "with"];

/// The innermost tag that nothing closes: its word and where it stands.
pub(super) fn unclosed_tag(text: &str) -> Option<(&str, Range<usize>)> {
    let mut open: Vec<(&str, Range<usize>)> = Vec::new();
    let mut at = 0;
    while let Some((start, closer)) = next_tag(text, at) {
        let inner = text.get(start + 2..)?;
        let length = inner.find(closer)?;
        at = start + 2 + length + 2;
        if closer != "%}" {
            continue;
        }
        let inner = inner.get(..length)?.trim_matches(['-', '+']).trim();
        let word = inner.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        if word == "raw" {
            at = text.get(at..)?.find("endraw").map_or(text.len(), |length| at + length);
        } else if let Some(closed) = word.strip_prefix("end") {
            if open.last().is_some_and(|(word, _)| *word == closed) {
                open.pop();
            }
        } else if BLOCKS.contains(&word) && !(word == "set" && inner.contains('=')) {
            open.push((word, start..at));
        }
    }
    open.pop()
}

/// The next `{%`, `{{` or `{#`, and what ends it.
fn next_tag(text: &str, from: usize) -> Option<(usize, &'static str)> {
    let closers = [("{%", "%}"), ("{{", "}}"), ("{#", "#}")];
    let rest = text.get(from..)?;
    let found = closers.iter().filter_map(|(opener, closer)| Some((from + rest.find(opener)?, *closer)));
    found.min_by_key(|(start, _)| *start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(&str, &str)> {
        unclosed_tag(text).map(|(word, range)| (word, &text[range]))
    }

    #[test]
    fn the_innermost_open_tag_is_found() {
        assert_eq!(found("{% if a %}{% for b in c %}{{ b }}{% endfor %}"), Some(("if", "{% if a %}")));
        assert_eq!(found("{% if a %}{%- for b in c -%} {# {% endfor %} #}"), Some(("for", "{%- for b in c -%}")));
        assert_eq!(found("{% set a = 1 %}{% set b %}x"), Some(("set", "{% set b %}")));
        assert_eq!(found("{% if a %}{% raw %}{% if %}{% endraw %}{% endif %}"), None);
    }
}
