use super::severity_word;
use crate::diagnostic::Diagnostic;
use crate::source::SourceSet;

/// One line: `models/orders.sql:3:14: error[unknown-ref]: message`; the place is left out where
/// there is none.
pub fn concise(diagnostic: &Diagnostic, sources: &SourceSet) -> String {
    let place = diagnostic
        .primary
        .as_ref()
        .and_then(|label| {
            let file = sources.get(label.span.file)?;
            let position = file.position(label.span.start);
            Some(format!("{}:{}:{}: ", file.display, position.line, position.column))
        })
        .unwrap_or_default();
    let word = severity_word(diagnostic.severity);
    let message = diagnostic.message.replace('\n', " ");
    format!("{place}{word}[{}]: {message}", diagnostic.code)
}
