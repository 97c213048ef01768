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
    /// The byte of the user's text that a byte of the prepared text came from; of what was put in, the
    /// byte that stands behind it.
    pub(super) fn original(&self, offset: usize) -> usize {
        let index = self.insertions.partition_point(|(behind, _)| *behind <= offset);
        let inserted = index.checked_sub(1).and_then(|last| self.insertions.get(last)).map_or(0, |(_, total)| *total);
        let original = offset.saturating_sub(inserted);
        match self.insertions.get(index) {
            Some((behind, total)) => original.min(behind.saturating_sub(*total)),
            None => original,
        }
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

/// Lists and dicts become mutable, as they are in Python; neighbouring strings are joined, `%` is also
/// Python's formatting. Nothing moves to another line.
pub(super) fn prepare(text: &str) -> Prepared {
    prepare_with(text, "")
}

/// As [`prepare`], with something of our own put in front, on the text's first line.
pub(super) fn prepare_with(text: &str, front: &str) -> Prepared {
    // What cannot be read is left to the compiler, whose message is better.
    let tokens = tokenize(text, false, minijinja::syntax::SyntaxConfig::default()).map_while(Result::ok);
    let mut edits = Edits::default();
    if !front.is_empty() {
        edits.insert(0, front);
    }
    let tokens: Vec<Placed<'_>> = tokens
        .map(|(token, span)| Placed { token, start: span.start_offset as usize, end: span.end_offset as usize })
        .collect();
    // An operator further right that begins at the same place stands around the others.
    for (index, placed) in tokens.iter().enumerate().rev() {
        if matches!(placed.token, Token::Plus) && !follows_operand(&tokens, index) {
            edits.replace(placed.start..placed.end, " ");
        }
        if matches!(placed.token, Token::Minus) && !follows_operand(&tokens, index) {
            rewrite_sign(&tokens, index, &mut edits);
        }
        if let Some(operator) = Operator::at(&tokens, index) {
            operator.rewrite(&tokens, index, &mut edits);
        }
    }
    rewrite_do(&tokens, &mut edits);
    rewrite_literals(&tokens, &mut edits);
    edits.apply(text)
}

/// A token and where it stands.
struct Placed<'a> {
    token: Token<'a>,
    start: usize,
    end: usize,
}

/// An operator that Python gives more meanings than minijinja.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `%`: also formats text.
    Modulo,
    /// `+`: also of dates, and gives lists that can be changed.
    Add,
    /// `-`: also of dates.
    Subtract,
    /// `*`: also of spans of time.
    Multiply,
    /// `/`: also of spans of time.
    Divide,
    /// `//`: also of spans of time.
    FloorDivide,
}

