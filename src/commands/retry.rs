//! `retry`: the earlier command again, for the nodes it left undone.

use std::collections::HashMap;
use std::sync::Arc;

use super::progress::{left_over, unfinished};
use super::session::{self, Ending, Retried, Session};
use crate::config::{Arguments, EventWindow, Settings};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceSet;
use crate::state::{EarlierResult, EarlierResults, PreviousState};
use crate::system::{Environment, FileSystem};

/// COMPAT: dbt 1.11's list.
const UNDONE: [&str; 5] = ["error", "fail", "skipped", "runtime error", "partial success"];

/// A session of the earlier command that works on what was left undone.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn take_up(
    arguments: &Arguments,
    environment: &Arc<Environment>,
    files: &Arc<dyn FileSystem>,
) -> Result<Session, Ending> {
    let sources = Arc::new(SourceSet::new());
    let (settings, _) = session::settings(arguments, environment, files, &sources)?;
    let refuse = |problem: Diagnostic| {
        let reporter = session::early_reporter(&settings.flags, environment, arguments.command, &sources);
        session::refuse(&*reporter, vec![problem])
    };
    let results = earlier(&settings, &**files).map_err(|problem| refuse(*problem))?;
    let replayed = Arguments::replayed(&results.args, arguments).ok_or_else(|| refuse(not_retryable(&results)))?;
    let mut session = Session::begin(&replayed, environment, files)?;
    session.retried = Some(retried(&results, &settings));
    Ok(session)
}

/// The results of the run to take up: the one that `--state` names; else the last, whether it ended or
/// was killed.
fn earlier(settings: &Settings, files: &dyn FileSystem) -> Result<EarlierResults, Box<Diagnostic>> {
    let target = &settings.target_path;
    let folder = settings.flags.state.as_ref().unwrap_or(target);
    let ended = PreviousState::load(files, folder, target)?.into_results();
    let killed = settings.flags.state.is_none().then(|| unfinished(files, target)).flatten();
    let newer = match (&ended, &killed) {
        (Some(ended), Some(killed)) => killed.started_at() > ended.started_at(),
        (_, killed) => killed.is_some(),
    };
    // COMPAT: dbt's words.
    let none = || {
        let message = format!("Could not find previous run in '{}' target directory", folder.display());
        Box::new(Diagnostic::error(Code::InvalidArtifact, message).help("`retry` needs the results of an earlier run"))
    };
    if newer { killed.ok_or_else(none) } else { ended.ok_or_else(none) }
}

fn not_retryable(results: &EarlierResults) -> Diagnostic {
    let command = results.command().unwrap_or("unknown");
    Diagnostic::error(Code::Usage, format!("the earlier command `{command}` cannot be run again by `retry`"))
        .help("run it itself")
}

fn retried(results: &EarlierResults, settings: &Settings) -> Retried {
    let mut statuses = UNDONE.to_vec();
    if settings.flags.warn_error {
        statuses.push("warn");
    }
    let batches = results.results.iter().filter_map(|result| Some((result.id(), failed_batches(result)?)));
    Retried {
        nodes: left_over(results, &statuses, results.command() == Some("run-operation")),
        batches: batches.collect::<HashMap<_, _>>(),
        started_at: results.started_at(),
    }
}

/// COMPAT: where no batch was built, the model is run as a whole, a full refresh included (dbt 1.11).
fn failed_batches(result: &EarlierResult) -> Option<Vec<EventWindow>> {
    let batches = result.batch_results.as_ref().filter(|batches| !batches.successful.is_empty())?;
    let failed = batches.failed.iter().map(|(start, end)| EventWindow { start: *start, end: *end });
    Some(failed.collect()).filter(|failed: &Vec<_>| !failed.is_empty())
}
