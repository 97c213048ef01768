//! Option values -> [`Flags`].

use std::collections::BTreeMap;
use std::path::Path;

use super::arguments::OptionValues;
use super::options::{BEHAVIORS, PROJECT_FLAGS};
use super::yaml::{Yaml, YamlValue};
use super::{
    Command, DepsFlags, DocsFlags, EventWindow, Flags, IndirectSelection, LogFormat, LogLevel, MaintainFlags,
    OutputFormat,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::relation::Moment;
use crate::resource::ResourceType;

/// The flags of a run. Relative paths are taken from `root`, the project's folder.
pub(super) fn flags(values: &OptionValues, root: &Path) -> Flags {
    let flag = |name: &str| values.flag(name);
    let text = |name: &str| values.text(name).map(str::to_owned);
    let path = |name: &str| values.path(name).map(|path| root.join(path));
    let (select, resource_types) = selection(values);
    Flags {
        select,
        exclude: values.texts("exclude").to_vec(),
        selector: text("selector"),
        resource_types,
        exclude_resource_types: resource_types_of(values, "exclude-resource-types"),
        indirect_selection: indirect_selection(values.text("indirect-selection")),
        full_refresh: flag("full-refresh"),
        empty: flag("empty"),
        sample: text("sample").and_then(|text| EventWindow::parse(&text, chrono::Utc::now())),
        event_time_start: values.time("event-time-start"),
        event_time_end: values.time("event-time-end"),
        fail_fast: flag("fail-fast"),
        fail_on_empty: flag("fail-on-empty"),
        store_failures: flag("store-failures"),
        threads: values.number("threads").and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0),
        single_threaded: flag("single-threaded"),
        defer: flag("defer"),
        favor_state: flag("favor-state"),
        state: path("state"),
        defer_state: path("defer-state"),
        warn_error: flag("warn-error"),
        warn_error_options: values.map("warn-error-options").filter(|_| values.is_given("warn-error-options")).cloned(),
        write_json: flag("write-json"),
        write_parquet: flag("write-parquet"),
        summary_file: values.path("summary-file"),
        trace_file: values.path("trace-file"),
        quiet: flag("quiet"),
        debug: flag("debug"),
        print: flag("print"),
        printer_width: values.number("printer-width").and_then(|width| usize::try_from(width).ok()).unwrap_or(80),
        use_colors: values.flag_if_said("use-colors"),
        use_colors_file: following(values, "use-colors-file", "use-colors", OptionValues::flag_if_said),
        log_format: log_format(values.text("log-format")),
        log_format_file: log_format(following(values, "log-format-file", "log-format", OptionValues::text)),
        log_level: log_level(values.text("log-level")),
        log_level_file: log_level(following(values, "log-level-file", "log-level", OptionValues::text)),
        log_file_max_bytes: values.number("log-file-max-bytes").and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        introspect: values.flag_if_said("introspect").unwrap_or(true),
        inline: text("inline"),
        inline_direct: text("inline-direct"),
        limit: values.number("limit").and_then(|count| usize::try_from(count).ok()),
        as_of: as_of(values),
        intervals: flag("intervals"),
        relation: None,
        maintain: maintain(values),
        output: output(values),
        output_keys: values.texts("output-keys").to_vec(),
        show: flag("show"),
        compile: values.flag_if_said("compile").unwrap_or(true),
        empty_catalog: flag("empty-catalog"),
        static_page: flag("static"),
        docs: docs(values),
        history_path: path("history-path"),
        history_schema: text("history-schema"),
        inject_ephemeral_ctes: values.flag_if_said("inject-ephemeral-ctes").unwrap_or(true),
        freshness_output: (values.command() == Command::SourceFreshness).then(|| values.path("output")).flatten(),
        version_check: flag("version-check"),
        partial_parse: flag("partial-parse"),
        populate_cache: flag("populate-cache"),
        cache_selected_only: flag("cache-selected-only"),
        macro_debugging: flag("macro-debugging"),
        show_all_deprecations: flag("show-all-deprecations"),
        clean_project_files_only: values.flag_if_said("clean-project-files-only").unwrap_or(true),
        connection_only: flag("connection"),
        config_dir: flag("config-dir"),
        operation: None,
        deps: deps(values),
        behaviors: BEHAVIORS.into_iter().collect(),
    }
}

/// What `deps` is told.
fn deps(values: &OptionValues) -> DepsFlags {
    let text = |name: &str| values.text(name).map(str::to_owned);
    DepsFlags {
        lock: values.flag("lock"),
        upgrade: values.flag("upgrade"),
        add_package: text("add-package"),
        source: text("source").unwrap_or_default(),
    }
}

/// A version that is given wins over a time.
fn as_of(values: &OptionValues) -> Option<Moment> {
    let version = values.number("at-version").and_then(|version| u64::try_from(version).ok());
    version.map(Moment::Version).or_else(|| values.time("at-timestamp").map(Moment::Time))
}

fn maintain(values: &OptionValues) -> MaintainFlags {
    let hours = values.number("retention-hours").filter(|hours| *hours >= 0).unwrap_or(168);
    MaintainFlags {
        dry_run: values.flag("dry-run"),
        steps: values.texts("steps").to_vec(),
        retention: chrono::TimeDelta::try_hours(hours).unwrap_or(chrono::TimeDelta::MAX),
        drop_orphans: values.flag("drop-orphans"),
    }
}

fn docs(values: &OptionValues) -> DocsFlags {
    DocsFlags {
        artifacts: values.path("artifacts"),
        host: values.text("host").unwrap_or("127.0.0.1").to_owned(),
        port: values.number("port").and_then(|port| u16::try_from(port).ok()).unwrap_or(8080),
        browser: values.flag("browser"),
        report: (values.command() == Command::Report).then(|| values.path("output")).flatten(),
        reported_target: values.text("target").map(str::to_owned),
    }
}

