//! Tables of one session only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::catalog::TableProvider;

/// The temporary tables of a session, by schema and name.
#[derive(Default)]
pub(super) struct TemporaryTables {
    tables: Mutex<HashMap<(String, String), Arc<dyn TableProvider>>>,
}

impl TemporaryTables {
    /// The table of that name.
    pub(super) fn get(&self, schema: &str, name: &str) -> Option<Arc<dyn TableProvider>> {
        self.lock().get(&(schema.to_owned(), name.to_owned())).cloned()
    }

    /// Puts a table there, in place of any other of that name.
    pub(super) fn insert(&self, schema: &str, name: &str, table: Arc<dyn TableProvider>) {
        self.lock().insert((schema.to_owned(), name.to_owned()), table);
    }

    /// Removes a table; tells whether it was there.
    pub(super) fn remove(&self, schema: &str, name: &str) -> bool {
        self.lock().remove(&(schema.to_owned(), name.to_owned())).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Arc<dyn TableProvider>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
