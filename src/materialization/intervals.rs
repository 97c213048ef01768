//! Which spans of event time are built, and which are missing between them.

use chrono::{DateTime, Utc};

use super::BatchSize;
use crate::config::EventWindow;

/// The same spans with those that touch or overlap made one, the earliest first.
pub fn merged(mut spans: Vec<EventWindow>) -> Vec<EventWindow> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<EventWindow> = Vec::new();
    for span in spans.into_iter().filter(|span| span.start < span.end) {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The batches up to a moment that are not built, or not wholly, counted from the first that is.
pub fn gaps(size: BatchSize, built: Vec<EventWindow>, until: DateTime<Utc>) -> Vec<EventWindow> {
    let built = merged(built);
    let Some(first) = built.first() else { return Vec::new() };
    let mut missing = Vec::new();
    let mut start = size.floor(first.start);
    while start < until {
        let end = size.offset(start, 1);
        if end <= start {
            break;
        }
        if !built.iter().any(|span| span.start <= start && end <= span.end) {
            missing.push(EventWindow { start, end });
        }
        start = end;
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { format!("{text}:00Z") };
        DateTime::parse_from_rfc3339(&text).unwrap().with_timezone(&Utc)
    }

    fn span(start: &str, end: &str) -> EventWindow {
        EventWindow { start: at(start), end: at(end) }
    }

    #[test]
    fn spans_that_touch_become_one() {
        let spans = vec![
            span("2026-01-03", "2026-01-04"),
            span("2026-01-01", "2026-01-02"),
            span("2026-01-02", "2026-01-03"),
            span("2026-01-01", "2026-01-01"),
            span("2026-01-06", "2026-01-07"),
        ];
        assert_eq!(merged(spans), [span("2026-01-01", "2026-01-04"), span("2026-01-06", "2026-01-07")]);
    }

    #[test]
    fn gaps_are_batches_that_are_not_wholly_built() {
        let built = vec![span("2026-01-01", "2026-01-03"), span("2026-01-04", "2026-01-05T12:00")];
        let missing = gaps(BatchSize::Day, built, at("2026-01-07"));
        assert_eq!(
            missing,
            [span("2026-01-03", "2026-01-04"), span("2026-01-05", "2026-01-06"), span("2026-01-06", "2026-01-07"),]
        );
        assert!(gaps(BatchSize::Day, Vec::new(), at("2026-01-07")).is_empty());
    }
}
