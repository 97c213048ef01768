//! Lines about one node: it starts, a batch of it ends, it ends.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Translator, node_json};
use crate::config::LogLevel;
use crate::outcome::{NodeOutcome, NodeStatus};
use crate::report::event::NodeLabel;
use crate::report::line::{Line, Stamp};
use crate::report::wording;
use crate::resource::{ResourceType, UniqueId};

/// A place in the run: from 1, and of how many.
type Place = (usize, usize);

impl Translator {
    pub(super) fn node_started(&self, node: &NodeLabel, place: Place, stamp: &Stamp) -> Vec<Line> {
        let description = describe(node);
        let text = self.progress_line("", place, &format!("START {description}"), "RUN", None);
        let data = self.data(|| {
            json!({
                "node_info": node_json::started(node, stamp.at),
                "description": description,
                "index": place.0,
                "total": place.1,
            })
        });
        // COMPAT: what has nothing to do (exposures) starts without a word (dbt 1.11).
        let start = does_work(node).then(|| Line { data, ..Line::new("LogStartLine", "Q011", LogLevel::Info, text) });
        let mut lines = Vec::with_capacity(2);
        if self.with_debug {
            let text = format!("Began running node {}", node.unique_id);
            let began = Line::new("NodeStart", "Q024", LogLevel::Debug, text);
            lines.push(self.line(began, || json!({ "node_info": node_json::started(node, stamp.at) })));
        }
        lines.extend(start);
        lines
    }

    pub(super) fn node_finished(
        &self,
        node: &NodeLabel,
        place: Place,
        outcome: &NodeOutcome,
        because_of: Option<&UniqueId>,
        stamp: &Stamp,
    ) -> Vec<Line> {
        let mut lines = vec![self.result(node, place, outcome, because_of, stamp)];
        if self.with_debug {
            let text = format!("Finished running node {}", node.unique_id);
            let finished = Line::new("NodeFinished", "Q025", LogLevel::Debug, text);
            lines.push(self.line(finished, || {
                json!({
                    "node_info": node_json::finished(node, outcome.status, stamp.at),
                    "run_result": node_json::run_result(outcome),
                })
            }));
        }
        lines
    }

    fn result(
        &self,
        node: &NodeLabel,
        place: Place,
        outcome: &NodeOutcome,
        because_of: Option<&UniqueId>,
        stamp: &Stamp,
    ) -> Line {
        let verdict = self.verdict(node, outcome);
        let elapsed = verdict.timed.then_some(outcome.execution_time);
        let text = self.progress_line("", place, &verdict.message, &verdict.status, elapsed);
        self.line(Line::new(verdict.name, verdict.code, verdict.level, text), || {
            let mut data = json!({
                "node_info": node_json::finished(node, outcome.status, stamp.at),
                "index": place.0,
                "total": place.1,
                "status": outcome.status.as_str(),
                "execution_time": outcome.execution_time.as_secs_f64(),
            });
            for (key, value) in details(&verdict, node, outcome, place, because_of) {
                if let Some(map) = data.as_object_mut() {
                    map.insert(key.to_owned(), value);
                }
            }
            data
        })
    }

    fn verdict(&self, node: &NodeLabel, outcome: &NodeOutcome) -> Verdict {
        match (outcome.status, node.resource_type) {
            (NodeStatus::Skipped, _) => self.skipped(node, !outcome.diagnostics.is_empty()),
            (NodeStatus::NoOp, _) => Verdict {
                name: "LogNodeNoOpResult",
                code: "Q019",
                level: LogLevel::Info,
                message: format!("NO-OP {}", describe(node)),
                status: self.yellow("NO-OP"),
                timed: true,
            },
            (_, ResourceType::Test | ResourceType::UnitTest) => self.tested(node, outcome),
            (_, ResourceType::Source) => self.freshness(node, outcome),
            _ => self.built(node, outcome),
        }
    }

