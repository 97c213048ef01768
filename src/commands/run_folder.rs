//! The folder of one run below `target/runs`: its own set of artifacts, whole whatever other runs write
//! at the same time, and until it ends its progress.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::session::Session;
use crate::artifacts::{ArtifactContext, run_result_line};
use crate::config::Invocation;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Plan;
use crate::project::Project;
use crate::report::{Event, Reporter};
use crate::resource::UniqueId;
use crate::state::EarlierResults;
use crate::system::{FileSystem, Journal};

/// Folders kept, the newest.
const KEPT: usize = 10;
const PROGRESS: &str = "progress.jsonl";

/// Below the target folder.
fn runs(target: &Path) -> PathBuf {
    target.join("runs")
}

/// The folder of this run: by time, so that names sort as runs began.
pub(super) fn of_run(target: &Path, invocation: &Invocation) -> PathBuf {
    let begun = invocation.started_at.format("%Y%m%dT%H%M%S%.6fZ");
    let id = invocation.id.get(..8).unwrap_or(&invocation.id);
    runs(target).join(format!("{begun}-{id}"))
}

/// Removes the folders of old runs; what cannot be removed is left.
fn prune(files: &dyn FileSystem, target: &Path) {
    let all = folders(files, target);
    for folder in all.iter().rev().skip(KEPT).filter(|folder| !Journal::is_held(&folder.join(PROGRESS))) {
        // Another run may be tidying up too.
        let _ = files.remove_dir_all(folder);
    }
}

/// Folders of runs, the oldest first.
fn folders(files: &dyn FileSystem, target: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        files.files_below(&runs(target)).iter().filter_map(|file| Some(file.parent()?.to_owned())).collect();
    found.dedup();
    found
}

/// What the newest run did that was killed: its progress ends without an end. `None` if there is none.
pub(super) fn unfinished(files: &dyn FileSystem, target: &Path) -> Option<EarlierResults> {
    let newest = folders(files, target).into_iter().rev().map(|folder| folder.join(PROGRESS));
    let left = newest.filter(|path| files.is_file(path) && !Journal::is_held(path));
    left.filter_map(|path| EarlierResults::from_progress(&files.read_to_string(&path).ok()?)).next()
}

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
        let journal = Journal::create(&folder.join(PROGRESS)).and_then(|mut journal| {
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

/// Nodes of an earlier run that are to be run again: those whose status is among these.
pub(super) fn left_over(results: &EarlierResults, statuses: &[&str], is_operation: bool) -> Vec<UniqueId> {
    let left = results.results.iter().filter(|result| statuses.contains(&result.status.as_str()));
    // COMPAT: hooks run with every run; only an operation is run again by itself (dbt 1.11).
    left.map(crate::state::EarlierResult::id)
        .filter(|id| is_operation || !id.as_str().starts_with("operation."))
        .collect()
}
