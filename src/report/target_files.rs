use std::path::PathBuf;
use std::sync::Arc;

use super::{Event, NodeLabel, Reporter};
use crate::diagnostic::{Code, Diagnostic};
use crate::system::FileSystem;

/// Writes compiled SQL below `target/compiled` and what is run below `target/run`; passes every
/// event on.
pub struct TargetFiles {
    files: Arc<dyn FileSystem>,
    target: PathBuf,
    next: Arc<dyn Reporter>,
}

impl TargetFiles {
    /// A reporter in front of another.
    pub fn new(files: Arc<dyn FileSystem>, target: PathBuf, next: Arc<dyn Reporter>) -> Self {
        Self { files, target, next }
    }

    fn write(&self, folder: &str, node: &NodeLabel, sql: &str) {
        let path = self.target.join(folder).join(node.compiled_path());
        if let Err(error) = self.files.refresh(&path, sql.as_bytes()) {
            let message = format!("`{}` cannot be written", path.display());
            let warning = Diagnostic::warning(Code::Io, message).caused_by(error);
            self.next.report(&Event::Diagnostic(Box::new(warning)));
        }
    }
}

impl Reporter for TargetFiles {
    fn report(&self, event: &Event) {
        match event {
            Event::Compiled { node, sql } => self.write("compiled", node, sql),
            Event::Executed { node, sql } => self.write("run", node, sql),
            _ => {}
        }
        self.next.report(event);
    }
}
