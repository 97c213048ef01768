//! `--summary-file`: the run as Markdown, for the page of a CI job.

use super::session::Session;
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::RunResults;
use crate::project::Project;
use crate::report::{Event, NodeLabel, markdown};

/// Appends the summary to the file, if one is named: the steps of a job share theirs.
pub(super) fn write_summary(session: &Session, project: &Project, results: &RunResults) {
    let settings = &session.settings;
    let Some(path) = &settings.flags.summary_file else { return };
    let path = settings.environment.working_directory.join(path);
    let nodes = results.outcomes.iter().filter_map(|outcome| project.node(&outcome.unique_id));
    let labels: Vec<NodeLabel> = nodes.map(|node| NodeLabel::of(node)).collect();
    let mut page = session.files.read_to_string(&path).unwrap_or_default();
    if !page.is_empty() {
        page.push_str("\n\n");
    }
    page.push_str(&markdown(&settings.invocation.command, results, &labels));
    if let Err(error) = session.files.write(&path, page.as_bytes()) {
        let warning = Diagnostic::warning(Code::Io, format!("`{}` cannot be written", path.display()));
        session.reporter.report(&Event::Diagnostic(Box::new(warning.caused_by(error))));
    }
}
