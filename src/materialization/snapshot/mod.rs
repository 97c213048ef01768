//! Slowly changing dimensions, type 2: the first run stores every row as current; later runs close
//! rows that changed or went away and add their new versions, in one MERGE that matches versions to close only.

mod staging;
mod strategy;

use serde_json::Value;

use self::staging::{CLOSES, Staging};
use super::Request;
use super::columns::widened;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{AlterColumns, Column, ConflictPolicy, MergeSpec, RelationKind, RelationOp, TableShape};
use crate::resource::{Node, NodeConfig};

pub use strategy::{HardDeletes, SnapshotStrategy};

/// Names of the columns that a snapshot adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotColumns {
    /// `dbt_valid_from`
    pub valid_from: String,
    /// `dbt_valid_to`
    pub valid_to: String,
    /// `dbt_scd_id`
    pub scd_id: String,
    /// `dbt_updated_at`
    pub updated_at: String,
    /// `dbt_is_deleted`
    pub is_deleted: String,
}

/// The added columns' names, after `snapshot_meta_column_names`.
pub fn snapshot_columns(config: &NodeConfig) -> SnapshotColumns {
    let names = config.get("snapshot_meta_column_names").and_then(Value::as_object);
    let name = |key: &str| {
        names.and_then(|names| names.get(key)).and_then(Value::as_str).map_or_else(|| key.to_owned(), str::to_owned)
    };
    SnapshotColumns {
        valid_from: name("dbt_valid_from"),
        valid_to: name("dbt_valid_to"),
        scd_id: name("dbt_scd_id"),
        updated_at: name("dbt_updated_at"),
        is_deleted: name("dbt_is_deleted"),
    }
}

/// The operations that bring a snapshot up to date.
///
/// # Errors
/// `missing-key`, `invalid-value` for its config; `relation-conflict` when a view stands in its place.
pub(crate) fn build(request: &Request<'_>) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
    let strategy = match request.snapshot_strategy {
        Some(given) => given.clone(),
        None => SnapshotStrategy::of(request)?,
    };
    let plan = SnapshotPlan {
        request,
        strategy,
        current: request.node.config.text("dbt_valid_to_current"),
        names: snapshot_columns(&request.node.config),
    };
    match request.existing_kind() {
        None => Ok(vec![RelationOp::ReplaceTable {
            target: request.target.clone(),
            existing: None,
            query: plan.staging().first(),
            shape: TableShape::default(),
            options: super::options::table_options(&request.node.config),
        }]),
        Some(RelationKind::Table) => plan.update(),
        Some(kind) => Err(Box::new(
            Diagnostic::error(
                Code::RelationConflict,
                format!(
                    "snapshot `{}` finds a {} in its place, {}",
                    request.node.name,
                    kind.as_str(),
                    request.target.short()
                ),
            )
            .at(request.node.origin.configured(), "")
            .help("rename the snapshot or drop that relation; a snapshot never replaces what it did not build"),
        )),
    }
}

/// A snapshot's config, read once.
struct SnapshotPlan<'a> {
    request: &'a Request<'a>,
    strategy: SnapshotStrategy,
    /// `dbt_valid_to_current`: what current rows have instead of NULL.
    current: Option<&'a str>,
    names: SnapshotColumns,
}

impl SnapshotPlan<'_> {
    fn staging(&self) -> Staging<'_> {
        Staging {
            query: self.request.query,
            target: self.request.target,
            strategy: &self.strategy,
            current: self.current,
            names: &self.names,
        }
    }

    fn update(&self) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
        let existing = self.request.existing_columns.unwrap_or_default();
        let found = self.request.query_columns.unwrap_or_default();
        let meta = self.standing_meta_columns(existing)?;
        let mut unit: Vec<RelationOp> = self.altered(existing, found).into_iter().collect();
        let sources: Vec<String> = found.iter().map(|column| column.name.clone()).collect();
        unit.push(RelationOp::Merge(MergeSpec {
            target: self.request.target.clone(),
            columns: sources.iter().chain(&meta.all).cloned().collect(),
            unique_key: vec![self.names.scd_id.clone()],
            source_key: Some(vec![CLOSES.to_owned()]),
            update_columns: Some(vec![meta.valid_to]),
            // A version that is closed stays so, even if its very id is that of another.
            predicates: vec![self.staging().is_current("DBT_INTERNAL_DEST.")],
            query: self.staging().changes(&sources, existing),
            conflict: ConflictPolicy::Fail,
        }));
        Ok(unit)
    }

    /// The table's columns made to fit the query's: new ones added, texts widened.
    fn altered(&self, existing: &[Column], found: &[Column]) -> Option<RelationOp> {
        let is_known = |column: &Column| existing.iter().any(|known| known.name == column.name);
        let add: Vec<Column> = found.iter().filter(|column| !is_known(column)).cloned().collect();
        let retype = widened(existing, found);
        (!add.is_empty() || !retype.is_empty()).then(|| {
            RelationOp::AlterColumns(AlterColumns {
                relation: self.request.target.clone(),
                add,
                drop: Vec::new(),
                retype,
            })
        })
    }

    /// The added columns as the table has them: a name written without quotes matches in any case.
    fn standing_meta_columns(&self, existing: &[Column]) -> Result<MetaColumns, Box<Diagnostic>> {
        let names = &self.names;
        let mut wanted = vec![&names.scd_id, &names.updated_at, &names.valid_from, &names.valid_to];
        if self.strategy.hard_deletes == HardDeletes::NewRecord {
            wanted.push(&names.is_deleted);
        }
        let standing = |name: &String| {
            let bare = name.trim_matches('"');
            existing.iter().find(|column| column.name.eq_ignore_ascii_case(bare)).map(|column| column.name.clone())
        };
        let missing: Vec<&str> =
            wanted.iter().filter(|name| standing(name).is_none()).map(|name| name.as_str()).collect();
        if !missing.is_empty() {
            return Err(Box::new(lacks_columns(self.request.node, &missing)));
        }
        let valid_to = standing(&names.valid_to).unwrap_or_default();
        Ok(MetaColumns { valid_to, all: wanted.into_iter().filter_map(standing).collect() })
    }
}

/// The added columns of a snapshot's table.
struct MetaColumns {
    valid_to: String,
    all: Vec<String>,
}

fn lacks_columns(node: &Node, missing: &[&str]) -> Diagnostic {
    // COMPAT: the sentence of dbt 1.11, which people look for.
    let message = format!("Snapshot target is missing configured columns (missing {})", missing.join(", "));
    Diagnostic::error(Code::RelationConflict, message).at(node.origin.configured(), "").help(format!(
        "the table of snapshot `{}` was not built by this config: rename the snapshot, or add the columns",
        node.name
    ))
}
