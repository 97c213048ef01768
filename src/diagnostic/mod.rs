//! What went wrong, as data: a [`Diagnostic`] has a [`Code`], a message, labelled places in the
//! user's own files, and what to do next.
//!
//! Renderers turn it into text ([`render`]); nothing here knows of exit codes, terminals or of the
//! step that found the problem. A step returns `(value, Diagnostics)`: it reports everything it
//! finds and goes on as far as it can.

mod codes;
pub mod render;

use crate::source::Span;

pub use codes::Code;

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Note,
    /// Suspicious or deprecated; the run goes on.
    Warning,
    /// The step cannot succeed.
    Error,
}

/// A place in a source file with a few words on why it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Said under the marked text; may be empty.
    pub text: String,
}

/// One problem, complete enough to be shown in any form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable slug; each has a page under `docs/errors/`.
    pub code: Code,
    /// Error, warning or note.
    pub severity: Severity,
    /// One sentence, lower-case start, names in backticks.
    pub message: String,
    /// The place the message is about.
    pub primary: Option<Label>,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// Facts worth adding, one sentence each (for instance where the compiled SQL stands).
    pub notes: Vec<String>,
    /// What to do next, one sentence each.
    pub help: Vec<String>,
    /// The message of the layer below (the warehouse's own words, an I/O error).
    pub cause: Option<String>,
    /// Name of dbt's event for it, where the code alone does not tell: see [`Diagnostic::event_name`].
    pub event: Option<&'static str>,
}

impl Diagnostic {
    /// An error with nothing but code and message.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning with nothing but code and message.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            cause: None,
            event: None,
        }
    }

    /// Sets the place the message is about.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Sets the place when there is one.
    #[must_use]
    pub fn at_opt(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.at(span, text),
            None => self,
        }
    }

    /// Adds another place.
    #[must_use]
    pub fn and_at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Sets the message of the layer below.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Names dbt's event for it.
    #[must_use]
    pub fn event(mut self, name: &'static str) -> Self {
        self.event = Some(name);
        self
    }

    /// Name of dbt's event for it, by which `--warn-error-options` knows warnings.
    pub fn event_name(&self) -> &'static str {
        self.event.unwrap_or_else(|| self.code.event())
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What a step found, in the order found.
pub type Diagnostics = Vec<Diagnostic>;

/// Whether any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// The candidate nearest to a mistyped name, when one is near enough to be meant.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score >= 0.84)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
