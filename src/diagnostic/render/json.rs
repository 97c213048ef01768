use serde_json::{Value, json as value};

use super::severity_word;
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{LineColumn, SourceSet};

/// The whole diagnostic as a JSON object, places as paths, lines and columns (both from 1, columns
/// in characters) beside the byte offsets.
pub fn json(diagnostic: &Diagnostic, sources: &SourceSet) -> Value {
    let secondary: Vec<Value> = diagnostic.secondary.iter().map(|label| place(label, sources)).collect();
    value!({
        "code": diagnostic.code.slug(),
        "severity": severity_word(diagnostic.severity),
        "message": diagnostic.message,
        "primary": diagnostic.primary.as_ref().map(|label| place(label, sources)),
        "secondary": secondary,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "cause": diagnostic.cause,
    })
}

fn place(label: &Label, sources: &SourceSet) -> Value {
    let Some(file) = sources.get(label.span.file) else {
        return value!({ "text": label.text });
    };
    let (start, end) = (file.position(label.span.start), file.position(label.span.end));
    value!({
        "path": file.display,
        "start": point(start, label.span.start),
        "end": point(end, label.span.end),
        "text": label.text,
    })
}

fn point(position: LineColumn, offset: u32) -> Value {
    value!({ "line": position.line, "column": position.column, "offset": offset })
}
