//! The rules of the house, checked on the sources.

use std::collections::BTreeSet;

use crate::support::repository_file;

/// A file of `tests/it` that `main.rs` does not name would never be compiled.
#[test]
fn no_test_file_is_forgotten() {
    let main = std::fs::read_to_string(repository_file("tests/it/main.rs")).unwrap();
    let named: BTreeSet<String> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let present: BTreeSet<String> = std::fs::read_dir(repository_file("tests/it"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "main.rs" && name != "snapshots")
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(named, present);
}
