//! `asset-paths`: folders that descriptions show pictures from, copied to where the docs site is.

use std::io;
use std::path::Path;

use super::session::Session;
use crate::diagnostic::{Code, Diagnostic};
use crate::report::Event;

/// Copies the project's asset folders below the target folder, in place of earlier copies. A folder
/// that does not exist is passed over.
pub(super) fn copy_assets(session: &Session) {
    let settings = &session.settings;
    for folder in &settings.project.paths.assets {
        let from = settings.project.root.join(folder);
        let to = settings.target_path.join(folder);
        if let Err(error) = copy_folder(session, &from, &to) {
            let message = format!("the assets in `{folder}` cannot be copied to `{}`", to.display());
            let problem = Diagnostic::warning(Code::Io, message).caused_by(error);
            session.reporter.report(&Event::Diagnostic(Box::new(problem)));
        }
    }
}

fn copy_folder(session: &Session, from: &Path, to: &Path) -> io::Result<()> {
    let files = &session.files;
    if files.is_dir(to) {
        files.remove_dir_all(to)?;
    }
    for file in files.files_below(from) {
        if let Ok(below) = file.strip_prefix(from) {
            files.write(&to.join(below), &files.read(&file)?)?;
        }
    }
    Ok(())
}