    fn skipped(&self, node: &NodeLabel, for_an_error: bool) -> Verdict {
        let subject = match node.resource_type {
            kind if kind.is_refable() => format!("relation {}", in_schema(node)),
            kind => format!("{kind} {}", node.name),
        };
        if for_an_error {
            return Verdict {
                name: "LogSkipBecauseError",
                code: "Z034",
                level: LogLevel::Error,
                message: format!("SKIP {subject} due to ephemeral model status 'error'"),
                status: self.red("ERROR SKIP"),
                timed: false,
            };
        }
        Verdict {
            name: "SkippingDetails",
            code: "Q034",
            level: LogLevel::Info,
            message: format!("SKIP {subject}"),
            status: self.yellow("SKIP"),
            timed: false,
        }
    }

    fn built(&self, node: &NodeLabel, outcome: &NodeOutcome) -> Verdict {
        let (name, code, verbs) = match node.resource_type {
            ResourceType::Seed => ("LogSeedResult", "Q016", ["ERROR loading", "OK loaded", "PARTIALLY loaded"]),
            ResourceType::Snapshot => {
                ("LogSnapshotResult", "Q015", ["ERROR snapshotting", "OK snapshotted", "PARTIALLY snapshotted"])
            }
            ResourceType::Function => ("LogFunctionResult", "Q047", BUILD_VERBS),
            _ => ("LogModelResult", "Q012", BUILD_VERBS),
        };
        let [failed, succeeded, partially] = verbs;
        let answer = || outcome.message.clone().unwrap_or_else(|| outcome.adapter_response.message.clone());
        let (level, verb, status) = match outcome.status {
            NodeStatus::Success | NodeStatus::Pass | NodeStatus::Warn => {
                let of_function = (node.resource_type == ResourceType::Function).then(|| "SUCCESS".to_owned());
                let answer = of_function.unwrap_or_else(answer);
                (LogLevel::Info, succeeded, self.green(if answer.is_empty() { "OK" } else { &answer }))
            }
            NodeStatus::PartialSuccess => (LogLevel::Info, partially, self.yellow(&answer().to_uppercase())),
            _ => (LogLevel::Error, failed, self.red("ERROR")),
        };
        let subject = match node.resource_type {
            ResourceType::Snapshot => node.relation.clone(),
            _ => describe(node),
        };
        Verdict { name, code, level, message: format!("{verb} {subject}"), status, timed: true }
    }

    fn tested(&self, node: &NodeLabel, outcome: &NodeOutcome) -> Verdict {
        let failures = outcome.failures.unwrap_or_default();
        let (level, word, status) = match outcome.status {
            NodeStatus::Pass | NodeStatus::Success => (LogLevel::Info, "PASS".to_owned(), self.green("PASS")),
            NodeStatus::Warn => {
                let word = format!("WARN {failures}");
                (LogLevel::Warn, word.clone(), self.yellow(&word))
            }
            NodeStatus::Fail => {
                let word = format!("FAIL {failures}");
                (LogLevel::Error, word.clone(), self.red(&word))
            }
            _ => (LogLevel::Error, "ERROR".to_owned(), self.red("ERROR")),
        };
        let message = format!("{word} {}", test_name(node));
        Verdict { name: "LogTestResult", code: "Q007", level, message, status, timed: true }
    }

    fn freshness(&self, node: &NodeLabel, outcome: &NodeOutcome) -> Verdict {
        let (level, word, status) = match outcome.status {
            NodeStatus::RuntimeError => (LogLevel::Error, "ERROR", self.red("ERROR")),
            NodeStatus::Error | NodeStatus::Fail => (LogLevel::Error, "ERROR STALE", self.red("ERROR STALE")),
            NodeStatus::Warn => (LogLevel::Warn, "WARN", self.yellow("WARN")),
            _ => (LogLevel::Info, "PASS", self.green("PASS")),
        };
        let message = format!("{word} {}", describe(node));
        Verdict { name: "LogFreshnessResult", code: "Q018", level, message, status, timed: true }
    }

    pub(super) fn batch_started(&self, node: &NodeLabel, place: Place, batch: &str, stamp: &Stamp) -> Vec<Line> {
        let description = format!("batch {batch} of {}", node.relation);
        let text = self.progress_line("Batch ", place, &format!("START {description}"), "RUN", None);
        vec![self.line(Line::new("LogStartBatch", "Q045", LogLevel::Info, text), || {
            json!({
                "node_info": node_json::started(node, stamp.at),
                "description": description,
                "batch_index": place.0,
                "total_batches": place.1,
            })
        })]
    }