impl Operator {
    fn at(tokens: &[Placed<'_>], index: usize) -> Option<Self> {
        match tokens.get(index)?.token {
            Token::Mod => Some(Self::Modulo),
            Token::Mul => Some(Self::Multiply),
            Token::Div => Some(Self::Divide),
            Token::FloorDiv => Some(Self::FloorDivide),
            Token::Plus if follows_operand(tokens, index) => Some(Self::Add),
            Token::Minus if follows_operand(tokens, index) => Some(Self::Subtract),
            _ => None,
        }
    }

    /// `a % b` becomes `__mod(a , b)`.
    fn rewrite(self, tokens: &[Placed<'_>], index: usize, edits: &mut Edits<'_>) {
        let (Some(first), Some(last)) = (self.first(tokens, index), self.last(tokens, index)) else { return };
        let (left, right) = (is_plain(tokens, first, index), is_plain(tokens, index + 1, last + 1));
        match self {
            Self::Modulo => {}
            Self::Add | Self::Subtract if left || right => return,
            _ if left && right => return,
            _ => {}
        }
        let (Some(first), Some(last), Some(operator)) = (tokens.get(first), tokens.get(last), tokens.get(index)) else {
            return;
        };
        edits.insert(
            first.start,
            match self {
                Self::Modulo => "__mod(",
                Self::Add => "__add(",
                Self::Subtract => "__sub(",
                Self::Multiply => "__mul(",
                Self::Divide => "__div(",
                Self::FloorDivide => "__floordiv(",
            },
        );
        edits.replace(operator.start..operator.end, if self == Self::FloorDivide { ", " } else { "," });
        edits.insert(last.end, ")");
    }

    /// Whether it is of the rank of a product, and not of a sum.
    fn is_product(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract)
    }

    /// Where the left operand begins.
    fn first(self, tokens: &[Placed<'_>], operator: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut first = None;
        for at in (0..operator).rev() {
            match &tokens.get(at)?.token {
                Token::ParenClose | Token::BracketClose | Token::BraceClose => depth += 1,
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen if depth == 0 => break,
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth -= 1,
                // A sum is the left operand of what follows it; a product's operand ends there.
                Token::Plus | Token::Minus if depth == 0 && !self.is_product() => {}
                // A sign with nothing in front of it belongs to its operand.
                Token::Plus | Token::Minus if depth == 0 && !follows_operand(tokens, at) => {}
                Token::Plus | Token::Minus | Token::Tilde if depth == 0 && self.is_product() => break,
                _ if depth == 0 && ends_operand(tokens, at) => break,
                _ => {}
            }
            first = Some(at);
        }
        first
    }

    /// Where the right operand ends.
    fn last(self, tokens: &[Placed<'_>], operator: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut last = None;
        for (at, placed) in tokens.iter().enumerate().skip(operator + 1) {
            match &placed.token {
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
                Token::ParenClose | Token::BracketClose | Token::BraceClose if depth == 0 => break,
                Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
                Token::Plus | Token::Minus if depth == 0 && !follows_operand(tokens, at) => {}
                Token::Plus | Token::Minus if depth == 0 => break,
                Token::Mul | Token::Div | Token::FloorDiv | Token::Mod | Token::Tilde
                    if depth == 0 && self.is_product() =>
                {
                    break;
                }
                _ if depth == 0 && ends_operand(tokens, at) => break,
                _ => {}
            }
            last = Some(at);
        }
        last
    }
}

/// `-a.b(c)` becomes `__neg( a.b(c))`; a number's sign and a power's stay.
fn rewrite_sign<'a>(tokens: &[Placed<'a>], sign: usize, edits: &mut Edits<'a>) {
    let mut depth = 0_usize;
    let mut last = None;
    for (at, placed) in tokens.iter().enumerate().skip(sign + 1) {
        match &placed.token {
            Token::ParenOpen | Token::BracketOpen if depth > 0 || at == sign + 1 || follows_operand(tokens, at) => {
                depth += 1;
            }
            Token::ParenClose | Token::BracketClose if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            Token::Ident(word) if at == sign + 1 && !is_keyword(word) => {}
            Token::Dot if last.is_some() => {}
            Token::Ident(_) if matches!(tokens.get(at - 1), Some(Placed { token: Token::Dot, .. })) => {}
            Token::Pow => return,
            _ => break,
        }
        last = Some(at);
    }
    if let (Some(sign), Some(last)) = (tokens.get(sign), last.and_then(|last| tokens.get(last))) {
        edits.insert(sign.start, "__neg(");
        edits.replace(sign.start..sign.end, " ");
        edits.insert(last.end, ")");
    }
}

/// Whether an operand is a single number or text: such sums are the same everywhere.
fn is_plain(tokens: &[Placed<'_>], from: usize, to: usize) -> bool {
    let operand = tokens.get(from..to).unwrap_or_default();
    let [only] = operand else { return false };
    matches!(only.token, Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_))
}

/// Whether an operand ends right before a token.
fn follows_operand(tokens: &[Placed<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|placed| &placed.token);
    match before {
        Some(Token::Ident(word)) => {
            !is_keyword(word)
                || at
                    .checked_sub(2)
                    .is_some_and(|dot| matches!(tokens.get(dot), Some(Placed { token: Token::Dot, .. })))
        }
        Some(
            Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_)
            | Token::ParenClose
            | Token::BracketClose
            | Token::BraceClose,
        ) => true,
        _ => false,
    }
}

