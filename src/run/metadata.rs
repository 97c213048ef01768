//! What a project's own macros say of the warehouse as a whole, where they stand in for the engine's own way:
//! schemas, what stands in them, the catalog of `docs generate`.

use serde_json::{Value, json};

use super::failure::diagnose;
use super::operations::call_operation;
use super::runner::NodeRunner;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::relation_argument;
use crate::relation::{CatalogRelation, Column, Relation, RelationKind, RelationOp, SchemaRef};
use crate::resource::JsonMap;

const LIST_SCHEMAS: &str = "list_schemas";
const CREATE_SCHEMA: &str = "create_schema";
const LIST_RELATIONS: &str = "list_relations_without_caching";

/// As [`super::Warehouse::prepare`], by the project's macros; false where none of them is the project's.
///
/// # Errors
/// Whatever a macro or the warehouse raises.
pub async fn prepare_by_macros(
    runner: &NodeRunner,
    needed: &[SchemaRef],
    known: &[SchemaRef],
) -> Result<bool, Box<Diagnostic>> {
    if ![LIST_SCHEMAS, CREATE_SCHEMA, LIST_RELATIONS].into_iter().any(|name| overrides(runner, name)) {
        return Ok(false);
    }
    let missing = missing_schemas(runner, needed).await?;
    create_schemas(runner, &missing).await?;
    let relations = if overrides(runner, LIST_RELATIONS) {
        let mut relations = Vec::new();
        for schema in known {
            relations.extend(listed(runner, schema).await?);
        }
        relations
    } else {
        runner.warehouse.adapter().list_relations(known).await.map_err(|error| diagnose(&error))?
    };
    runner.warehouse.cache().fill(known, relations);
    Ok(true)
}

async fn missing_schemas(runner: &NodeRunner, needed: &[SchemaRef]) -> Result<Vec<SchemaRef>, Box<Diagnostic>> {
    if !overrides(runner, LIST_SCHEMAS) {
        return runner.warehouse.missing_schemas(needed).await.map_err(|error| diagnose(&error));
    }
    let mut databases: Vec<&str> = needed.iter().map(|schema| schema.database.as_str()).collect();
    databases.dedup();
    let mut missing = Vec::new();
    for database in databases {
        let standing = call(runner, "_schema_names", json!({ "database": database })).await?;
        let stands = |schema: &SchemaRef| texts(&standing).any(|name| name.eq_ignore_ascii_case(&schema.schema));
        missing.extend(needed.iter().filter(|schema| schema.database == database && !stands(schema)).cloned());
    }
    Ok(missing)
}

async fn create_schemas(runner: &NodeRunner, missing: &[SchemaRef]) -> Result<(), Box<Diagnostic>> {
    if missing.is_empty() {
        return Ok(());
    }
    if overrides(runner, CREATE_SCHEMA) {
        for schema in missing {
            let relation = Relation::new(schema.database.clone(), schema.schema.clone(), "");
            call(runner, CREATE_SCHEMA, json!({ "relation": relation_argument(&relation) })).await?;
        }
        return Ok(());
    }
    let unit: Vec<RelationOp> = missing.iter().cloned().map(RelationOp::CreateSchema).collect();
    runner.warehouse.create_schemas(&unit).await.map_err(|error| diagnose(&error))
}

/// What stands in a schema. COMPAT: the columns count by their places (dbt 1.11).
async fn listed(runner: &NodeRunner, schema: &SchemaRef) -> Result<Vec<Relation>, Box<Diagnostic>> {
    let place = Relation::new(schema.database.clone(), schema.schema.clone(), "");
    let rows = call(runner, "_listed_relations", json!({ "schema_relation": relation_argument(&place) })).await?;
    let relation = |row: &Value| {
        let part = |index: usize| row.get(index).and_then(Value::as_str).unwrap_or_default();
        let mut relation = Relation::new(part(0), part(2), part(1));
        relation.kind = RelationKind::named(part(3));
        relation
    };
    Ok(rows.as_array().into_iter().flatten().map(relation).collect())
}

