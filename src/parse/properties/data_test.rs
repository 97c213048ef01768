use serde_json::Value;

use super::{Scope, list_of};
use crate::config::yaml::{Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::WrittenTest;
use crate::resource::{ConfigMap, JsonMap};
use crate::source::Span;

/// Config keys that may stand beside a test's arguments, in dbt's order.
const CONFIG_KEYS: [&str; 14] = [
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "meta",
    "database",
    "schema",
    "alias",
];

/// The tests under `data_tests:` (or `tests:`); `None` when there is neither.
pub(super) fn read(
    owner: &Yaml,
    what: &str,
    scope: Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<WrittenTest>> {
    let present = |key: &str| owner.entry(key).filter(|(_, value)| !value.is_null());
    // COMPAT: an empty `tests` is as none at all, an empty `data_tests` is not (dbt 1.11).
    let old = present("tests").filter(|(_, value)| !matches!(&value.value, YamlValue::List(items) if items.is_empty()));
    let key = match (present("data_tests"), old) {
        (Some(one), Some(other)) => {
            diagnostics.push(
                Diagnostic::error(Code::InvalidValue, format!("{what} has both `tests` and `data_tests`"))
                    .at(other.0.span, "also given here")
                    .and_at(one.0.span, "given here")
                    .help("move all of them under `data_tests`"),
            );
            return None;
        }
        (Some(_), None) => "data_tests",
        (None, Some(_)) => "tests",
        (None, None) => return None,
    };
    let items = list_of(owner, key, what, diagnostics);
    Some(items.iter().filter_map(|item| one(item, what, scope, diagnostics)).collect())
}

fn one(item: &Yaml, what: &str, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Option<WrittenTest> {
    if let YamlValue::Text(test) = &item.value {
        return Some(bare(test, item.span));
    }
    if let Some(name) = item.get("test_name").filter(|_| matches!(item.value, YamlValue::Map(_))) {
        let test = name.scalar_text().unwrap_or_default();
        return Some(with_arguments(&test, name.span, item, scope));
    }
    let refuse = |place: Span, problem: &str, diagnostics: &mut Diagnostics| {
        diagnostics.push(
            Diagnostic::error(Code::InvalidValue, format!("a test of {what} {problem}"))
                .at(place, "expected a test's name, alone or with its arguments")
                .help("for instance `- unique`, or `- accepted_values:` with `arguments:` below it, indented further"),
        );
        None
    };
    match item.entries() {
        [(key, arguments)] => match arguments.value {
            YamlValue::Map(_) => Some(with_arguments(&key.name, key.span, arguments, scope)),
            // COMPAT: `- unique:` with nothing behind it is an error in dbt 1.11; it can mean one thing only.
            YamlValue::Null => Some(bare(&key.name, key.span)),
            _ => refuse(arguments.span, &format!("has {} for its arguments", arguments.kind()), diagnostics),
        },
        [] => refuse(item.span, &format!("must be a name or a mapping, but is {}", item.kind()), diagnostics),
        [_, (second, _), ..] => refuse(second.span, "has more than one key", diagnostics),
    }
}

fn bare(test: &str, span: Span) -> WrittenTest {
    WrittenTest {
        test: test.trim().to_owned(),
        span,
        before_column: JsonMap::new(),
        after_column: JsonMap::new(),
        config: ConfigMap::new(),
        name: None,
        description: String::new(),
    }
}

fn with_arguments(test: &str, span: Span, yaml: &Yaml, scope: Scope<'_>) -> WrittenTest {
    let mut before = yaml.to_json_map();
    before.shift_remove("test_name");
    let mut nested = match before.get("arguments") {
        Some(Value::Object(nested)) if scope.arguments_property => nested.clone(),
        _ => JsonMap::new(),
    };
    if scope.arguments_property {
        before.shift_remove("arguments");
    }
    // COMPAT: a config key is config within `arguments` too (dbt 1.11).
    for key in CONFIG_KEYS {
        if let Some(value) = nested.shift_remove(key) {
            before.insert(key.to_owned(), value);
        }
    }
    let mut test = bare(test, span);
    test.config = config(&mut before);
    test.name = text(before.shift_remove("name"));
    test.description = text(before.shift_remove("description")).unwrap_or_default();
    test.after_column = nested;
    // COMPAT: these keys mean the same within `arguments` (dbt 1.11).
    test.name = text(test.after_column.shift_remove("name")).or(test.name);
    test.before_column = before;
    test
}

/// Known config keys first, in their own order, then the rest of `config:`.
fn config(arguments: &mut JsonMap) -> ConfigMap {
    let mut nested = match arguments.shift_remove("config") {
        Some(Value::Object(nested)) => nested,
        _ => JsonMap::new(),
    };
    let mut config = ConfigMap::new();
    for key in CONFIG_KEYS {
        let value = arguments.shift_remove(key).filter(|value| !value.is_null()).or_else(|| nested.shift_remove(key));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            config.insert(key.to_owned(), value);
        }
    }
    config.extend(nested.into_iter().filter(|(_, value)| !value.is_null()));
    config
}

fn text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
