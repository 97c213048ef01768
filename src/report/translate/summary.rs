//! The end of a run: how many of each, what went wrong again with all that helps, the `Done.` line.

use std::collections::HashMap;

use serde_json::json;

use super::{Translator, node_json};
use crate::config::LogLevel;
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::report::event::NodeLabel;
use crate::report::line::Line;
use crate::report::{table, wording};
use crate::resource::{ResourceType, UniqueId};

impl Translator {
    pub(super) fn summary(&self, results: &RunResults, labels: &[NodeLabel]) -> Vec<Line> {
        let labels: HashMap<&UniqueId, &NodeLabel> = labels.iter().map(|label| (&label.unique_id, label)).collect();
        let mut lines = vec![Line::blank(), self.end_of_run(results)];
        let failures = results.outcomes.iter().filter(|outcome| is_error(outcome));
        let warnings = results.outcomes.iter().filter(|outcome| outcome.status == NodeStatus::Warn);
        for outcome in failures.chain(warnings) {
            if let Some(label) = labels.get(&outcome.unique_id) {
                self.explain(&mut lines, label, outcome);
            }
        }
        lines.push(Line::blank());
        lines.push(self.stats(results));
        lines
    }

    fn end_of_run(&self, results: &RunResults) -> Line {
        let errors = results.outcomes.iter().filter(|outcome| is_error(outcome)).count();
        let warnings = results.count(NodeStatus::Warn);
        let partial = results.count(NodeStatus::PartialSuccess);
        let (errors_text, warnings_text, partial_text) = (
            wording::counted(errors, "error"),
            wording::counted(warnings, "warning"),
            wording::counted(partial, "partial success"),
        );
        let text = if results.interrupted {
            self.yellow("Exited because of keyboard interrupt")
        } else if errors > 0 {
            self.red(&format!("Completed with {errors_text}, {partial_text}, and {warnings_text}:"))
        } else if partial > 0 {
            self.yellow(&format!("Completed with {partial_text} and {warnings_text}"))
        } else if warnings > 0 {
            self.yellow(&format!("Completed with {warnings_text}:"))
        } else {
            self.green("Completed successfully")
        };
        self.line(Line::new("EndOfRunSummary", "Z030", LogLevel::Info, text), || {
            json!({
                "num_errors": errors,
                "num_warnings": warnings,
                "num_partial_success": partial,
                "keyboard_interrupt": results.interrupted,
            })
        })
    }

    /// One failure or warning: heading, diagnostics, rows, and where to look further.
    fn explain(&self, lines: &mut Vec<Line>, node: &NodeLabel, outcome: &NodeOutcome) {
        let warned = outcome.status == NodeStatus::Warn;
        lines.push(Line::blank());
        lines.push(self.heading(node, warned));
        self.messages(lines, node, outcome, warned);
        if let Some(rows) = self.failing_rows(node, outcome, warned) {
            lines.push(Line::blank());
            lines.push(rows);
        }
        if outcome.compiled_code.is_some() {
            let path = self.compiled_path(node);
            lines.push(Line::blank());
            let line = Line::new("SQLCompiledPath", "Z026", LogLevel::Info, format!("  compiled code at {path}"));
            lines.push(self.line(line, || json!({ "node_info": node_json::afterwards(node), "path": path })));
        }
        if let Some(stored) = stored_failures(node, outcome) {
            lines.push(Line::blank());
            lines.push(self.stored(node, stored));
        }
    }

    fn heading(&self, node: &NodeLabel, warned: bool) -> Line {
        let (name, code, level, word) = if warned {
            ("RunResultWarning", "Z021", LogLevel::Warn, "Warning")
        } else {
            ("RunResultFailure", "Z022", LogLevel::Error, "Failure")
        };
        let text = format!("{word} in {}", node.heading());
        let text = if warned { self.yellow(&text) } else { self.red(&text) };
        self.line(Line::new(name, code, level, text), || {
            json!({
                "node_info": node_json::afterwards(node),
                "node_name": node.name,
                "path": node.original_file_path,
                "resource_type": node.resource_type.as_str(),
            })
        })
    }

