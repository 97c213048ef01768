//! The artifacts as tables, for analysis over many runs: the same facts in Parquet files, one row a
//! node, edge, column or result. Every row carries the run it is of, so that files of many runs can be
//! read as one table. What a user writes freely (`config`, `meta`) is JSON text.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::json::ReaderBuilder;
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use super::ArtifactContext;
use super::context::timestamp;
use super::parts::{CompiledNode, relation_name};
use crate::outcome::RunResults;
use crate::project::Project;
use crate::relation::{CatalogRelation, Relation};
use crate::resource::{Node, UniqueId};

/// A table: its name, and its rows.
#[derive(Debug)]
pub struct ArtifactTable {
    /// Name of the file, without `.parquet`.
    pub name: &'static str,
    /// All rows.
    pub rows: RecordBatch,
}

impl ArtifactTable {
    fn new(name: &'static str, columns: Vec<Field>, rows: &[impl Serialize]) -> Result<Self, arrow::error::ArrowError> {
        let when = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let of_run = [Field::new("invocation_id", DataType::Utf8, false), Field::new("generated_at", when, false)];
        let schema = Arc::new(Schema::new(of_run.into_iter().chain(columns).collect::<Vec<Field>>()));
        let mut decoder = ReaderBuilder::new(Arc::clone(&schema)).build_decoder()?;
        decoder.serialize(rows)?;
        Ok(Self { name, rows: decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(schema)) })
    }

    /// The rows as a Parquet file.
    ///
    /// # Errors
    /// When a row cannot be written; without the feature `lakehouse`, always.
    #[cfg(feature = "lakehouse")]
    pub fn parquet(&self) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let writer = parquet::arrow::ArrowWriter::try_new(&mut content, self.rows.schema(), None);
        let mut writer = writer.map_err(|error| error.to_string())?;
        writer.write(&self.rows).and_then(|()| writer.close()).map_err(|error| error.to_string())?;
        Ok(content)
    }

    /// The rows as a Parquet file.
    ///
    /// # Errors
    /// Always: Parquet comes with the feature `lakehouse`.
    #[cfg(not(feature = "lakehouse"))]
    pub fn parquet(&self) -> Result<Vec<u8>, String> {
        Err("this executable is built without the lakehouse, and without Parquet with it".to_owned())
    }
}

type Tables = Result<Vec<ArtifactTable>, arrow::error::ArrowError>;

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn texts(name: &str) -> Field {
    Field::new(name, DataType::new_list(DataType::Utf8, true), true)
}

fn whole(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn number(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

/// What every row begins with.
#[derive(Clone, Serialize)]
struct OfRun<'a> {
    invocation_id: &'a str,
    generated_at: String,
}

impl<'a> OfRun<'a> {
    fn new(context: &'a ArtifactContext) -> Self {
        Self { invocation_id: &context.invocation_id, generated_at: timestamp(context.generated_at) }
    }
}

#[derive(Serialize)]
struct NodeRow<'a> {
    #[serde(flatten)]
    run: OfRun<'a>,
    unique_id: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    name: &'a str,
    original_file_path: &'a str,
    patch_path: Option<&'a str>,
    fqn: &'a [String],
    database: Option<&'a str>,
    schema: Option<&'a str>,
    alias: &'a str,
    relation_name: Option<String>,
    materialized: Option<&'a str>,
    tags: &'a [String],
    group: Option<&'a str>,
    description: &'a str,
    checksum: &'a str,
    raw_code: &'a str,
    compiled_code: Option<&'a str>,
    config: String,
    meta: String,
}

#[derive(Serialize)]
struct EdgeRow<'a> {
    #[serde(flatten)]
    run: OfRun<'a>,
    parent_id: &'a str,
    child_id: &'a str,
}

