//! Names that mean nothing: `{{ name }}`, in whose place Jinja prints nothing, and what is asked of them.

use std::ops::Range;

use minijinja::machinery::{Token, tokenize};

/// Names that are printed and nothing else: neither known nor named in any `{% %}` of the text, where they
/// could be set, looped over or asked for.
pub(super) fn printed_unknowns(text: &str, is_known: impl Fn(&str) -> bool) -> Vec<(String, Range<usize>)> {
    let mut printed: Vec<(String, Range<usize>)> = candidates(text).filter(|(name, _)| !is_known(name)).collect();
    if printed.is_empty() {
        return printed;
    }
    let tokens = tokenize(text, false, minijinja::syntax::SyntaxConfig::default()).map_while(Result::ok);
    let (mut in_block, mut in_blocks, mut in_expressions) = (false, Vec::new(), Vec::new());
    for (token, span) in tokens {
        match token {
            Token::BlockStart => in_block = true,
            Token::BlockEnd => in_block = false,
            Token::Ident(name) if in_block => in_blocks.push(name),
            // What stands in a comment or is raw gives no such token.
            Token::Ident(_) => in_expressions.push(span.start_offset as usize),
            _ => {}
        }
    }
    printed.retain(|(name, at)| !in_blocks.contains(&name.as_str()) && in_expressions.contains(&at.start));
    printed
}

/// The path of names, such as `package`, that is asked for the attribute or method which ends a range of a text.
pub(super) fn asked(text: &str, range: &Range<usize>) -> Option<String> {
    let upto = text.get(..range.end)?;
    let dot = match text.get(range.clone())?.starts_with('.') {
        true => range.start,
        false => upto.rfind('.').filter(|dot| *dot > range.start)?,
    };
    let before = upto.get(..dot)?;
    let is_path = |letter: char| letter == '_' || letter == '.' || letter.is_ascii_alphanumeric();
    let start = before.rfind(|letter| !is_path(letter)).map_or(0, |at| at + 1);
    before
        .get(start..)
        .filter(|path| path.starts_with(|letter: char| letter == '_' || letter.is_alphabetic()))
        .map(str::to_owned)
}

/// Every `{{ name }}` of a text as it stands, with the place of the name.
fn candidates(text: &str) -> impl Iterator<Item = (String, Range<usize>)> + '_ {
    text.match_indices("{{").filter_map(|(at, open)| {
        let inner = text.get(at + open.len()..)?;
        let inner = inner.get(..inner.find("}}")?)?;
        let name = inner.trim_matches(|letter: char| letter == '-' || letter.is_whitespace());
        let is_name = !name.is_empty()
            && !name.starts_with(|letter: char| letter.is_ascii_digit())
            && name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
            && !matches!(name, "none" | "None" | "true" | "True" | "false" | "False");
        let start = at + open.len() + inner.find(name)?;
        is_name.then(|| (name.to_owned(), start..start + name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::{asked, printed_unknowns};

    fn found(text: &str) -> Vec<String> {
        let unknown = printed_unknowns(text, |name| name == "this");
        unknown
            .into_iter()
            .map(|(name, at)| format!("{name}@{}={}", at.start, text.get(at.clone()).unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_name_that_is_printed_and_nowhere_known_is_found_where_it_stands() {
        assert_eq!(found("select {{ amout }}, {{- x -}} from {{ this }}"), ["amout@10=amout", "x@24=x"]);
    }

    #[test]
    fn what_is_asked_is_the_path_before_the_last_dot() {
        let asked = |text: &str, part: &str| {
            let start = text.find(part).unwrap();
            asked(text, &(start..start + part.len()))
        };
        assert_eq!(asked("{{ lib.star(a.b) }}", ".star(a.b)").as_deref(), Some("lib"));
        assert_eq!(asked("{% set x = a.b.c %}", "a.b").as_deref(), Some("a"));
        assert_eq!(asked("{{ ''.x() }}", ".x()"), None);
        assert_eq!(asked("{{ f() }}", "f()"), None);
    }

    #[test]
    fn names_that_could_mean_something_are_left_alone() {
        assert!(found("{% if a %}{% set b = 1 %}{% endif %}{{ a }}{{ b }}").is_empty());
        assert!(found("{% for c in [1] %}{{ c }}{% endfor %}{{ c }}").is_empty());
        assert!(found("{{ d | default('') }} {{ e.f }} {{ g() }} {{ none }} {{ 1 }}").is_empty());
        assert!(found("{# {{ h }} #}{% raw %}{{ i }}{% endraw %}").is_empty());
    }
}
