//! Warehouses behind one door: an [`Adapter`] opens [`Session`]s, a [`Session`] runs statements and
//! applies [`RelationOp`]s, a [`Dialect`] turns operations into SQL.
//!
//! What a warehouse can do is asked of its [`Capabilities`]; `match` on the adapter's name is
//! allowed in [`registry`] only. Nothing here knows of nodes, Jinja, or files.

mod capabilities;
mod dialect;
mod error;
mod export;
mod external;
#[cfg(feature = "lakehouse")]
pub mod lakehouse;
mod load;
mod maintenance;
pub mod postgres;
pub mod registry;
mod stream;
mod tap;

use arrow::datatypes::SchemaRef as ArrowSchema;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::outcome::AdapterResponse;
use crate::relation::{
    CatalogRelation, Column, Grants, IndexSpec, Relation, RelationKind, RelationOp, RelationSize, SchemaRef, Table,
    TableOptions,
};

pub use capabilities::Capabilities;
pub use dialect::{Dialect, Script, SeedType};
pub use error::{AdapterError, AdapterErrorKind};
pub use export::{ExportFormat, FileExport};
pub use external::{ExternalPlace, ExternalSource, ForeignTable};
pub use load::{Load, RowTooLarge, TextRows};
pub use maintenance::{Maintenance, Upkeep};
pub use stream::RowStream;
pub use tap::{Heard, Listener, QueryComment, Tap};

/// A warehouse that nodes are built in. Cheap to clone behind an `Arc`; connects lazily.
#[async_trait]
pub trait Adapter: Send + Sync {
    /// dbt's adapter type: `postgres`, `lakehouse`.
    fn name(&self) -> &'static str;

    /// How it writes SQL.
    fn dialect(&self) -> &dyn Dialect;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The most sessions that are worth having open at once.
    fn concurrency(&self) -> usize;

    /// Opens a session: one connection, one transaction at a time.
    ///
    /// # Errors
    /// `Connection` when the warehouse cannot be reached.
    async fn session(&self) -> Result<Box<dyn Session>, AdapterError>;

    /// All relations of the given schemas, in one round trip where possible. Absent schemas have none.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn list_relations(&self, schemas: &[SchemaRef]) -> Result<Vec<Relation>, AdapterError>;

    /// Names of all schemas of a database.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn list_schemas(&self, database: &str) -> Result<Vec<String>, AdapterError>;

    /// Everything `docs generate` shows of the given schemas: relations with columns, comments,
    /// owners, statistics.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn catalog(&self, schemas: &[SchemaRef]) -> Result<Vec<CatalogRelation>, AdapterError>;

    /// How large tables are, as far as the warehouse knows without reading them; absent ones are left out.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn sizes(&self, _tables: &[Relation]) -> Result<Vec<RelationSize>, AdapterError> {
        Ok(Vec::new())
    }

    /// Asks the warehouse to stop every statement of this adapter; returns when that is sent.
    async fn cancel_all(&self);

    /// Registers tables that others write, so that queries can name them.
    ///
    /// # Errors
    /// `Unsupported` when the adapter cannot read the declared location or format.
    async fn register_external(&self, _sources: &[ExternalSource]) -> Result<(), AdapterError> {
        Ok(())
    }

    /// What `debug` shows of the connection: label and value, secrets left out.
    fn connection_facts(&self) -> Vec<(String, String)>;
}

/// One connection. Dropping it gives the connection back, rolling back what was not committed.
#[async_trait]
pub trait Session: Send {
    /// Says what goes along with the session's statements from now on. Warehouses that keep no log of
    /// statements may ignore it.
    fn attach(&mut self, _tap: Tap) {}

    /// Runs one statement and collects its rows.
    ///
    /// # Errors
    /// `Sql` with the position in `sql`, `Cancelled`, `Connection`.
    async fn query(&mut self, sql: &str) -> Result<(Table, AdapterResponse), AdapterError>;

    /// Runs one or more statements and throws their rows away; answers for the last one.
    ///
    /// # Errors
    /// As [`Session::query`].
    async fn execute(&mut self, sql: &str) -> Result<AdapterResponse, AdapterError>;