#[derive(Serialize)]
struct ColumnRow<'a> {
    #[serde(flatten)]
    run: OfRun<'a>,
    unique_id: &'a str,
    position: usize,
    name: &'a str,
    data_type: Option<&'a str>,
    description: &'a str,
    tags: &'a [String],
    meta: String,
}

/// `nodes`, `edges` and `node_columns`: what the manifest says.
///
/// # Errors
/// When the rows do not fit their columns, which would be a fault of this module.
pub fn manifest_tables(
    project: &Project,
    context: &ArtifactContext,
    compiled: &HashMap<UniqueId, CompiledNode>,
) -> Tables {
    let run = OfRun::new(context);
    let nodes: Vec<NodeRow<'_>> =
        project.nodes.values().map(|node| node_row(node, compiled.get(&node.unique_id), &run)).collect();
    let edges: Vec<EdgeRow<'_>> = project
        .nodes
        .values()
        .flat_map(|node| node.depends_on.nodes.iter().map(move |parent| (parent, &node.unique_id)))
        .map(|(parent, child)| EdgeRow { run: run.clone(), parent_id: parent.as_str(), child_id: child.as_str() })
        .collect();
    let columns: Vec<ColumnRow<'_>> = project
        .nodes
        .values()
        .flat_map(|node| node.columns.values().enumerate().map(move |(index, column)| (node, index, column)))
        .map(|(node, index, column)| ColumnRow {
            run: run.clone(),
            unique_id: node.unique_id.as_str(),
            position: index + 1,
            name: &column.name,
            data_type: column.data_type.as_deref(),
            description: &column.description,
            tags: &column.tags,
            meta: json(&column.meta),
        })
        .collect();
    let described = ["unique_id", "resource_type", "package_name", "name", "original_file_path", "patch_path"];
    let placed = ["database", "schema", "alias", "relation_name", "materialized"];
    let written = ["group", "description", "checksum", "raw_code", "compiled_code", "config", "meta"];
    let of_node: Vec<Field> = described
        .into_iter()
        .map(text)
        .chain([texts("fqn")])
        .chain(placed.into_iter().map(text))
        .chain([texts("tags")])
        .chain(written.into_iter().map(text))
        .collect();
    let of_column = vec![
        text("unique_id"),
        whole("position"),
        text("name"),
        text("data_type"),
        text("description"),
        texts("tags"),
        text("meta"),
    ];
    Ok(vec![
        ArtifactTable::new("nodes", of_node, &nodes)?,
        ArtifactTable::new("edges", vec![text("parent_id"), text("child_id")], &edges)?,
        ArtifactTable::new("node_columns", of_column, &columns)?,
    ])
}

fn node_row<'a>(node: &'a Node, compiled: Option<&'a CompiledNode>, run: &OfRun<'a>) -> NodeRow<'a> {
    NodeRow {
        run: run.clone(),
        unique_id: node.unique_id.as_str(),
        resource_type: node.resource_type().as_str(),
        package_name: &node.package,
        name: &node.name,
        original_file_path: &node.origin.original_file_path,
        patch_path: node.origin.patch_path.as_deref(),
        fqn: &node.fqn,
        database: node.database_and_schema().map(|(database, _)| database),
        schema: node.database_and_schema().map(|(_, schema)| schema),
        alias: &node.alias,
        relation_name: relation_name(node),
        materialized: node.config.text("materialized"),
        tags: &node.config.tags,
        group: node.config.group.as_deref(),
        description: &node.description,
        checksum: &node.checksum,
        raw_code: &node.raw_code,
        compiled_code: compiled.and_then(|compiled| compiled.code.as_deref()),
        config: json(&node.config.values),
        meta: node.config.values.get("meta").map(json).unwrap_or_default(),
    }
}

/// Text keys only, so it never fails.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct ResultRow<'a> {
    #[serde(flatten)]
    run: OfRun<'a>,
    unique_id: &'a str,
    status: &'static str,
    message: Option<&'a str>,
    failures: Option<i64>,
    rows_affected: Option<u64>,
    execution_time: f64,
    thread_id: &'a str,
    started_at: Option<String>,
    completed_at: Option<String>,
    relation_name: Option<String>,
    max_loaded_at: Option<String>,
    age_seconds: Option<f64>,
}

