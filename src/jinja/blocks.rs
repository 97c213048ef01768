//! Splits a file into the block tags that dbt adds to Jinja: macros, tests, materializations,
//! snapshots and docs.
//!
//! These are not Jinja statements, so they are cut out before anything is compiled. The splitter reads
//! the file once, steps over comments, raw sections and strings, and never fails: what it cannot read
//! becomes a diagnostic, and the rest of the file is still used.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// `{% macro name(args) %}`
    Macro,
    /// `{% test name(args) %}` or `{% data_test name(args) %}`
    Test,
    /// `{% materialization name, adapter='x' %}`
    Materialization,
    /// `{% snapshot name %}`
    Snapshot,
    /// `{% docs name %}`
    Docs,
}

impl BlockKind {
    const fn from_word(word: &str) -> Option<Self> {
        match word.as_bytes() {
            b"macro" => Some(Self::Macro),
            b"test" | b"data_test" => Some(Self::Test),
            b"materialization" => Some(Self::Materialization),
            b"snapshot" => Some(Self::Snapshot),
            b"docs" => Some(Self::Docs),
            _ => None,
        }
    }
}

/// One block of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// The word of its opening tag (`test` or `data_test`).
    pub word: String,
    /// Its name.
    pub name: String,
    /// What stands between the name and the end of the opening tag, trimmed.
    pub arguments: String,
    /// The whole block, both tags included.
    pub span: Span,
    /// What stands between the tags.
    pub body: Span,
}

/// The blocks of a text, in order, and what is wrong with it (`jinja-syntax`).
///
/// Text outside of blocks is nobody's: dbt allows notes between macros.
pub fn split(file: FileId, text: &str) -> (Vec<Block>, Diagnostics) {
    let mut splitter = Splitter { file, text, open: None, blocks: Vec::new(), problems: Diagnostics::new() };
    splitter.run();
    (splitter.blocks, splitter.problems)
}

/// An opening tag whose end tag is still to come.
struct Open {
    kind: BlockKind,
    word: String,
    name: String,
    arguments: String,
    start: usize,
    body: usize,
}

struct Splitter<'a> {
    file: FileId,
    text: &'a str,
    open: Option<Open>,
    blocks: Vec<Block>,
    problems: Diagnostics,
}

impl Splitter<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(found) = self.find_delimiter(at) {
            let after = self.rest(found + 2);
            at = match self.text.as_bytes().get(found + 1) {
                Some(b'#') => match after.find("#}") {
                    Some(length) => found + 2 + length + 2,
                    None => return self.unclosed(found, "comment", "#}"),
                },
                Some(b'{') => match tag_length(after, "}}") {
                    Some(length) => found + 2 + length,
                    None => return self.unclosed(found, "expression", "}}"),
                },
                _ => match tag_length(after, "%}") {
                    Some(length) => self.statement(found, found + 2 + length),
                    None => return self.unclosed(found, "tag", "%}"),
                },
            };
        }
        if let Some(open) = self.open.take() {
            let message = format!("`{}` block `{}` is never closed", open.word, open.name);
            self.problems.push(
                Diagnostic::error(Code::JinjaSyntax, message)
                    .at(Span::new(self.file, open.start, open.body), "opened here")
                    .help(format!("add {{% end{} %}} after its last line", open.word)),
            );
        }
    }

    /// Where the next `{%`, `{{` or `{#` begins.
    fn find_delimiter(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            at += self.rest(at).find('{')?;
            if matches!(bytes.get(at + 1), Some(b'%' | b'{' | b'#')) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Takes a `{% ... %}` tag and gives the place to go on from.
    fn statement(&mut self, start: usize, end: usize) -> usize {
        let inner = self.text.get(start + 2..end - 2).unwrap_or_default();
        let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        let (word, rest) = split_word(inner);
        if word == "raw" {
            return self.end_of_raw(end);
        }
        match (self.open.as_ref().map(|open| open.word.clone()), BlockKind::from_word(word)) {
            (Some(open), _) if word.strip_prefix("end") == Some(open.as_str()) => self.close(end),
            // COMPAT: the body of a docs block is Markdown; tags in it mean nothing (dbt 1.11).
            (Some(open), Some(_)) if open != "docs" => self.nested(word, start, end),
            (None, Some(kind)) => self.begin(kind, word, rest, start, end),
            _ => {}
        }
        end
    }

    fn begin(&mut self, kind: BlockKind, word: &str, rest: &str, start: usize, end: usize) {
        let (name, arguments) = split_word(rest);
        if name.is_empty() {
            self.problems.push(
                Diagnostic::error(Code::JinjaSyntax, format!("this `{word}` block has no name"))
                    .at(Span::new(self.file, start, end), "")
                    .help(format!("write {{% {word} my_name %}}")),
            );
        }
        let (name, arguments) = (name.to_owned(), arguments.trim_start_matches(',').trim().to_owned());
        self.open = Some(Open { kind, word: word.to_owned(), name, arguments, start, body: end });
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.take() else { return };
        let body_end = self.text.get(..end).and_then(|before| before.rfind("{%")).unwrap_or(open.body);
        if open.name.is_empty() {
            return;
        }
        self.blocks.push(Block {
            kind: open.kind,
            word: open.word,
            name: open.name,
            arguments: open.arguments,
            span: Span::new(self.file, open.start, end),
            body: Span::new(self.file, open.body, body_end),
        });
    }

    fn nested(&mut self, word: &str, start: usize, end: usize) {
        let Some(open) = &self.open else { return };
        self.problems.push(
            Diagnostic::error(
                Code::JinjaSyntax,
                format!("a `{word}` block stands inside `{} {}`", open.word, open.name),
            )
            .at(Span::new(self.file, start, end), "not allowed here")
            .and_at(Span::new(self.file, open.start, open.body), "this block is still open")
            .help(format!("close the outer block with {{% end{} %}} first", open.word)),
        );
    }

    fn end_of_raw(&mut self, from: usize) -> usize {
        let mut at = from;
        while let Some(found) = self.rest(at).find("{%").map(|length| at + length) {
            let after = self.rest(found + 2);
            let inner = after.trim_start_matches(['-', '+']).trim_start();
            if split_word(inner).0 == "endraw" {
                return after.find("%}").map_or(self.text.len(), |length| found + 2 + length + 2);
            }
            at = found + 2;
        }
        self.unclosed(from, "raw section", "{% endraw %}");
        self.text.len()
    }

    fn unclosed(&mut self, start: usize, what: &str, closer: &str) {
        self.problems.push(
            Diagnostic::error(Code::JinjaSyntax, format!("this {what} is never closed"))
                .at(Span::new(self.file, start, (start + 2).min(self.text.len())), "opened here")
                .help(format!("close it with `{closer}`")),
        );
    }

    fn rest(&self, from: usize) -> &str {
        self.text.get(from..).unwrap_or_default()
    }
}

