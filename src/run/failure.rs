//! A warehouse's refusal as a diagnostic at the user's own line.

use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::compile::Compiled;
use crate::diagnostic::Diagnostic;
use crate::resource::Node;
use crate::source::Span;

/// A refusal without a place.
pub(super) fn diagnose(error: &AdapterError) -> Box<Diagnostic> {
    Box::new(Diagnostic::from(error))
}

/// A refusal of a node's SQL. `before` is how many bytes stand in front of the compiled SQL in what
/// was sent. Where the place is not known, the diagnostic points at the compiled file and no line.
pub(super) fn diagnose_sql(error: &AdapterError, node: &Node, compiled: &Compiled, before: usize) -> Box<Diagnostic> {
    let mut diagnostic = diagnose(error);
    if error.kind != AdapterErrorKind::Sql {
        return diagnostic;
    }
    let offset = error.query_offset.and_then(|offset| offset.checked_sub(before));
    let place = offset.and_then(|offset| place(compiled, offset));
    diagnostic.message = format!("`{}`: {}", node.name, error.message);
    match place {
        Some(span) => *diagnostic = diagnostic.at(span, ""),
        None if node.origin.span.start < node.origin.span.end => {
            let start = node.origin.span.start as usize;
            *diagnostic = diagnostic.at(Span::new(node.origin.span.file, start, start), "in this file");
        }
        None => {}
    }
    diagnostic
}

/// The user's text that a byte of the compiled SQL came from: the whole word within copied text.
fn place(compiled: &Compiled, offset: usize) -> Option<Span> {
    let span = compiled.map.lookup(offset)?;
    if span.end - span.start != 1 {
        return Some(span);
    }
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '"');
    let word = compiled.sql.get(offset..)?.chars().take_while(|letter| is_word(*letter)).map(char::len_utf8).sum();
    Some(Span::new(span.file, span.start as usize, span.start as usize + std::cmp::max::<usize>(word, 1)))
}