    /// Carries out the operations as one atomic unit: all or nothing is seen by others. The answer
    /// is that of the operation that wrote rows (the last of them if there are several).
    ///
    /// Inside an open transaction the unit becomes part of it.
    ///
    /// # Errors
    /// `Sql` with [`AdapterError::query_offset`] where the warehouse says where in the user's query
    /// it stumbled; `Conflict` when a concurrent writer won and retries are used up.
    async fn apply(&mut self, unit: &[RelationOp]) -> Result<AdapterResponse, AdapterError>;

    /// Loads rows given as text into an existing table.
    ///
    /// # Errors
    /// `Sql` naming line and column of the value the warehouse refused.
    async fn load(&mut self, load: &Load<'_>) -> Result<AdapterResponse, AdapterError>;

    /// Makes a table of these rows, whatever stood there before. Call it inside a transaction: where
    /// there are none, the adapter makes it one commit by itself.
    ///
    /// # Errors
    /// As [`Session::load`].
    async fn load_table(
        &mut self,
        load: &Load<'_>,
        existing: Option<RelationKind>,
        options: &TableOptions,
    ) -> Result<AdapterResponse, AdapterError> {
        let empty = RelationOp::CreateEmptyTable {
            target: load.target.clone(),
            existing,
            columns: load.columns.to_vec(),
            options: options.clone(),
        };
        self.apply(&[empty]).await?;
        self.load(load).await
    }

    /// The rows of a query as they are asked for, a batch at a time. Columns have the types of
    /// `wanted`; without it, every value is text as PostgreSQL writes it.
    ///
    /// # Errors
    /// `Sql`, `Connection`; both in the stream too.
    async fn stream(self: Box<Self>, sql: &str, wanted: Option<ArrowSchema>) -> Result<RowStream, AdapterError>;

    /// Adds rows of text to an existing table as they arrive.
    ///
    /// # Errors
    /// Those of the stream, `Sql`, `Unsupported` where tables are filled by queries only.
    async fn receive(&mut self, target: &Relation, rows: RowStream) -> Result<AdapterResponse, AdapterError> {
        drop(rows);
        let message = format!("`{}` cannot be filled from another warehouse", target.short());
        Err(AdapterError::new(AdapterErrorKind::Unsupported, message))
    }

    /// Writes the rows of a query into files, in the place of those that are there; how many rows.
    ///
    /// # Errors
    /// `Sql`, `Connection`, `Unsupported` where rows stay in the warehouse.
    async fn export(&mut self, _sql: &str, _export: &FileExport) -> Result<u64, AdapterError> {
        Err(AdapterError::new(AdapterErrorKind::Unsupported, "this warehouse writes no files"))
    }

    /// The columns of a relation, in order; empty if it is absent.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError>;

    /// The privileges that others have on a relation, as far as this user gave them.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn grants(&mut self, _relation: &Relation) -> Result<Grants, AdapterError> {
        Ok(Grants::new())
    }

    /// The indexes of a relation, by name; none where there are no indexes.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn indexes(&mut self, _relation: &Relation) -> Result<Vec<(String, IndexSpec)>, AdapterError> {
        Ok(Vec::new())
    }

    /// The columns a query would give, without running it.
    ///
    /// # Errors
    /// `Sql` with the position in `sql`.
    async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, AdapterError>;

    /// Looks after a table; a sentence for each thing that was done, or would be.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn maintain(&mut self, relation: &Relation, maintenance: &Maintenance) -> Result<Vec<String>, AdapterError>;

    /// The states a table has been in, the latest first.
    ///
    /// # Errors
    /// `Unsupported` where tables keep no earlier states.
    async fn versions(&mut self, relation: &Relation) -> Result<Table, AdapterError> {
        let message = format!("`{}` stands in a warehouse that keeps no earlier states", relation.short());
        Err(AdapterError::new(AdapterErrorKind::Unsupported, message))
    }

    /// When a table last changed; `None` where neither files nor commits tell.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn changed_at(&mut self, _relation: &Relation) -> Result<Option<DateTime<Utc>>, AdapterError> {
        Ok(None)
    }

    /// Begins a transaction (no-op where there are none).
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn begin(&mut self) -> Result<(), AdapterError>;

    /// Commits the open transaction, if one is open.
    ///
    /// # Errors
    /// `Connection`, `Sql`.
    async fn commit(&mut self) -> Result<(), AdapterError>;

    /// Rolls the open transaction back, if one is open.
    ///
    /// # Errors
    /// `Connection`.
    async fn rollback(&mut self) -> Result<(), AdapterError>;
}
