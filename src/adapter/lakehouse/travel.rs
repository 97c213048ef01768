//! Earlier states of tables, and the list of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deltalake::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use deltalake::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use deltalake::kernel::CommitInfo;
use deltalake::{DeltaTable, DeltaTableError};
use futures::{StreamExt, TryStreamExt};
use serde::Deserialize;

use super::error;
use super::log::{INVOCATION, METRICS};
use super::session::LakehouseSession;
use super::warehouse::{Place, Warehouse};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::relation::{Moment, Relation, Table};

/// Commits that are read at the same time.
const READ_AT_ONCE: usize = 16;

impl Warehouse {
    /// A table as it was.
    ///
    /// # Errors
    /// `Sql` when there is no such table, or no such state of it any more.
    pub(super) async fn table_as_of(&self, place: &Place, moment: Moment) -> Result<DeltaTable, AdapterError> {
        let latest = self.existing_table(place).await?;
        let version = match moment {
            Moment::Version(version) => Some(version).filter(|version| Some(*version) <= latest.version()),
            Moment::Time(time) => self.version_at(place, time).await?,
        };
        let Some(version) = version else { return Err(gone(None, place, moment, &latest)) };
        let mut table = self.storage.table(&place.schema, &place.name)?;
        table.load_version(version).await.map_err(|cause| gone(Some(cause), place, moment, &latest))?;
        Ok(table)
    }

    /// The latest version that was committed at a time or before. The times of files are no measure: a bucket has
    /// whole seconds, and a copied folder that of the copying.
    async fn version_at(&self, place: &Place, time: DateTime<Utc>) -> Result<Option<u64>, AdapterError> {
        let commits = self.storage.commits(&place.schema, &place.name).await?;
        let (mut earlier, mut later) = (0, commits.len());
        while earlier < later {
            let middle = usize::midpoint(earlier, later);
            let file = &commits[middle].1;
            let said = commit_info(&self.storage.read(file).await?).and_then(|commit| time_of(&commit));
            let committed = said.and_then(DateTime::from_timestamp_millis).unwrap_or(file.last_modified);
            if committed <= time {
                earlier = middle + 1;
            } else {
                later = middle;
            }
        }
        Ok(earlier.checked_sub(1).map(|last| commits[last].0))
    }
}

/// What a commit's text says of it, which Delta leaves to the writer.
fn commit_info(commit: &[u8]) -> Option<CommitInfo> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Action {
        commit_info: Option<CommitInfo>,
    }
    let lines = commit.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Action>(line).ok());
    lines.filter_map(|action| action.commit_info).next()
}

/// When a commit was made, in milliseconds since 1970.
fn time_of(commit: &CommitInfo) -> Option<i64> {
    commit.in_commit_timestamp.or(commit.timestamp)
}

fn gone(cause: Option<DeltaTableError>, place: &Place, moment: Moment, latest: &DeltaTable) -> AdapterError {
    let cause = cause.map(error::from_delta);
    if let Some(unreachable) = cause.as_ref().filter(|cause| cause.kind == AdapterErrorKind::Connection) {
        return unreachable.clone();
    }
    let state = match moment {
        Moment::Version(version) => format!("version {version}"),
        Moment::Time(_) => format!("state as of {moment}"),
    };
    let mut error = AdapterError::new(AdapterErrorKind::Sql, format!("table `{place}` has no {state}"));
    error.detail = cause.map(|cause| cause.message);
    if let Some(version) = latest.version() {
        error.hint = Some(format!("its latest version is {version}; `aquifer history` lists those that can be read"));
    }
    error
}

impl LakehouseSession {
    /// The commits of a table, the latest first.
    pub(super) async fn history_of(&self, relation: &Relation) -> Result<Table, AdapterError> {
        let place = self.warehouse.place(relation)?;
        self.warehouse.existing_table(&place).await?;
        let storage = &self.warehouse.storage;
        let read =
            storage.commits(&place.schema, &place.name).await?.into_iter().rev().map(|(version, file)| async move {
                let version = i64::try_from(version).unwrap_or(i64::MAX);
                Ok::<_, AdapterError>((version, commit_info(&storage.read(&file).await?).unwrap_or_default()))
            });
        let read: Vec<_> = futures::stream::iter(read).buffered(READ_AT_ONCE).try_collect().await?;
        let (versions, commits): (Vec<i64>, Vec<CommitInfo>) = read.into_iter().unzip();
        let text = |of: &dyn Fn(&CommitInfo) -> Option<String>| -> ArrayRef {
            Arc::new(commits.iter().map(of).collect::<StringArray>())
        };
        let times = commits.iter().map(|commit| time_of(commit).map(|millis| millis * 1000));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(versions)),
            Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
            text(&|commit| commit.operation.clone()),
            text(&|commit| commit.operation_parameters.as_ref().and_then(json)),
            text(&|commit| commit.info.get(METRICS).and_then(json)),
            text(&|commit| commit.info.get(INVOCATION)?.as_str().map(str::to_owned)),
            text(&|commit| commit.user_metadata.clone()),
        ];
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let schema = Arc::new(Schema::new(vec![
            Field::new("version", DataType::Int64, false),
            Field::new("at", zoned, true),
            Field::new("operation", DataType::Utf8, true),
            Field::new("parameters", DataType::Utf8, true),
            Field::new("metrics", DataType::Utf8, true),
            Field::new("invocation_id", DataType::Utf8, true),
            Field::new("comment", DataType::Utf8, true),
        ]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))?;
        Ok(Table::new(schema, vec![batch]))
    }
}

/// A value as JSON with its keys in order; nothing for an empty one.
fn json(value: &impl serde::Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    let sorted: BTreeMap<_, _> = value.as_object()?.iter().collect();
    (!sorted.is_empty()).then(|| serde_json::to_string(&sorted).ok()).flatten()
}
