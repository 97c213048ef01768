//! What every command starts with: settings, a reporter, the project.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::warnings::Warnings;
use crate::adapter::registry;
use crate::artifacts::ArtifactTable;
use crate::cli;
use crate::config::{Arguments, Command, EventWindow, Examined, Flags, LogLevel, ProfileOrigin, Settings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
use crate::history::{History, RunRecord};
use crate::jinja::{Said, render_setting};
use crate::outcome::RunResults;
use crate::parse::{Loaded, load};
use crate::report::{CommandEnd, ConsoleReporter, Event, ReportOptions, Reporter, SpanFile, TargetFiles};
use crate::resource::UniqueId;
use crate::selector::NamedSelections;
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem, Fill};

/// How a command ended, as dbt's exit codes tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All is well, warnings included.
    Success,
    /// It was carried out, and something in it failed.
    Failure,
    /// It could not be carried out.
    Refused,
}

impl Ending {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Refused => 2,
        }
    }

    /// Success, or failure.
    pub const fn of(success: bool) -> Self {
        if success { Self::Success } else { Self::Failure }
    }
}

/// What an earlier run left undone.
#[derive(Debug, Clone, Default)]
pub struct Retried {
    /// The nodes to run again.
    pub nodes: Vec<UniqueId>,
    /// Microbatch models of which some batches were built: the others.
    pub batches: HashMap<UniqueId, Vec<EventWindow>>,
    /// When the earlier run began: its microbatch models reach up to then.
    pub started_at: Option<DateTime<Utc>>,
}

/// A command being carried out.
pub struct Session {
    /// What was asked for.
    pub settings: Arc<Settings>,
    /// The files of the project.
    pub files: Arc<dyn FileSystem>,
    /// The texts that diagnostics point into.
    pub sources: Arc<SourceSet>,
    /// Where events go.
    pub reporter: Arc<dyn Reporter>,
    /// The command.
    pub command: Command,
    /// What `retry` takes up again.
    pub retried: Option<Retried>,
    /// `selectors.yml` of the project.
    pub selections: NamedSelections,
    warnings: Warnings,
    began: Instant,
}

impl Session {
    /// Reads settings and installed packages. Problems are reported; errors end the command.
    ///
    /// # Errors
    /// Nothing more is to be said: it was.
    pub fn begin(
        arguments: &Arguments,
        environment: &Arc<Environment>,
        files: &Arc<dyn FileSystem>,
    ) -> Result<Self, Ending> {
        let began = Instant::now();
        let sources = Arc::new(SourceSet::new());
        let (mut settings, mut problems) = settings(arguments, environment, files, &sources)?;
        let render = |text: &str, scope: &crate::config::SettingScope<'_>| render_setting(text, scope, environment);
        settings.profile.adapter_parents = registry::macro_parents(&settings.profile.adapter_type);
        if !matches!(arguments.command, Command::Clean | Command::Deps | Command::Report) {
            let (packages, more) = crate::package::installed(&settings, &**files, &sources, &render);
            settings.packages = packages;
            problems.extend(more);
        }
        let (root, indirect) = (&settings.project.root, settings.flags.indirect_selection);
        let (selections, more) = NamedSelections::read(root, &**files, &sources, &settings.renderer(&render), indirect);
        problems.extend(more);
        let warnings = Warnings::new(&settings.flags);
        problems.extend(warnings.unknown_names());
        let problems = warnings.judge(problems);
        let reporter = reporter(&settings, environment, files, &sources);
        reporter.report(&Event::Started);
        if has_errors(&problems) {
            return Err(refuse(&*reporter, problems));
        }
        report_all(&*reporter, problems);
        if settings.profile.origin == ProfileOrigin::Embedded && arguments.command.needs_profile() {
            let path = settings.profile.output.get("path").and_then(|path| path.as_str()).unwrap_or_default();
            reporter.report(&Event::EmbeddedProfile(path.to_owned()));
        }
        let (settings, files) = (Arc::new(settings), Arc::clone(files));
        Ok(Self {
            settings,
            files,
            sources,
            reporter,
            command: arguments.command,
            retried: None,
            selections,
            warnings,
            began,
        })
    }