    pub(super) fn batch_finished(
        &self,
        node: &NodeLabel,
        place: Place,
        (batch, status, elapsed): (&str, NodeStatus, Duration),
        stamp: &Stamp,
    ) -> Vec<Line> {
        let description = format!("batch {batch} of {}", node.relation);
        let (level, verb, word) = match status {
            NodeStatus::Success => (LogLevel::Info, "OK created", self.green("SUCCESS")),
            NodeStatus::Skipped => (LogLevel::Info, "SKIP", self.yellow("SKIPPED")),
            _ => (LogLevel::Error, "ERROR creating", self.red("ERROR")),
        };
        let text = self.progress_line("Batch ", place, &format!("{verb} {description}"), &word, Some(elapsed));
        vec![self.line(Line::new("LogBatchResult", "Q046", level, text), || {
            json!({
                // The model is still running: only its end may carry a final status.
                "node_info": node_json::started(node, stamp.at),
                "description": description,
                "status": status.as_str(),
                "batch_index": place.0,
                "total_batches": place.1,
                "execution_time": elapsed.as_secs_f64(),
            })
        })]
    }

    pub(super) fn hook_started(&self, node: &NodeLabel, place: Place, stamp: &Stamp) -> Vec<Line> {
        let statement = hook_statement(node);
        let text = self.progress_line("", place, &format!("START hook: {statement}"), "RUN", None);
        let start = self.line(Line::new("LogHookStartLine", "Q032", LogLevel::Info, text), || {
            json!({
                "node_info": node_json::started(node, stamp.at),
                "statement": statement,
                "index": place.0,
                "total": place.1,
            })
        });
        let before_nodes = statement.contains(ON_RUN_START);
        if !before_nodes && place.0 == 1 { vec![Line::blank(), start] } else { vec![start] }
    }

    pub(super) fn hook_finished(
        &self,
        node: &NodeLabel,
        place: Place,
        outcome: &NodeOutcome,
        stamp: &Stamp,
    ) -> Vec<Line> {
        let statement = hook_statement(node);
        let (word, status) = match outcome.status {
            NodeStatus::Success | NodeStatus::Pass | NodeStatus::NoOp => ("OK", self.green("OK")),
            NodeStatus::Skipped => ("SKIP", self.yellow("SKIP")),
            _ => ("ERROR", self.red("ERROR")),
        };
        let elapsed = Some(outcome.execution_time);
        let text = self.progress_line("", place, &format!("{word} hook: {statement}"), &status, elapsed);
        // COMPAT: a failed hook is logged at info level (dbt 1.11); the summary repeats it as an error.
        let end = self.line(Line::new("LogHookEndLine", "Q033", LogLevel::Info, text), || {
            json!({
                "node_info": node_json::finished(node, outcome.status, stamp.at),
                "statement": statement,
                "status": outcome.status.as_str(),
                "index": place.0,
                "total": place.1,
                "execution_time": outcome.execution_time.as_secs_f64(),
            })
        });
        let before_nodes = statement.contains(ON_RUN_START);
        if before_nodes && place.0 == place.1 { vec![end, Line::blank()] } else { vec![end] }
    }

    fn progress_line(
        &self,
        lead: &str,
        (index, total): Place,
        message: &str,
        status: &str,
        elapsed: Option<Duration>,
    ) -> String {
        let progress = format!("{index} of {total} {message}");
        format!("{lead}{}", wording::result_line(&progress, status, elapsed, self.printer_width))
    }
}

const ON_RUN_START: &str = ".on-run-start.";
const BUILD_VERBS: [&str; 3] = ["ERROR creating", "OK created", "PARTIALLY created"];

/// Whether something is built or checked for a node.
const fn does_work(node: &NodeLabel) -> bool {
    !matches!(
        node.resource_type,
        ResourceType::Exposure | ResourceType::Metric | ResourceType::SemanticModel | ResourceType::SavedQuery
    )
}

