//! Delta tables that are open, by place: opened once, brought up to date when their log has grown.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deltalake::{DeltaTable, DeltaTableError};
use object_store::ObjectMeta;

use super::error;
use super::log::CHECKPOINT_EVERY;
use super::storage::Storage;
use crate::adapter::AdapterError;

/// Schema and table.
type Place = (String, String);

/// The open tables of a lakehouse.
#[derive(Default)]
pub(super) struct OpenTables {
    open: Mutex<HashMap<Place, OpenTable>>,
}

/// A table as last seen, with the identity of the commit that it was seen at: a table dropped and
/// made again by another process has the same versions, but not the same commits.
#[derive(Clone)]
struct OpenTable {
    table: DeltaTable,
    commit: Option<ObjectMeta>,
    /// The version that it was opened at.
    opened_at: u64,
}

impl OpenTables {
    /// The table as it is now; `None` if there is none.
    ///
    /// # Errors
    /// `Sql` when its log cannot be read.
    pub(super) async fn latest(
        &self,
        storage: &Storage,
        schema: &str,
        table: &str,
    ) -> Result<Option<DeltaTable>, AdapterError> {
        let place = (schema.to_owned(), table.to_owned());
        if let Some(known) = self.known(&place) {
            if let Some(current) = self.refreshed(storage, &place, known).await? {
                return Ok(Some(current));
            }
            self.lock().remove(&place);
        }
        let mut opened = storage.table(schema, table)?;
        match opened.load().await {
            Ok(()) => {}
            Err(DeltaTableError::NotATable(_)) => return Ok(None),
            Err(_) if !storage.is_table(schema, table).await? => return Ok(None),
            Err(other) => return Err(error::from_delta(other)),
        }
        self.keep(storage, schema, table, &opened).await?;
        Ok(Some(opened))
    }

    /// Remembers a table in the state that a commit of ours has left it in.
    ///
    /// # Errors
    /// `Connection` when the log cannot be read.
    pub(super) async fn keep(
        &self,
        storage: &Storage,
        schema: &str,
        name: &str,
        table: &DeltaTable,
    ) -> Result<(), AdapterError> {
        let Some(version) = table.version() else { return Ok(()) };
        let commit = storage.commit_meta(schema, name, version).await?;
        let mut open = self.lock();
        let place = (schema.to_owned(), name.to_owned());
        let opened_at = open.get(&place).map_or(version, |known| known.opened_at);
        open.insert(place, OpenTable { table: table.clone(), commit, opened_at });
        Ok(())
    }

    /// Forgets a table that is dropped or renamed.
    pub(super) fn forget(&self, schema: &str, table: &str) {
        self.lock().remove(&(schema.to_owned(), table.to_owned()));
    }

    /// Forgets all tables of a schema.
    pub(super) fn forget_schema(&self, schema: &str) {
        self.lock().retain(|(of, _), _| of != schema);
    }

    /// A known table brought up to date; `None` if it is another table by now, or one to open anew.
    async fn refreshed(
        &self,
        storage: &Storage,
        (schema, name): &Place,
        known: OpenTable,
    ) -> Result<Option<DeltaTable>, AdapterError> {
        let (Some(version), Some(commit)) = (known.table.version(), known.commit) else { return Ok(None) };
        // Each commit leaves a batch of files of its own in the state, and every read of the table goes through all
        // of them; opened anew, those up to the checkpoint are one.
        if version.saturating_sub(known.opened_at) >= CHECKPOINT_EVERY {
            return Ok(None);
        }
        match storage.commit_meta(schema, name, version).await? {
            Some(found) if same_commit(&found, &commit) => {}
            _ => return Ok(None),
        }
        if storage.commit_meta(schema, name, version + 1).await?.is_none() {
            return Ok(Some(known.table));
        }
        let mut table = known.table;
        table.update_incremental(None).await.map_err(error::from_delta)?;
        self.keep(storage, schema, name, &table).await?;
        Ok(Some(table))
    }

    fn known(&self, place: &Place) -> Option<OpenTable> {
        self.lock().get(place).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, OpenTable>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same_commit(left: &ObjectMeta, right: &ObjectMeta) -> bool {
    left.e_tag == right.e_tag && left.last_modified == right.last_modified && left.size == right.size
}
