use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use super::EventWindow;
use crate::relation::Moment;
use crate::resource::{JsonMap, ResourceType};

/// What was asked for, after command line, environment and project file are merged. Field names are
/// dbt's flag names.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--select` items; several are a union.
    pub select: Vec<String>,
    /// `--exclude` items.
    pub exclude: Vec<String>,
    /// `--selector`.
    pub selector: Option<String>,
    /// `--resource-type`; empty means the command's own.
    pub resource_types: Vec<ResourceType>,
    /// `--exclude-resource-type`.
    pub exclude_resource_types: Vec<ResourceType>,
    /// `--indirect-selection`.
    pub indirect_selection: IndirectSelection,
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// `--empty`.
    pub empty: bool,
    /// `--sample`.
    pub sample: Option<EventWindow>,
    /// `--event-time-start`.
    pub event_time_start: Option<DateTime<Utc>>,
    /// `--event-time-end`.
    pub event_time_end: Option<DateTime<Utc>>,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--fail-on-empty` (ours).
    pub fail_on_empty: bool,
    /// `--store-failures`.
    pub store_failures: bool,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--single-threaded`.
    pub single_threaded: bool,
    /// `--defer`.
    pub defer: bool,
    /// `--favor-state`.
    pub favor_state: bool,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--defer-state`.
    pub defer_state: Option<PathBuf>,
    /// `--warn-error`.
    pub warn_error: bool,
    /// `--warn-error-options`, as YAML.
    pub warn_error_options: Option<JsonMap>,
    /// `--write-json`.
    pub write_json: bool,
    /// `--write-parquet` (ours).
    pub write_parquet: bool,
    /// `--summary-file` (ours).
    pub summary_file: Option<PathBuf>,
    /// `--trace-file` (ours).
    pub trace_file: Option<PathBuf>,
    /// `--quiet`.
    pub quiet: bool,
    /// `--debug`.
    pub debug: bool,
    /// `--print`: whether `print()` prints.
    pub print: bool,
    /// `--printer-width`.
    pub printer_width: usize,
    /// `--use-colors`; `None` lets the terminal decide.
    pub use_colors: Option<bool>,
    /// `--use-colors-file`; `None` is no colours.
    pub use_colors_file: Option<bool>,
    /// `--log-format`.
    pub log_format: LogFormat,
    /// `--log-format-file`.
    pub log_format_file: LogFormat,
    /// `--log-level`.
    pub log_level: LogLevel,
    /// `--log-level-file`.
    pub log_level_file: LogLevel,
    /// `--log-file-max-bytes`.
    pub log_file_max_bytes: u64,
    /// `--introspect`.
    pub introspect: bool,
    /// `--inline` SQL.
    pub inline: Option<String>,
    /// `--inline-direct` SQL.
    pub inline_direct: Option<String>,
    /// `--limit`; `None` is all.
    pub limit: Option<usize>,
    /// `--at-version` or `--at-timestamp`: the stored rows as they were.
    pub as_of: Option<Moment>,
    /// `show --intervals`.
    pub intervals: bool,
    /// `history`: the relation or node that is named.
    pub relation: Option<String>,
    /// What `maintain` does.
    pub maintain: MaintainFlags,
    /// `--output`.
    pub output: OutputFormat,
    /// `--output-keys`.
    pub output_keys: Vec<String>,
    /// `--show` of `seed` and `build`.
    pub show: bool,
    /// `--compile` of `docs generate`.
    pub compile: bool,
    /// `--empty-catalog`.
    pub empty_catalog: bool,
    /// `--static` of `docs generate`.
    pub static_page: bool,
    /// Options of `docs`.
    pub docs: DocsFlags,
    /// `--history-path`: where records of runs are kept; below the target folder by default.
    pub history_path: Option<PathBuf>,
    /// `--history-schema`: where a team's records of runs are kept.
    pub history_schema: Option<String>,
    /// `--inject-ephemeral-ctes` of `compile`.
    pub inject_ephemeral_ctes: bool,
    /// `--output` of `source freshness`.
    pub freshness_output: Option<PathBuf>,
    /// `--version-check`.
    pub version_check: bool,
    /// `--partial-parse`.
    pub partial_parse: bool,
    /// `--populate-cache`.
    pub populate_cache: bool,
    /// `--cache-selected-only`.
    pub cache_selected_only: bool,
    /// `--macro-debugging`.
    pub macro_debugging: bool,
    /// `--show-all-deprecations`.
    pub show_all_deprecations: bool,
    /// `--clean-project-files-only`.
    pub clean_project_files_only: bool,
    /// `debug --connection`.
    pub connection_only: bool,
    /// `debug --config-dir`.
    pub config_dir: bool,
    /// `run-operation`: macro name and `--args`.
    pub operation: Option<(String, JsonMap)>,
    /// What `deps` does.
    pub deps: DepsFlags,
    /// Behaviour flags of the project file, all of them: see [`Flags::behavior`].
    pub behaviors: BTreeMap<&'static str, bool>,
}

impl Flags {
    /// Whether one of dbt's behaviour flags is on (`source_freshness_run_project_hooks`).
    pub fn behavior(&self, name: &str) -> bool {
        self.behaviors.get(name).copied().unwrap_or(false)
    }
}

/// Options of `docs generate` and `docs serve`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocsFlags {
    /// `--artifacts`: where those stand that the site is made from.
    pub artifacts: Option<PathBuf>,
    /// `--host`.
    pub host: String,
    /// `--port`.
    pub port: u16,
    /// `--browser`.
    pub browser: bool,
    /// `--output` of `report`.
    pub report: Option<PathBuf>,
    /// `--target`: whose runs `report` shows.
    pub reported_target: Option<String>,
}

/// Options of `maintain`.
#[derive(Debug, Clone, Default)]
pub struct MaintainFlags {
    /// `--dry-run`.
    pub dry_run: bool,
    /// `--steps`; none are all of them.
    pub steps: Vec<String>,
    /// `--retention-hours`.
    pub retention: TimeDelta,
    /// `--drop-orphans`.
    pub drop_orphans: bool,
}

/// Options of `deps`.
#[derive(Debug, Clone, Default)]
pub struct DepsFlags {
    /// `--lock`.
    pub lock: bool,
    /// `--upgrade`.
    pub upgrade: bool,
    /// `--add-package`.
    pub add_package: Option<String>,
    /// `--source`: `hub`, `git` or `local`.
    pub source: String,
}

/// Which tests come with the selected nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndirectSelection {
    /// Tests that touch any selected node.
    #[default]
    Eager,
    /// Tests whose every parent is selected.
    Cautious,
    /// Tests whose every parent is selected or an ancestor of a selected node.
    Buildable,
    /// Only tests selected by name.
    Empty,
}

impl IndirectSelection {
    /// The mode of a word such as `cautious`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "eager" => Some(Self::Eager),
            "cautious" => Some(Self::Cautious),
            "buildable" => Some(Self::Buildable),
            "empty" => Some(Self::Empty),
            _ => None,
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// What suits the place: text on the console, debug in the file.
    #[default]
    Default,
    /// `HH:MM:SS  message`.
    Text,
    /// Text with date, level and thread.
    Debug,
    /// One JSON object a line.
    Json,
}

/// Which log lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// Progress and results.
    #[default]
    Info,
    /// Warnings and errors.
    Warn,
    /// Errors.
    Error,
    /// Nothing.
    None,
}

/// `--output` of `ls`, `show` and `compile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// The command's own default.
    #[default]
    Default,
    /// For people.
    Text,
    /// JSON.
    Json,
    /// `ls`: as selector.
    Selector,
    /// `ls`: name.
    Name,
    /// `ls`: path.
    Path,
}
