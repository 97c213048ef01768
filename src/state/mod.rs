//! What an earlier run left behind.
//!
//! [`PreviousState`] reads a folder of artifacts: which nodes have changed since ([`changes`]), how they
//! ended ([`EarlierResults`]), how fresh sources were, and where nodes stand that are not built here
//! ([`Deferral`]).
//!
//! It never runs anything, and knows nothing of how a selection is written.

mod artifact;
mod changes;
mod compare;
mod contract;
mod deferral;
mod entry;
mod freshness;
mod manifest;
mod results;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::Project;
use crate::resource::UniqueId;
use crate::system::FileSystem;

pub use deferral::{Deferral, DeferralScope};
pub use results::{EarlierBatches, EarlierResult, EarlierResults};

use freshness::EarlierFreshness;
use manifest::EarlierManifest;

/// The artifacts of an earlier run, as far as they are there.
#[derive(Debug)]
pub struct PreviousState {
    folder: PathBuf,
    manifest: Option<EarlierManifest>,
    results: Option<EarlierResults>,
    freshness: Option<EarlierFreshness>,
    current_freshness: Option<EarlierFreshness>,
}

impl PreviousState {
    /// Reads the artifacts in a folder; `target` has the freshness of sources as it is now.
    ///
    /// # Errors
    /// `invalid-artifact` for a file that is not the artifact its name says.
    pub fn load(files: &dyn FileSystem, folder: &Path, target: &Path) -> Result<Self, Box<Diagnostic>> {
        Ok(Self {
            folder: folder.to_owned(),
            manifest: artifact::read(files, &folder.join("manifest.json"))?,
            results: artifact::read(files, &folder.join("run_results.json"))?,
            freshness: artifact::read(files, &folder.join("sources.json"))?,
            current_freshness: artifact::read(files, &target.join("sources.json"))?,
        })
    }

    /// The folder they stand in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How the nodes of the earlier run ended.
    pub fn into_results(self) -> Option<EarlierResults> {
        self.results
    }

    /// Nodes of the project that differ from the earlier run in this way (`new`, `modified`,
    /// `modified.body`, ...), with warnings about contracts that were broken.
    ///
    /// # Errors
    /// `invalid-selector` for a way that does not exist, `invalid-artifact` when there is no manifest,
    /// `contract-broken` for a versioned model whose contract was broken.
    pub fn changed(&self, project: &Project, way: &str) -> Result<(HashSet<UniqueId>, Diagnostics), Diagnostics> {
        let manifest = self.manifest.as_ref().ok_or_else(|| vec![self.lacks("manifest.json")])?;
        changes::changed(manifest, project, way)
    }

    /// Nodes that ended with this status (`error`, `fail`, ...).
    ///
    /// # Errors
    /// `invalid-artifact` when there are no run results.
    pub fn with_result(&self, status: &str) -> Result<HashSet<UniqueId>, Diagnostics> {
        let results = self.results.as_ref().ok_or_else(|| vec![self.lacks("run_results.json")])?;
        Ok(results.results.iter().filter(|result| result.status == status).map(EarlierResult::id).collect())
    }

    /// Sources with this freshness (`fresher`).
    ///
    /// # Errors
    /// `invalid-artifact` when there are no earlier or no current freshness results.
    pub fn with_source_status(&self, status: &str) -> Result<HashSet<UniqueId>, Diagnostics> {
        let before = self.freshness.as_ref().ok_or_else(|| vec![self.lacks("sources.json")])?;
        let now = self.current_freshness.as_ref().ok_or_else(|| {
            let message = "there is no `sources.json` of this project to compare with the earlier one";
            vec![Diagnostic::error(Code::InvalidArtifact, message).help("run `aquifer source freshness` first")]
        })?;
        Ok(if status == "fresher" { now.fresher_than(before) } else { HashSet::new() })
    }

    /// Where nodes of this project stood in the earlier run.
    ///
    /// # Errors
    /// `invalid-artifact` when there is no manifest.
    pub fn deferral(&self, project: &Project, scope: DeferralScope) -> Result<Deferral, Box<Diagnostic>> {
        let manifest = self.manifest.as_ref().ok_or_else(|| Box::new(self.lacks("manifest.json")))?;
        Ok(Deferral::new(manifest, project, scope))
    }

    fn lacks(&self, name: &str) -> Diagnostic {
        // COMPAT: dbt says `Could not find manifest in --state path`.
        let what = name.trim_end_matches(".json");
        let message = format!("could not find {what} in --state path: `{}`", self.folder.join(name).display());
        Diagnostic::error(Code::InvalidArtifact, message)
            .help("`--state` (or `--defer-state`) names the folder that holds the earlier run's artifacts")
    }
}
