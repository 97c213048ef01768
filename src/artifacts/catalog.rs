//! `catalog.json`, v1.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::ArtifactContext;
use super::context::Metadata;
use super::graph::{Section, in_section};
use crate::project::Project;
use crate::relation::{CatalogRelation, Column, Relation};
use crate::resource::{Node, UniqueId};

/// What stands in the warehouse of the project's nodes and sources. Relations that are neither are
/// left out; names are compared without regard to case.
pub fn catalog(
    relations: &[CatalogRelation],
    errors: &[String],
    project: &Project,
    context: &ArtifactContext,
) -> Vec<u8> {
    super::bytes(&File {
        metadata: context.metadata("catalog", 1),
        nodes: described(relations, in_section(project, Section::Nodes)),
        sources: described(relations, in_section(project, Section::Sources)),
        errors: (!errors.is_empty()).then_some(errors),
    })
}

#[derive(Serialize)]
struct File<'a> {
    metadata: Metadata<'a>,
    nodes: BTreeMap<&'a UniqueId, Table<'a>>,
    sources: BTreeMap<&'a UniqueId, Table<'a>>,
    errors: Option<&'a [String]>,
}

fn described<'a>(
    relations: &'a [CatalogRelation],
    nodes: impl Iterator<Item = &'a Node>,
) -> BTreeMap<&'a UniqueId, Table<'a>> {
    let places: HashMap<[String; 3], &CatalogRelation> =
        relations.iter().map(|entry| (place(&entry.relation), entry)).collect();
    nodes
        .filter_map(|node| {
            let entry = places.get(&place(node.relation.as_ref()?))?;
            Some((&node.unique_id, Table::new(entry, &node.unique_id)))
        })
        .collect()
}

fn place(relation: &Relation) -> [String; 3] {
    [&relation.database, &relation.schema, &relation.identifier].map(|part| part.to_lowercase())
}

#[derive(Serialize)]
struct Table<'a> {
    metadata: TableMetadata<'a>,
    columns: IndexMap<&'a str, ColumnEntry<'a>>,
    stats: BTreeMap<&'a str, Stat<'a>>,
    unique_id: &'a UniqueId,
}

#[derive(Serialize)]
struct TableMetadata<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    schema: &'a str,
    name: &'a str,
    database: &'a str,
    comment: Option<&'a str>,
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct ColumnEntry<'a> {
    #[serde(rename = "type")]
    data_type: &'a str,
    index: usize,
    name: &'a str,
    comment: Option<&'a str>,
}

#[derive(Serialize)]
struct Stat<'a> {
    id: &'a str,
    label: &'a str,
    value: Value,
    include: bool,
    description: &'a str,
}

impl<'a> Table<'a> {
    fn new(entry: &'a CatalogRelation, unique_id: &'a UniqueId) -> Self {
        let columns = entry.columns.iter().enumerate();
        Self {
            metadata: TableMetadata {
                kind: &entry.table_type,
                schema: &entry.relation.schema,
                name: &entry.relation.identifier,
                database: &entry.relation.database,
                comment: entry.comment.as_deref(),
                owner: entry.owner.as_deref(),
            },
            columns: columns.map(|(index, column)| (column.name.as_str(), ColumnEntry::new(column, index))).collect(),
            stats: stats(entry),
            unique_id,
        }
    }
}

impl<'a> ColumnEntry<'a> {
    fn new(column: &'a Column, index: usize) -> Self {
        Self { data_type: &column.data_type, index: index + 1, name: &column.name, comment: column.comment.as_deref() }
    }
}

/// The warehouse's statistics, and whether there are any.
fn stats(entry: &CatalogRelation) -> BTreeMap<&str, Stat<'_>> {
    let has_stats = Stat {
        id: "has_stats",
        label: "Has Stats?",
        value: Value::Bool(!entry.stats.is_empty()),
        include: false,
        description: "Indicates whether there are statistics for this table",
    };
    let own = entry.stats.iter().map(|(id, label, value, description)| {
        (id.as_str(), Stat { id, label, value: value.clone(), include: true, description })
    });
    own.chain([("has_stats", has_stats)]).collect()
}
