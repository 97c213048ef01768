use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::artifact::{Artifact, Metadata};
use crate::resource::{JsonMap, UniqueId};

/// How the nodes of an earlier run ended, and how that run was called.
#[derive(Debug, Deserialize)]
pub struct EarlierResults {
    metadata: Metadata,
    /// One per node that was run.
    #[serde(default)]
    pub results: Vec<EarlierResult>,
    /// The options it was called with.
    #[serde(default)]
    pub args: JsonMap,
}

/// How one node ended.
#[derive(Debug, Clone, Deserialize)]
pub struct EarlierResult {
    unique_id: String,
    /// `success`, `error`, `partial success`, ...
    pub status: String,
    /// The batches of a microbatch model.
    #[serde(default)]
    pub batch_results: Option<EarlierBatches>,
}

/// Batches of a microbatch model, as `(start, end)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct EarlierBatches {
    /// Those that were built.
    #[serde(default)]
    pub successful: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Those that were not.
    #[serde(default)]
    pub failed: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl EarlierResult {
    /// A node that was to be run and did not end.
    fn missing(id: &str) -> Self {
        Self { unique_id: id.to_owned(), status: "skipped".to_owned(), batch_results: None }
    }

    /// The node.
    pub fn id(&self) -> UniqueId {
        UniqueId::new(self.unique_id.as_str())
    }
}

impl EarlierResults {
    /// The progress of a run that did not end: a line of `metadata`, `args` and `planned`, then one per
    /// node that ended. What was planned and did not end counts as skipped.
    pub fn from_progress(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Header {
            metadata: Metadata,
            args: JsonMap,
            planned: Vec<String>,
        }
        let mut lines = text.lines();
        let header: Header = serde_json::from_str(lines.next()?).ok()?;
        // The last line may be cut short.
        let mut results: Vec<EarlierResult> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
        let ended: HashSet<String> = results.iter().map(|result| result.unique_id.clone()).collect();
        results.extend(header.planned.iter().filter(|id| !ended.contains(*id)).map(|id| EarlierResult::missing(id)));
        Some(Self { metadata: header.metadata, results, args: header.args })
    }

    /// The command that was run (`build`).
    pub fn command(&self) -> Option<&str> {
        self.args.get("which")?.as_str()
    }

    /// When that run began, as well as it is known.
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        let said = [&self.metadata.invocation_started_at, &self.metadata.generated_at];
        said.into_iter().flatten().find_map(|text| text.parse().ok())
    }
}

impl Artifact for EarlierResults {
    const NAME: &'static str = "run-results";
    const VERSIONS: std::ops::RangeInclusive<u32> = 4..=6;

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
