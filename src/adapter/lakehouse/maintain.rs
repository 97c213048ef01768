//! Looking after a table: compaction, the removal of files that nobody reads, checkpoints.

use std::collections::{BTreeMap, HashSet};

use deltalake::checkpoints::{cleanup_metadata, create_checkpoint};
use deltalake::kernel::transaction::CommitProperties;
use deltalake::operations::optimize::OptimizeType;
use deltalake::operations::vacuum::VacuumMode;
use deltalake::table::config::TablePropertiesExt;
use deltalake::{DeltaTable, Path};
use futures::TryStreamExt;

use super::error;
use super::replace::retried;
use super::session::LakehouseSession;
use super::warehouse::Place;
use crate::adapter::{AdapterError, Maintenance, Upkeep};
use crate::relation::Relation;

/// The key under which a commit says which columns it has clustered by.
const CLUSTERED_BY: &str = "clusterBy";

impl LakehouseSession {
    /// Takes the steps that are wanted; a sentence for each that had something to do.
    pub(super) async fn maintain_table(
        &self,
        relation: &Relation,
        maintenance: &Maintenance,
    ) -> Result<Vec<String>, AdapterError> {
        let place = self.warehouse.place(relation)?;
        let _turn = self.warehouse.turn_to_write(&place).await;
        let mut said = Vec::new();
        for step in &maintenance.steps {
            said.extend(match step {
                Upkeep::Compact if maintenance.cluster_by.is_empty() => {
                    retried(|| self.compact(&place, maintenance.dry_run)).await?
                }
                Upkeep::Compact => retried(|| self.cluster(&place, maintenance)).await?,
                Upkeep::Vacuum => self.vacuum(&place, maintenance).await?,
                Upkeep::Checkpoint => self.checkpoint(&place, maintenance.dry_run).await?,
            });
        }
        Ok(said)
    }

