//! The records of runs as the pages read them. A run of a large project has tens of thousands of results, so
//! they are numbers, five for each.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::entry::Entry;
use crate::history::{NodeRecord, RunRecord};

/// Results that a page holds: with more, older runs are left out.
const MOST: usize = 250_000;

/// Runs, the oldest first.
#[derive(Debug, Default, Serialize)]
pub struct PackedRuns {
    /// Words that results name by number.
    statuses: Vec<String>,
    list: Vec<PackedRun>,
    /// What few results have: place of the run and of the node, and the rest of the record.
    details: Vec<(usize, usize, Value)>,
}

#[derive(Debug, Serialize)]
struct PackedRun {
    invocation_id: String,
    at: String,
    command: String,
    target: String,
    elapsed: f64,
    /// For each result: place of the node, of the status, tenths of a millisecond, rows, failures; -1 is none.
    results: Vec<i64>,
}

/// How much of a record a page gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// No rows that tests found: a site is shown to more people than may see them.
    Results,
    /// Everything.
    Contents,
}

/// The newest of the runs that a page can hold.
pub(super) fn newest(mut runs: Vec<RunRecord>) -> Vec<RunRecord> {
    let mut room = MOST;
    let kept = runs.iter().rev().take_while(|run| {
        let fits = run.results.len() <= room;
        room = room.saturating_sub(run.results.len());
        fits
    });
    // One run is shown however large it is.
    let kept = kept.count().max(1).min(runs.len());
    runs.split_off(runs.len() - kept)
}

/// Packs runs for a page with these nodes.
pub(super) fn pack(runs: &[RunRecord], nodes: &[Entry], depth: Depth) -> PackedRuns {
    let places: HashMap<&str, usize> =
        nodes.iter().enumerate().map(|(place, node)| (node.id.as_str(), place)).collect();
    let mut packed = PackedRuns::default();
    let mut later: HashSet<&str> = HashSet::new();
    for (number, run) in runs.iter().enumerate().rev() {
        let mut results = Vec::with_capacity(run.results.len() * 5);
        for (id, record) in &run.results {
            let Some(place) = places.get(id.as_str()) else { continue };
            let is_last = later.insert(id);
            results.extend([index(*place), status(&mut packed.statuses, &record.status)]);
            #[allow(clippy::cast_possible_truncation, reason = "no run takes 29 million years")]
            results.push((record.seconds * 10_000.0).round() as i64);
            let rows = record.contents.as_ref().and_then(|contents| contents.rows).or(record.rows);
            results.push(rows.and_then(|rows| i64::try_from(rows).ok()).unwrap_or(-1));
            results.push(record.failures.unwrap_or(-1));
            if let Some(detail) = detail(record, is_last, depth) {
                packed.details.push((number, *place, detail));
            }
        }
        packed.list.push(PackedRun {
            invocation_id: run.invocation_id.clone(),
            at: run.at.clone(),
            command: run.command.clone(),
            target: run.target.clone(),
            elapsed: run.elapsed,
            results,
        });
    }
    packed.list.reverse();
    packed
}

fn index(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(-1)
}

fn status(known: &mut Vec<String>, word: &str) -> i64 {
    let place = known.iter().position(|status| status == word).unwrap_or_else(|| {
        known.push(word.to_owned());
        known.len() - 1
    });
    index(place)
}

/// What is said of few: the message of what went wrong and of the last run, and what the report shows more.
fn detail(record: &NodeRecord, is_last: bool, depth: Depth) -> Option<Value> {
    let mut detail = serde_json::Map::new();
    let well = matches!(record.status.as_str(), "success" | "pass" | "skipped" | "no-op");
    if let Some(message) = record.message.as_ref().filter(|_| is_last || !well) {
        detail.insert("message".to_owned(), json!(message));
    }
    if let Some(age) = record.age {
        detail.insert("age".to_owned(), json!(age));
    }
    if depth == Depth::Contents {
        if let Some(found) = &record.found {
            detail.insert("found".to_owned(), json!(found));
        }
        if let Some(contents) = &record.contents {
            detail.insert("contents".to_owned(), json!(contents));
        }
    }
    (!detail.is_empty()).then_some(Value::Object(detail))
}
