//! One change of one table, as one Delta commit: all of it is seen, or nothing.

use std::collections::HashMap;
use std::num::NonZero;

use deltalake::arrow::datatypes::SchemaRef;
use deltalake::checkpoints::{cleanup_metadata, create_checkpoint};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{
    Action, Add, Metadata, MetadataExt, Protocol, StructType, contains_timestampntz, new_metadata,
};
use deltalake::protocol::DeltaOperation;
use deltalake::table::config::TablePropertiesExt;
use deltalake::{DeltaResult, DeltaTable};

use super::log::{CHECKPOINT_EVERY, METRICS};
use super::session::LakehouseSession;
use super::warehouse::Place;
use super::{constraint, error};
use crate::adapter::{AdapterError, AdapterErrorKind};

/// A change that is ready to be committed on top of the state of the table that it was made for.
pub(super) struct Change {
    /// The table as read; not loaded if there is none yet.
    pub(super) table: DeltaTable,
    /// What happens to it.
    pub(super) actions: Vec<Action>,
    /// What the log calls it.
    pub(super) operation: DeltaOperation,
    /// Whether it only adds rows, made without a look at those that are there. Such a change goes
    /// on top of whatever others have committed meanwhile.
    pub(super) blind: bool,
}

/// What a table is, apart from its rows.
#[derive(Debug, Clone)]
pub(super) struct Description {
    /// Columns, with comments in their metadata under `comment`.
    pub(super) schema: SchemaRef,
    /// Partition columns.
    pub(super) partition_by: Vec<String>,
    /// Properties.
    pub(super) properties: HashMap<String, String>,
    /// The table's comment.
    pub(super) comment: Option<String>,
}

impl Change {
    /// Commits. Unless the change is blind, fails with `Conflict` if anyone has committed to the
    /// table since it was read: what to do then is for the caller to say, who knows what was read.
    ///
    /// # Errors
    /// `Conflict`, `Connection`.
    pub(super) async fn commit(self, session: &LakehouseSession, place: &Place) -> Result<DeltaTable, AdapterError> {
        let warehouse = &session.warehouse;
        let log_store = self.table.log_store();
        let mut properties = CommitProperties::default()
            .with_metadata(session.origin.metadata().chain([(METRICS.to_owned(), metrics(&self.actions))]))
            .with_create_checkpoint(false)
            .with_cleanup_expired_logs(Some(false));
        if !self.blind {
            properties = properties.with_max_retries(0);
        }
        let base = self.table.state.as_ref().map(|state| state as &dyn TableReference);
        let finalized = CommitBuilder::from(properties)
            .with_actions(self.actions)
            .build(base, log_store.clone(), self.operation)
            .await
            .map_err(error::from_delta)?;
        let mut table = DeltaTable::new(log_store);
        table.state = Some(finalized.snapshot());
        // The commit stands whether or not this can be done, and the next one that is due does it.
        let _ = checkpoint_when_due(&table).await;
        warehouse.tables.keep(&warehouse.storage, &place.schema, &place.name, &table).await?;
        Ok(table)
    }
}

/// Writes a table's state down when it is time to, and forgets log entries that are past their retention.
async fn checkpoint_when_due(table: &DeltaTable) -> DeltaResult<()> {
    let state = table.snapshot()?;
    let config = state.table_config();
    let every = config.checkpoint_interval.map_or(CHECKPOINT_EVERY, NonZero::get);
    if (state.version() + 1).is_multiple_of(every) {
        create_checkpoint(table, None).await?;
        if config.enable_expired_log_cleanup() {
            cleanup_metadata(table, None).await?;
        }
    }
    Ok(())
}

impl Description {
    /// The actions that make a table like this: for a new table, or in place of what `table` is.
    ///
    /// # Errors
    /// `Unsupported` for a type that Delta has not.
    pub(super) fn actions(&self, table: &DeltaTable) -> Result<Vec<Action>, AdapterError> {
        let schema: StructType = self
            .schema
            .as_ref()
            .try_into_kernel()
            .map_err(|cause| AdapterError::new(AdapterErrorKind::Unsupported, cause.to_string()))?;
        let mut actions = Vec::new();
        let before = table.state.as_ref().map(|state| state.protocol());
        let checked = constraint::has_checks(self.properties.keys());
        if let Some(protocol) = protocol_for(&schema, checked, before)? {
            actions.push(Action::Protocol(protocol));
        }
        let mut metadata = self.metadata(&schema)?;
        if let Some(state) = &table.state {
            metadata = metadata.with_table_id(state.metadata().id().to_owned()).map_err(internal)?;
        }
        actions.push(Action::Metadata(metadata));
        Ok(actions)
    }

