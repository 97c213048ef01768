//! Several operations as one text, sent in one round trip, and the answers sorted out again.

use std::ops::Range;

use super::dialect::{Statements, Tag};
use super::response;
use crate::outcome::AdapterResponse;

/// Column name of the row that follows a user's own text: how many statements that holds, only the
/// server knows.
pub(super) const MARKER: &str = "aq_end_of_statement";

/// What the server says while it works through a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A statement is done; so many rows.
    Complete(u64),
    /// The marker's row.
    Marker,
}

/// The text of a unit.
pub(super) struct Unit {
    pub(super) text: String,
    /// How many statements the prefix holds.
    leading: usize,
    parts: Vec<Statements>,
    queries: Vec<Range<usize>>,
}

impl Unit {
    /// The operations' statements, one after the other, behind some of the session's own.
    ///
    /// Without an open transaction the server runs one text as one transaction, all or nothing.
    pub(super) fn new(leading: &[&str], parts: Vec<Statements>) -> Self {
        let parts: Vec<Statements> = parts.into_iter().filter(|part| !part.sql().trim().is_empty()).collect();
        let alone = parts.len() == 1;
        let text = leading.iter().map(|statement| format!("{statement};\n")).collect();
        let mut unit = Self { text, leading: leading.len(), parts: Vec::new(), queries: Vec::new() };
        for part in parts {
            let from = unit.text.len();
            unit.queries.extend(part.query().map(|query| from + query.start..from + query.end));
            unit.text.push_str(part.sql());
            if part.is_of_user() && !alone {
                unit.text.push_str(&format!("\n;\nselect 1 as {MARKER};"));
            }
            unit.text.push('\n');
            unit.parts.push(part);
        }
        unit
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Offset within the user's query of an offset within the text.
    pub(super) fn query_offset(&self, offset: usize) -> Option<usize> {
        // A query that ends too early is noticed at what we wrote right behind it, a line further.
        let holds = |query: &&Range<usize>| query.start <= offset && offset <= query.end + 1;
        self.queries.iter().find(holds).map(|query| offset.min(query.end) - query.start)
    }

    /// The answer of the operation that wrote rows, or of the last one that built something.
    pub(super) fn response(&self, answers: &[Answer]) -> AdapterResponse {
        let mut answers = answers.iter().copied().skip(self.leading);
        let mut best: Option<AdapterResponse> = None;
        for part in &self.parts {
            let response = if part.is_of_user() {
                response::of_text(part.sql(), last_count_before_marker(&mut answers))
            } else {
                response_of(part, &mut answers)
            };
            let is_upkeep = matches!(response.code.as_str(), "GRANT" | "REVOKE" | "COMMENT") || part.is_of_user();
            let better = best
                .as_ref()
                .is_none_or(|best| !is_upkeep && (response.rows_affected.is_some() || best.rows_affected.is_none()));
            if better {
                best = Some(response);
            }
        }
        best.unwrap_or_default()
    }
}

fn last_count_before_marker(answers: &mut impl Iterator<Item = Answer>) -> Option<u64> {
    let mut last = None;
    while let Some(answer) = answers.next() {
        match answer {
            Answer::Complete(count) => last = Some(count),
            Answer::Marker => {
                answers.next(); // The marker's own completion.
                break;
            }
        }
    }
    last
}

fn response_of(part: &Statements, answers: &mut impl Iterator<Item = Answer>) -> AdapterResponse {
    let counts: Vec<Answer> = answers.take(part.tags().len()).collect();
    let tag = part.tags().get(part.answer()).copied().unwrap_or(Tag::DO);
    match counts.get(part.answer()) {
        Some(Answer::Complete(count)) => response::of_tag(tag.word, tag.counted.then_some(*count)),
        _ => response::of_tag(tag.word, None),
    }
}
