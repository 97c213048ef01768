//! Lines about the command as a whole.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Stamp, Translator, node_json};
use crate::config::{DBT_VERSION, LogLevel, VERSION};
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::relation::Table;
use crate::report::event::{CommandEnd, Event, NodeLabel};
use crate::report::line::Line;
use crate::report::{table, wording};

impl Translator {
    /// The lines of every event that is not about one node or the summary.
    pub(super) fn command(&self, event: &Event) -> Vec<Line> {
        match event {
            Event::Started => vec![self.version()],
            Event::AdapterRegistered(adapter) => vec![self.adapter(adapter)],
            Event::EmbeddedProfile(path) => {
                vec![self.note(
                    LogLevel::Info,
                    format!("No profiles.yml found: building in the embedded lakehouse at {path}"),
                )]
            }
            Event::Found(counts) => vec![self.found(&counts.0)],
            Event::Parsed(elapsed) => self.debug(|| {
                self.note(LogLevel::Debug, format!("Parsed the project in {:.3} seconds", elapsed.as_secs_f64()))
            }),
            Event::Concurrency { threads, target } => self.concurrency(*threads, target),
            Event::Diagnostic(diagnostic) => vec![self.diagnostic(diagnostic)],
            Event::Message { level, text } => vec![self.message(*level, text)],
            Event::Print(text) => {
                vec![self.line(output("PrintEvent", "Z052", text.clone()), || json!({ "msg": text }))]
            }
            Event::Rows { name, table } => vec![self.rows(name, table)],
            Event::NothingToDo => vec![Line::new("NothingToDo", "Q035", LogLevel::Warn, NOTHING_TO_DO)],
            Event::RunFinished { counts, elapsed } => self.run_finished(counts, *elapsed),
            Event::Interrupted => vec![self.interrupted()],
            Event::Deprecations { kinds, all_shown } => vec![self.deprecations(kinds, *all_shown)],
            Event::Finished(end) => self.debug(|| self.finished(end)),
            _ => Vec::new(),
        }
    }

    pub(super) fn debug(&self, make: impl FnOnce() -> Line) -> Vec<Line> {
        if self.with_debug { vec![make()] } else { Vec::new() }
    }

    fn note(&self, level: LogLevel, text: String) -> Line {
        let data = self.data(|| json!({ "msg": text }));
        Line { data, ..Line::new("Note", "Z050", level, text) }
    }

    fn version(&self) -> Line {
        let text = format!("Running with dbt={DBT_VERSION} (aquifer {VERSION})");
        self.line(
            Line::new("MainReportVersion", "A001", LogLevel::Info, text),
            || json!({ "version": format!("={DBT_VERSION}"), "log_version": 3, "aquifer_version": VERSION }),
        )
    }

    fn adapter(&self, adapter: &str) -> Line {
        let text = format!("Registered adapter: {adapter}");
        self.line(Line::new("AdapterRegistered", "E034", LogLevel::Info, text), || {
            let (name, version) = adapter.split_once('=').unwrap_or((adapter, ""));
            json!({ "adapter_name": name, "adapter_version": format!("={version}") })
        })
    }

    fn found(&self, counts: &[(String, usize)]) -> Line {
        let counts = wording::list_of_counts(counts);
        self.line(
            Line::new("FoundStats", "W006", LogLevel::Info, format!("Found {counts}")),
            || json!({ "stat_line": counts }),
        )
    }

    fn concurrency(&self, threads: usize, target: &str) -> Vec<Line> {
        let text = format!("Concurrency: {threads} threads (target='{target}')");
        let line = self.line(
            Line::new("ConcurrencyLine", "Q027", LogLevel::Info, text),
            || json!({ "num_threads": threads, "target_name": target }),
        );
        vec![Line::blank(), line, Line::blank()]
    }

    fn diagnostic(&self, diagnostic: &Diagnostic) -> Line {
        let (name, code, level) = match diagnostic.severity {
            Severity::Error => ("MainEncounteredError", "Z002", LogLevel::Error),
            Severity::Warning => ("DiagnosticWarning", "AQ01", LogLevel::Warn),
            Severity::Note => ("DiagnosticNote", "AQ02", LogLevel::Info),
        };
        self.line(Line::new(name, code, level, self.rendered(diagnostic)), || {
            let text = render::full(diagnostic, &self.sources, render::Style::PLAIN);
            json!({ "exc": text, "diagnostic": render::json(diagnostic, &self.sources) })
        })
    }

    fn message(&self, level: LogLevel, text: &str) -> Line {
        let (name, code) = match level {
            LogLevel::Debug => ("JinjaLogDebug", "I063"),
            LogLevel::Warn => ("JinjaLogWarning", "I061"),
            _ => ("JinjaLogInfo", "I062"),
        };
        self.line(Line::new(name, code, level, text), || json!({ "msg": text }))
    }

