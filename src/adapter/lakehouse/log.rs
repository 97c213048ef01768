//! What is agreed about the logs of tables, and what one says.

use chrono::{DateTime, Utc};
use deltalake::DeltaTable;
use deltalake::kernel::CommitInfo;
use futures::TryStreamExt;

use super::error;
use crate::adapter::{AdapterError, Tap};

/// The key of a commit's figures.
pub(super) const METRICS: &str = "operationMetrics";

/// After how many commits a table's state is written down, unless `delta.checkpointInterval` says otherwise:
/// whoever opens the table reads that state and the few commits after it. Spark's default.
pub(super) const CHECKPOINT_EVERY: u64 = 10;

/// The key under which a commit says which run made it.
pub(super) const INVOCATION: &str = "invocationId";

/// The key of a text of the writer's own, which other engines show as well.
const USER_METADATA: &str = "userMetadata";

/// Who commits: the run, and what it says of itself in its query comment.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    invocation_id: String,
    comment: Option<String>,
}

impl Origin {
    /// The origin of what a session does.
    pub(super) fn of(tap: Tap) -> Self {
        Self { invocation_id: tap.invocation_id, comment: tap.comment.map(|comment| comment.text) }
    }

    /// What a commit carries of it.
    pub(super) fn metadata(&self) -> impl Iterator<Item = (String, serde_json::Value)> {
        let invocation = Some(&self.invocation_id).filter(|id| !id.is_empty()).map(|id| (INVOCATION, id));
        let comment = self.comment.as_ref().map(|comment| (USER_METADATA, comment));
        invocation.into_iter().chain(comment).map(|(key, text)| (key.to_owned(), text.clone().into()))
    }
}

/// When a table's rows last changed: the time of the latest commit that was no upkeep.
///
/// # Errors
/// `Sql` when its log cannot be read.
pub(super) async fn last_commit(table: &DeltaTable) -> Result<Option<DateTime<Utc>>, AdapterError> {
    let commits: Vec<CommitInfo> = table.history(None).try_collect().await.map_err(error::from_delta)?;
    let is_upkeep = |operation: &str| operation.starts_with("VACUUM") || operation == "OPTIMIZE";
    let changes = |commit: &&CommitInfo| !commit.operation.as_deref().is_some_and(is_upkeep);
    let last = commits.iter().find(changes).and_then(|commit| commit.timestamp);
    Ok(last.and_then(DateTime::from_timestamp_millis))
}
