//! Text as the user wrote it -> text that minijinja reads the same way Jinja2 does, with the way back.

use std::ops::Range;

use minijinja::machinery::{Token, tokenize};

/// A template's text made ready for minijinja.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared {
    /// The text to compile.
    pub(super) source: String,
    /// Places where something was put in: the byte in `source` behind the insertion, and how many
    /// bytes were put in up to there.
    insertions: Vec<(usize, usize)>,
}

impl Prepared {
    /// The byte of the user's text that a byte of the prepared text came from.
    pub(super) fn original(&self, offset: usize) -> usize {
        let index = self.insertions.partition_point(|(behind, _)| *behind <= offset);
        let inserted = index.checked_sub(1).and_then(|last| self.insertions.get(last)).map_or(0, |(_, total)| *total);
        offset.saturating_sub(inserted)
    }

    /// The range of the user's text that a range of the prepared text came from.
    pub(super) fn original_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.original(range.start);
        start..self.original(range.end).max(start)
    }
}

/// Whether a text has any tag at all.
pub(super) fn has_tags(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'{')) {
        if matches!(bytes.get(at + found + 1), Some(b'{' | b'%' | b'#')) {
            return true;
        }
        at += found + 1;
    }
    false
}

/// Lists and dicts become mutable, as they are in Python; neighbouring strings are joined. Nothing
/// moves to another line.
pub(super) fn prepare(text: &str) -> Prepared {
    prepare_with(text, "")
}

/// As [`prepare`], with something of our own put in front, on the text's first line.
pub(super) fn prepare_with(text: &str, front: &str) -> Prepared {
    let mut writer = Writer::default();
    if !front.is_empty() {
        writer.insert(text, 0, front);
    }
    let mut literals: Vec<bool> = Vec::new();
    let mut before = Before::Operator;
    // What cannot be read is left to the compiler, whose message is better.
    for (token, span) in tokenize(text, false, minijinja::syntax::SyntaxConfig::default()).map_while(Result::ok) {
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        before = match token {
            Token::BracketOpen => {
                let is_literal = before == Before::Operator;
                literals.push(is_literal);
                if is_literal {
                    writer.insert(text, start, "__list(");
                }
                Before::Operator
            }
            Token::BraceOpen => {
                literals.push(true);
                writer.insert(text, start, "__dict(");
                Before::Operator
            }
            Token::BracketClose | Token::BraceClose => {
                if literals.pop() == Some(true) {
                    writer.insert(text, end, ")");
                }
                Before::Operand
            }
            Token::Str(_) | Token::String(_) => {
                if before == Before::Text {
                    writer.insert(text, start, "~ ");
                }
                Before::Text
            }
            Token::Ident("in") => Before::Membership,
            Token::Ident(word) if is_keyword(word) => Before::Operator,
            Token::Ident(_) | Token::ParenClose | Token::Int(_) | Token::Int128(_) | Token::Float(_) => Before::Operand,
            _ => Before::Operator,
        };
    }
    writer.finish(text)
}

/// What stood before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A value: `[` after it is a subscript.
    Operand,
    /// A string literal.
    Text,
    /// `in`: a list after it is only looked at.
    Membership,
    /// Anything else: `[` after it begins a list.
    Operator,
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "not" | "and" | "or" | "if" | "elif" | "else" | "is" | "do" | "for" | "set" | "with" | "call" | "filter"
    )
}

#[derive(Default)]
struct Writer {
    source: String,
    copied: usize,
    inserted: usize,
    insertions: Vec<(usize, usize)>,
}

impl Writer {
    fn insert(&mut self, text: &str, at: usize, piece: &str) {
        self.source.push_str(text.get(self.copied..at).unwrap_or_default());
        self.copied = at;
        self.source.push_str(piece);
        self.inserted += piece.len();
        self.insertions.push((self.source.len(), self.inserted));
    }

    fn finish(mut self, text: &str) -> Prepared {
        self.source.push_str(text.get(self.copied..).unwrap_or_default());
        Prepared { source: self.source, insertions: self.insertions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_mutable_and_strings_are_joined() {
        let cases = [
            ("select a[1] from x", "select a[1] from x"),
            ("{% set x = [1, {'a': []}] %}", "{% set x = __list([1, __dict({'a': __list([])})]) %}"),
            ("{{ x[0] }}{{ f(a)['b'] }}", "{{ x[0] }}{{ f(a)['b'] }}"),
            ("{% if x in ['a'] %}{% endif %}", "{% if x in ['a'] %}{% endif %}"),
            ("{{ 'a' 'b' }}", "{{ 'a' ~ 'b' }}"),
            ("{# [1] #}{% raw %}{{ [1] }}{% endraw %}", "{# [1] #}{% raw %}{{ [1] }}{% endraw %}"),
        ];
        for (text, expected) in cases {
            assert_eq!(prepare(text).source, expected);
        }
    }

    #[test]
    fn every_byte_finds_its_way_back() {
        let text = "{% set x = [1, {'a': 2}] %}{{ y }}";
        let prepared = prepare_with(text, "{%set z=1%}");
        for (offset, letter) in text.char_indices().filter(|(_, letter)| letter.is_alphanumeric()) {
            let found: Vec<usize> = prepared
                .source
                .char_indices()
                .filter(|(place, other)| *other == letter && prepared.original(*place) == offset)
                .map(|(place, _)| place)
                .collect();
            assert!(!found.is_empty(), "{letter} at {offset}");
        }
    }
}
