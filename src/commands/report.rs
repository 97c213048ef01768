//! `report`: the records of runs as a page.

use super::docs::{artifacts_in, write_page};
use super::execution::refused;
use super::session::{Ending, Session};
use super::team_history::records;
use crate::adapter::{AdapterError, registry};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::RunRecord;
use crate::site::{ReportData, report_page};

/// Name of the page in the target folder.
const PAGE: &str = "report.html";

/// Runs that the report shows.
const RUNS: usize = 90;

/// Writes the page.
pub(super) async fn report(session: &Session) -> Result<Ending, Ending> {
    let settings = &session.settings;
    let runs = match team_runs(session).await? {
        Some(runs) => runs,
        None => session.history().last(RUNS),
    };
    let runs = of_one_target(runs, settings.flags.docs.reported_target.as_deref());
    if runs.is_empty() {
        let problem = Diagnostic::error(Code::Io, "no run is recorded yet").help(
            "`aquifer build` leaves a record of itself; `--history-path` says where, if not below the target folder",
        );
        return Err(session.refuse(vec![problem]));
    }
    let artifacts = artifacts_in(&session.files, &settings.target_path, runs);
    let artifacts = artifacts.map_err(|problem| session.refuse(vec![*problem]))?;
    let path = match &settings.flags.docs.report {
        Some(path) => settings.environment.working_directory.join(path),
        None => settings.target_path.join(PAGE),
    };
    let html = report_page(&ReportData::new(artifacts));
    let written = write_page(&session.files, &path, &html, "Report", &*session.reporter);
    written.map_err(|problem| session.refuse(vec![*problem]))?;
    Ok(session.end(Ending::Success))
}

/// The team's records, where they are kept in the warehouse.
async fn team_runs(session: &Session) -> Result<Option<Vec<RunRecord>>, Ending> {
    if session.settings.flags.history_schema.is_none() {
        return Ok(None);
    }
    let refuse = |error: AdapterError| session.refuse(vec![refused(session, &error)]);
    let adapter = registry::open(&session.settings.profile.output, &session.settings.project.root, 1);
    records(session, &*adapter.map_err(refuse)?, RUNS).await.map_err(refuse)
}

/// The runs into one target: the one asked for, or that of the last run.
fn of_one_target(runs: Vec<RunRecord>, asked: Option<&str>) -> Vec<RunRecord> {
    let last = runs.last().map(|run| run.target.clone()).unwrap_or_default();
    let target = asked.unwrap_or(&last).to_owned();
    runs.into_iter().filter(|run| run.target == target).collect()
}