    fn metadata(&self, schema: &StructType) -> Result<Metadata, AdapterError> {
        let metadata = new_metadata(schema, &self.partition_by, &self.properties)
            .map_err(|cause| error::from_delta(cause.into()))?;
        match &self.comment {
            Some(comment) => metadata.with_description(comment.clone()).map_err(internal),
            None => Ok(metadata),
        }
    }
}

/// The protocol that a schema needs, if the table has not got it yet.
fn protocol_for(
    schema: &StructType,
    checked: bool,
    before: Option<&Protocol>,
) -> Result<Option<Protocol>, AdapterError> {
    const ZONELESS: &str = "timestampNtz";
    const CHECKS: &str = "checkConstraints";
    let least = match checked {
        true => serde_json::json!({"minReaderVersion": 1, "minWriterVersion": 3}),
        false => serde_json::json!({"minReaderVersion": 1, "minWriterVersion": 2}),
    };
    let least: Protocol = serde_json::from_value(least).map_err(internal)?;
    let mut protocol = before.unwrap_or(&least).clone();
    if checked && protocol.min_writer_version() < 3 {
        let mut json = serde_json::to_value(&protocol).map_err(internal)?;
        json["minWriterVersion"] = 3.into();
        protocol = serde_json::from_value(json).map_err(internal)?;
    }
    if contains_timestampntz(schema.fields()) && !has_feature(&protocol, ZONELESS) {
        protocol = serde_json::from_value(upgraded(&protocol, &[ZONELESS], &[ZONELESS])?).map_err(internal)?;
    }
    if checked && protocol.min_writer_version() == 7 && !has_feature(&protocol, CHECKS) {
        protocol = serde_json::from_value(upgraded(&protocol, &[], &[CHECKS])?).map_err(internal)?;
    }
    Ok((before != Some(&protocol)).then_some(protocol))
}

fn has_feature(protocol: &Protocol, feature: &str) -> bool {
    protocol.writer_features().is_some_and(|features| features.iter().any(|known| known.as_ref() == feature))
}

/// A protocol with more features for readers and writers. Versions before features stood for some of
/// them.
fn upgraded(protocol: &Protocol, readers: &[&str], writers: &[&str]) -> Result<serde_json::Value, AdapterError> {
    let mut json = serde_json::to_value(protocol).map_err(internal)?;
    let legacy = ["appendOnly", "invariants", "checkConstraints"];
    let standing = match protocol.min_writer_version() {
        7 => &legacy[..0],
        0..=2 => &legacy[..2],
        _ => &legacy[..],
    };
    for (key, standing, more) in [("readerFeatures", &legacy[..0], readers), ("writerFeatures", standing, writers)] {
        let mut features: Vec<String> = serde_json::from_value(json[key].take()).unwrap_or_default();
        features.extend(standing.iter().chain(more).map(|feature| (*feature).to_owned()));
        json[key] = features.into();
    }
    json["minReaderVersion"] = 3.into();
    json["minWriterVersion"] = 7.into();
    Ok(json)
}

/// What a commit did, in the words that other engines use: `aquifer history` shows it.
fn metrics(actions: &[Action]) -> serde_json::Value {
    let rows = |add: &Add| {
        let stats: serde_json::Value = serde_json::from_str(add.stats.as_deref()?).ok()?;
        stats.get("numRecords")?.as_u64()
    };
    let (mut added, mut removed, mut written) = (0_u64, 0_u64, 0_u64);
    for action in actions {
        match action {
            Action::Add(add) => {
                added += 1;
                written += rows(add).unwrap_or_default();
            }
            Action::Remove(_) => removed += 1,
            _ => {}
        }
    }
    serde_json::json!({ "numFiles": added, "numRemovedFiles": removed, "numOutputRows": written })
}

/// Actions that take all rows of a table away.
///
/// # Errors
/// `Sql` when the table's log cannot be read.
pub(super) fn remove_all(table: &DeltaTable) -> Result<Vec<Action>, AdapterError> {
    let Some(state) = &table.state else { return Ok(Vec::new()) };
    let files = state.snapshot().try_log_data().map_err(error::from_delta)?;
    Ok(files.iter().map(|file| Action::Remove(file.remove_action(true))).collect())
}

/// Actions that add files.
pub(super) fn add_all(files: Vec<Add>) -> impl Iterator<Item = Action> {
    files.into_iter().map(Action::Add)
}

fn internal(cause: impl std::fmt::Display) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Internal, cause.to_string())
}
