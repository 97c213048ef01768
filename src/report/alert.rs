//! What went wrong in a run, as the message that Slack takes and others understand.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::NodeLabel;
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::relation::{Scalar, Table};
use crate::resource::{ResourceType, UniqueId};

/// Problems told one by one; of the others, how many there are. Slack takes 50 blocks.
const MOST: usize = 20;
/// Longest text of a block that Slack takes is 3,000 characters.
const LONGEST: usize = 1200;

/// The run that is told of.
#[derive(Debug, Clone, Copy)]
pub struct AlertContext<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The profile's target.
    pub target: &'a str,
    /// `build`, `test`, ...
    pub command: &'a str,
    /// Id of the invocation.
    pub invocation_id: &'a str,
    /// An address to look at.
    pub link: Option<&'a str>,
}

/// The message; `None` if nothing is to be told.
pub fn alert(
    context: &AlertContext<'_>,
    results: &RunResults,
    labels: &[NodeLabel],
    on: &[NodeStatus],
) -> Option<Value> {
    let mut told: Vec<&NodeOutcome> = results.outcomes.iter().filter(|outcome| on.contains(&outcome.status)).collect();
    if told.is_empty() {
        return None;
    }
    told.sort_by_key(|outcome| rank(outcome.status));
    let labels: HashMap<&UniqueId, &NodeLabel> = labels.iter().map(|label| (&label.unique_id, label)).collect();
    let place = format!("{} ({})", context.project, context.target);
    let text = format!("{place}: aquifer {} found {}", context.command, counts(&told));
    let mut blocks = vec![section(&format!("*{}*", escaped(&text)))];
    blocks.extend(told.iter().take(MOST).map(|outcome| problem(outcome, labels.get(&outcome.unique_id).copied())));
    if told.len() > MOST {
        blocks.push(section(&format!("... and {} more", told.len() - MOST)));
    }
    let link = context.link.map(|link| format!("<{link}|more> · ")).unwrap_or_default();
    let began = results.started_at.format("%Y-%m-%d %H:%M:%S UTC");
    let footer = format!("{link}{began} · {:.1} s · {}", results.elapsed.as_secs_f64(), context.invocation_id);
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": footer }] }));
    Some(json!({ "text": escaped(&text), "blocks": blocks }))
}

const fn rank(status: NodeStatus) -> u8 {
    match status {
        NodeStatus::Warn => 2,
        NodeStatus::Fail => 1,
        _ => 0,
    }
}

fn counts(told: &[&NodeOutcome]) -> String {
    let names = [("error", 0), ("failure", 1), ("warning", 2)];
    let count = |rank_of: u8| told.iter().filter(|outcome| rank(outcome.status) == rank_of).count();
    let words = names.iter().filter_map(|(name, rank_of)| match count(*rank_of) {
        0 => None,
        1 => Some(format!("1 {name}")),
        many => Some(format!("{many} {name}s")),
    });
    words.collect::<Vec<String>>().join(", ")
}

/// A node, where it is written, what was said, and some of the rows.
fn problem(outcome: &NodeOutcome, label: Option<&NodeLabel>) -> Value {
    let sign = match rank(outcome.status) {
        2 => ":large_yellow_circle:",
        _ => ":red_circle:",
    };
    let kind = label.map_or(ResourceType::Model, |label| label.resource_type).to_string().replace('_', " ");
    let name = label.map_or(outcome.unique_id.as_str(), |label| label.name.as_str());
    let mut text = format!("{sign} *{kind} `{}`: {}*", escaped(name), outcome.status.as_str());
    if let Some(label) = label.filter(|label| !label.original_file_path.is_empty()) {
        text.push_str(&format!(" · {}", escaped(&label.original_file_path)));
    }
    let message = outcome.message.as_deref().unwrap_or_default().trim();
    let rows = outcome.sample.as_ref().and_then(rows).unwrap_or_default();
    for part in [message, rows.as_str()].into_iter().filter(|part| !part.is_empty()) {
        text.push_str(&format!("\n```{}```", escaped(&shortened(part)).replace("```", "'''")));
    }
    section(&text)
}

/// Rows as `column: value`, a line each, without what is null.
fn rows(table: &Table) -> Option<String> {
    let names = table.column_names();
    let line = |row: &Vec<Scalar>| {
        let filled = names.iter().zip(row).filter(|(_, value)| **value != Scalar::Null);
        filled.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<String>>().join(", ")
    };
    Some(table.rows().ok()?.iter().map(line).collect::<Vec<String>>().join("\n"))
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("...".chars()).collect()
}

/// The three characters that mean something in a message.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
