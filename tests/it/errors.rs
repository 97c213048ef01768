//! What a user reads when something is wrong.
//!
//! `tests/fixtures/errors/<code>/` is a tiny broken project per diagnostic code. `command` in it is the
//! command line (`parse` if it is absent), `before` one that must succeed first. What the command says is
//! `output.snap` beside it, or `lakehouse.snap` and `postgres.snap` where warehouses have words of their
//! own. `docs/errors/` is written from the doc comments of the codes and from these outputs.
//!
//! After a change on purpose: `INSTA_UPDATE=always cargo test --test it errors::` and read the diff.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aquifer::diagnostic::Code;
use rayon::prelude::*;

use crate::support::{Project, Warehouse, fixture_folder, repository_file};

/// Codes that no project can trigger by itself, and where they are seen instead.
const WITHOUT_A_FIXTURE: &[(Code, &str)] = &[
    (Code::Cancelled, "needs a signal while a statement runs: stopping.rs"),
    (Code::InvalidArtifact, "needs the artifacts of an earlier run: state.rs"),
    (Code::UnknownPackage, "needs a registry: deps.rs"),
    (Code::PackageChanged, "needs a registry: deps.rs"),
    (Code::UnpinnedPackage, "needs a repository: deps.rs"),
    (Code::Internal, "a fault of the engine, which no test can order"),
];

/// The codes of the fixtures that are there, sorted.
fn fixtures() -> Vec<String> {
    let folders = std::fs::read_dir(fixture_folder("errors")).unwrap();
    let mut names: Vec<String> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A broken project, ready to run.
fn broken(warehouse: Warehouse, code: &str) -> Project {
    let project = Project::empty(warehouse);
    project.write("profiles.yml", &project.profiles("test"));
    if code != Code::NoProject.slug() {
        project.write("project.yml", "name: shop\nversion: '1.0'\nprofile: test\n");
    }
    project.copy(&fixture_folder(&format!("errors/{code}")));
    project
}

fn line_of(project: &Project, file: &str) -> Option<String> {
    std::fs::read_to_string(project.path(file)).ok().map(|text| text.trim().to_owned())
}

/// Runs the command of a fixture and compares what it says.
fn check(warehouse: Warehouse, code: &str, heard: &mut String) {
    let own_snapshot = if warehouse.is_postgres() { "postgres" } else { "lakehouse" };
    let project = broken(warehouse, code);
    if let Some(before) = line_of(&project, "before") {
        project.run(&before).succeeds();
    }
    let finished = project.run(line_of(&project, "command").as_deref().unwrap_or("parse"));
    *heard = finished.to_string();
    let said = finished.message();
    let marker = format!("[{code}]");
    assert!(said.contains(&marker), "`{marker}` is not in the output of {finished}");
    let text = format!("{said}\n\nexit code {}", finished.code);
    let folder = fixture_folder(&format!("errors/{code}"));
    let snapshot = if folder.join(format!("{own_snapshot}.snap")).exists() { own_snapshot } else { "output" };
    let mut insta = insta::Settings::clone_current();
    insta.set_snapshot_path(folder);
    insta.set_prepend_module_to_snapshot(false);
    insta.set_omit_expression(true);
    insta.add_filter(r"\d+ days old", "[n] days old");
    insta.add_filter(r#""aquifer"\."#, r#""[database]"."#);
    insta.bind(|| insta::assert_snapshot!(snapshot, text));
}

/// Checks every fixture on a kind of warehouse and shows what those that differ say, in the test's last
/// words: the rest of a long log may be cut.
fn check_all(warehouse: fn() -> Warehouse) {
    let differs = |code: &String| {
        let mut heard = "its command did not end".to_owned();
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(warehouse(), code, &mut heard)));
        checked.is_err().then(|| format!("{code}: {heard}"))
    };
    let differ: Vec<String> = fixtures().par_iter().filter_map(differs).collect();
    assert!(differ.is_empty(), "these say something else than is written:\n{}", differ.join("\n"));
}

#[cfg(feature = "lakehouse")]
#[test]
fn every_broken_project_says_what_is_written_on_the_lakehouse() {
    check_all(Warehouse::lakehouse);
}

#[test]
fn every_broken_project_says_what_is_written_on_postgres() {
    check_all(Warehouse::postgres);
}

