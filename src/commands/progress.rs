//! The progress of a run, kept as it goes: what is left to do when it was killed.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::run_folder::{left_progress, progress_of, prune};
use super::session::Session;
use crate::artifacts::{ArtifactContext, run_result_line};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Plan;
use crate::project::Project;
use crate::report::{Event, Reporter};
use crate::resource::UniqueId;
use crate::state::EarlierResults;
use crate::system::{FileSystem, Journal};

/// Keeps what became of each node as it ends, so that a run that is killed can be taken up again.
pub(super) struct Progress {
    journal: Mutex<Option<Journal>>,
    project: Arc<Project>,
    next: Arc<dyn Reporter>,
}

impl Progress {
    /// Begins to keep the progress of a plan, unless the run leaves no results; what cannot be kept is a
    /// warning.
    pub(super) fn begin(session: &Session, project: &Arc<Project>, plan: &Plan) -> Option<Arc<Self>> {
        let (folder, settings) = (session.run_folder()?, &session.settings);
        prune(&*session.files, &settings.target_path);
        let planned: Vec<&str> = plan.tasks.iter().map(|task| task.node.unique_id.as_str()).collect();
        let context = ArtifactContext::new(settings, settings.invocation.started_at);
        let header = json!({
            "metadata": context.run_results_metadata(),
            "args": settings.invocation.arguments,
            "planned": planned,
        });
        let journal = Journal::create(&progress_of(&folder)).and_then(|mut journal| {
            journal.append(header.to_string().as_bytes())?;
            Ok(journal)
        });
        let progress =
            Self { journal: Mutex::new(None), project: Arc::clone(project), next: Arc::clone(&session.reporter) };
        match journal {
            Ok(journal) => *progress.slot() = Some(journal),
            Err(error) => progress.give_up(error),
        }
        Some(Arc::new(progress))
    }

    /// The run has ended and its results are written.
    pub(super) fn end(&self) {
        if let Some(Err(error)) = self.slot().take().map(Journal::remove) {
            self.give_up(error);
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn keep(&self, line: &[u8]) {
        let written = self.slot().as_mut().map(|journal| journal.append(line));
        if let Some(Err(error)) = written {
            *self.slot() = None;
            self.give_up(error);
        }
    }

    fn give_up(&self, error: std::io::Error) {
        let message = "the progress of this run cannot be kept: if it is killed, `retry` starts from the run before";
        let warning = Diagnostic::warning(Code::Io, message).caused_by(error);
        self.next.report(&Event::Diagnostic(Box::new(warning)));
    }
}

impl Reporter for Progress {
    fn report(&self, event: &Event) {
        if let Event::NodeFinished { outcome, .. } = event {
            self.keep(&run_result_line(outcome, &self.project));
        }
        self.next.report(event);
    }
}

/// What the newest run did that was killed: its progress ends without an end. `None` if there is none.
pub(super) fn unfinished(files: &dyn FileSystem, target: &Path) -> Option<EarlierResults> {
    left_progress(files, target)
        .filter_map(|path| EarlierResults::from_progress(&files.read_to_string(&path).ok()?))
        .next()
}

/// Nodes of an earlier run that are to be run again: those whose status is among these.
pub(super) fn left_over(results: &EarlierResults, statuses: &[&str], is_operation: bool) -> Vec<UniqueId> {
    let left = results.results.iter().filter(|result| statuses.contains(&result.status.as_str()));
    // COMPAT: hooks run with every run; only an operation is run again by itself (dbt 1.11).
    left.map(crate::state::EarlierResult::id)
        .filter(|id| is_operation || !id.as_str().starts_with("operation."))
        .collect()
}
