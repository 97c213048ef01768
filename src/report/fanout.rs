use std::io::{stderr, stdout};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use indicatif::ProgressDrawTarget;

use super::Reporter;
use super::event::Event;
use super::json::RunIdentity;
use super::line::{Line, Stamp};
use super::live::LiveLines;
use super::log_file::LogFile;
use super::scrub::Scrubber;
use super::terminal::{Console, Streams};
use super::translate::Translator;
use crate::config::{Flags, LogFormat, LogLevel, OutputFormat};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceSet;
use crate::system::Environment;

/// dbt's `--printer-width` where none is given.
const PRINTER_WIDTH: usize = 80;

/// What a [`ConsoleReporter`] is built from.
#[derive(Debug)]
pub struct ReportOptions<'a> {
    /// `--log-format`, `--log-level`, `--quiet`, `--use-colors`, `--printer-width`, ...
    pub flags: &'a Flags,
    /// Whether standard output is a terminal, `NO_COLOR`, the process id, secret variables.
    pub environment: &'a Environment,
    /// The subcommand: lines of `ls` and JSON of `show` and `compile` have standard output to
    /// themselves.
    pub command: &'a str,
    /// Id of this run of the program.
    pub invocation_id: &'a str,
    /// Folder of `dbt.log`; `None` writes no log file.
    pub log_folder: Option<&'a Path>,
    /// Folder of compiled SQL as shown to the user, `target/compiled`.
    pub compiled_folder: String,
    /// Secrets of the profile; `DBT_ENV_SECRET*` variables are known from the environment.
    pub secrets: Vec<String>,
    /// The files that diagnostics point into.
    pub sources: Arc<SourceSet>,
}

/// Says everything on the console and in the log file, as dbt would.
pub struct ConsoleReporter {
    translator: Translator,
    scrubber: Scrubber,
    run: RunIdentity,
    clock: fn() -> DateTime<Utc>,
    console: Console,
    log_file: Option<LogFile>,
}

impl ConsoleReporter {
    /// A reporter on standard output and in `dbt.log`. A log file that cannot be opened is a warning
    /// on the console, nothing more.
    pub fn new(options: &ReportOptions<'_>) -> Self {
        let flags = options.flags;
        let format = flags.log_format;
        let level = console_level(flags);
        let is_terminal = options.environment.stdout_is_terminal;
        let has_live_lines = is_terminal && matches!(format, LogFormat::Default | LogFormat::Text);
        let console = Console {
            format,
            level,
            colored: colored(options),
            live: (has_live_lines && level == LogLevel::Info && runs_nodes(options.command))
                .then(|| LiveLines::new(ProgressDrawTarget::stdout())),
            streams: Mutex::new(streams(options)),
        };
        let (log_file, problem) = open_log_file(options);
        let reporter = Self::assemble(options, console, log_file, Utc::now);
        if let Some(problem) = problem {
            reporter.report(&Event::Diagnostic(Box::new(problem)));
        }
        reporter
    }

    /// A reporter of parts already made.
    pub(super) fn assemble(
        options: &ReportOptions<'_>,
        console: Console,
        log_file: Option<LogFile>,
        clock: fn() -> DateTime<Utc>,
    ) -> Self {
        let flags = options.flags;
        let file_json = log_file.is_some() && flags.log_format_file == LogFormat::Json;
        let file_debug = log_file.is_some() && file_level(flags) == LogLevel::Debug;
        let translator = Translator {
            sources: options.sources.clone(),
            colored: console.colored,
            with_data: console.format == LogFormat::Json || file_json,
            with_debug: console.level == LogLevel::Debug || file_debug,
            printer_width: if flags.printer_width == 0 { PRINTER_WIDTH } else { flags.printer_width },
            table_width: table_width(options.environment),
            rows_as_json: flags.output == OutputFormat::Json,
            quiet: flags.quiet,
            compiled_folder: options.compiled_folder.clone(),
        };
        let mut secrets = options.secrets.clone();
        secrets.extend(options.environment.secrets().into_iter().map(str::to_owned));
        let run =
            RunIdentity { invocation_id: options.invocation_id.to_owned(), process_id: options.environment.process_id };
        Self { translator, scrubber: Scrubber::new(secrets), run, clock, console, log_file }
    }
}