/// `run_results`: how every node of a run ended; for sources, how old they are.
///
/// # Errors
/// As [`manifest_tables`].
pub fn result_tables(results: &RunResults, project: &Project, context: &ArtifactContext) -> Tables {
    let run = OfRun::new(context);
    let rows: Vec<ResultRow<'_>> = results
        .outcomes
        .iter()
        .map(|outcome| ResultRow {
            run: run.clone(),
            unique_id: outcome.unique_id.as_str(),
            status: outcome.status.as_str(),
            message: outcome.message.as_deref(),
            failures: outcome.failures,
            rows_affected: outcome.adapter_response.rows_affected,
            execution_time: outcome.execution_time.as_secs_f64(),
            thread_id: &outcome.thread_id,
            started_at: outcome.timing.first().map(|step| timestamp(step.started_at)),
            completed_at: outcome.timing.last().map(|step| timestamp(step.completed_at)),
            relation_name: project.node(&outcome.unique_id).and_then(|node| relation_name(node)),
            max_loaded_at: outcome.age.as_ref().map(|age| timestamp(age.max_loaded_at)),
            age_seconds: outcome.age.as_ref().map(|age| age.seconds),
        })
        .collect();
    let when = |name: &str| Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true);
    let columns = vec![
        text("unique_id"),
        text("status"),
        text("message"),
        whole("failures"),
        whole("rows_affected"),
        number("execution_time"),
        text("thread_id"),
        when("started_at"),
        when("completed_at"),
        text("relation_name"),
        when("max_loaded_at"),
        number("age_seconds"),
    ];
    Ok(vec![ArtifactTable::new("run_results", columns, &rows)?])
}

#[derive(Serialize)]
struct CatalogRow<'a> {
    #[serde(flatten)]
    run: OfRun<'a>,
    unique_id: &'a str,
    database: &'a str,
    schema: &'a str,
    relation: &'a str,
    relation_type: &'a str,
    owner: Option<&'a str>,
    position: usize,
    name: &'a str,
    data_type: &'a str,
}

/// `catalog_columns`: the columns that stand in the warehouse.
///
/// # Errors
/// As [`manifest_tables`].
pub fn catalog_tables(relations: &[CatalogRelation], project: &Project, context: &ArtifactContext) -> Tables {
    let run = OfRun::new(context);
    let place = |relation: &Relation| {
        [&relation.database, &relation.schema, &relation.identifier].map(|part| part.to_lowercase())
    };
    let nodes: HashMap<[String; 3], &UniqueId> =
        project.nodes.values().filter_map(|node| Some((place(node.relation.as_ref()?), &node.unique_id))).collect();
    let rows: Vec<CatalogRow<'_>> = relations
        .iter()
        .filter_map(|entry| Some((nodes.get(&place(&entry.relation))?.as_str(), entry)))
        .flat_map(|(id, entry)| entry.columns.iter().enumerate().map(move |column| (id, entry, column)))
        .map(|(unique_id, entry, (index, column))| CatalogRow {
            run: run.clone(),
            unique_id,
            database: &entry.relation.database,
            schema: &entry.relation.schema,
            relation: &entry.relation.identifier,
            relation_type: &entry.table_type,
            owner: entry.owner.as_deref(),
            position: index + 1,
            name: &column.name,
            data_type: &column.data_type,
        })
        .collect();
    let placed = ["unique_id", "database", "schema", "relation", "relation_type", "owner"];
    let columns =
        placed.into_iter().map(text).chain([whole("position"), text("name"), text("data_type")]).collect::<Vec<_>>();
    Ok(vec![ArtifactTable::new("catalog_columns", columns, &rows)?])
}
