//! Every option in one table: what it is called, where it may stand, which variable and which project
//! flag set it, and what it is when nobody says anything.
//!
//! The command line, the environment, `flags:` of the project file and the record of a run's
//! arguments are all read off this table.

use super::Command;
use super::Command::{
    Build, Clean, Clone, Compile, Debug, Deps, DocsGenerate, DocsServe, History, Init, List, Maintain, Report, Retry,
    Run, RunOperation, Seed, Show, Snapshot, SourceFreshness, Test,
};

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Long name without dashes; with underscores it is the key in records.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// Other long names.
    pub aliases: &'static [&'static str],
    /// One-letter name.
    pub short: Option<char>,
    /// Further one-letter names.
    pub short_aliases: &'static [char],
    /// Commands that take it.
    pub commands: Commands,
    /// Environment variable without its prefix.
    pub variable: Option<&'static str>,
    /// Value when nobody says anything, as it would be typed.
    pub default: Option<&'static str>,
    /// Under which heading the help shows it.
    pub topic: Topic,
    /// One sentence for the help.
    pub help: &'static str,
}

/// Commands that take an option.
#[derive(Debug, Clone, Copy)]
pub enum Commands {
    /// All of them; it may stand before the command's name too.
    All,
    /// These.
    Only(&'static [Command]),
    /// The others.
    AllBut(&'static [Command]),
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// Nothing; `--no-x` turns it off.
    Switch,
    /// Nothing.
    Flag,
    /// One text, with its name in the help.
    Text(&'static str),
    /// A path.
    Path,
    /// A whole number.
    Number,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Several texts, with their name in the help.
    Texts(&'static str),
    /// Several of these words.
    Choices(&'static [&'static str]),
    /// A YAML mapping.
    Mapping,
    /// A date or a time.
    Time,
    /// A span of time.
    Window,
}

/// Headings of the help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Which nodes.
    Selection,
    /// How they are built.
    Building,
    /// Earlier runs.
    State,
    /// Project, profile, folders.
    Project,
    /// What is shown and written.
    Output,
    /// Taken for compatibility, rarely needed: not in the help.
    Hidden,
}

impl Topic {
    /// The heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Selection => "Selection",
            Self::Building => "Building",
            Self::State => "State",
            Self::Project => "Project and warehouse",
            Self::Output => "Output",
            Self::Hidden => "Other",
        }
    }
}

impl OptionSpec {
    const fn new(name: &'static str, kind: OptionKind, topic: Topic, help: &'static str) -> Self {
        let (aliases, short_aliases): (&[&str], &[char]) = (&[], &[]);
        let commands = Commands::All;
        Self { name, kind, aliases, short: None, short_aliases, commands, variable: None, default: None, topic, help }
    }

    const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    const fn short_aliases(mut self, shorts: &'static [char]) -> Self {
        self.short_aliases = shorts;
        self
    }

    const fn on(mut self, commands: &'static [Command]) -> Self {
        self.commands = Commands::Only(commands);
        self
    }

    const fn on_all_but(mut self, commands: &'static [Command]) -> Self {
        self.commands = Commands::AllBut(commands);
        self
    }