    /// Reads the project. Problems are reported; errors end the command.
    ///
    /// # Errors
    /// Nothing more is to be said: it was.
    pub fn load_project(&self) -> Result<Loaded, Ending> {
        let (loaded, problems) = load(&self.settings, &*self.files, &self.sources, &|said| self.hear(said));
        self.tell(problems)?;
        let loaded = loaded.ok_or(Ending::Refused)?;
        self.reporter.report(&Event::Parsed(self.began.elapsed()));
        self.reporter.report(&Event::Found(super::counts::found(&loaded.project)));
        Ok(loaded)
    }

    /// Tells what a template has said where there was no warehouse.
    pub fn hear(&self, said: Said) {
        let event = match said {
            Said::Log { text, info } => {
                Event::Message { level: if info { LogLevel::Info } else { LogLevel::Debug }, text }
            }
            Said::Print(text) if self.settings.flags.print => Event::Print(text),
            Said::Print(_) => return,
            Said::Warning(text) => {
                let warnings = self.warnings.judge(vec![Diagnostic::warning(Code::RaisedByUser, text)]);
                return report_all(&*self.reporter, warnings);
            }
        };
        self.reporter.report(&event);
    }

    /// Reports problems, warnings as the user wants them.
    ///
    /// # Errors
    /// One of them is an error, which ends the command.
    pub fn tell(&self, problems: Diagnostics) -> Result<(), Ending> {
        let problems = self.warnings.judge(problems);
        let refused = has_errors(&problems);
        report_all(&*self.reporter, problems);
        if refused { Err(Ending::Refused) } else { Ok(()) }
    }

    /// Reports problems and ends the command.
    pub fn refuse(&self, problems: Diagnostics) -> Ending {
        refuse(&*self.reporter, problems)
    }

    /// Says that the command is over.
    pub fn end(&self, ending: Ending) -> Ending {
        if let Some(deprecations) = self.warnings.summary() {
            self.reporter.report(&deprecations);
        }
        self.reporter.report(&Event::Finished(CommandEnd {
            command: self.settings.invocation.command.clone(),
            success: ending == Ending::Success,
            at: chrono::Utc::now(),
            elapsed: self.began.elapsed(),
        }));
        ending
    }

    /// Where this run keeps its own set of artifacts; `None` for a command that leaves no results.
    pub fn run_folder(&self) -> Option<PathBuf> {
        let keeps = self.settings.flags.write_json && self.command.is_retryable();
        keeps.then(|| super::run_folder::of_run(&self.settings.target_path, &self.settings.invocation))
    }

    /// Records of earlier runs.
    pub fn history(&self) -> History {
        let said = &self.settings.flags.history_path;
        let folder = said.as_ref().map(|path| self.settings.project.root.join(path));
        History::new(Arc::clone(&self.files), folder.unwrap_or_else(|| self.settings.target_path.join("history")))
    }

    /// The record of a run.
    pub fn record(&self, results: &RunResults) -> RunRecord {
        let invocation = &self.settings.invocation;
        RunRecord::new(results, &invocation.command, &self.settings.profile.target_name, &invocation.id)
    }

    /// Keeps a record of a run, unless `--no-write-json`.
    pub fn keep_record(&self, results: &RunResults) {
        let record = self.record(results);
        if self.settings.flags.write_json
            && let Err(error) = self.history().keep(&record)
        {
            let problem = Diagnostic::warning(Code::Io, "the record of this run cannot be kept").caused_by(error);
            self.reporter.report(&Event::Diagnostic(Box::new(problem)));
        }
    }

    /// Writes tables below `parquet/` of the target folder, if `--write-parquet` asks for them.
    pub fn write_tables<E: std::fmt::Display>(&self, make: impl FnOnce() -> Result<Vec<ArtifactTable>, E>) {
        if !self.settings.flags.write_parquet {
            return;
        }
        let write = |table: &ArtifactTable| {
            let path = self.settings.target_path.join("parquet").join(format!("{}.parquet", table.name));
            self.files.write(&path, &table.parquet()?).map_err(|error| error.to_string())
        };
        let written = make().map_err(|error| error.to_string()).and_then(|tables| tables.iter().try_for_each(write));
        if let Err(error) = written {
            let problem = Diagnostic::warning(Code::Io, "the artifacts cannot be written as Parquet").caused_by(error);
            self.reporter.report(&Event::Diagnostic(Box::new(problem)));
        }
    }

