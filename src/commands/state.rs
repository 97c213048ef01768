//! The earlier run that `--state` and `--defer-state` name, and what a run is told by it.

use std::path::Path;
use std::sync::Arc;

use super::session::{Ending, Session};
use crate::compile::References;
use crate::config::Command;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::Project;
use crate::report::Event;
use crate::selector::Selection;
use crate::state::{Deferral, DeferralScope, PreviousState};

/// The earlier run to compare with, if one is named.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn previous(session: &Session) -> Result<Option<PreviousState>, Ending> {
    let Some(folder) = &session.settings.flags.state else { return Ok(None) };
    read(session, folder).map(Some)
}

/// How references are read, given what is built now.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn references(session: &Session, project: &Project, selection: &Selection) -> Result<References, Ending> {
    let flags = &session.settings.flags;
    let defers = flags.defer || session.command == Command::Clone;
    let deferral = if defers { Some(Arc::new(deferral(session, project, selection)?)) } else { None };
    Ok(References { empty: flags.empty, sample: flags.sample, deferral })
}

fn deferral(session: &Session, project: &Project, selection: &Selection) -> Result<Deferral, Ending> {
    let flags = &session.settings.flags;
    let Some(folder) = flags.defer_state.as_ref().or(flags.state.as_ref()) else {
        // COMPAT: dbt's words.
        let message = "--state or --defer-state are required for deferral, but neither was provided";
        let problem = Diagnostic::error(Code::Usage, message)
            .help("name the folder that holds the manifest.json of the run to defer to");
        return Err(session.refuse(vec![problem]));
    };
    let state = read(session, folder)?;
    let scope = DeferralScope { selected: selection.iter().cloned().collect(), favors_state: flags.favor_state };
    state.deferral(project, scope).map_err(|problem| session.refuse(vec![*problem]))
}

fn read(session: &Session, folder: &Path) -> Result<PreviousState, Ending> {
    let settings = &session.settings;
    if *folder == settings.target_path {
        let shown = folder.strip_prefix(&settings.project.root).unwrap_or(folder).display();
        // COMPAT: dbt's words.
        let message = format!("The state and target directories are the same: '{shown}'");
        let warning = Diagnostic::warning(Code::InvalidValue, message).help(
            "this run overwrites the state it compares with: copy the earlier artifacts to a folder of their own",
        );
        session.reporter.report(&Event::Diagnostic(Box::new(warning)));
    }
    let state = PreviousState::load(&*session.files, folder, &settings.target_path);
    state.map_err(|problem| session.refuse(vec![*problem]))
}
