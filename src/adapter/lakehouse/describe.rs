//! What `docs generate` shows: everything that stands in some schemas, with columns and comments.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use super::commit::Description;
use super::error;
use super::session::LakehouseSession;
use super::warehouse::{Found, Warehouse};
use crate::adapter::{AdapterError, Session};
use crate::relation::{CatalogRelation, Relation, RelationKind, RelationSize, SchemaRef};

/// Logs of tables that are read at the same time.
const AT_ONCE: usize = 8;

/// Relations with their columns; schemas of other databases have none here.
///
/// # Errors
/// `Connection`, `Sql` for a table that cannot be read.
pub(super) async fn catalog(
    warehouse: &Arc<Warehouse>,
    schemas: &[SchemaRef],
) -> Result<Vec<CatalogRelation>, AdapterError> {
    let mut session = LakehouseSession::new(Arc::clone(warehouse));
    let mut described = Vec::new();
    for schema in schemas.iter().filter(|schema| warehouse.check_database(&schema.database).is_ok()) {
        for (name, kind) in warehouse.relations(&schema.schema).await? {
            let relation = Relation::new(&schema.database, &schema.schema, name).with_kind(kind);
            let columns = match session.columns(&relation).await {
                // A view over what is gone is shown all the same.
                Err(_) if kind == RelationKind::View => Vec::new(),
                columns => columns?,
            };
            described.push(CatalogRelation {
                comment: comment(warehouse, &relation).await?,
                table_type: table_type(kind).to_owned(),
                relation,
                columns,
                owner: None,
                stats: Vec::new(),
            });
        }
    }
    Ok(described)
}

/// How large tables are, by their logs.
///
/// # Errors
/// `Connection`, `Sql` for a log that cannot be read.
pub(super) async fn sizes(warehouse: &Arc<Warehouse>, tables: &[Relation]) -> Result<Vec<RelationSize>, AdapterError> {
    let each: Vec<_> = tables.iter().map(|relation| size(Arc::clone(warehouse), relation.clone())).collect();
    let sizes: Vec<Option<RelationSize>> = stream::iter(each).buffered(AT_ONCE).try_collect().await?;
    Ok(sizes.into_iter().flatten().collect())
}

async fn size(warehouse: Arc<Warehouse>, relation: Relation) -> Result<Option<RelationSize>, AdapterError> {
    let Some(Found::Table(table)) = warehouse.find(&warehouse.place(&relation)?).await? else { return Ok(None) };
    let state = table.snapshot().map_err(error::from_delta)?;
    let files = state.snapshot().try_log_data().map_err(error::from_delta)?;
    let bytes = files.iter().map(|file| u64::try_from(file.size()).unwrap_or_default()).sum();
    let rows = files.iter().map(|file| file.num_records().and_then(|rows| u64::try_from(rows).ok())).sum();
    Ok(Some(RelationSize { relation, rows, bytes }))
}

async fn comment(warehouse: &Warehouse, relation: &Relation) -> Result<Option<String>, AdapterError> {
    Ok(match warehouse.find(&warehouse.place(relation)?).await? {
        Some(Found::Table(table)) => Description::of(&table)?.comment,
        Some(Found::View(view)) => view.comment,
        Some(Found::External(_)) | None => None,
    })
}

const fn table_type(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::View => "VIEW",
        RelationKind::External => "EXTERNAL TABLE",
        _ => "BASE TABLE",
    }
}
