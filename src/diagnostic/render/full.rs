use std::sync::Arc;

use super::snippet::{Mark, Snippet};
use super::{Style, Tone, severity_word};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{SourceFile, SourceSet};

/// The diagnostic with the user's own lines, marks under them, notes and help. No line end at the end.
pub fn full(diagnostic: &Diagnostic, sources: &SourceSet, style: Style) -> String {
    let snippets = snippets(diagnostic, sources);
    let gutter = snippets.iter().map(Snippet::last_line).max().map_or(1, |line| line.to_string().len());
    let mut out = String::new();
    write_head(&mut out, diagnostic, style);
    for (index, snippet) in snippets.iter().enumerate() {
        let arrow = if index == 0 { "-->" } else { ":::" };
        snippet.write(&mut out, arrow, gutter, style);
    }
    write_remarks(&mut out, diagnostic, gutter, style);
    out.truncate(out.trim_end().len());
    out
}

fn write_head(out: &mut String, diagnostic: &Diagnostic, style: Style) {
    let head = format!("{}[{}]", severity_word(diagnostic.severity), diagnostic.code);
    Tone::Severity(diagnostic.severity).write(out, &head, style.colored);
    Tone::Strong.write(out, &format!(": {}", diagnostic.message), style.colored);
    out.push('\n');
}

fn write_remarks(out: &mut String, diagnostic: &Diagnostic, gutter: usize, style: Style) {
    let cause = diagnostic.cause.iter().map(|text| ("cause", text));
    let notes = diagnostic.notes.iter().map(|text| ("note", text));
    let help = diagnostic.help.iter().map(|text| ("help", text));
    for (word, text) in cause.chain(notes).chain(help) {
        out.push_str(&" ".repeat(gutter + 2));
        Tone::Frame.write(out, "=", style.colored);
        out.push(' ');
        Tone::Strong.write(out, &format!("{word}:"), style.colored);
        let margin = format!("\n{}", " ".repeat(gutter + 6 + word.len()));
        out.push_str(&format!(" {}\n", text.trim_end().lines().collect::<Vec<_>>().join(&margin)));
    }
}

/// One snippet per file that a label points into: the primary label's file first, the others in the
/// order of their labels.
fn snippets(diagnostic: &Diagnostic, sources: &SourceSet) -> Vec<Snippet> {
    let mut snippets: Vec<Snippet> = Vec::new();
    let primary = diagnostic.primary.iter().map(|label| (label, Tone::Severity(diagnostic.severity)));
    let secondary = diagnostic.secondary.iter().map(|label| (label, Tone::Frame));
    for (label, tone) in primary.chain(secondary) {
        let Some(file) = sources.get(label.span.file) else { continue };
        let mark = mark(&file, label, tone);
        match snippets.iter_mut().find(|snippet| snippet.file.id == file.id) {
            Some(snippet) => snippet.marks.push(mark),
            None => snippets.push(Snippet { file, marks: vec![mark] }),
        }
    }
    snippets
}

fn mark(file: &Arc<SourceFile>, label: &Label, tone: Tone) -> Mark {
    let length = file.text.len();
    let start = (label.span.start as usize).min(length);
    let mut end = (label.span.end as usize).clamp(start, length);
    // A span that ends with its line's end is about that line, not about the next one.
    while end > start && file.text.as_bytes().get(end - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        end -= 1;
    }
    Mark::new(file, start..end, label.text.clone(), tone)
}
