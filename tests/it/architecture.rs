//! The rules of the house (`docs/architecture.md`), checked on the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use crate::support::repository_file;

/// The layers, lowest first: a module uses its own layer or a lower one.
const LAYERS: &[&[&str]] = &[
    &["source", "diagnostic", "resource", "relation", "outcome"],
    &["system", "config", "package", "report", "history", "observe"],
    &["jinja", "sql"],
    &["graph", "project", "parse", "resolve", "artifacts", "state", "selector"],
    &["adapter", "materialization", "plan"],
    &["compile", "run"],
    &["commands", "cli", "ide", "lsp", "site"],
];

/// Crates that one folder alone may name, and that folder.
const SOLE_USERS: &[(&str, &str)] = &[
    ("minijinja", "src/jinja/"),
    ("datafusion", "src/adapter/lakehouse/"),
    ("deltalake", "src/adapter/lakehouse/"),
    ("object_store", "src/adapter/lakehouse/"),
    ("tokio_postgres", "src/adapter/postgres/"),
    ("lsp_types", "src/lsp/"),
];

/// Files longer than 800 lines, and why.
const LONG_FILES: &[(&str, &str)] = &[("src/diagnostic/codes.rs", "a table: a page of text for each code")];

/// A source file of the library without comments and without its tests.
struct Source {
    path: String,
    module: String,
    text: String,
    lines: usize,
}