    /// The diagnostics, or the outcome's one-line message where there are none.
    fn messages(&self, lines: &mut Vec<Line>, node: &NodeLabel, outcome: &NodeOutcome, warned: bool) {
        let is_skipped = outcome.status == NodeStatus::Skipped;
        if let Some(message) = outcome.message.as_deref().filter(|_| is_skipped || outcome.diagnostics.is_empty()) {
            lines.push(self.message_line(node, message.to_owned(), warned));
        }
        let refused = matches!(outcome.status, NodeStatus::Error | NodeStatus::RuntimeError);
        for diagnostic in &outcome.diagnostics {
            let shown = self.rendered(diagnostic);
            // COMPAT: the class of an error and its node stand before it (dbt 1.11).
            let message = match diagnostic.code.class().filter(|_| refused && diagnostic.is_error()) {
                Some(class) => format!("{class} in {}\n{shown}", node.heading()),
                None => shown,
            };
            lines.push(self.message_line(node, message, warned));
        }
        if outcome.message.is_none() && outcome.diagnostics.is_empty() {
            let text = format!("  Status: {}", outcome.status.as_str());
            let line = Line::new("RunResultErrorNoMessage", "Z025", LogLevel::Error, text);
            lines.push(self.line(line, || json!({ "node_info": node_json::afterwards(node) })));
        }
    }

    fn message_line(&self, node: &NodeLabel, message: String, warned: bool) -> Line {
        // COMPAT: the message of a warning is not indented (dbt 1.11).
        let line = if warned {
            Line::new("RunResultWarningMessage", "Z046", LogLevel::Warn, message.as_str())
        } else {
            Line::new("RunResultError", "Z024", LogLevel::Error, wording::indented(&message))
        };
        self.line(line, || json!({ "node_info": node_json::afterwards(node), "msg": wording::plain(&message) }))
    }

    fn failing_rows(&self, node: &NodeLabel, outcome: &NodeOutcome, warned: bool) -> Option<Line> {
        let rows = outcome.sample.as_ref().filter(|rows| rows.row_count() > 0)?;
        let shown = rows.row_count();
        let of_all = match outcome.failures.and_then(|count| usize::try_from(count).ok()) {
            Some(all) if all > shown => format!(" of {all}"),
            _ => String::new(),
        };
        let width = self.table_width.map(|width| width.saturating_sub(2));
        let heading =
            format!("{shown}{of_all} failing {}", if shown == 1 && of_all.is_empty() { "row" } else { "rows" });
        let text = wording::indented(&format!("{heading}:\n{}", table::text(rows, width)));
        let level = if warned { LogLevel::Warn } else { LogLevel::Error };
        let line = Line::new("FailingRows", "AQ03", level, text);
        Some(self.line(line, || {
            json!({
                "node_info": node_json::afterwards(node),
                "rows": table::json_rows(rows),
                "total": outcome.failures,
            })
        }))
    }

    fn stored(&self, node: &NodeLabel, relation: &str) -> Line {
        let query = format!("select * from {relation}");
        let border = "-".repeat(query.chars().count());
        let text = wording::indented(&format!("See test failures:\n{border}\n{query}\n{border}"));
        let line = Line::new("CheckNodeTestFailure", "Z027", LogLevel::Info, text);
        self.line(line, || json!({ "node_info": node_json::afterwards(node), "relation_name": relation }))
    }

    fn stats(&self, results: &RunResults) -> Line {
        let count = |statuses: &[NodeStatus]| statuses.iter().map(|status| results.count(*status)).sum::<usize>();
        let pass = count(&[NodeStatus::Pass, NodeStatus::Success]);
        let warn = count(&[NodeStatus::Warn]);
        let error = count(&[NodeStatus::Error, NodeStatus::Fail, NodeStatus::PartialSuccess, NodeStatus::RuntimeError]);
        let skip = count(&[NodeStatus::Skipped]);
        let noop = count(&[NodeStatus::NoOp]);
        let total = results.outcomes.len();
        let text = format!("Done. PASS={pass} WARN={warn} ERROR={error} SKIP={skip} NO-OP={noop} TOTAL={total}");
        self.line(Line::new("StatsLine", "Z023", LogLevel::Info, text), || {
            json!({ "stats": {
                "pass": pass, "warn": warn, "error": error, "skip": skip, "noop": noop, "total": total,
            }})
        })
    }
}

/// Whether the summary explains it as an error: so it does what was skipped for the error of another's text.
const fn is_error(outcome: &NodeOutcome) -> bool {
    match outcome.status {
        NodeStatus::Skipped => !outcome.diagnostics.is_empty(),
        status => matches!(status, NodeStatus::Error | NodeStatus::Fail | NodeStatus::RuntimeError),
    }
}

/// The table a test's failures were stored in.
fn stored_failures<'a>(node: &NodeLabel, outcome: &'a NodeOutcome) -> Option<&'a str> {
    let has_verdict = matches!(outcome.status, NodeStatus::Fail | NodeStatus::Warn);
    outcome.relation_name.as_deref().filter(|_| has_verdict && node.resource_type == ResourceType::Test)
}