/// How a node's end is told.
struct Verdict {
    name: &'static str,
    code: &'static str,
    level: LogLevel,
    message: String,
    status: String,
    timed: bool,
}

/// What only this kind of line says.
fn details(
    verdict: &Verdict,
    node: &NodeLabel,
    outcome: &NodeOutcome,
    place: Place,
    because_of: Option<&UniqueId>,
) -> Vec<(&'static str, Value)> {
    let (_, schema, alias, _) = node.node_relation.clone().unwrap_or_default();
    match verdict.name {
        "LogTestResult" => vec![
            ("name", json!(test_name(node))),
            ("num_models", json!(place.1)),
            ("num_failures", json!(outcome.failures.unwrap_or_default())),
            ("attached_node", json!(node.attached_node.as_ref().map(UniqueId::as_str).unwrap_or_default())),
        ],
        "LogSeedResult" => vec![
            ("result_message", json!(outcome.message.as_deref().unwrap_or_default())),
            ("schema", json!(schema)),
            ("relation", json!(alias)),
        ],
        "LogSnapshotResult" => vec![
            ("description", json!(describe(node))),
            ("result_message", json!(outcome.message.as_deref().unwrap_or_default())),
        ],
        "LogFreshnessResult" => {
            let (source, table) = source_and_table(node);
            vec![("source_name", json!(source)), ("table_name", json!(table))]
        }
        "LogSkipBecauseError" => vec![("schema", json!(schema)), ("relation", json!(alias))],
        "SkippingDetails" => vec![
            ("resource_type", json!(node.resource_type.as_str())),
            ("schema", json!(schema)),
            ("node_name", json!(node.name)),
            ("because_of", json!(because_of.map(UniqueId::as_str))),
        ],
        // `status` of a model that was built is the warehouse's answer.
        "LogModelResult" if outcome.status == NodeStatus::Success => vec![
            ("description", json!(describe(node))),
            ("status", json!(outcome.message.as_deref().unwrap_or(outcome.status.as_str()))),
        ],
        _ => vec![("description", json!(describe(node)))],
    }
}

/// `sql table model shop.orders`, `seed file shop.countries`, `test not_null_orders_id`.
pub(super) fn describe(node: &NodeLabel) -> String {
    match node.resource_type {
        ResourceType::Model => format!("sql {} model {}", node.materialized, node.relation),
        ResourceType::Seed => format!("seed file {}", node.relation),
        ResourceType::Snapshot => format!("snapshot {}", node.relation),
        ResourceType::Test | ResourceType::UnitTest => format!("{} {}", node.resource_type, test_name(node)),
        ResourceType::Source => {
            let (source, table) = source_and_table(node);
            format!("freshness of {source}.{table}")
        }
        ResourceType::Function => format!("function {}", in_schema(node)),
        ResourceType::SavedQuery => format!("saved query {}", node.name),
        kind => format!("{kind} {}", node.name),
    }
}

/// The node in its schema. COMPAT: by its name, whatever its alias (dbt 1.11).
fn in_schema(node: &NodeLabel) -> String {
    match &node.node_relation {
        Some((_, schema, ..)) => format!("{schema}.{}", node.name),
        None => node.relation.clone(),
    }
}

/// `name`, or `model::name` for a unit test.
fn test_name(node: &NodeLabel) -> String {
    let parts: Vec<&str> = node.unique_id.as_str().splitn(4, '.').collect();
    match parts.as_slice() {
        ["unit_test", _, model, name] => format!("{model}::{name}"),
        _ => node.name.clone(),
    }
}

/// A source table's two names.
fn source_and_table(node: &NodeLabel) -> (&str, &str) {
    let mut parts = node.unique_id.as_str().splitn(4, '.').skip(2);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or(&node.name))
}

/// `shop.on-run-start.0` for the node `shop-on-run-start-0`.
fn hook_statement(node: &NodeLabel) -> String {
    for hook in ["on-run-start", "on-run-end"] {
        if let Some((package, index)) = node.name.split_once(&format!("-{hook}-")) {
            return format!("{package}.{hook}.{index}");
        }
    }
    node.name.clone()
}
