//! `parse`: reads the project and writes the manifest.

use super::results::write_manifest;
use super::session::{Ending, Session};

/// Reads the project; everything that is wrong with it is reported.
pub(super) fn parse(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    write_manifest(session, &loaded.project, &[]);
    Ok(session.end(Ending::Success))
}