    /// Writes a file below the target folder, unless `--no-write-json`. A run with a folder of its own
    /// has it there too: the one in the target folder is the last run's, whichever that is.
    pub fn write_artifact(&self, name: &str, content: &[u8]) {
        self.write_artifact_with(name, &mut |out| out.write_all(content));
    }

    /// As [`Session::write_artifact`], with content that is made while it is written.
    pub fn write_artifact_with(&self, name: &str, fill: Fill<'_>) {
        if !self.settings.flags.write_json {
            return;
        }
        let path = self.settings.target_path.join(name);
        let written = match self.run_folder().map(|folder| folder.join(name)) {
            Some(own) => self.files.write_with(&own, fill).and_then(|()| self.files.link(&own, &path)),
            None => self.files.write_with(&path, fill),
        };
        if let Err(error) = written {
            let message = format!("`{}` cannot be written", path.display());
            let problem = Diagnostic::error(Code::Io, message).caused_by(error);
            self.reporter.report(&Event::Diagnostic(Box::new(problem)));
        }
    }
}

/// Reads settings; what stands in the way is reported.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn settings(
    arguments: &Arguments,
    environment: &Arc<Environment>,
    files: &Arc<dyn FileSystem>,
    sources: &Arc<SourceSet>,
) -> Result<(Settings, Diagnostics), Ending> {
    let render = |text: &str, scope: &crate::config::SettingScope<'_>| render_setting(text, scope, environment);
    Settings::load(arguments, environment, &**files, sources, &render).map_err(|problems| {
        let flags = Examined::new(arguments, environment, &**files, sources, &render).flags;
        let reporter = early_reporter(&flags, environment, arguments.command, sources);
        refuse(&*reporter, problems)
    })
}

/// Reports problems that end a command.
pub(super) fn refuse(reporter: &dyn Reporter, problems: Diagnostics) -> Ending {
    report_all(reporter, problems);
    Ending::Refused
}

fn report_all(reporter: &dyn Reporter, problems: Diagnostics) {
    problems.into_iter().for_each(|problem| reporter.report(&Event::Diagnostic(Box::new(problem))));
}

/// A reporter for what goes wrong before there are settings; it keeps no log file.
pub(super) fn early_reporter(
    flags: &Flags,
    environment: &Environment,
    command: Command,
    sources: &Arc<SourceSet>,
) -> Arc<dyn Reporter> {
    Arc::new(ConsoleReporter::new(&ReportOptions {
        flags,
        environment,
        command: command.name(),
        invocation_id: "",
        log_folder: None,
        compiled_folder: String::new(),
        secrets: Vec::new(),
        sources: Arc::clone(sources),
    }))
}

fn reporter(
    settings: &Settings,
    environment: &Environment,
    files: &Arc<dyn FileSystem>,
    sources: &Arc<SourceSet>,
) -> Arc<dyn Reporter> {
    let console = ConsoleReporter::new(&ReportOptions {
        flags: &settings.flags,
        environment,
        command: &settings.invocation.command,
        invocation_id: &settings.invocation.id,
        log_folder: Some(&settings.log_path),
        compiled_folder: shown(&settings.target_path.join("compiled"), environment),
        secrets: settings.profile.secrets(),
        sources: Arc::clone(sources),
    });
    let reporter: Arc<dyn Reporter> =
        Arc::new(TargetFiles::new(Arc::clone(files), settings.target_path.clone(), Arc::new(console)));
    let Some(path) = &settings.flags.trace_file else { return reporter };
    let (path, invocation) = (environment.working_directory.join(path), &settings.invocation);
    let ids = (invocation.id.as_str(), environment.get("TRACEPARENT"));
    Arc::new(SpanFile::new(Arc::clone(files), path, ids, invocation.started_at, reporter))
}

/// A path as the user would write it.
fn shown(path: &Path, environment: &Environment) -> String {
    path.strip_prefix(&environment.working_directory).unwrap_or(path).display().to_string()
}

/// The words that the program ends with instead of running.
pub type Exit = cli::Exit;