    pub(super) fn sql(&self, label: &str, node: Option<&NodeLabel>, sql: &str, stamp: &Stamp) -> Line {
        let text = format!("On {label}: {sql}");
        self.line(Line::new("SQLQuery", "E016", LogLevel::Debug, text), || {
            of_node(json!({ "conn_name": label, "sql": sql }), node, stamp)
        })
    }

    pub(super) fn sql_finished(
        &self,
        (label, node): (&str, Option<&NodeLabel>),
        status: &str,
        elapsed: Duration,
        stamp: &Stamp,
    ) -> Line {
        let elapsed = elapsed.as_secs_f64();
        let text = format!("SQL status: {status} in {elapsed:.3} seconds");
        self.line(Line::new("SQLQueryStatus", "E017", LogLevel::Debug, text), || {
            let data = json!({ "conn_name": label, "status": status, "elapsed": elapsed, "query_id": "" });
            of_node(data, node, stamp)
        })
    }

    fn rows(&self, name: &str, rows: &Table) -> Line {
        let inline = name == "inline";
        let text = if self.rows_as_json {
            table::json_document((!inline).then_some(name), rows)
        } else {
            let preview = table::text(rows, self.table_width);
            match (self.quiet, inline) {
                (true, _) => preview,
                (false, true) => format!("Previewing inline node:\n{preview}"),
                (false, false) => format!("Previewing node '{name}':\n{preview}"),
            }
        };
        self.line(output("ShowNode", "Q041", text), || {
            let format = if self.rows_as_json { "json" } else { "text" };
            json!({
                "node_name": name,
                "is_inline": inline,
                "output_format": format,
                "preview": table::json_rows(rows).to_string(),
                "quiet": self.quiet,
            })
        })
    }

    fn run_finished(&self, counts: &[(String, usize)], elapsed: Duration) -> Vec<Line> {
        let counts = wording::list_of_counts(counts);
        let seconds = elapsed.as_secs_f64();
        let execution = format!(" in {}", wording::long_time(elapsed));
        let text = format!("Finished running {counts}{execution} ({seconds:.2}s).");
        let line = self.line(
            Line::new("FinishedRunningStats", "E047", LogLevel::Info, text),
            || json!({ "stat_line": counts, "execution": execution, "execution_time": seconds }),
        );
        vec![Line::blank(), line]
    }

    fn deprecations(&self, kinds: &[(String, usize)], all_shown: bool) -> Line {
        let counted = |(name, times): &(String, usize)| format!("- {name}: {}", wording::counted(*times, "occurrence"));
        let list = kinds.iter().map(counted).collect::<Vec<_>>().join("\n");
        let mut text =
            self.yellow(&format!("[WARNING][DeprecationsSummary]: Summary of encountered deprecations:\n{list}"));
        if !all_shown {
            text.push_str("\nThe first of each kind is shown; `--show-all-deprecations` shows all of them.");
        }
        self.line(Line::new("DeprecationsSummary", "D028", LogLevel::Warn, text), || {
            let summaries = kinds.iter().map(|(name, times)| json!({ "event_name": name, "occurrences": times }));
            json!({ "summaries": summaries.collect::<Vec<_>>(), "show_all_hint": !all_shown })
        })
    }

    fn interrupted(&self) -> Line {
        let text = self.yellow("Interrupted: cancelling what is running");
        Line::new("MainKeyboardInterrupt", "Z001", LogLevel::Warn, text)
    }

    fn finished(&self, end: &CommandEnd) -> Line {
        let status = if end.success { "succeeded" } else { "failed" };
        let (command, at, seconds) = (&end.command, end.at.format("%H:%M:%S%.6f"), end.elapsed.as_secs_f64());
        let text = format!("Command `aquifer {command}` {status} at {at} after {seconds:.2} seconds");
        self.line(Line::new("CommandCompleted", "Q039", LogLevel::Debug, text), || {
            json!({
                "command": format!("aquifer {command}"),
                "success": end.success,
                "completed_at": end.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
                "elapsed": seconds,
            })
        })
    }
}

const NOTHING_TO_DO: &str = "Nothing to do. Try checking your model configs and model specification args";

/// A line that is what the user asked for.
fn output(name: &'static str, code: &'static str, text: String) -> Line {
    Line::new(name, code, LogLevel::Info, text)
}

/// What is said of a statement, with the node that it is for.
fn of_node(mut data: Value, node: Option<&NodeLabel>, stamp: &Stamp) -> Value {
    if let (Some(node), Some(data)) = (node, data.as_object_mut()) {
        data.insert("node_info".to_owned(), node_json::started(node, stamp.at));
    }
    data
}
