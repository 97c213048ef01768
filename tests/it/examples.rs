//! The projects under `examples/`: `test.sh` of each generates data, builds, and compares every value of the
//! marts with a computation in plain Python. It asks for `bash`, `python3` and the lakehouse.
#![cfg(feature = "lakehouse")]

use std::process::Command;

use crate::support::{Project, Warehouse, repository_file};

/// Runs a script of an example; what it says at its end tells that all was compared.
fn passes(example: &str, script: &str) {
    // Any project knows the executable under test.
    let executable = Project::empty(Warehouse::lakehouse()).command(&[]).get_program().to_owned();
    let script = repository_file("examples").join(example).join(script);
    let output = Command::new("bash").arg(&script).arg(executable).output().expect("bash is installed");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.ends_with(&format!("{example}: well\n")), "{}\n{said}", script.display());
}

#[test]
fn happytimes_is_right_on_both_warehouses() {
    passes("happytimes", "test.sh");
}

#[test]
fn happytimes_notices_bad_days_and_no_others() {
    passes("happytimes", "test_observability.sh");
}

#[test]
fn click_attribution_is_right() {
    passes("click_attribution", "test.sh");
}

#[test]
fn note_taking_is_right() {
    passes("note_taking", "test.sh");
}

#[test]
fn ecommerce_is_right_where_it_is_built_and_where_it_is_published() {
    passes("ecommerce", "test.sh");
}
