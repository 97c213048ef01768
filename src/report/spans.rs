use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::{CommandEnd, Event, NodeLabel, Reporter};
use crate::config::VERSION;
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::NodeOutcome;
use crate::resource::UniqueId;
use crate::system::FileSystem;

/// Keeps the run, its nodes and their steps as OpenTelemetry spans, and writes them when the command
/// ends: OTLP as JSON, one line, as collectors read it from files and take it over HTTP. Passes every
/// event on.
pub struct SpanFile {
    files: Arc<dyn FileSystem>,
    path: PathBuf,
    trace: Trace,
    began: DateTime<Utc>,
    spans: Mutex<Vec<Value>>,
    starts: Mutex<HashMap<UniqueId, DateTime<Utc>>>,
    next: Arc<dyn Reporter>,
}

/// The trace that the spans belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trace {
    id: String,
    /// The span that started this program, if the environment names one.
    parent: Option<String>,
}

impl Trace {
    /// The one that `TRACEPARENT` names (W3C Trace Context), else one of its own, named by the invocation.
    fn new(invocation_id: &str, traceparent: Option<&str>) -> Self {
        let is_hex =
            |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parts: Vec<&str> = traceparent.unwrap_or_default().split('-').collect();
        match parts.as_slice() {
            [_, trace, span, ..] if is_hex(trace, 32) && is_hex(span, 16) => {
                Self { id: (*trace).to_owned(), parent: Some((*span).to_owned()) }
            }
            _ => Self { id: invocation_id.replace('-', ""), parent: None },
        }
    }

    /// The id of the span of a name.
    fn span_id(&self, invocation_id: &str, name: &str) -> String {
        let digest = Md5::digest(format!("{}/{invocation_id}/{name}", self.id).as_bytes());
        hex::encode(digest).chars().take(16).collect()
    }
}

/// One span, not yet JSON.
struct Span<'a> {
    id: String,
    parent: Option<&'a str>,
    name: &'a str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    attributes: Vec<Value>,
    error: Option<&'a str>,
}

impl SpanFile {
    /// A reporter in front of another. `traceparent` is the environment's variable of that name.
    pub fn new(
        files: Arc<dyn FileSystem>,
        path: PathBuf,
        (invocation_id, traceparent): (&str, Option<&str>),
        began: DateTime<Utc>,
        next: Arc<dyn Reporter>,
    ) -> Self {
        let trace = Trace::new(invocation_id, traceparent);
        Self { files, path, trace, began, spans: Mutex::default(), starts: Mutex::default(), next }
    }

    fn id(&self, name: &str) -> String {
        // The time the program began tells runs of one trace apart.
        self.trace.span_id(&self.began.timestamp_micros().to_string(), name)
    }

    fn keep(&self, span: Span<'_>) {
        let nanos = |at: DateTime<Utc>| at.timestamp_nanos_opt().unwrap_or_default().to_string();
        let status = match span.error {
            Some(message) => json!({ "code": 2, "message": message }),
            None => json!({ "code": 1 }),
        };
        let span = json!({
            "traceId": self.trace.id,
            "spanId": span.id,
            "parentSpanId": span.parent.unwrap_or_default(),
            "name": span.name,
            "kind": 1,
            "startTimeUnixNano": nanos(span.from),
            "endTimeUnixNano": nanos(span.to),
            "attributes": span.attributes,
            "status": status,
        });
        self.spans.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(span);
    }

    fn keep_node(&self, node: &NodeLabel, outcome: &NodeOutcome) {
        let id = node.unique_id.as_str();
        let started = self.starts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&node.unique_id);
        let Some(from) = started.or(node.started_at) else { return };
        let to = TimeDelta::from_std(outcome.execution_time).map_or(from, |elapsed| from + elapsed);
        let (root, own) = (self.id("run"), self.id(id));
        let mut attributes = vec![
            text("dbt.unique_id", id),
            text("dbt.resource_type", node.resource_type.as_str()),
            text("dbt.materialized", &node.materialized),
            text("dbt.status", outcome.status.as_str()),
            text("code.filepath", &node.original_file_path),
            text("thread.name", &outcome.thread_id),
        ];
        if let Some(rows) = outcome.adapter_response.rows_affected {
            attributes.push(json!({ "key": "dbt.rows_affected", "value": { "intValue": rows.to_string() } }));
        }
        let message = outcome.message.as_deref().unwrap_or(outcome.status.as_str());
        let error = outcome.status.is_failure().then_some(message);
        for step in &outcome.timing {
            let (id, attributes) = (self.id(&format!("{id}/{}", step.name)), Vec::new());
            let (from, to) = (step.started_at, step.completed_at);
            self.keep(Span { id, parent: Some(&own), name: step.name, from, to, attributes, error: None });
        }
        self.keep(Span { id: own.clone(), parent: Some(&root), name: &node.name, from, to, attributes, error });
    }

    fn write(&self, end: &CommandEnd) {
        let name = format!("aquifer {}", end.command);
        let (from, to, parent) = (self.began, end.at, self.trace.parent.as_deref());
        let attributes = vec![text("dbt.command", &end.command)];
        let error = (!end.success).then_some("the command failed");
        self.keep(Span { id: self.id("run"), parent, name: &name, from, to, attributes, error });
        let spans = std::mem::take(&mut *self.spans.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        let traces = json!({ "resourceSpans": [{
            "resource": { "attributes": [text("service.name", "aquifer"), text("service.version", VERSION)] },
            "scopeSpans": [{ "scope": { "name": "aquifer", "version": VERSION }, "spans": spans }],
        }] });
        if let Err(error) = self.files.write(&self.path, format!("{traces}\n").as_bytes()) {
            let warning = Diagnostic::warning(Code::Io, format!("`{}` cannot be written", self.path.display()));
            self.next.report(&Event::Diagnostic(Box::new(warning.caused_by(error))));
        }
    }
}

