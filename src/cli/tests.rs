use super::*;

fn parsed(line: &str) -> Result<Arguments, Exit> {
    let command_line = std::iter::once("aquifer".to_owned()).chain(words(line)).collect();
    parse(&Environment { command_line, ..Environment::default() })
}

/// Splits at spaces outside single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned())
        } else {
            words.extend(part.split_whitespace().map(str::to_owned))
        }
    }
    words
}

fn shown(line: &str) -> String {
    match parsed(line) {
        Ok(arguments) => format!("{} {:?} {:?}", arguments.command.name(), arguments.given, arguments.operand),
        Err(exit) => format!("exit {}\n{}", exit.code, exit.text),
    }
}

#[test]
fn the_grammar_has_no_conflicts() {
    program().debug_assert();
}

#[test]
fn options_stand_before_and_after_the_command() {
    insta::assert_snapshot!(shown("--no-partial-parse -q run --target prod --fail-fast -s a b --select +c+ --exclude tag:x"), @r#"run {"exclude": Texts(["tag:x"]), "fail-fast": Switch(true), "partial-parse": Switch(false), "quiet": Switch(true), "select": Texts(["a", "b", "+c+"]), "target": Texts(["prod"])} None"#);
    insta::assert_snapshot!(shown("ls -m a --resource-types model seed --output json --output-keys name config.materialized"), @r#"list {"models": Texts(["a"]), "output": Texts(["json"]), "output-keys": Texts(["name", "config.materialized"]), "resource-types": Texts(["model", "seed"])} None"#);
    insta::assert_snapshot!(shown("show --limit -1 --inline '-- all\nselect 1' --no-introspect"), @r#"show {"inline": Texts(["-- all\nselect 1"]), "introspect": Switch(false), "limit": Texts(["-1"])} None"#);
    insta::assert_snapshot!(shown("source snapshot-freshness -o x.json"), @r#"source freshness {"output": Texts(["x.json"])} None"#);
    insta::assert_snapshot!(shown("docs generate --no-compile --vars '{a: 1}'"), @r#"docs generate {"compile": Switch(false), "vars": Texts(["{a: 1}"])} None"#);
    insta::assert_snapshot!(shown("run-operation --args '{a: 1}' grant"), @r#"run-operation {"args": Texts(["{a: 1}"])} Some("grant")"#);
    insta::assert_snapshot!(shown("build --defer --no-defer -f -x"), @r#"build {"defer": Switch(false), "fail-fast": Switch(true), "full-refresh": Switch(true)} None"#);
    insta::assert_snapshot!(shown("build --target a --target b --models x -m y"), @r#"build {"select": Texts(["x", "y"]), "target": Texts(["b"])} None"#);
}

#[test]
fn mistakes_end_with_2_and_say_what_was_meant() {
    insta::assert_snapshot!(shown("bulid"), @r"
    exit 2
    error: unrecognized subcommand 'bulid'

      tip: a similar subcommand exists: 'build'

    Usage: aquifer [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(shown("run --selct x"), @r"
    exit 2
    error: unexpected argument '--selct' found

      tip: a similar argument exists: '--select'

    Usage: aquifer run --select <SELECTOR>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(shown("ls --output yaml"), @r"
    exit 2
    error: invalid value 'yaml' for '--output <WORD>'
      [possible values: json, name, path, selector]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(shown("-q run -q"), @r"
    exit 2
    error: `--quiet` is given both before and after `run`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(shown("run-operation"), @r"
    exit 2
    error: the following required arguments were not provided:
      <MACRO>

    Usage: aquifer run-operation <MACRO>

    For more information, try '--help'.
    ");
}

#[test]
fn help_and_version_end_with_0() {
    let version = parsed("--version").unwrap_err();
    assert_eq!(version.code, 0);
    assert!(version.text.starts_with("aquifer "), "{}", version.text);
    insta::assert_snapshot!(shown("--help"), @r"
    exit 0
    Builds SQL models in dependency order, on PostgreSQL or on an embedded lakehouse

    Usage: aquifer [OPTIONS] <COMMAND>

    Commands:
      build          Load seeds, build models and snapshots, run tests, in dependency order
      run            Build models
      test           Run data tests and unit tests
      seed           Load CSV files into tables
      snapshot       Record the history of mutable tables
      compile        Write the SQL that would be run, without running it
      show           Show rows of a node or of a query
      list           List the project's resources [alias: ls]
      parse          Read the project and report every mistake in it
      source         Check source tables
      docs           Write or show the project's documentation
      report         Write a page of trends, test history and failing rows
      run-operation  Call a macro
      retry          Run again what failed in the last run
      clone          Make copies of nodes from an earlier run's relations
      maintain       Compact tables, free space, and find relations that no node builds
      history        List the versions of a table
      init           Begin a new project
      debug          Check project, profile and connection
      deps           Install packages
      clean          Remove the folders named in clean-targets
      completions    Print a completion script for a shell
      man            Print a manual page
      help           Print this message or the help of the given subcommand(s)

    Options:
      -V, --version  Show the version
      -h, --help     Print help

    Examples:
      aquifer init shop                   begin a project in ./shop
      aquifer build                       load seeds, build models and snapshots, run tests
      aquifer build --select orders+      one model and all that depends on it
      aquifer show --select orders        look at some rows
      aquifer build --help                every option; most stand before the command too
    ");
}

#[test]
fn help_of_a_command_is_sorted_by_topic() {
    insta::assert_snapshot!(shown("seed -h"), @r"
    exit 0
    Load CSV files into tables

    Usage: aquifer seed [OPTIONS]

    Options:
      -h, --help  Print help

    Selection:
      -s, --select <SELECTOR>...       Nodes to take: names, `tag:x`, `path:models/x`, `+x+`,
                                       `state:modified`; several are a union [aliases: --models,
                                       --model]
          --exclude <SELECTOR>...      Nodes to leave out
          --selector <NAME>            A selector of `selectors.yml`
          --indirect-selection <WORD>  Which tests come with the selected nodes [possible values: eager,
                                       cautious, buildable, empty]
          --fail-on-empty              Exit with 1 when the selection is empty

    Building:
      -f, --full-refresh               Build incremental models and seeds from scratch
          --threads <N>                How many nodes may run at once; the profile says otherwise
      -x, --fail-fast                  Stop at the first failure
          --empty                      Read no rows: check that everything builds
          --vars <YAML>                Variables for `var()`, as YAML: '{date: 2026-01-01}'
          --warn-error                 Treat warnings as errors
          --warn-error-options <YAML>  Which warnings are errors, as YAML: '{error: all, silence:
                                       [...]}'

    State:
          --state <PATH>        Folder with the artifacts of an earlier run
          --defer               Read unselected nodes from where the state says they are
          --defer-state <PATH>  Folder to defer to, if not --state
          --favor-state         Defer even where the node exists here

    Project and warehouse:
          --project-dir <PATH>     Folder of the project file; by default the nearest one upwards
          --profiles-dir <PATH>    Folder of profiles.yml
          --profile <NAME>         Profile to use instead of the project's
      -t, --target <NAME>          Output of the profile to build into
          --target-path <PATH>     Folder for artifacts
          --log-path <PATH>        Folder for the log file
          --no-version-check       Turn off: check `require-dbt-version`
          --history-path <PATH>    Folder for records of runs
          --history-schema <NAME>  Keep records of runs in this schema of the warehouse too

    Output:
          --show                    Show some of the loaded rows
          --summary-file <PATH>     Append a Markdown summary of the run to this file, for CI
          --trace-file <PATH>       Write the run as OpenTelemetry spans (OTLP, JSON) to this file
      -q, --quiet                   Show errors only
      -d, --debug                   Show everything
          --log-format <WORD>       How log lines look [possible values: text, debug, json, default]
          --log-format-file <WORD>  How lines of the log file look [possible values: text, debug, json,
                                    default]
          --log-level <WORD>        Least severity that is shown [possible values: debug, info, warn,
                                    error, none]
          --log-level-file <WORD>   Least severity in the log file [possible values: debug, info, warn,
                                    error, none]
          --use-colors              Colour the output; by default if it is a terminal
          --printer-width <N>       Width of progress lines
          --no-print                Turn off: show what `print()` prints
          --no-write-json           Turn off: write artifacts
          --write-parquet           Write artifacts as Parquet tables too: target/parquet
          --show-all-deprecations   Show every place of a deprecation, not the first

    Examples:
      aquifer seed
      aquifer seed --select countries --full-refresh
    ");
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let script = shown(&format!("completions {shell}"));
        assert!(script.starts_with("exit 0\n") && script.contains("full-refresh"), "{shell}: {script}");
    }
    let page = shown("man source freshness");
    assert!(page.contains("aquifer\\-source\\-freshness") && page.contains("indirect"), "{page}");
    assert!(shown("man").contains("run\\-operation"));
    assert_eq!(shown("man nothing").lines().next(), Some("exit 2"));
}
