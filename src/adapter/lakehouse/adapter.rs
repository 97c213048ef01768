use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::dialect::LakehouseDialect;
use super::external::External;
use super::profile::Profile;
use super::session::LakehouseSession;
use super::warehouse::Warehouse;
use crate::adapter::{Adapter, AdapterError, Capabilities, Dialect, ExternalSource, Session};
use crate::relation::{CatalogRelation, Relation, RelationKind, RelationSize, SchemaRef};
use crate::resource::JsonMap;

/// A lakehouse in a folder.
pub struct Lakehouse {
    warehouse: Arc<Warehouse>,
}

impl Lakehouse {
    /// The lakehouse of a profile output: `path` (a folder, relative to the project), `schema`,
    /// and if wanted `database` and `memory_limit`. A `path` such as `s3://bucket/…` is a place in a bucket,
    /// reached as the keys of the store (`s3`, ...) and the usual variables of the environment say. No file is
    /// touched yet.
    ///
    /// # Errors
    /// `Settings` for a missing or malformed key, `Unsupported` for another kind of place.
    pub fn from_profile(output: &JsonMap, project_root: &Path, threads: usize) -> Result<Self, AdapterError> {
        let profile = Profile::read(output, project_root, threads)?;
        Ok(Self { warehouse: Arc::new(Warehouse::new(profile)?) })
    }
}

#[async_trait]
impl Adapter for Lakehouse {
    fn name(&self) -> &'static str {
        "lakehouse"
    }

    fn dialect(&self) -> &dyn Dialect {
        &LakehouseDialect
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            transactional_ddl: false,
            merge: true,
            replace_where: true,
            materialized_views: false,
            grants: false,
            concurrent_batches: true,
            clones_tables: true,
            time_travel: true,
            file_format: Some("delta"),
            views_bind_early: false,
            max_identifier_bytes: 200,
            table_kind: RelationKind::Table,
        }
    }

    fn concurrency(&self) -> usize {
        self.warehouse.profile.threads
    }

    async fn session(&self) -> Result<Box<dyn Session>, AdapterError> {
        Ok(Box::new(LakehouseSession::new(Arc::clone(&self.warehouse))))
    }

    async fn list_relations(&self, schemas: &[SchemaRef]) -> Result<Vec<Relation>, AdapterError> {
        let mut relations = Vec::new();
        for schema in schemas {
            self.warehouse.check_database(&schema.database)?;
            for (name, kind) in self.warehouse.relations(&schema.schema).await? {
                relations.push(Relation::new(&schema.database, &schema.schema, name).with_kind(kind));
            }
        }
        Ok(relations)
    }

    async fn list_schemas(&self, database: &str) -> Result<Vec<String>, AdapterError> {
        self.warehouse.check_database(database)?;
        self.warehouse.storage.schemas().await
    }

    async fn catalog(&self, schemas: &[SchemaRef]) -> Result<Vec<CatalogRelation>, AdapterError> {
        super::describe::catalog(&self.warehouse, schemas).await
    }

    async fn sizes(&self, tables: &[Relation]) -> Result<Vec<RelationSize>, AdapterError> {
        super::describe::sizes(&self.warehouse, tables).await
    }

    async fn cancel_all(&self) {
        self.warehouse.cancellation.ring();
    }

    async fn register_external(&self, sources: &[ExternalSource]) -> Result<(), AdapterError> {
        for source in sources {
            let place = self.warehouse.place(&source.relation)?;
            self.warehouse.register(place, External::new(source, &self.warehouse.profile.project_root)?);
        }
        Ok(())
    }

    fn connection_facts(&self) -> Vec<(String, String)> {
        let profile = &self.warehouse.profile;
        vec![
            ("path".to_owned(), profile.path.clone()),
            ("home".to_owned(), profile.home.to_string()),
            ("database".to_owned(), profile.database.clone()),
            ("schema".to_owned(), profile.schema.clone()),
        ]
    }
}
