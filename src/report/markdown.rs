//! A run as Markdown: what CI shows on the page of a job.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use super::{NodeLabel, wording};
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::resource::UniqueId;

/// Failures and warnings shown of each.
const MOST: usize = 50;
/// Slowest nodes shown.
const SLOWEST: usize = 10;

/// The summary of a run: the verdict, how many of each, what went wrong, what took long.
pub fn markdown(command: &str, results: &RunResults, labels: &[NodeLabel]) -> String {
    let labels: HashMap<&UniqueId, &NodeLabel> = labels.iter().map(|label| (&label.unique_id, label)).collect();
    let mut page = String::new();
    let verdict = if results.succeeded() { "passed" } else { "failed" };
    // Writing to a string cannot fail.
    let _ = writeln!(page, "## `aquifer {command}` {verdict}\n");
    counts(&mut page, results);
    let failed = |outcome: &NodeOutcome| outcome.status.is_failure() && outcome.status != NodeStatus::Skipped;
    section(&mut page, "Failures", results.outcomes.iter().filter(|outcome| failed(outcome)).collect(), &labels);
    let warned = |outcome: &&NodeOutcome| outcome.status == NodeStatus::Warn;
    section(&mut page, "Warnings", results.outcomes.iter().filter(warned).collect(), &labels);
    slowest(&mut page, results, &labels);
    page
}

fn counts(page: &mut String, results: &RunResults) {
    let count = |statuses: &[NodeStatus]| statuses.iter().map(|status| results.count(*status)).sum::<usize>();
    let _ = writeln!(
        page,
        "| passed | warned | failed | skipped | nothing to do | time |\n|---:|---:|---:|---:|---:|---:|"
    );
    let _ = writeln!(
        page,
        "| {} | {} | {} | {} | {} | {} |",
        count(&[NodeStatus::Success, NodeStatus::Pass]),
        count(&[NodeStatus::Warn]),
        count(&[NodeStatus::Error, NodeStatus::Fail, NodeStatus::RuntimeError, NodeStatus::PartialSuccess]),
        count(&[NodeStatus::Skipped]),
        count(&[NodeStatus::NoOp]),
        seconds(results.elapsed),
    );
}

fn section(page: &mut String, title: &str, outcomes: Vec<&NodeOutcome>, labels: &HashMap<&UniqueId, &NodeLabel>) {
    if outcomes.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n### {title}\n\n| node | file | what happened |\n|---|---|---|");
    for outcome in outcomes.iter().take(MOST) {
        let label = labels.get(&outcome.unique_id);
        let name = label.map_or(outcome.unique_id.as_str(), |label| label.name.as_str());
        let file = label.map_or("", |label| label.original_file_path.as_str());
        let message = outcome.message.as_deref().unwrap_or(outcome.status.as_str());
        let _ = writeln!(page, "| `{name}` | {} | {} |", cell(file), cell(message));
    }
    if outcomes.len() > MOST {
        let _ = writeln!(page, "\n... and {} more", outcomes.len() - MOST);
    }
}

fn slowest(page: &mut String, results: &RunResults, labels: &HashMap<&UniqueId, &NodeLabel>) {
    let mut ran: Vec<&NodeOutcome> =
        results.outcomes.iter().filter(|outcome| outcome.execution_time > Duration::ZERO).collect();
    ran.sort_by_key(|outcome| std::cmp::Reverse(outcome.execution_time));
    if ran.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n<details><summary>Slowest nodes</summary>\n\n| node | time |\n|---|---:|");
    for outcome in ran.iter().take(SLOWEST) {
        let name = labels.get(&outcome.unique_id).map_or(outcome.unique_id.as_str(), |label| label.name.as_str());
        let _ = writeln!(page, "| `{name}` | {} |", seconds(outcome.execution_time));
    }
    let _ = writeln!(page, "\n</details>");
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

/// A text within a table: one line, no column ends, nothing that Markdown or HTML would take as its own.
fn cell(text: &str) -> String {
    let lines: Vec<String> = wording::plain(text)
        .lines()
        .map(|line| line.trim().replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|"))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("<br>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::sample;

    #[test]
    fn a_run_is_told_in_tables() {
        let nodes = [sample::model("models/orders.sql"), sample::model("models/visits.sql")];
        let labels: Vec<NodeLabel> = nodes.iter().map(NodeLabel::of).collect();
        let outcome = |id: &str, status, message: &str, millis| NodeOutcome {
            message: Some(message.to_owned()),
            execution_time: Duration::from_millis(millis),
            ..NodeOutcome::new(UniqueId::new(id), status)
        };
        let results = RunResults {
            outcomes: vec![
                outcome("model.shop.orders", NodeStatus::Error, "column `a|b` <x>\nis missing", 1500),
                outcome("model.shop.visits", NodeStatus::Success, "SELECT 3", 20),
                outcome("model.shop.gone", NodeStatus::Skipped, "", 0),
            ],
            elapsed: Duration::from_secs(2),
            started_at: chrono::DateTime::UNIX_EPOCH,
            interrupted: false,
        };
        insta::assert_snapshot!(markdown("build", &results, &labels), @r"
        ## `aquifer build` failed

        | passed | warned | failed | skipped | nothing to do | time |
        |---:|---:|---:|---:|---:|---:|
        | 1 | 0 | 1 | 1 | 0 | 2.00 s |

        ### Failures

        | node | file | what happened |
        |---|---|---|
        | `orders` | models/orders.sql | column `a\|b` &lt;x><br>is missing |

        <details><summary>Slowest nodes</summary>

        | node | time |
        |---|---:|
        | `orders` | 1.50 s |
        | `visits` | 0.02 s |

        </details>
        ");
    }
}