    /// Makes large files of small ones.
    async fn compact(&self, place: &Place, dry_run: bool) -> Result<Option<String>, AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let (small, partitions) = small_files(&table)?;
        if small == 0 {
            return Ok(None);
        }
        if dry_run {
            return Ok(Some(format!("{} would be compacted{}", files(small), within(partitions))));
        }
        let optimize = table.optimize().with_commit_properties(self.named_commit());
        let (table, metrics) = optimize.await.map_err(error::from_delta)?;
        self.keep(place, &table).await?;
        let (removed, added) = (metrics.num_files_removed, metrics.num_files_added);
        Ok((removed > 0).then(|| format!("compacted {} into {added}", files(removed))))
    }

    /// Sorts rows along a curve through the cluster columns, unless that was the last thing done.
    async fn cluster(&self, place: &Place, maintenance: &Maintenance) -> Result<Option<String>, AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let columns = &maintenance.cluster_by;
        let (count, wanted) = (table.snapshot().map_err(error::from_delta)?.log_data().num_files(), columns.join(", "));
        if count == 0 || is_clustered(&table, &wanted).await? {
            return Ok(None);
        }
        let count = files(count as u64);
        if maintenance.dry_run {
            return Ok(Some(format!("{count} would be clustered by {wanted}")));
        }
        let note = (CLUSTERED_BY.to_owned(), wanted.clone().into());
        let (table, metrics) = table
            .optimize()
            .with_type(OptimizeType::ZOrder(columns.clone()))
            .with_commit_properties(CommitProperties::default().with_metadata(self.origin.metadata().chain([note])))
            .await
            .map_err(error::from_delta)?;
        self.keep(place, &table).await?;
        Ok(Some(format!("clustered {count} into {} by {wanted}", metrics.num_files_added)))
    }

    /// Deletes files that no version within the retention reads, and those that a killed write left.
    async fn vacuum(&self, place: &Place, maintenance: &Maintenance) -> Result<Option<String>, AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let vacuum = |table: DeltaTable| {
            table
                .vacuum()
                .with_commit_properties(self.named_commit())
                .with_mode(VacuumMode::Full)
                .with_retention_period(maintenance.retention)
                .with_enforce_retention_duration(false)
        };
        let (_, found) = vacuum(table.clone()).with_dry_run(true).await.map_err(error::from_delta)?;
        let count = standing(&table, &found.files_deleted).await?;
        if count == 0 {
            return Ok(None);
        }
        if maintenance.dry_run {
            return Ok(Some(format!("{} would be removed", files(count))));
        }
        let (table, _) = vacuum(table).await.map_err(error::from_delta)?;
        self.keep(place, &table).await?;
        Ok(Some(format!("removed {}", files(count))))
    }

    /// Writes the state down, and forgets log entries that are past their retention.
    async fn checkpoint(&self, place: &Place, dry_run: bool) -> Result<Option<String>, AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let Some(version) = table.version().filter(|version| *version > 0) else { return Ok(None) };
        if self.has_checkpoint(&table, version).await? {
            return Ok(None);
        }
        if dry_run {
            return Ok(Some(format!("a checkpoint would be written at version {version}")));
        }
        create_checkpoint(&table, None).await.map_err(error::from_delta)?;
        cleanup_metadata(&table, None).await.map_err(error::from_delta)?;
        Ok(Some(format!("wrote a checkpoint at version {version}")))
    }

    async fn has_checkpoint(&self, table: &DeltaTable, version: u64) -> Result<bool, AdapterError> {
        let log = table.log_store();
        let prefix = format!("{version:020}.checkpoint");
        let mut found = log.object_store(None).list(Some(&Path::from("_delta_log")));
        while let Some(file) = found.try_next().await.map_err(error::from_store)? {
            if file.location.filename().is_some_and(|name| name.starts_with(&prefix)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A commit that says whose it is.
    fn named_commit(&self) -> CommitProperties {
        CommitProperties::default().with_metadata(self.origin.metadata())
    }

    async fn keep(&self, place: &Place, table: &DeltaTable) -> Result<(), AdapterError> {
        self.warehouse.tables.keep(&self.warehouse.storage, &place.schema, &place.name, table).await
    }
}

/// How many files there are that could be joined with others of their partition, and in how many
/// partitions.
fn small_files(table: &DeltaTable) -> Result<(u64, usize), AdapterError> {
    let state = table.snapshot().map_err(error::from_delta)?;
    let wanted = state.table_config().target_file_size().get();
    let mut small: BTreeMap<String, u64> = BTreeMap::new();
    let files = state.snapshot().try_log_data().map_err(error::from_delta)?;
    for file in files.iter() {
        if u64::try_from(file.size()).unwrap_or(u64::MAX) < wanted {
            let path = file.path().to_string();
            let partition = path.rsplit_once('/').map(|(partition, _)| partition.to_owned()).unwrap_or_default();
            *small.entry(partition).or_default() += 1;
        }
    }
    small.retain(|_, count| *count > 1);
    Ok((small.values().sum(), small.len()))
}

/// How many of a table's files are there: the log names some that were deleted long ago.
async fn standing(table: &DeltaTable, wanted: &[String]) -> Result<u64, AdapterError> {
    let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    let store = table.log_store().object_store(None);
    let mut found = store.list(None);
    let mut count = 0;
    while let Some(file) = found.try_next().await.map_err(error::from_store)? {
        count += u64::from(wanted.contains(file.location.as_ref()));
    }
    Ok(count)
}

/// Whether nothing has changed since the rows were last clustered by these columns.
async fn is_clustered(table: &DeltaTable, columns: &str) -> Result<bool, AdapterError> {
    let commits: Vec<_> = table.history(None).try_collect().await.map_err(error::from_delta)?;
    let is_vacuum = |operation: &Option<String>| operation.as_ref().is_some_and(|name| name.starts_with("VACUUM"));
    let last = commits.into_iter().find(|commit| !is_vacuum(&commit.operation));
    Ok(last.is_some_and(|commit| commit.info.get(CLUSTERED_BY).and_then(|by| by.as_str()) == Some(columns)))
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

fn within(partitions: usize) -> String {
    if partitions > 1 { format!(", in {partitions} partitions") } else { String::new() }
}
