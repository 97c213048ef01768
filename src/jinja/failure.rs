//! Errors on their way through minijinja: what is raised below arrives above as a
//! [`Diagnostic`], with every call on the way.

use std::ops::Range;

use minijinja::{Error, ErrorKind, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A problem with the calls it has come through, the innermost first.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// What went wrong, its place still unknown.
    pub(super) diagnostic: Box<Diagnostic>,
    /// The templates it came through.
    pub(super) frames: Vec<Frame>,
}

/// One template that an error came through.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The template's name.
    pub(super) template: String,
    /// Bytes of the prepared text.
    pub(super) range: Option<Range<usize>>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// Takes an error that left a template.
    pub(super) fn of(error: &Error) -> Self {
        let mut failure = match raised(error) {
            Some(inner) => inner.clone(),
            None => Self { diagnostic: Box::new(of_minijinja(error)), frames: Vec::new() },
        };
        if let Some(name) = error.name() {
            failure.frames.push(Frame { template: name.to_owned(), range: error.range() });
        }
        failure
    }

    /// The same problem as an error that has no place yet, for the template above.
    pub(super) fn into_error(self) -> Error {
        Error::new(ErrorKind::InvalidOperation, self.diagnostic.message.clone()).with_source(self)
    }

    /// The problem at the user's own line: the innermost template of theirs, with the calls that
    /// led there.
    pub(super) fn located(self, locate: &dyn Fn(&Frame) -> Option<Span>) -> Box<Diagnostic> {
        let mut diagnostic = self.diagnostic;
        let mut places: Vec<Span> = Vec::new();
        for place in self.frames.iter().filter_map(locate) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let mut places = places.into_iter();
        if diagnostic.primary.is_none()
            && let Some(first) = places.next()
        {
            *diagnostic = diagnostic.at(first, "");
        }
        let known = diagnostic.primary.as_ref().map(|label| label.span);
        for place in places.filter(|place| !known.is_some_and(|known| overlap(known, *place))) {
            *diagnostic = diagnostic.and_at(place, "called here");
        }
        diagnostic
    }
}

fn overlap(one: Span, other: Span) -> bool {
    one.file == other.file && one.start < other.end && other.start < one.end
}

fn raised(error: &Error) -> Option<&Failure> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<Failure>())
}

/// A ready problem as an error.
pub(super) fn raise(diagnostic: Box<Diagnostic>) -> Error {
    Failure { diagnostic, frames: Vec::new() }.into_error()
}

/// A problem of code and message as an error.
pub(super) fn fail(code: Code, message: impl Into<String>) -> Error {
    raise(Box::new(Diagnostic::error(code, message)))
}

/// A problem that says what to do.
pub(super) fn fail_with_help(code: Code, message: impl Into<String>, help: impl Into<String>) -> Error {
    raise(Box::new(Diagnostic::error(code, message).help(help)))
}

/// What to do about a name that nothing has.
pub(super) const NOTHING_OF_THIS_NAME: &str =
    "no macro, function or package has this name: check the spelling, or install the package it comes from";

fn of_minijinja(error: &Error) -> Diagnostic {
    let detail = error.detail().unwrap_or_default().to_owned();
    let code = match error.kind() {
        ErrorKind::SyntaxError => Code::JinjaSyntax,
        ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UndefinedError => Code::UndefinedName,
        _ => Code::JinjaError,
    };
    let message = match (error.kind(), detail.is_empty()) {
        (ErrorKind::UnknownFunction, _) => {
            let name = detail.split_whitespace().next().unwrap_or("this function");
            return Diagnostic::error(code, format!("`{}` is undefined", name.trim_matches('`')))
                .help(NOTHING_OF_THIS_NAME);
        }
        (_, true) => error.kind().to_string(),
        _ => detail,
    };
    Diagnostic::error(code, message)
}

/// `return(value)`: travels as an error to the macro it ends.
#[derive(Debug)]
pub(super) struct Returned(pub(super) Value);

impl std::fmt::Display for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`return` outside of a macro")
    }
}

impl std::error::Error for Returned {}

/// The value that a `return()` inside has given, if that is what the error is.
pub(super) fn returned(error: &Error) -> Option<Value> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<Returned>().map(|returned| returned.0.clone())
}