    const fn variable(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Whether a command takes it.
    pub fn applies_to(&self, command: Command) -> bool {
        match self.commands {
            Commands::All => true,
            Commands::Only(commands) => commands.contains(&command),
            Commands::AllBut(commands) => !commands.contains(&command),
        }
    }

    /// Its key in records and project flags: `full_refresh`.
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// The option of this name that a command takes.
pub fn find(command: Command, name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.name == name && option.applies_to(command))
}

const SELECTING: &[Command] =
    &[Build, Run, Test, Seed, Snapshot, Compile, Show, List, SourceFreshness, DocsGenerate, Clone, Maintain, History];
const SELECTING_BUT_LIST: &[Command] =
    &[Build, Run, Test, Seed, Snapshot, Compile, Show, SourceFreshness, DocsGenerate, Clone, Maintain, History];
const REBUILDING: &[Command] = &[Build, Run, Seed, Compile, Show, Clone, Retry];
const EMPTYABLE: &[Command] = &[Build, Run, Seed, Snapshot, Compile];
const RESOURCE_TYPES: &[&str] = &[
    "model",
    "seed",
    "snapshot",
    "test",
    "unit_test",
    "source",
    "exposure",
    "analysis",
    "function",
    "metric",
    "semantic_model",
    "saved_query",
    "default",
    "all",
];
const LOG_FORMATS: &[&str] = &["text", "debug", "json", "default"];
const LOG_LEVELS: &[&str] = &["debug", "info", "warn", "error", "none"];

use OptionKind::{Choice, Choices, Flag, Mapping, Number, Path, Switch, Text, Texts, Time, Window};
use Topic::{Building, Hidden, Output, Project, Selection, State};

/// The table.
pub const OPTIONS: &[OptionSpec] = &[
    // Which nodes.
    OptionSpec::new(
        "select",
        Texts("SELECTOR"),
        Selection,
        "Nodes to take: names, `tag:x`, `path:models/x`, `+x+`, `state:modified`; several are a union",
    )
    .short('s')
    .alias(&["models", "model"])
    .short_aliases(&['m'])
    .on(SELECTING_BUT_LIST),
    OptionSpec::new(
        "select",
        Texts("SELECTOR"),
        Selection,
        "Nodes to take: names, `tag:x`, `path:models/x`, `+x+`, `state:modified`; several are a union",
    )
    .short('s')
    .on(&[List]),
    OptionSpec::new("models", Texts("SELECTOR"), Selection, "As `--select`, of models only")
        .short('m')
        .alias(&["model"])
        .on(&[List]),
    OptionSpec::new("exclude", Texts("SELECTOR"), Selection, "Nodes to leave out").on(SELECTING),
    OptionSpec::new("selector", Text("NAME"), Selection, "A selector of `selectors.yml`").on(SELECTING),
    OptionSpec::new("resource-types", Choices(RESOURCE_TYPES), Selection, "Take only these types of resources")
        .alias(&["resource-type"])
        .variable("RESOURCE_TYPES")
        .on(&[Build, Test, List, Clone]),
    OptionSpec::new("exclude-resource-types", Choices(RESOURCE_TYPES), Selection, "Leave these types of resources out")
        .alias(&["exclude-resource-type"])
        .variable("EXCLUDE_RESOURCE_TYPES")
        .on(&[Build, Test, List, Clone]),
    OptionSpec::new(
        "indirect-selection",
        Choice(&["eager", "cautious", "buildable", "empty"]),
        Selection,
        "Which tests come with the selected nodes",
    )
    .variable("INDIRECT_SELECTION")
    .default("eager"),
    OptionSpec::new("inline", Text("SQL"), Selection, "Take this query instead of a node").on(&[Compile, Show]),
    OptionSpec::new("inline-direct", Text("SQL"), Selection, "Run this SQL as it is, without the project").on(&[Show]),
    OptionSpec::new("fail-on-empty", Switch, Selection, "Exit with 1 when the selection is empty")
        .variable("FAIL_ON_EMPTY")
        .default("false")
        .on(SELECTING),
    // How they are built.
    OptionSpec::new("full-refresh", Flag, Building, "Build incremental models and seeds from scratch")
        .short('f')
        .variable("FULL_REFRESH")
        .default("false")
        .on(REBUILDING),
    OptionSpec::new("threads", Number, Building, "How many nodes may run at once; the profile says otherwise")
        .on_all_but(&[Report, Init, Deps, Clean]),
    OptionSpec::new("fail-fast", Switch, Building, "Stop at the first failure")
        .short('x')
        .variable("FAIL_FAST")
        .default("false"),
    OptionSpec::new("empty", Switch, Building, "Read no rows: check that everything builds")
        .variable("EMPTY")
        .default("false")
        .on(EMPTYABLE),
    OptionSpec::new("sample", Window, Building, "Read only rows of a time window, as `3 days`")
        .variable("SAMPLE")
        .on(&[Build, Run]),
    OptionSpec::new("event-time-start", Time, Building, "First time of microbatches to build (with --event-time-end)")
        .variable("EVENT_TIME_START")
        .on(&[Build, Run]),
    OptionSpec::new("event-time-end", Time, Building, "End of microbatches to build, exclusive")
        .variable("EVENT_TIME_END")
        .on(&[Build, Run]),
    OptionSpec::new("store-failures", Flag, Building, "Store the rows that fail tests")
        .variable("STORE_FAILURES")
        .default("false")
        .on(&[Build, Test]),
    OptionSpec::new("introspect", Switch, Building, "Let templates query the warehouse while compiling")
        .variable("INTROSPECT")
        .default("true")
        .on(&[Compile, Show]),
    OptionSpec::new("compile", Switch, Building, "Compile the project too").default("true").on(&[DocsGenerate]),
    OptionSpec::new("empty-catalog", Flag, Building, "Do not ask the warehouse").default("false").on(&[DocsGenerate]),
    OptionSpec::new("static", Flag, Building, "Write a self-contained static_index.html too")
        .default("false")
        .on(&[DocsGenerate]),
    OptionSpec::new("artifacts", Path, Building, "Make the site from the artifacts in this folder, whoever wrote them")
        .on(&[DocsGenerate]),
    OptionSpec::new("at-version", Number, Building, "Show the stored rows of this version of the table").on(&[Show]),
    OptionSpec::new("at-timestamp", Time, Building, "Show the stored rows as they were at this time").on(&[Show]),
    OptionSpec::new("intervals", Flag, Building, "Show which spans of event time of microbatch models are built")
        .default("false")
        .on(&[Show]),
    OptionSpec::new("dry-run", Flag, Building, "Only say what would be done").default("false").on(&[Maintain]),
    OptionSpec::new("steps", Choices(&["compact", "vacuum", "checkpoint"]), Building, "Take only these steps")
        .on(&[Maintain]),
    OptionSpec::new(
        "retention-hours",
        Number,
        Building,
        "Keep what was replaced within so many hours; earlier versions can no longer be read",
    )
    .default("168")
    .on(&[Maintain]),
    OptionSpec::new("drop-orphans", Flag, Building, "Drop relations in the project's schemas that no node builds")
        .default("false")
        .on(&[Maintain]),
    OptionSpec::new("args", Mapping, Building, "The macro's arguments, as YAML").on(&[RunOperation]),
    OptionSpec::new("vars", Mapping, Building, "Variables for `var()`, as YAML: '{date: 2026-01-01}'").default("{}"),
    OptionSpec::new("warn-error", Switch, Building, "Treat warnings as errors").variable("WARN_ERROR"),
    OptionSpec::new(
        "warn-error-options",
        Mapping,
        Building,
        "Which warnings are errors, as YAML: '{error: all, silence: [...]}'",
    )
    .variable("WARN_ERROR_OPTIONS")
    .default("{}"),
    // Earlier runs.
    OptionSpec::new("state", Path, State, "Folder with the artifacts of an earlier run").variable("STATE"),
    OptionSpec::new("defer", Switch, State, "Read unselected nodes from where the state says they are")
        .variable("DEFER")
        .default("false"),
    OptionSpec::new("defer-state", Path, State, "Folder to defer to, if not --state").variable("DEFER_STATE"),
    OptionSpec::new("favor-state", Switch, State, "Defer even where the node exists here")
        .variable("FAVOR_STATE")
        .default("false"),
    // Project, profile, folders.
    OptionSpec::new("project-dir", Path, Project, "Folder of the project file; by default the nearest one upwards")
        .variable("PROJECT_DIR"),
    OptionSpec::new("profiles-dir", Path, Project, "Folder of profiles.yml").variable("PROFILES_DIR"),
    OptionSpec::new("profile", Text("NAME"), Project, "Profile to use instead of the project's").variable("PROFILE"),
    OptionSpec::new("target", Text("NAME"), Project, "Output of the profile to build into")
        .short('t')
        .variable("TARGET"),
    OptionSpec::new("target-path", Path, Project, "Folder for artifacts")
        .variable("TARGET_PATH")
        .on_all_but(&[Init, Debug, Deps]),
    OptionSpec::new("log-path", Path, Project, "Folder for the log file").variable("LOG_PATH"),
    OptionSpec::new("version-check", Switch, Project, "Check `require-dbt-version`")
        .variable("VERSION_CHECK")
        .default("true"),
    OptionSpec::new("skip-profile-setup", Flag, Project, "Do not write profiles.yml").short('s').on(&[Init]),
    OptionSpec::new("connection", Flag, Project, "Test the connection only").default("false").on(&[Debug]),
    OptionSpec::new("config-dir", Flag, Project, "Say where profiles.yml is looked for, and stop")
        .default("false")
        .on(&[Debug]),
    OptionSpec::new("clean-project-files-only", Switch, Project, "Remove nothing outside the project")
        .variable("CLEAN_PROJECT_FILES_ONLY")
        .default("true")
        .on(&[Clean]),
    OptionSpec::new("lock", Flag, Project, "Write the lock file and install nothing").default("false").on(&[Deps]),
    OptionSpec::new("upgrade", Flag, Project, "Take the newest versions that fit").default("false").on(&[Deps]),
    OptionSpec::new("add-package", Text("NAME@VERSION"), Project, "Add a package to packages.yml").on(&[Deps]),
    OptionSpec::new("source", Choice(&["hub", "git", "local"]), Project, "Where the added package comes from")
        .default("hub")
        .on(&[Deps]),
    OptionSpec::new("history-path", Path, Project, "Folder for records of runs").variable("HISTORY_PATH"),
    OptionSpec::new(
        "history-schema",
        Text("NAME"),
        Project,
        "Keep records of runs in this schema of the warehouse too",
    )
    .variable("HISTORY_SCHEMA"),
    OptionSpec::new("host", Text("HOST"), Project, "Address to serve on")
        .variable("HOST")
        .default("127.0.0.1")
        .on(&[DocsServe]),
    OptionSpec::new("port", Number, Project, "Port to serve on").default("8080").on(&[DocsServe]),
    OptionSpec::new("browser", Switch, Project, "Open a browser").default("true").on(&[DocsServe]),
    // What is shown and written.
    OptionSpec::new("output", Choice(&["json", "name", "path", "selector"]), Output, "How a node is written")
        .default("selector")
        .on(&[List]),
    OptionSpec::new(
        "output-keys",
        Texts("KEY"),
        Output,
        "Keys of `--output json`; `config.materialized` reaches inside",
    )
    .on(&[List]),
    OptionSpec::new("output", Choice(&["json", "text"]), Output, "How the result is written")
        .default("text")
        .on(&[Compile, Show, History]),
    OptionSpec::new("output", Path, Output, "Where to write the page; by default report.html in the target folder")
        .short('o')
        .on(&[Report]),
    OptionSpec::new("output", Path, Hidden, "Where to write sources.json").short('o').on(&[SourceFreshness]),
    OptionSpec::new("limit", Number, Output, "How many rows; -1 is all").default("5").on(&[Show]),
    OptionSpec::new("limit", Number, Output, "How many versions; -1 is all").default("20").on(&[History]),
    OptionSpec::new("show", Flag, Output, "Show some of the loaded rows").default("false").on(&[Build, Seed]),
    OptionSpec::new("summary-file", Path, Output, "Append a Markdown summary of the run to this file, for CI")
        .variable("SUMMARY_FILE")
        .on(&[Build, Run, Test, Seed, Snapshot, SourceFreshness, Clone, Retry]),
    OptionSpec::new("trace-file", Path, Output, "Write the run as OpenTelemetry spans (OTLP, JSON) to this file")
        .variable("TRACE_FILE")
        .on(&[Build, Run, Test, Seed, Snapshot, Compile, SourceFreshness, Clone, Retry, RunOperation]),
    OptionSpec::new("quiet", Switch, Output, "Show errors only").short('q').variable("QUIET").default("false"),
    OptionSpec::new("debug", Switch, Output, "Show everything").short('d').variable("DEBUG").default("false"),
    OptionSpec::new("log-format", Choice(LOG_FORMATS), Output, "How log lines look")
        .variable("LOG_FORMAT")
        .default("default"),
    OptionSpec::new("log-format-file", Choice(LOG_FORMATS), Output, "How lines of the log file look")
        .variable("LOG_FORMAT_FILE")
        .default("debug"),
    OptionSpec::new("log-level", Choice(LOG_LEVELS), Output, "Least severity that is shown")
        .variable("LOG_LEVEL")
        .default("info"),
    OptionSpec::new("log-level-file", Choice(LOG_LEVELS), Output, "Least severity in the log file")
        .variable("LOG_LEVEL_FILE")
        .default("debug"),
    OptionSpec::new("log-file-max-bytes", Number, Hidden, "Size at which a new log file begins; 0 is never")
        .variable("LOG_FILE_MAX_BYTES")
        .default("10485760"),
    OptionSpec::new("use-colors", Switch, Output, "Colour the output; by default if it is a terminal")
        .variable("USE_COLORS"),
    OptionSpec::new("use-colors-file", Switch, Hidden, "Colour the log file").variable("USE_COLORS_FILE"),
    OptionSpec::new("printer-width", Number, Output, "Width of progress lines").variable("PRINTER_WIDTH").default("80"),
    OptionSpec::new("print", Switch, Output, "Show what `print()` prints").variable("PRINT").default("true"),
    OptionSpec::new("write-json", Switch, Output, "Write artifacts").variable("WRITE_JSON").default("true"),
    OptionSpec::new("write-parquet", Switch, Output, "Write artifacts as Parquet tables too: target/parquet")
        .variable("WRITE_PARQUET"),
    OptionSpec::new("show-all-deprecations", Switch, Output, "Show every place of a deprecation, not the first")
        .default("false"),
    // Taken for compatibility.
    OptionSpec::new("cache-selected-only", Switch, Hidden, "Look only at schemas of selected nodes")
        .variable("CACHE_SELECTED_ONLY")
        .default("false"),
    OptionSpec::new("populate-cache", Switch, Hidden, "Look at the warehouse's relations first")
        .variable("POPULATE_CACHE")
        .default("true"),
    OptionSpec::new("partial-parse", Switch, Hidden, "Accepted; every run parses the whole project")
        .variable("PARTIAL_PARSE")
        .default("true"),
    OptionSpec::new("partial-parse-file-diff", Switch, Hidden, "Accepted")
        .variable("PARTIAL_PARSE_FILE_DIFF")
        .default("true"),
    OptionSpec::new("partial-parse-file-path", Path, Hidden, "Accepted").variable("PARTIAL_PARSE_FILE_PATH"),
    OptionSpec::new("static-parser", Switch, Hidden, "Accepted").variable("STATIC_PARSER").default("true"),
    OptionSpec::new("use-experimental-parser", Switch, Hidden, "Accepted")
        .variable("USE_EXPERIMENTAL_PARSER")
        .default("false"),
    OptionSpec::new("log-cache-events", Switch, Hidden, "Accepted").variable("LOG_CACHE_EVENTS").default("false"),
    OptionSpec::new("macro-debugging", Switch, Hidden, "Keep rendered macros")
        .variable("MACRO_DEBUGGING")
        .default("false"),
    OptionSpec::new("record-timing-info", Path, Hidden, "Accepted").short('r'),
    OptionSpec::new("send-anonymous-usage-stats", Switch, Hidden, "Accepted; nothing is ever sent")
        .variable("SEND_ANONYMOUS_USAGE_STATS")
        .default("false"),
    OptionSpec::new("single-threaded", Switch, Hidden, "Run one node at a time")
        .variable("SINGLE_THREADED")
        .default("false"),
    OptionSpec::new("show-resource-report", Switch, Hidden, "Accepted")
        .variable("SHOW_RESOURCE_REPORT")
        .default("false"),
    OptionSpec::new("use-fast-test-edges", Switch, Hidden, "Accepted").variable("USE_FAST_TEST_EDGES").default("false"),
    OptionSpec::new("upload-to-artifacts-ingest-api", Switch, Hidden, "Accepted; nothing is ever sent")
        .variable("UPLOAD_TO_ARTIFACTS_INGEST_API")
        .default("false"),
    OptionSpec::new("export-saved-queries", Switch, Hidden, "Accepted")
        .variable("EXPORT_SAVED_QUERIES")
        .default("false")
        .on(&[Build]),
    OptionSpec::new("include-saved-query", Switch, Hidden, "Accepted")
        .variable("INCLUDE_SAVED_QUERY")
        .default("false")
        .on(&[Build]),
    OptionSpec::new("inject-ephemeral-ctes", Switch, Hidden, "Put ephemeral models into compiled SQL")
        .default("true")
        .on(&[Compile]),
    OptionSpec::new("sqlparse", Mapping, Hidden, "Accepted").variable("SQLPARSE").on(&[
        Build,
        Run,
        Test,
        Seed,
        Snapshot,
        Compile,
        Show,
        SourceFreshness,
        DocsGenerate,
    ]),
];

/// Behaviour flags: set in `flags:` of the project file only, with dbt's defaults.
pub const BEHAVIORS: [(&str, bool); 16] = [
    ("require_batched_execution_for_custom_microbatch_strategy", false),
    ("require_event_names_in_deprecations", false),
    ("require_explicit_package_overrides_for_builtin_materializations", true),
    ("require_resource_names_without_spaces", true),
    ("source_freshness_run_project_hooks", true),
    ("skip_nodes_if_on_run_start_fails", false),
    ("state_modified_compare_more_unrendered_values", false),
    ("state_modified_compare_vars", false),
    ("require_yaml_configuration_for_mf_time_spines", false),
    ("require_nested_cumulative_type_params", false),
    ("validate_macro_args", false),
    ("require_all_warnings_handled_by_warn_error", false),
    ("require_generic_test_arguments_property", true),
    ("require_unique_project_resource_names", false),
    ("require_ref_searches_node_package_before_root", false),
    // COMPAT: of dbt 1.12.
    ("latest_version_pointer_enabled_by_default", false),
];

/// Options that `flags:` of the project file may set.
pub const PROJECT_FLAGS: [&str; 27] = [
    "cache_selected_only",
    "debug",
    "fail_fast",
    "fail_on_empty",
    "indirect_selection",
    "log_format",
    "log_format_file",
    "log_level",
    "log_level_file",
    "partial_parse",
    "populate_cache",
    "printer_width",
    "send_anonymous_usage_stats",
    "static_parser",
    "use_colors",
    "use_colors_file",
    "use_experimental_parser",
    "version_check",
    "warn_error",
    "warn_error_options",
    "write_json",
    "write_parquet",
    "store_failures",
    "print",
    "quiet",
    "history_path",
    "history_schema",
];