/// Whether a token is no part of an operand of a sum.
fn ends_operand(tokens: &[Placed<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|placed| &placed.token);
    match tokens.get(at).map(|placed| &placed.token) {
        // A test belongs to its operand.
        Some(Token::Ident("is")) => false,
        Some(Token::Ident("not")) => !matches!(before, Some(Token::Ident("is"))),
        Some(Token::Ident(word)) => is_keyword(word) && !matches!(before, Some(Token::Dot)),
        Some(
            Token::TemplateData(_)
            | Token::VariableStart
            | Token::VariableEnd
            | Token::BlockStart
            | Token::BlockEnd
            | Token::Comma
            | Token::Colon
            | Token::Assign
            | Token::Eq
            | Token::Ne
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte,
        ) => true,
        _ => false,
    }
}

/// `{% do x if y %}`: minijinja takes a call and nothing else.
fn rewrite_do(tokens: &[Placed<'_>], edits: &mut Edits<'_>) {
    for (index, pair) in tokens.windows(2).enumerate() {
        let [Placed { token: Token::BlockStart, .. }, word] = pair else { continue };
        if matches!(word.token, Token::Ident("do")) && !is_call(tokens.get(index + 2..).unwrap_or_default()) {
            edits.insert(word.start, "set __done =");
            edits.replace(word.start..word.end, "  ");
        }
    }
}

/// Whether the tokens up to the end of the block are a single call.
fn is_call(tokens: &[Placed<'_>]) -> bool {
    let mut depth = 0_usize;
    let (mut after_dot, mut ends_in_call) = (true, false);
    for placed in tokens {
        match &placed.token {
            Token::BlockEnd => break,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                depth = depth.saturating_sub(1);
                ends_in_call = matches!(placed.token, Token::ParenClose);
                continue;
            }
            Token::Dot if depth == 0 => after_dot = true,
            Token::Ident(_) if depth == 0 && after_dot => (after_dot, ends_in_call) = (false, false),
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    ends_in_call
}

fn rewrite_literals(tokens: &[Placed<'_>], edits: &mut Edits<'_>) {
    let mut literals: Vec<bool> = Vec::new();
    let mut before = Before::Operator;
    // Where a run of strings begins, and whether it has more than one.
    let mut strings: Option<(usize, bool)> = None;
    for (index, placed) in tokens.iter().enumerate() {
        let is_string = matches!(placed.token, Token::Str(_) | Token::String(_));
        if !is_string {
            close_strings(&mut strings, tokens, index, edits);
        }
        before = match placed.token {
            Token::BracketOpen => {
                let is_literal = before == Before::Operator;
                literals.push(is_literal);
                if is_literal {
                    edits.insert(placed.start, "__list(");
                }
                Before::Operator
            }
            Token::BraceOpen => {
                literals.push(true);
                edits.insert(placed.start, "__dict(");
                Before::Operator
            }
            Token::BracketClose | Token::BraceClose => {
                if literals.pop() == Some(true) {
                    edits.insert(placed.end, ")");
                }
                Before::Operand
            }
            Token::Str(_) | Token::String(_) => {
                match &mut strings {
                    Some((_, several)) => {
                        *several = true;
                        edits.insert(placed.start, "~ ");
                    }
                    None => strings = Some((placed.start, false)),
                }
                Before::Operand
            }
            Token::Ident("in") => Before::Membership,
            Token::Ident(word) if is_keyword(word) => Before::Operator,
            Token::Ident(_) | Token::ParenClose | Token::Int(_) | Token::Int128(_) | Token::Float(_) => Before::Operand,
            _ => Before::Operator,
        };
    }
    close_strings(&mut strings, tokens, tokens.len(), edits);
}

/// Several strings in a row are one value.
fn close_strings(strings: &mut Option<(usize, bool)>, tokens: &[Placed<'_>], behind: usize, edits: &mut Edits<'_>) {
    let last = behind.checked_sub(1).and_then(|last| tokens.get(last));
    if let (Some((start, true)), Some(last)) = (strings.take(), last) {
        edits.insert(start, "(");
        edits.insert(last.end, ")");
    }
}

/// What stood before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A value: `[` after it is a subscript.
    Operand,
    /// `in`: a list after it is only looked at.
    Membership,
    /// Anything else: `[` after it begins a list.
    Operator,
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "not" | "and" | "or" | "if" | "elif" | "else" | "is" | "in" | "do" | "for" | "set" | "with" | "call" | "filter"
    )
}

/// Changes to a text, applied in the order of their places; of those at one place, what came first
/// stands first.
#[derive(Default)]
struct Edits<'a> {
    edits: Vec<(Range<usize>, &'a str)>,
}

impl<'a> Edits<'a> {
    fn insert(&mut self, at: usize, piece: &'a str) {
        self.edits.push((at..at, piece));
    }

    /// Replaces a piece by one of the same length.
    fn replace(&mut self, range: Range<usize>, piece: &'a str) {
        self.edits.push((range, piece));
    }

    fn apply(mut self, text: &str) -> Prepared {
        // What is put in stands before what is replaced at the same place.
        self.edits.sort_by_key(|(range, _)| (range.start, !range.is_empty()));
        let mut prepared = Prepared { source: String::with_capacity(text.len() + 16), insertions: Vec::new() };
        let (mut copied, mut inserted) = (0, 0);
        for (range, piece) in self.edits {
            prepared.source.push_str(text.get(copied..range.start).unwrap_or_default());
            prepared.source.push_str(piece);
            copied = range.end;
            inserted += piece.len().saturating_sub(range.len());
            prepared.insertions.push((prepared.source.len(), inserted));
        }
        prepared.source.push_str(text.get(copied..).unwrap_or_default());
        prepared
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
            ("{{ 'a' 'b'.x }}", "{{ ('a' ~ 'b').x }}"),
            ("{{ a.b % -c + 1 }}", "{{ __mod(a.b , __neg( c)) + 1 }}"),
            ("{{ f(1 - 2 * x % y ** 2, z) }}", "{{ f(1 - __mod(__mul(2 , x) , y ** 2), z) }}"),
            ("{{ a * b / 2 // c ~ 3 * 4 }}", "{{ __floordiv(__div(__mul(a , b) , 2) ,  c) ~ 3 * 4 }}"),
            ("{{ -a.b(1)[0] - 2 }}{{ -x ** -2 }}", "{{ __neg( a.b(1)[0]) - 2 }}{{ -x ** -2 }}"),
            ("{{ -(a + b) * c }}{{ f(-x, y) }}", "{{ __mul(__neg( (__add(a , b))) , c) }}{{ f(__neg( x), y) }}"),
            ("{{ a+b+c }}{{ -a*b%c }}", "{{ __add(__add(a,b),c) }}{{ __mod(__mul(__neg( a),b),c) }}"),
            ("{{ a % b % c ~ d }}", "{{ __mod(__mod(a , b) , c) ~ d }}"),
            ("{{ a + b - c }}{{ a - b + 1 }}", "{{ __sub(__add(a , b) , c) }}{{ __sub(a , b) + 1 }}"),
            ("{{ x + [1] }}{{ 'a' + b + c }}", "{{ __add(x , __list([1])) }}{{ __add('a' + b , c) }}"),
            ("{{ 'x%s' % [1] if y }}", "{{ __mod('x%s' , __list([1])) if y }}"),
            ("{% do a.b(1)[0].c(d if e) %}", "{% do a.b(1)[0].c(d if e) %}"),
            (
                "{%- do a(1) if b -%}{% do a and b() %}",
                "{%- set __done =   a(1) if b -%}{% set __done =   a and b() %}",
            ),
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