fn files_below(folder: &str, extension: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![repository_file(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let relative = path.strip_prefix(repository_file("")).unwrap();
                files.push(relative.to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

fn sources() -> Vec<Source> {
    let comment = Regex::new(r"(?m)^\s*//.*$").unwrap();
    let is_test = |path: &String| path.ends_with("tests.rs") || path.contains("/tests/");
    let paths = files_below("src", "rs").into_iter().filter(|path| !is_test(path));
    let read = |path: String| {
        let text = std::fs::read_to_string(repository_file(&path)).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let module = path.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        Source { module, text: comment.replace_all(code, "").into_owned(), lines: text.lines().count(), path }
    };
    paths.map(read).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The modules of this crate that a text names: `crate::x` and `use crate::{x::..., y}`.
fn modules_named(text: &str) -> BTreeSet<String> {
    let single = Regex::new(r"\bcrate::(\w+)").unwrap();
    let group = Regex::new(r"\bcrate::\{([^;]*)\};").unwrap();
    let member = Regex::new(r"(?:^|,)\s*([a-z_]+)").unwrap();
    let mut named: BTreeSet<String> = single.captures_iter(text).map(|found| found[1].to_owned()).collect();
    for found in group.captures_iter(text) {
        named.extend(member.captures_iter(&found[1]).map(|found| found[1].to_owned()));
    }
    named
}

/// Which modules each module uses, with one file that does.
fn edges() -> BTreeMap<(String, String), String> {
    let mut edges = BTreeMap::new();
    for source in sources() {
        for used in modules_named(&source.text) {
            if used != source.module && layer(&used).is_some() {
                edges.insert((source.module.clone(), used), source.path.clone());
            }
        }
    }
    edges
}

#[test]
fn every_module_has_a_layer() {
    let modules: BTreeSet<String> = sources().into_iter().map(|source| source.module).collect();
    let outside: Vec<&String> =
        modules.iter().filter(|module| layer(module).is_none() && *module != "lib" && *module != "main").collect();
    assert_eq!(outside, Vec::<&String>::new(), "add them to LAYERS and to docs/architecture.md");
}

#[test]
fn modules_use_their_own_layer_or_a_lower_one() {
    let edges = edges();
    assert!(edges.len() > 50, "the sources are read");
    let upward: Vec<_> =
        edges.iter().filter(|((from, to), _)| layer(to) > layer(from) && layer(from).is_some()).collect();
    assert_eq!(upward, Vec::new());
}

#[test]
fn modules_do_not_use_each_other_in_a_circle() {
    let edges = edges();
    let reaches = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(next) = open.pop() {
            let used = edges.keys().filter(|(user, _)| *user == next).map(|(_, used)| used.clone());
            open.extend(used.filter(|used| seen.insert(used.clone())).collect::<Vec<_>>());
        }
        seen
    };
    let circular: Vec<&&str> =
        LAYERS.iter().copied().flatten().filter(|module| reaches(module).contains(**module)).collect();
    assert_eq!(circular, Vec::<&&str>::new());
}

#[test]
fn some_crates_have_one_user() {
    for (name, folder) in SOLE_USERS {
        let word = Regex::new(&format!(r"\b{name}(_\w+)?::")).unwrap();
        let users: Vec<String> = sources()
            .into_iter()
            .filter(|source| !source.path.starts_with(folder) && word.is_match(&source.text))
            .map(|source| source.path)
            .collect();
        assert_eq!(users, Vec::<String>::new(), "only {folder} may name {name}");
    }
}

/// Nobody but the registry chooses by the adapter's type: ask its `Capabilities`.
#[test]
fn only_the_registry_matches_on_the_type_of_an_adapter() {
    let choice =
        Regex::new(r#"(==|!=)\s*"(postgres|lakehouse)"|"(postgres|lakehouse)"(\s*\|\s*"\w+")*\)?\s*=>"#).unwrap();
    let choosing: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.path != "src/adapter/registry.rs" && choice.is_match(&source.text))
        .map(|source| source.path)
        .collect();
    assert_eq!(choosing, Vec::<String>::new());
}

#[test]
fn files_are_short() {
    let folders = ["src", "tests", "benches"].into_iter().filter(|folder| repository_file(folder).exists());
    let allowed: Vec<&str> = LONG_FILES.iter().map(|(path, _)| *path).collect();
    let length = |path: &String| std::fs::read_to_string(repository_file(path)).unwrap().lines().count();
    let long: Vec<String> = folders
        .flat_map(|folder| files_below(folder, "rs"))
        .filter(|path| length(path) > 800 && !allowed.contains(&path.as_str()))
        .collect();
    assert_eq!(long, Vec::<String>::new(), "split them");
    for (path, _) in LONG_FILES {
        assert!(length(&(*path).to_owned()) > 800, "{path} needs no exception any more");
    }
}

/// A `mod.rs` is a table of contents.
#[test]
fn tables_of_contents_are_short() {
    let long: Vec<(String, usize)> = sources()
        .into_iter()
        .filter(|source| source.path.ends_with("/mod.rs") && source.lines > 260)
        .map(|source| (source.path, source.lines))
        .collect();
    assert_eq!(long, Vec::<(String, usize)>::new());
}

/// Two copies of these would make their types differ between the engine and DataFusion.
#[test]
fn the_lock_file_has_one_copy_of_what_is_shared() {
    let lock = std::fs::read_to_string(repository_file("Cargo.lock")).unwrap();
    for name in ["arrow", "arrow-schema", "sqlparser", "object_store"] {
        let copies = lock.matches(&format!("name = \"{name}\"\n")).count();
        assert_eq!(copies, 1, "{name} is in Cargo.lock {copies} times");
    }
}

/// A file of `tests/it` that `main.rs` does not name would never be compiled.
#[test]
fn no_test_file_is_forgotten() {
    let main = std::fs::read_to_string(repository_file("tests/it/main.rs")).unwrap();
    let named: BTreeSet<String> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let entries = std::fs::read_dir(repository_file("tests/it")).unwrap();
    let present: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("mod.rs").exists() || path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "main")
        .collect();
    assert_eq!(named, present);
}

/// Every module is in the code map.
#[test]
fn the_code_map_names_every_module() {
    let map = std::fs::read_to_string(repository_file("docs/architecture.md")).unwrap();
    let modules: BTreeSet<String> = sources().into_iter().map(|source| source.module).collect();
    let missing: Vec<String> = modules
        .into_iter()
        .filter(|module| module != "lib" && module != "main" && !map.contains(&format!("`{module}`")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    assert!(Path::new(&repository_file("docs/compatibility.md")).exists());
}
