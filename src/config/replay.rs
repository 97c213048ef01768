//! The command line of an earlier run, from the record that its run results keep.

use serde_json::Value;

use super::Command;
use super::arguments::{Arguments, Given};
use super::options::{OPTIONS, OptionKind, OptionSpec};
use crate::resource::JsonMap;

/// What `retry` takes from itself and not from the earlier run. COMPAT: dbt 1.11's list.
const OF_THIS_RUN: [&str; 11] = [
    "log_path",
    "output_path",
    "profiles_dir",
    "project_dir",
    "defer_state",
    "target_path",
    "warn_error",
    "show",
    "summary_file",
    "trace_file",
    "partial_parse_file_path",
];

impl Arguments {
    /// The command line of an earlier run, from `args` of its run results. What this command line says
    /// wins, but for `--state`, which names the earlier run.
    ///
    /// `None` where no command is recorded that can be run again.
    pub fn replayed(record: &JsonMap, this: &Arguments) -> Option<Self> {
        let which = record.get("which")?.as_str()?;
        let command = Command::ALL.into_iter().find(|command| command.which() == which && command.is_retryable())?;
        let taken = |option: &&OptionSpec| option.applies_to(command) && !OF_THIS_RUN.contains(&option.key().as_str());
        let recorded = OPTIONS.iter().filter(taken);
        let mut given: std::collections::BTreeMap<&'static str, Given> =
            recorded.filter_map(|option| Some((option.name, given(option, record.get(&option.key())?)?))).collect();
        let own = this.given.iter().filter(|(name, _)| **name != "state");
        given.extend(own.map(|(name, value)| (*name, value.clone())));
        let operand = record.get("macro").and_then(Value::as_str).map(str::to_owned);
        Some(Self { command, given, operand })
    }
}

/// A recorded value as it would have been typed; `None` for what says nothing.
fn given(option: &OptionSpec, recorded: &Value) -> Option<Given> {
    let one = |text: String| Some(Given::Texts(vec![text]));
    match recorded {
        Value::Bool(true) => Some(Given::Switch(true)),
        Value::Bool(false) => (option.kind == OptionKind::Switch).then_some(Given::Switch(false)),
        Value::Number(number) => one(number.to_string()),
        Value::String(text) => one(text.clone()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            (!texts.is_empty()).then_some(Given::Texts(texts))
        }
        Value::Object(map) if map.values().all(is_nothing) => None,
        Value::Object(_) => one(recorded.to_string()),
        Value::Null => None,
    }
}

/// `warn_error_options` is recorded with empty lists.
fn is_nothing(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn replayed(record: Value, typed: &[(&'static str, Given)]) -> Option<Arguments> {
        let this = Arguments { command: Command::Retry, given: typed.iter().cloned().collect(), operand: None };
        Arguments::replayed(record.as_object().unwrap(), &this)
    }

    #[test]
    fn the_earlier_command_line_comes_back() {
        let record = json!({
            "which": "build", "select": ["tag:daily", "orders+"], "exclude": [], "full_refresh": true,
            "fail_fast": false, "threads": 3, "vars": { "day": "2026-01-01" }, "target": "ci", "defer": true,
            "state": "prod", "target_path": "elsewhere", "show": true, "store_failures": false,
            "warn_error_options": { "error": [], "warn": [], "silence": [] }, "profile": null, "strict_mode": false
        });
        let typed = [("threads", Given::Texts(vec!["8".into()])), ("state", Given::Texts(vec!["target".into()]))];
        let texts = |texts: &[&str]| Given::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
        let expected = BTreeMap::from([
            ("defer", Given::Switch(true)),
            ("fail-fast", Given::Switch(false)),
            ("full-refresh", Given::Switch(true)),
            ("select", texts(&["tag:daily", "orders+"])),
            ("state", texts(&["prod"])),
            ("target", texts(&["ci"])),
            ("threads", texts(&["8"])),
            ("vars", texts(&["{\"day\":\"2026-01-01\"}"])),
        ]);
        assert_eq!(
            replayed(record, &typed),
            Some(Arguments { command: Command::Build, given: expected, operand: None })
        );
    }

    #[test]
    fn an_operation_keeps_its_macro() {
        let record = json!({ "which": "run-operation", "macro": "grant_all", "args": { "role": "ann" } });
        let arguments = replayed(record, &[]).unwrap();
        assert_eq!((arguments.command, arguments.operand.as_deref()), (Command::RunOperation, Some("grant_all")));
    }

    #[test]
    fn what_left_no_results_cannot_be_run_again() {
        assert_eq!(replayed(json!({ "which": "list" }), &[]), None);
        assert_eq!(replayed(json!({}), &[]), None);
    }
}