/// Behaviour flags as the project file sets them; unknown names in `flags:` are reported.
pub(super) fn behaviors(project_flags: Option<&Yaml>, diagnostics: &mut Diagnostics) -> BTreeMap<&'static str, bool> {
    let mut behaviors: BTreeMap<&'static str, bool> = BEHAVIORS.into_iter().collect();
    let known = || BEHAVIORS.iter().map(|(name, _)| *name).chain(PROJECT_FLAGS);
    for (key, value) in project_flags.map(Yaml::entries).unwrap_or_default() {
        let behavior = behaviors.iter_mut().find(|(name, _)| **name == key.name);
        match (behavior, &value.value) {
            (Some((_, on)), YamlValue::Bool(said)) => *on = *said,
            (Some((name, _)), _) => diagnostics.push(
                Diagnostic::error(Code::InvalidValue, format!("the flag `{name}` must be `true` or `false`"))
                    .at(value.span, format!("this is {}", value.kind())),
            ),
            (None, _) if known().any(|name| name == key.name) => {}
            (None, _) => {
                let warning = Diagnostic::warning(Code::UnknownKey, format!("there is no flag `{}`", key.name))
                    .at(key.span, "has no effect");
                diagnostics.push(match closest(&key.name, known()) {
                    Some(near) => warning.help(format!("did you mean `{near}`?")),
                    None => warning,
                });
            }
        }
    }
    behaviors
}

/// Options that exclude or require each other.
pub(super) fn check_together(values: &OptionValues, diagnostics: &mut Diagnostics) {
    let mut usage = |message: String| diagnostics.push(Diagnostic::error(Code::Usage, message));
    for (one, other) in [
        ("warn-error", "warn-error-options"),
        ("select", "inline"),
        ("selector", "inline"),
        ("models", "select"),
        ("models", "resource-types"),
    ] {
        if values.is_given(one) && values.is_given(other) {
            usage(format!("`--{one}` and `--{other}` cannot be used together"));
        }
    }
    match (values.time("event-time-start"), values.time("event-time-end")) {
        (Some(start), Some(end)) if start >= end => {
            usage("`--event-time-start` must be before `--event-time-end`".to_owned());
        }
        (Some(_), None) => usage("`--event-time-start` needs `--event-time-end` too".to_owned()),
        (None, Some(_)) => usage("`--event-time-end` needs `--event-time-start` too".to_owned()),
        _ => {}
    }
}

/// The file's own setting; the console's where that was said and the file's was not.
fn following<'a, T>(
    values: &'a OptionValues,
    follower: &str,
    leader: &str,
    get: impl Fn(&'a OptionValues, &str) -> Option<T>,
) -> Option<T> {
    if values.is_given(leader) && !values.is_given(follower) { get(values, leader) } else { get(values, follower) }
}

fn selection(values: &OptionValues) -> (Vec<String>, Vec<ResourceType>) {
    // COMPAT: `ls --models x` takes models only; elsewhere `--models` is `--select` (dbt 1.11).
    match values.texts("models") {
        [] => (values.texts("select").to_vec(), resource_types_of(values, "resource-types")),
        models => (models.to_vec(), vec![ResourceType::Model]),
    }
}

fn resource_types_of(values: &OptionValues, option: &str) -> Vec<ResourceType> {
    let mut types: Vec<ResourceType> = Vec::new();
    for word in values.texts(option) {
        let meant = match word.as_str() {
            "default" => default_types(values.command(), false),
            "all" => default_types(values.command(), true),
            name => ResourceType::from_name(name).into_iter().collect(),
        };
        types.extend(meant);
    }
    types.sort();
    types.dedup();
    types
}

fn default_types(command: Command, all: bool) -> Vec<ResourceType> {
    use ResourceType::{
        Analysis, Exposure, Function, Metric, Model, SavedQuery, Seed, SemanticModel, Snapshot, Source, Test, UnitTest,
    };
    match command {
        Command::List => {
            let mut types = vec![
                Model,
                Seed,
                Snapshot,
                Test,
                UnitTest,
                Source,
                Exposure,
                Metric,
                SemanticModel,
                SavedQuery,
                Function,
            ];
            if all {
                types.push(Analysis);
            }
            types
        }
        Command::Test => vec![Test, UnitTest],
        Command::Clone => vec![Model, Seed, Snapshot],
        _ => vec![Model, Seed, Snapshot, Test, UnitTest, Function, SavedQuery],
    }
}

fn indirect_selection(text: Option<&str>) -> IndirectSelection {
    text.and_then(IndirectSelection::from_word).unwrap_or_default()
}

fn log_format(text: Option<&str>) -> LogFormat {
    match text {
        Some("text") => LogFormat::Text,
        Some("debug") => LogFormat::Debug,
        Some("json") => LogFormat::Json,
        _ => LogFormat::Default,
    }
}

fn log_level(text: Option<&str>) -> LogLevel {
    match text {
        Some("debug") => LogLevel::Debug,
        Some("warn") => LogLevel::Warn,
        Some("error") => LogLevel::Error,
        Some("none") => LogLevel::None,
        _ => LogLevel::Info,
    }
}

fn output(values: &OptionValues) -> OutputFormat {
    match values.text("output") {
        Some("json") => OutputFormat::Json,
        Some("text") => OutputFormat::Text,
        Some("selector") => OutputFormat::Selector,
        Some("name") => OutputFormat::Name,
        Some("path") => OutputFormat::Path,
        _ => OutputFormat::Default,
    }
}
