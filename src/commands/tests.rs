//! Commands that need no warehouse, over files in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::clean::clean;
use super::debug::{Connection, debug};
use super::init::init;
use crate::config::{Arguments, Command, Examined, Given, SettingScope, Settings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::report::{Event, RecordingReporter};
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem, MemoryFileSystem};

const PROFILES: &str = "shop: {target: dev, outputs: {dev: {type: postgres, schema: s}}}\n";

fn render(text: &str, _: &SettingScope<'_>) -> Result<Value, Box<Diagnostic>> {
    Ok(json!(text))
}

fn arguments(command: Command, operand: Option<&str>) -> Arguments {
    Arguments { command, given: BTreeMap::new(), operand: operand.map(str::to_owned) }
}

fn environment() -> Arc<Environment> {
    Arc::new(Environment { working_directory: PathBuf::from("/home/me"), ..Environment::default() })
}

fn lines(reporter: &RecordingReporter) -> String {
    let line = |event: &Event| match event {
        Event::Message { text, .. } => text.clone(),
        Event::Diagnostic(problem) => format!("{}: {}", problem.code, problem.message),
        other => format!("{other:?}"),
    };
    reporter.events().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn said(problems: &Diagnostics) -> String {
    let line = |problem: &Diagnostic| format!("{}: {} {:?}", problem.code, problem.message, problem.help);
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_new_project_can_be_loaded() {
    let fs = MemoryFileSystem::default();
    let reporter = RecordingReporter::default();
    init(&arguments(Command::Init, Some("shop")), &environment(), &fs, &SourceSet::new(), &reporter).unwrap();
    insta::assert_snapshot!(lines(&reporter), @r"
    Wrote shop/project.yml
    Wrote shop/README.md
    Wrote shop/.gitignore
    Wrote shop/seeds/raw_orders.csv
    Wrote shop/seeds/_seeds.yml
    Wrote shop/models/staging/stg_orders.sql
    Wrote shop/models/staging/_staging.yml
    Wrote shop/models/marts/customer_orders.sql
    Wrote shop/models/marts/_marts.yml
    Wrote shop/profiles.yml
    Your project `shop` is ready: cd shop && aquifer build
    ");
    let environment =
        Arc::new(Environment { working_directory: PathBuf::from("/home/me/shop"), ..Environment::default() });
    let build = arguments(Command::Build, None);
    let (settings, diagnostics) = Settings::load(&build, &environment, &fs, &SourceSet::new(), &render).unwrap();
    assert_eq!(diagnostics, Vec::new());
    assert_eq!((settings.project.name.as_str(), settings.profile.name.as_str()), ("shop", "shop"));
    for file in fs.files_below(Path::new("/home/me")) {
        assert!(!fs.read_to_string(&file).unwrap().contains("{pro"), "{} is not filled in", file.display());
    }
}

#[test]
fn init_overwrites_nothing() {
    let fs = MemoryFileSystem::new([("/home/me/shop/notes.txt", "mine")]);
    let failed = |operand: Option<&str>, profile: Option<&str>, fs: &MemoryFileSystem| {
        let mut arguments = arguments(Command::Init, operand);
        arguments.given.extend(profile.map(|name| ("profile", Given::Texts(vec![name.to_owned()]))));
        said(&init(&arguments, &environment(), fs, &SourceSet::new(), &RecordingReporter::default()).unwrap_err())
    };
    insta::assert_snapshot!(failed(Some("shop"), None, &fs), @r#"io: `shop` exists already; nothing was written ["choose another name, or remove the folder"]"#);
    insta::assert_snapshot!(failed(Some("my-shop"), None, &fs), @r#"usage: `my-shop` cannot be a project's name ["use letters, digits and underscores, and no digit first"]"#);
    insta::assert_snapshot!(failed(None, None, &fs), @r#"usage: a new project needs a name ["for instance `aquifer init shop`"]"#);
    insta::assert_snapshot!(failed(Some("other"), Some("prod"), &fs), @r#"missing-profile: there is no profile `prod`; there is none ["leave `--profile` out to get a new one"]"#);
    assert_eq!(fs.files_below(Path::new("/home/me")).len(), 1);
    let fs = MemoryFileSystem::new([("/home/me/project.yml", "name: a\n"), ("/home/me/profiles.yml", PROFILES)]);
    insta::assert_snapshot!(failed(None, None, &fs), @r#"io: `/home/me/profiles.yml` exists already; nothing was written ["edit it, or give a name to begin a new project: `aquifer init shop`"]"#);
}

#[test]
fn init_within_a_project_writes_its_profile() {
    let fs = MemoryFileSystem::new([("/home/me/dbt_project.yml", "name: a\nprofile: b\n")]);
    let reporter = RecordingReporter::default();
    init(&arguments(Command::Init, None), &environment(), &fs, &SourceSet::new(), &reporter).unwrap();
    assert_eq!(lines(&reporter), "Wrote profiles.yml\nThe project is ready: aquifer build");
    assert!(fs.read_to_string(Path::new("/home/me/profiles.yml")).unwrap().contains("\nb:\n"));
}

/// Runs `clean` in a project with these targets: what is left below `/`, and what was said.
fn cleaned(targets: &str, outside_too: bool) -> String {
    let project = format!("name: shop\nprofile: shop\n{targets}");
    let fs = MemoryFileSystem::new([
        ("/home/me/project.yml", project.as_str()),
        ("/home/me/models/a.sql", ""),
        ("/home/me/target/run/a.sql", ""),
        ("/home/me/dbt_packages/x/dbt_project.yml", ""),
        ("/home/elsewhere/a", ""),
    ]);
    let mut arguments = arguments(Command::Clean, None);
    arguments.given.insert("clean-project-files-only", Given::Switch(!outside_too));
    let (settings, _) = Settings::load(&arguments, &environment(), &fs, &SourceSet::new(), &render).unwrap();
    let reporter = RecordingReporter::default();
    let said = match clean(&settings, &fs, &reporter) {
        Ok(()) => lines(&reporter),
        Err(problems) => said(&problems),
    };
    let left: Vec<String> = fs.files_below(Path::new("/")).iter().map(|path| path.display().to_string()).collect();
    format!("{said}\nleft: {}", left.join(" "))
}

#[test]
fn clean_removes_only_what_may_go() {
    insta::assert_snapshot!(cleaned("", false), @r"
    Cleaned /home/me/target
    Finished cleaning all paths.
    left: /home/elsewhere/a /home/me/dbt_packages/x/dbt_project.yml /home/me/models/a.sql /home/me/project.yml
    ");
    insta::assert_snapshot!(cleaned("clean-targets: [target, dbt_packages, gone]\n", false), @r"
    Cleaned /home/me/target
    Cleaned /home/me/dbt_packages
    Finished cleaning all paths.
    left: /home/elsewhere/a /home/me/models/a.sql /home/me/project.yml
    ");
    insta::assert_snapshot!(cleaned("clean-targets: [target, models, '.', ../elsewhere]\n", false), @r#"
    invalid-value: `/home/me/models` is not cleaned: `models` holds the project's own files ["take it out of `clean-targets`; nothing was removed"]
    invalid-value: `/home/me` is not cleaned: the project itself stands in it ["take it out of `clean-targets`; nothing was removed"]
    invalid-value: `/home/elsewhere` is not cleaned: it stands outside the project ["take it out of `clean-targets`; nothing was removed", "`--no-clean-project-files-only` removes it all the same"]
    left: /home/elsewhere/a /home/me/dbt_packages/x/dbt_project.yml /home/me/models/a.sql /home/me/project.yml /home/me/target/run/a.sql
    "#);
    insta::assert_snapshot!(cleaned("clean-targets: [../elsewhere]\n", true), @r"
    Cleaned /home/elsewhere
    Finished cleaning all paths.
    left: /home/me/dbt_packages/x/dbt_project.yml /home/me/models/a.sql /home/me/project.yml /home/me/target/run/a.sql
    ");
}

/// Runs `debug`: whether all is well, and what was said.
fn checked(files: &[(&str, &str)], connected: bool, flag: Option<&'static str>) -> String {
    let fs = MemoryFileSystem::new(files.iter().copied());
    let mut arguments = arguments(Command::Debug, None);
    arguments.given.extend(flag.map(|name| (name, Given::Switch(true))));
    let examined = Examined::new(&arguments, &environment(), &fs, &SourceSet::new(), &render);
    let reporter = RecordingReporter::default();
    let connect = |profile: crate::config::Profile, root: PathBuf| async move {
        let refused = Box::new(Diagnostic::error(Code::ConnectionFailed, "the server refused"));
        let facts = vec![("schema".to_owned(), profile.schema), ("root".to_owned(), root.display().to_string())];
        Connection { facts, result: if connected { Ok(()) } else { Err(refused) } }
    };
    let well = futures::executor::block_on(debug(&examined, &reporter, connect));
    format!("{}\n=> {well}", lines(&reporter))
}

#[test]
fn debug_shows_what_it_found_and_what_is_wrong() {
    let files = [("/home/me/project.yml", "name: shop\nprofile: shop\n"), ("/home/me/profiles.yml", PROFILES)];
    let version = |text: String| text.replace(crate::config::VERSION, "[version]");
    insta::assert_snapshot!(version(checked(&files, true, None)), @r"
    aquifer version: [version]
    dbt version whose behaviour is kept: 1.11.16
    Profiles are looked for in /home/me/profiles.yml
    Using project file at /home/me/project.yml
    Configuration:
      project.yml file [OK found and valid]
      profiles.yml file [OK found and valid] /home/me/profiles.yml
      profile: shop
      target: dev (postgres)
    Connection:
      schema: s
      root: /home/me
      Connection test: [OK connection ok]
    All checks passed!
    => true
    ");
    insta::assert_snapshot!(checked(&files, false, Some("connection")), @r"
    Skipping steps before connection verification
    Connection:
      schema: s
      root: /home/me
      Connection test: [ERROR]
    1 check failed:
    dbt was unable to connect to the specified database.
    connection-failed: the server refused
    => false
    ");
    insta::assert_snapshot!(checked(&files, true, Some("config-dir")), @r"
    Profiles are looked for in /home/me/profiles.yml
    => true
    ");
    let files = [("/home/me/project.yml", "name: 1shop\nprofile: shpo\n"), ("/home/me/profiles.yml", PROFILES)];
    insta::assert_snapshot!(version(checked(&files, true, None)), @r"
    aquifer version: [version]
    dbt version whose behaviour is kept: 1.11.16
    Profiles are looked for in /home/me/profiles.yml
    Configuration:
      dbt_project.yml file [ERROR invalid]
      profiles.yml file [ERROR invalid]
    Connection test skipped since no profile was found
    2 checks failed:
    Profile loading failed for the following reason:
    missing-profile: Could not find profile named 'shpo'
    Project loading failed for the following reason:
    invalid-value: `1shop` cannot be a project's name
    => false
    ");
    insta::assert_snapshot!(version(checked(&[], true, None)), @r"
    aquifer version: [version]
    dbt version whose behaviour is kept: 1.11.16
    Profiles are looked for in /home/me/profiles.yml
    Configuration:
      dbt_project.yml file [ERROR not found]
      profiles.yml file [ERROR not found]
    Connection test skipped since no profile was found
    2 checks failed:
    Profile loading failed for the following reason:
    Project loading failed for the following reason:
    no-project: there is no project here: no `project.yml` or `dbt_project.yml`
    => false
    ");
}
