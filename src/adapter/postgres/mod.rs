//! PostgreSQL 13 to 17 through tokio-postgres.
//!
//! One unit of work is one text and one round trip: [`dialect`] writes the statements, [`session`]
//! sends them, [`error`] and [`response`] read the answers. Connections are kept by [`pool`]. This
//! module knows nothing of nodes, Jinja or files, except those a profile names (certificates).

mod arrow;
mod binary;
mod catalog;
mod connect;
mod copy;
mod dialect;
mod error;
mod numeric;
mod pool;
mod profile;
mod response;
mod session;
mod tls;
mod transaction;
mod transfer;
mod unit;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::SimpleQueryRow;

use super::{Adapter, AdapterError, Capabilities, Dialect, Session};
use crate::relation::{CatalogRelation, Relation, RelationKind, RelationSize, SchemaRef};
use crate::resource::JsonMap;

pub use dialect::PostgresDialect;

/// A PostgreSQL database.
pub struct Postgres {
    pool: Arc<pool::Pool>,
    dialect: PostgresDialect,
    threads: usize,
}

impl Postgres {
    /// The database of a profile output. Nothing is connected yet.
    ///
    /// # Errors
    /// `Settings`, naming every key that is missing or malformed.
    pub fn from_profile(output: &JsonMap, threads: usize) -> Result<Self, AdapterError> {
        let threads = threads.max(1);
        let connector = connect::Connector::new(profile::Profile::read(output)?);
        // One more than threads: the scheduler itself asks for lists now and then.
        let pool = Arc::new(pool::Pool::new(connector, threads + 1));
        Ok(Self { pool, dialect: PostgresDialect::default(), threads })
    }

    fn profile(&self) -> &profile::Profile {
        self.pool.connector().profile()
    }

    async fn open(&self) -> Result<session::PostgresSession, AdapterError> {
        let lease = self.pool.lease(&self.dialect).await?;
        Ok(session::PostgresSession::new(lease, self.dialect.clone()))
    }

    /// The rows of a query of our own, as the server writes them.
    async fn rows(&self, sql: &str) -> Result<Vec<SimpleQueryRow>, AdapterError> {
        self.open().await?.rows(sql).await
    }
}

#[async_trait]
impl Adapter for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            transactional_ddl: true,
            merge: true,
            replace_where: true,
            materialized_views: true,
            grants: true,
            concurrent_batches: true,
            clones_tables: false,
            time_travel: false,
            file_format: None,
            views_bind_early: true,
            max_identifier_bytes: dialect::MAX_IDENTIFIER_BYTES,
            table_kind: RelationKind::Table,
        }
    }

    fn concurrency(&self) -> usize {
        self.threads
    }

    async fn session(&self) -> Result<Box<dyn Session>, AdapterError> {
        Ok(Box::new(self.open().await?))
    }

    async fn list_relations(&self, schemas: &[SchemaRef]) -> Result<Vec<Relation>, AdapterError> {
        if schemas.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(&catalog::relations_query(schemas)).await?;
        let database = &self.profile().database;
        Ok(rows.iter().filter_map(|row| catalog::read_relation(database, row)).collect())
    }

    async fn list_schemas(&self, _database: &str) -> Result<Vec<String>, AdapterError> {
        let rows = self.rows(catalog::SCHEMAS_QUERY).await?;
        Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
    }

    async fn catalog(&self, schemas: &[SchemaRef]) -> Result<Vec<CatalogRelation>, AdapterError> {
        let rows = self.rows(&catalog::catalog_query(schemas)).await?;
        Ok(catalog::read_catalog(&self.profile().database, &rows))
    }

    async fn sizes(&self, tables: &[Relation]) -> Result<Vec<RelationSize>, AdapterError> {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(&catalog::sizes_query(tables)).await?;
        Ok(rows.iter().filter_map(|row| catalog::read_size(&self.profile().database, row)).collect())
    }

    async fn cancel_all(&self) {
        self.pool.cancel_all().await;
    }

    fn connection_facts(&self) -> Vec<(String, String)> {
        self.profile().facts()
    }
}