/// The catalog as the project's macros give it; `None` where the engine's own way is in force. Of up to a
/// hundred relations each is asked for; `None` or more of them stand for all that is in the schemas.
pub async fn catalog_by_macros(
    runner: &NodeRunner,
    relations: Option<&[Relation]>,
    schemas: &[SchemaRef],
) -> Option<Result<Vec<CatalogRelation>, Box<Diagnostic>>> {
    // COMPAT: this many (dbt 1.11).
    let each = relations.filter(|relations| relations.len() <= 100);
    let name = if each.is_some() { "get_catalog_relations" } else { "get_catalog" };
    // What is asked of the schemas is asked by the macro for relations in the end.
    if !overrides(runner, name) && !overrides(runner, "get_catalog_relations") {
        return None;
    }
    let mut databases: Vec<&str> = schemas.iter().map(|schema| schema.database.as_str()).collect();
    databases.sort_unstable();
    databases.dedup();
    let mut found = Vec::new();
    for database in databases {
        let within = schemas.iter().filter(|schema| schema.database == database);
        let names: Vec<&str> = within.map(|schema| schema.schema.as_str()).collect();
        let of_database = each.map(|relations| {
            let within = relations.iter().filter(|relation| relation.database == database);
            within.map(relation_argument).collect::<Vec<Value>>()
        });
        let arguments = json!({ "database": database, "schemas": names, "relations": of_database });
        match call(runner, "_catalog", arguments).await {
            Ok(rows) => found.extend(catalog_relations(&rows)),
            Err(problem) => return Some(Err(problem)),
        }
    }
    Some(Ok(found))
}

/// A row a column, those of a relation together.
fn catalog_relations(rows: &Value) -> Vec<CatalogRelation> {
    let mut found: Vec<CatalogRelation> = Vec::new();
    for row in rows.as_array().into_iter().flatten() {
        let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let part = |name: &str| text(name).unwrap_or_default();
        let relation = Relation::new(part("table_database"), part("table_schema"), part("table_name"));
        let column = text("column_name")
            .map(|name| Column { comment: text("column_comment"), ..Column::new(name, part("column_type")) });
        match found.iter_mut().find(|known| known.relation.same_place(&relation)) {
            Some(known) => known.columns.extend(column),
            None => found.push(CatalogRelation {
                relation,
                table_type: part("table_type"),
                comment: text("table_comment"),
                owner: text("table_owner"),
                columns: column.into_iter().collect(),
                stats: statistics(row),
            }),
        }
    }
    found
}

/// Columns named `stats:<id>:<label|value|description|include>`.
fn statistics(row: &Value) -> Vec<(String, String, Value, String)> {
    let keys = row.as_object().into_iter().flat_map(JsonMap::keys);
    let ids = keys.filter_map(|key| key.strip_prefix("stats:")?.strip_suffix(":value"));
    ids.filter_map(|id| {
        let part = |name: &str| row.get(format!("stats:{id}:{name}"));
        let text = |name: &str| part(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_shown = part("include").is_none_or(|include| include != &Value::Bool(false));
        is_shown
            .then(|| (id.to_owned(), text("label"), part("value").cloned().unwrap_or_default(), text("description")))
    })
    .collect()
}

fn overrides(runner: &NodeRunner, name: &str) -> bool {
    let compiler = &runner.compiler;
    compiler.engine().is_overridden(compiler.project().name(), name)
}

async fn call(runner: &NodeRunner, name: &str, arguments: Value) -> Result<Value, Box<Diagnostic>> {
    let Value::Object(arguments) = arguments else {
        return Err(Box::new(Diagnostic::error(Code::Internal, format!("`{name}` is called without arguments"))));
    };
    call_operation(runner, name, &arguments).await
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
