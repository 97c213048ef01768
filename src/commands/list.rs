//! `list` (`ls`): the selected nodes, one a line.

use super::selection::{nothing_to_do, select};
use super::session::{Ending, Session};
use crate::artifacts::list_line;
use crate::report::Event;

/// Prints the selected nodes in order of id.
pub(super) fn list(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let selection = select(session, &loaded.project)?;
    if selection.is_empty() {
        return Ok(nothing_to_do(session));
    }
    let flags = &session.settings.flags;
    for node in selection.iter().filter_map(|id| loaded.project.node(id)) {
        session.reporter.report(&Event::Print(list_line(node, flags.output, &flags.output_keys)));
    }
    Ok(session.end(Ending::Success))
}
