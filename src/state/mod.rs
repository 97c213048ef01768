//! What an earlier run left behind, as the selector methods `state:`, `result:` and `source_status:`
//! ask for it.
//!
//! It never runs anything, and knows nothing of how a selection is written.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::project::Project;
use crate::resource::UniqueId;

/// An earlier run to compare with.
pub trait PreviousState: std::fmt::Debug + Send + Sync {
    /// Nodes of the project that differ from the earlier run in this way (`new`, `modified`,
    /// `modified.body`, ...).
    ///
    /// # Errors
    /// `invalid-selector` for a way that does not exist, `invalid-artifact` when there is no manifest.
    fn changed(&self, project: &Project, way: &str) -> Result<HashSet<UniqueId>, Box<Diagnostic>>;
    /// Nodes that ended with this status (`error`, `fail`, ...).
    ///
    /// # Errors
    /// `invalid-artifact` when there are no run results.
    fn with_result(&self, status: &str) -> Result<HashSet<UniqueId>, Box<Diagnostic>>;
    /// Sources with this freshness (`fresher`).
    ///
    /// # Errors
    /// `invalid-artifact` when there are no earlier or no current freshness results.
    fn with_source_status(&self, status: &str) -> Result<HashSet<UniqueId>, Box<Diagnostic>>;
}