impl Reporter for ConsoleReporter {
    fn report(&self, event: &Event) {
        let stamp = Stamp { at: (self.clock)(), thread: thread_name(event) };
        let lines: Vec<Line> = self.translator.lines(event, &stamp);
        if lines.is_empty() && self.console.live.is_none() {
            return;
        }
        self.console.show(event, &lines, &stamp, &self.run, &self.scrubber);
        if let Some(log_file) = &self.log_file {
            log_file.append(&lines, &stamp, &self.run, &self.scrubber);
        }
    }
}

fn thread_name(event: &Event) -> String {
    if let Event::NodeFinished { outcome, .. } = event {
        return outcome.thread_id.clone();
    }
    match std::thread::current().name() {
        None | Some("main") => "MainThread".to_owned(),
        Some(name) => name.to_owned(),
    }
}

fn console_level(flags: &Flags) -> LogLevel {
    match (flags.quiet, flags.debug) {
        // COMPAT: `--log-level none` silences even errors (dbt 1.11), `--quiet` does not.
        _ if flags.log_level == LogLevel::None => LogLevel::None,
        (true, _) => LogLevel::Error,
        (false, true) => LogLevel::Debug,
        (false, false) => flags.log_level,
    }
}

const fn file_level(flags: &Flags) -> LogLevel {
    if flags.debug { LogLevel::Debug } else { flags.log_level_file }
}

fn colored(options: &ReportOptions<'_>) -> bool {
    if matches!(options.flags.log_format, LogFormat::Json | LogFormat::Debug) {
        return false;
    }
    let environment = options.environment;
    let unwanted = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty())
        || environment.get("TERM").is_some_and(|terminal| terminal == "dumb");
    options.flags.use_colors.unwrap_or(environment.stdout_is_terminal && !unwanted)
}

/// Whether a command has nodes whose progress is worth a live line.
fn runs_nodes(command: &str) -> bool {
    matches!(command, "build" | "run" | "test" | "seed" | "snapshot" | "clone" | "retry" | "source freshness")
}

fn table_width(environment: &Environment) -> Option<usize> {
    if !environment.stdout_is_terminal {
        return None;
    }
    let declared = environment.get("COLUMNS").and_then(|columns| columns.parse().ok());
    declared.or_else(|| terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| usize::from(width)))
}

/// Where standard output is read by a program, only what was asked for goes there.
fn streams(options: &ReportOptions<'_>) -> Streams {
    let flags = options.flags;
    let is_listing = matches!(options.command, "ls" | "list");
    let is_data = is_listing || flags.output == OutputFormat::Json;
    let split = is_data && flags.log_format != LogFormat::Json;
    let log = split.then(|| -> Box<dyn std::io::Write + Send> { Box::new(stderr()) });
    Streams { output: Box::new(stdout()), log }
}

fn open_log_file(options: &ReportOptions<'_>) -> (Option<LogFile>, Option<Diagnostic>) {
    let flags = options.flags;
    let level = file_level(flags);
    let Some(folder) = options.log_folder.filter(|_| level != LogLevel::None) else {
        return (None, None);
    };
    match LogFile::open(folder, flags.log_format_file, level, flags.log_file_max_bytes) {
        Ok(file) => (Some(file), None),
        Err(error) => {
            let message = format!("the log file in `{}` cannot be written", folder.display());
            let problem = Diagnostic::warning(Code::Io, message)
                .caused_by(error)
                .help("name another folder with `--log-path`, or `--log-level-file none` for no log file");
            (None, Some(problem))
        }
    }
}
