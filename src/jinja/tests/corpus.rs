//! What Jinja2 makes of a corpus of templates, we make of them too.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{engine, try_render};

const EXPECTED: &str = include_str!("../../../tests/fixtures/jinja/expected.json");

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jinja")
}

/// The templates that come out otherwise than they should, each with both outcomes.
fn differences(name: &str) -> Vec<String> {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let engine = engine(&[]);
    let cases = expected.get(name).and_then(Value::as_array).unwrap();
    assert!(!cases.is_empty());
    let different = |case: &Value| {
        let template = case.get("template").and_then(Value::as_str).unwrap();
        let wanted = case.get("output").and_then(Value::as_str);
        let found = try_render(&engine, template);
        match (&found, wanted) {
            (Ok(found), Some(wanted)) if found.text == wanted => None,
            (Err(_), None) => None,
            _ => {
                let shown = found.map_or_else(|problem| format!("error: {}", problem.message), |found| found.text);
                let wanted = wanted.map_or_else(|| format!("error: {case}"), str::to_owned);
                Some(format!("{template}\n  wanted {wanted:?}\n  found  {shown:?}"))
            }
        }
    };
    cases.iter().filter_map(different).collect()
}

#[test]
fn templates_render_as_jinja2_renders_them() {
    let found = differences("jinja.txt");
    assert!(found.is_empty(), "{} differ:\n{}", found.len(), found.join("\n"));
}

#[test]
fn functions_and_modules_give_what_they_give_in_dbt() {
    let found = differences("dbt.txt");
    assert!(found.is_empty(), "{} differ:\n{}", found.len(), found.join("\n"));
}

/// Where Python has Jinja2 (and dbt), the expectations are still what it says.
#[test]
#[allow(clippy::disallowed_methods, reason = "which Python is the test machine's business")]
fn the_expectations_are_those_of_jinja2() {
    let python = std::env::var("AQUIFER_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_jinja2 = Command::new(&python).args(["-c", "import jinja2"]).output();
    if !has_jinja2.is_ok_and(|output| output.status.success()) {
        return;
    }
    let check = Command::new(&python).arg(folder().join("render_with_jinja2.py")).arg("--check").output().unwrap();
    assert!(check.status.success(), "no longer so:\n{}", String::from_utf8_lossy(&check.stdout));
}