#[test]
fn every_code_has_a_fixture() {
    let exempt: Vec<&str> = WITHOUT_A_FIXTURE.iter().map(|(code, _)| code.slug()).collect();
    let mut wanted: Vec<&str> =
        Code::ALL.iter().map(|code| code.slug()).filter(|slug| !exempt.contains(slug)).collect();
    wanted.sort_unstable();
    assert_eq!(fixtures(), wanted);
}

/// An error that cannot be traced to a line helps little: each fixture's output names a file of the user
/// with line and column, or its code is about no file.
#[test]
fn every_error_points_at_a_line() {
    let about_no_file = ["connection-failed", "empty-selection", "invalid-selector", "io", "no-project", "usage"];
    let place = regex::Regex::new(r"(?m)^ *--> (\S+):\d+:\d+$").unwrap();
    for code in fixtures().iter().filter(|code| !about_no_file.contains(&code.as_str())) {
        let output = output_of(code);
        let files: Vec<&str> = place.captures_iter(&output).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(!files.is_empty(), "{code} points at no line:\n{output}");
        for file in files {
            let in_fixture = fixture_folder(&format!("errors/{code}")).join(file);
            assert!(in_fixture.exists() || file == "project.yml" || file == "profiles.yml", "{code}: {file}");
        }
    }
}

/// What a fixture's command says, as written.
fn output_of(code: &str) -> String {
    let folder = fixture_folder(&format!("errors/{code}"));
    let names = ["output.snap", "postgres.snap"];
    let text = names.iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok());
    let text = text.unwrap_or_else(|| panic!("{code} has no output.snap"));
    // Between two lines of dashes stands what insta notes for itself.
    text.splitn(3, "---\n").nth(2).unwrap_or_default().trim_end().to_owned()
}

/// `docs/errors/`: a page per code and the list of them.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut index =
        "# Errors and warnings\n\nEach has a code, as in `error[unknown-ref]`, and a page here.\n\n".to_owned();
    let mut pages = BTreeMap::new();
    for code in Code::ALL {
        let slug = code.slug();
        let mut page = code.page();
        let summary = page.lines().nth(2).unwrap_or_default().to_owned();
        index.push_str(&format!("- [{slug}]({slug}.md): {summary}\n"));
        if !WITHOUT_A_FIXTURE.iter().any(|(exempt, _)| exempt == code) {
            page.push_str(&format!("\n## What is shown\n\n```text\n{}\n```\n", shown(slug)));
        }
        pages.insert(PathBuf::from(format!("docs/errors/{slug}.md")), page);
    }
    pages.insert(PathBuf::from("docs/errors/README.md"), index);
    pages
}

/// The first block of an output that has the code.
fn shown(code: &str) -> String {
    let output = output_of(code);
    let marker = format!("[{code}]: ");
    let from = output.lines().skip_while(|line| !line.contains(&marker));
    let block: Vec<&str> = from.take_while(|line| !line.trim().is_empty()).collect();
    // Below the summary of a run it is indented.
    let indent = block.first().map_or(0, |line| line.len() - line.trim_start().len());
    block.iter().map(|line| &line[indent..]).collect::<Vec<_>>().join("\n")
}

/// `AQUIFER_WRITE_PAGES=1 cargo test --test it errors::pages` writes them.
#[test]
fn pages_of_the_errors_are_current() {
    let pages = pages();
    if std::env::var_os("AQUIFER_WRITE_PAGES").is_some() {
        let folder = repository_file("docs/errors");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (path, text) in &pages {
            std::fs::write(repository_file(path.to_str().unwrap()), text).unwrap();
        }
    }
    for (path, text) in &pages {
        let found = std::fs::read_to_string(repository_file(path.to_str().unwrap())).unwrap_or_default();
        assert_eq!(
            &found,
            text,
            "{} is not current: AQUIFER_WRITE_PAGES=1 cargo test --test it errors::pages",
            path.display()
        );
    }
    let files = std::fs::read_dir(repository_file("docs/errors")).unwrap();
    let strays = files.map(|file| Path::new("docs/errors").join(file.unwrap().file_name()));
    assert_eq!(strays.filter(|path| !pages.contains_key(path)).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