impl Reporter for SpanFile {
    fn report(&self, event: &Event) {
        match event {
            Event::NodeStarted { node, .. } | Event::HookStarted { node, .. } => {
                let at = node.started_at.unwrap_or_else(Utc::now);
                self.starts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(node.unique_id.clone(), at);
            }
            Event::NodeFinished { node, outcome, .. } | Event::HookFinished { node, outcome, .. } => {
                self.keep_node(node, outcome);
            }
            Event::Finished(end) => self.write(end),
            _ => {}
        }
        self.next.report(event);
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outcome::{NodeStatus, Timing};
    use crate::project::sample;
    use crate::report::RecordingReporter;
    use crate::system::MemoryFileSystem;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn at(second: u32) -> DateTime<Utc> {
        chrono::TimeZone::with_ymd_and_hms(&Utc, 2026, 1, 1, 0, 0, second).unwrap()
    }

    fn spans(traceparent: Option<&str>) -> Vec<Value> {
        let files: Arc<dyn FileSystem> = Arc::new(MemoryFileSystem::default());
        let next = Arc::new(RecordingReporter::default());
        let ids = ("f8fea824-dca0-4525-abc9-c7a0c1ce2ff0", traceparent);
        let reporter = SpanFile::new(Arc::clone(&files), PathBuf::from("/t.jsonl"), ids, at(0), next.clone());
        let mut node = NodeLabel::of(&sample::model("models/orders.sql"));
        node.started_at = Some(at(1));
        let mut outcome = NodeOutcome::new(node.unique_id.clone(), NodeStatus::Error);
        outcome.execution_time = Duration::from_secs(2);
        outcome.message = Some("no such table".to_owned());
        outcome.timing = vec![Timing { name: "compile", started_at: at(1), completed_at: at(2) }];
        let (index, total, because_of) = (1, 1, None);
        reporter.report(&Event::NodeStarted { node: node.clone(), index, total });
        reporter.report(&Event::NodeFinished { node, index, total, outcome: Box::new(outcome), because_of });
        let end =
            CommandEnd { command: "build".to_owned(), success: false, at: at(4), elapsed: Duration::from_secs(4) };
        reporter.report(&Event::Finished(end));
        assert_eq!(next.events().len(), 3);
        let traces: Value = serde_json::from_str(&files.read_to_string("/t.jsonl".as_ref()).unwrap()).unwrap();
        traces["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
    }

    #[test]
    fn steps_hang_on_their_node_and_nodes_on_the_run() {
        let spans = spans(None);
        let names: Vec<&str> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["compile", "orders", "aquifer build"]);
        assert_eq!(spans[0]["parentSpanId"], spans[1]["spanId"]);
        assert_eq!(spans[1]["parentSpanId"], spans[2]["spanId"]);
        assert_eq!(spans[2]["parentSpanId"], "");
        assert_eq!(spans[1]["status"], json!({ "code": 2, "message": "no such table" }));
        assert_eq!(spans[1]["startTimeUnixNano"], "1767225601000000000");
        assert_eq!(spans[1]["endTimeUnixNano"], "1767225603000000000");
        assert!(spans.iter().all(|span| span["traceId"] == "f8fea824dca04525abc9c7a0c1ce2ff0"));
    }

    #[test]
    fn the_run_joins_the_trace_that_started_it() {
        let root = spans(Some(PARENT)).pop().unwrap();
        assert_eq!(root["traceId"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(root["parentSpanId"], "b7ad6b7169203331");
        assert_eq!(Trace::new("a-b", Some("nonsense")), Trace { id: "ab".to_owned(), parent: None });
    }
}