/// Bytes up to and with the closing delimiter, strings stepped over.
fn tag_length(text: &str, closer: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match quote {
            Some(_) if *byte == b'\\' => at += 1,
            Some(open) if *byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'\'' | b'"') => quote = Some(*byte),
            None if bytes.get(at..).is_some_and(|rest| rest.starts_with(closer.as_bytes())) => {
                // `{{ {'a': {}}}}` closes its literals first: take the last brace of a run.
                let extra = if closer == "}}" { run_of_braces(bytes, at).saturating_sub(2) } else { 0 };
                return Some(at + extra + closer.len());
            }
            None => {}
        }
        at += 1;
    }
    None
}

fn run_of_braces(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| **byte == b'}').count()
}

/// A leading name and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let (blocks, problems) = split(FileId(0), text);
        let piece = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or("?");
        let blocks = blocks
            .iter()
            .map(|block| format!("{:?} {} [{}] body {:?}", block.kind, block.name, block.arguments, piece(block.body)));
        let problems = problems.iter().map(|problem| {
            let place = problem.primary.as_ref().map_or("nowhere", |label| piece(label.span));
            format!("{} at {place:?}", problem.message)
        });
        blocks.chain(problems).collect()
    }

    #[test]
    fn blocks_are_told_apart_and_notes_between_them_left_out() {
        let text = "note {{ x }}\n{% macro cents(column, scale=2) -%}\n{{ column }}\n{%- endmacro %}\n{% data_test even(model) %}select{% enddata_test %}{% materialization mv, adapter='postgres' %}x{% endmaterialization %}{% snapshot s %}y{% endsnapshot %}";
        assert_eq!(
            shown(text),
            [
                "Macro cents [(column, scale=2)] body \"\\n{{ column }}\\n\"",
                "Test even [(model)] body \"select\"",
                "Materialization mv [adapter='postgres'] body \"x\"",
                "Snapshot s [] body \"y\"",
            ]
        );
    }

    #[test]
    fn strings_comments_and_raw_sections_hide_tags() {
        let text = "{# {% macro no() %} #}{% macro a(x='%}') %}{% raw %}{% endmacro %}{% endraw %}{{ '{% endmacro %}' }}{% endmacro %}";
        assert_eq!(
            shown(text),
            ["Macro a [(x='%}')] body \"{% raw %}{% endmacro %}{% endraw %}{{ '{% endmacro %}' }}\""]
        );
    }

    #[test]
    fn what_is_not_closed_is_named_where_it_was_opened() {
        assert_eq!(shown("{% macro a() %}{{ b"), ["this expression is never closed at \"{{\""]);
        assert_eq!(shown("{% docs a %} text"), ["`docs` block `a` is never closed at \"{% docs a %}\""]);
        assert_eq!(
            shown("{% macro a() %}{% macro b() %}{% endmacro %}"),
            ["Macro a [()] body \"{% macro b() %}\"", "a `macro` block stands inside `macro a` at \"{% macro b() %}\""]
        );
        assert_eq!(shown("{% macro %}{% endmacro %}"), ["this `macro` block has no name at \"{% macro %}\""]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_blocks_never_overlap(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("{%".to_owned()), Just("%}".to_owned()), Just("{{".to_owned()), Just("}}".to_owned()),
                    Just("{#".to_owned()), Just("#}".to_owned()), Just("-".to_owned()), Just("'".to_owned()),
                    Just(" macro a() ".to_owned()), Just(" endmacro ".to_owned()), Just(" docs d ".to_owned()),
                    Just(" enddocs ".to_owned()), Just(" raw ".to_owned()), Just(" endraw ".to_owned()), ".{0,3}",
                ],
                0..24,
            )
        ) {
            let text = pieces.concat();
            let (blocks, _) = split(FileId(0), &text);
            let mut end = 0;
            for block in blocks {
                prop_assert!(block.span.start >= end);
                prop_assert!(block.span.start <= block.body.start && block.body.end <= block.span.end);
                prop_assert!(text.get(block.body.start as usize..block.body.end as usize).is_some());
                end = block.span.end;
            }
        }
    }
}
