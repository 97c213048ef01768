//! What all sessions of a lakehouse share: its folder, its open tables, the engine's base state.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use datafusion::catalog::TableProvider;
use datafusion::execution::SessionState;
use deltalake::DeltaTable;

use super::cancel::Cancellation;
use super::engine;
use super::external::External;
use super::profile::{Home, Profile};
use super::storage::Storage;
use super::tables::OpenTables;
use super::view_store::StoredView;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::relation::{Moment, Relation, RelationKind};

/// The shared heart of a lakehouse.
pub(super) struct Warehouse {
    /// The profile's settings.
    pub(super) profile: Profile,
    /// The folder.
    pub(super) storage: Storage,
    /// Tables that are open.
    pub(super) tables: OpenTables,
    /// Stops what runs.
    pub(super) cancellation: Cancellation,
    /// The state that statements start from; it knows no tables.
    pub(super) base: SessionState,
    external: RwLock<HashMap<Place, Arc<External>>>,
    writing: Mutex<HashMap<Place, Arc<tokio::sync::Mutex<()>>>>,
}

/// What stands at a place of the catalog.
pub(super) enum Found {
    /// A Delta table, as it is now.
    Table(Box<DeltaTable>),
    /// A stored query.
    View(StoredView),
    /// Files that others write.
    External(Arc<dyn TableProvider>),
}

/// A schema and a name in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Schema.
    pub(super) schema: String,
    /// Table or view.
    pub(super) name: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl Warehouse {
    /// A warehouse of a profile; no file is touched.
    ///
    /// # Errors
    /// `Settings`, `Internal`.
    pub(super) fn new(profile: Profile) -> Result<Self, AdapterError> {
        let base = engine::base_state(&profile)?;
        let storage = match &profile.home {
            Home::Folder(folder) => Storage::local(folder)?,
            Home::Bucket(bucket) => bucket.open(&base)?,
        };
        Ok(Self {
            storage,
            base,
            tables: OpenTables::default(),
            cancellation: Cancellation::default(),
            external: RwLock::default(),
            writing: Mutex::default(),
            profile,
        })
    }

    /// The place of a relation.
    ///
    /// # Errors
    /// `Sql` when it names another database.
    pub(super) fn place(&self, relation: &Relation) -> Result<Place, AdapterError> {
        self.check_database(&relation.database)?;
        let schema = if relation.schema.is_empty() { &self.profile.schema } else { &relation.schema };
        Ok(Place { schema: schema.clone(), name: relation.identifier.clone() })
    }

    /// Makes sure that a database name means this lakehouse.
    ///
    /// # Errors
    /// `Sql`.
    pub(super) fn check_database(&self, database: &str) -> Result<(), AdapterError> {
        if database.is_empty() || database == self.profile.database {
            return Ok(());
        }
        let message = format!("there is no database `{database}`; the lakehouse is called `{}`", self.profile.database);
        Err(AdapterError::new(AdapterErrorKind::Sql, message))
    }

    /// What stands at a place. A table hides a view of its name: while one replaces the other both
    /// are there for a moment.
    ///
    /// # Errors
    /// `Sql`, `Connection` when it cannot be read.
    pub(super) async fn find(&self, place: &Place) -> Result<Option<Found>, AdapterError> {
        if let Some(external) = self.external(place) {
            return external.provider(&self.base).await.map(|provider| Some(Found::External(provider)));
        }
        if let Some(table) = self.table(place).await? {
            return Ok(Some(Found::Table(Box::new(table))));
        }
        if let Some((name, moment)) = Moment::of_name(&place.name) {
            let place = Place { schema: place.schema.clone(), name: name.to_owned() };
            return self.table_as_of(&place, moment).await.map(|table| Some(Found::Table(Box::new(table))));
        }
        Ok(self.view(place).await?.map(Found::View))
    }

    /// Waits until no other session of this process changes rows of the table at a place. Other
    /// processes are met at the commit; those here need not do work that is thrown away.
    pub(super) async fn turn_to_write(&self, place: &Place) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(writing.entry(place.clone()).or_default())
        };
        turn.lock_owned().await
    }

    /// The table at a place, as it is now.
    ///
    /// # Errors
    /// As [`Warehouse::find`].
    pub(super) async fn table(&self, place: &Place) -> Result<Option<DeltaTable>, AdapterError> {
        self.tables.latest(&self.storage, &place.schema, &place.name).await
    }

    /// The table at a place, which must be there.
    ///
    /// # Errors
    /// `Sql` when it is not.
    pub(super) async fn existing_table(&self, place: &Place) -> Result<DeltaTable, AdapterError> {
        self.table(place)
            .await?
            .ok_or_else(|| AdapterError::new(AdapterErrorKind::Sql, format!("table `{place}` does not exist")))
    }

    /// The view at a place, whether or not a table hides it.
    ///
    /// # Errors
    /// As [`Warehouse::find`].
    pub(super) async fn view(&self, place: &Place) -> Result<Option<StoredView>, AdapterError> {
        let text = self.storage.read_view(&place.schema, &place.name).await?;
        text.map(|text| StoredView::parse(&place.to_string(), &text)).transpose()
    }

    /// Files registered at a place.
    pub(super) fn external(&self, place: &Place) -> Option<Arc<External>> {
        let external = self.external.read().unwrap_or_else(PoisonError::into_inner);
        external.get(place).cloned()
    }

    /// Registers files at a place.
    pub(super) fn register(&self, place: Place, files: External) {
        let mut external = self.external.write().unwrap_or_else(PoisonError::into_inner);
        external.insert(place, Arc::new(files));
    }

    /// Names and kinds of what stands in a schema, in order of name; external files last.
    ///
    /// # Errors
    /// `Connection`.
    pub(super) async fn relations(&self, schema: &str) -> Result<Vec<(String, RelationKind)>, AdapterError> {
        let tables = self.storage.tables(schema).await?;
        let views = self.storage.views(schema).await?;
        let views = views.into_iter().filter(|view| !tables.contains(view)).collect::<Vec<_>>();
        let mut relations: Vec<(String, RelationKind)> =
            tables.into_iter().map(|name| (name, RelationKind::Table)).collect();
        relations.extend(views.into_iter().map(|name| (name, RelationKind::View)));
        relations.sort_by(|left, right| left.0.cmp(&right.0));
        let external = self.external.read().unwrap_or_else(PoisonError::into_inner);
        let mut files: Vec<&String> =
            external.keys().filter(|place| place.schema == schema).map(|place| &place.name).collect();
        files.sort();
        relations.extend(files.into_iter().map(|name| (name.clone(), RelationKind::External)));
        Ok(relations)
    }
}
