//! What a run records of how it was called.

use serde_json::{Value, json};

use super::Flags;
use super::arguments::{OptionValue, OptionValues};
use crate::resource::JsonMap;
use crate::system::Environment;

/// Options that are recorded only when they are on.
const RECORDED_IF_ON: [&str; 13] = [
    "debug",
    "full_refresh",
    "fail_fast",
    "warn_error",
    "single_threaded",
    "log_cache_events",
    "store_failures",
    "use_experimental_parser",
    // Ours: nobody else expects the key.
    "fail_on_empty",
    "connection",
    "config_dir",
    "lock",
    "upgrade",
];

/// Variables and `--vars` whose name begins so are never shown.
const SECRET_PREFIX: &str = "DBT_ENV_SECRET";

/// `args` of run_results.json and `invocation_args_dict`: every option by key, as dbt records them.
pub(super) fn record(values: &OptionValues, flags: &Flags, places: &[(&str, String)]) -> JsonMap {
    let mut record = JsonMap::new();
    for (option, value) in values.iter() {
        let key = option.key();
        if RECORDED_IF_ON.contains(&key.as_str()) && *value == OptionValue::Bool(false) {
            continue;
        }
        record.insert(key, json_of(value));
    }
    for (name, on) in &flags.behaviors {
        if *name != "require_event_names_in_deprecations" {
            record.insert((*name).to_owned(), json!(on));
        }
    }
    for (name, path) in places {
        record.insert((*name).to_owned(), json!(path));
    }
    let options = record.entry("warn_error_options").or_insert_with(|| json!({}));
    if let Some(options) = options.as_object_mut() {
        for key in ["error", "warn", "silence"] {
            options.entry(key).or_insert_with(|| json!([]));
        }
    }
    if let Some(vars) = record.get_mut("vars").and_then(Value::as_object_mut) {
        vars.iter_mut()
            .filter(|(name, _)| name.starts_with(SECRET_PREFIX))
            .for_each(|(_, value)| *value = json!("*****"));
    }
    record.insert("introspect".to_owned(), json!(flags.introspect));
    record.insert("strict_mode".to_owned(), json!(false));
    if let Some((operation, _)) = &flags.operation {
        record.insert("macro".to_owned(), json!(operation));
    }
    record.insert("which".to_owned(), json!(values.command().which()));
    record
}

fn json_of(value: &OptionValue) -> Value {
    match value {
        OptionValue::Bool(on) => json!(on),
        OptionValue::Number(number) => json!(number),
        OptionValue::Text(text) => json!(text),
        OptionValue::Texts(texts) => json!(texts),
        OptionValue::Map(map) => Value::Object(map.clone()),
        OptionValue::Time(time) => json!(time.format("%Y-%m-%dT%H:%M:%S").to_string()),
    }
}

/// The command line as typed, with what is secret replaced by stars: variables that are marked as
/// secret, `--vars` under such a name.
pub(super) fn scrubbed_command_line(environment: &Environment, vars: &JsonMap) -> String {
    let words = environment.command_line.iter().skip(1).map(String::as_str);
    let mut line: String = std::iter::once("aquifer").chain(words).collect::<Vec<_>>().join(" ");
    let secret_vars = vars.iter().filter(|(name, _)| name.starts_with(SECRET_PREFIX));
    let secret_vars = secret_vars.filter_map(|(_, value)| value.as_str()).filter(|text| !text.trim().is_empty());
    for secret in environment.secrets().into_iter().chain(secret_vars) {
        line = line.replace(secret, "*****");
    }
    line
}

/// `flags` of Jinja: `flags.FULL_REFRESH`, `flags.WHICH`.
pub(super) fn jinja_flags(flags: &Flags, record: &JsonMap) -> JsonMap {
    const SHOWN: [&str; 22] = [
        "use_experimental_parser",
        "static_parser",
        "warn_error",
        "warn_error_options",
        "write_json",
        "partial_parse",
        "use_colors",
        "profiles_dir",
        "debug",
        "log_format",
        "version_check",
        "fail_fast",
        "send_anonymous_usage_stats",
        "printer_width",
        "indirect_selection",
        "log_cache_events",
        "quiet",
        "cache_selected_only",
        "introspect",
        "log_path",
        "which",
        "invocation_command",
    ];
    let mut shown: JsonMap =
        SHOWN.iter().map(|key| (key.to_ascii_uppercase(), record.get(*key).cloned().unwrap_or(Value::Null))).collect();
    let mut set = |key: &str, value: Value| shown.insert(key.to_owned(), value);
    set("DEBUG", json!(flags.debug));
    set("FAIL_FAST", json!(flags.fail_fast));
    set("FULL_REFRESH", json!(flags.full_refresh));
    set("STORE_FAILURES", json!(flags.store_failures));
    set("EMPTY", json!(flags.empty));
    set("TARGET_PATH", record.get("target_path").cloned().unwrap_or(Value::Null));
    set("NO_PRINT", Value::Null);
    for (name, on) in &flags.behaviors {
        set(&name.to_ascii_uppercase(), json!(on));
    }
    shown
}
