//! Slowly changing dimensions, type 2: the first run stores every row as current; later runs close
//! rows that changed or went away and add their new versions, in one MERGE by `dbt_scd_id`.

use serde_json::Value;

use super::Request;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{Column, ConflictPolicy, MergeSpec, RelationKind, RelationOp, TableShape};
use crate::resource::{Node, NodeConfig};

/// How a change is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotStrategy {
    /// A newer value in this column.
    Timestamp {
        /// The column or expression.
        updated_at: String,
    },
    /// Another value in one of these columns.
    Check {
        /// Columns; `None` is all of them.
        columns: Option<Vec<String>>,
        /// A column or expression that says when a row changed; the time of the run by default.
        updated_at: Option<String>,
    },
}

/// What happens to rows that are gone from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HardDeletes {
    Ignore,
    Invalidate,
    NewRecord,
}

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
    let plan = SnapshotPlan::new(request)?;
    match request.existing_kind() {
        None => Ok(vec![RelationOp::ReplaceTable {
            target: request.target.clone(),
            existing: None,
            query: plan.first_query(),
            shape: TableShape::default(),
            options: super::options::table_options(&request.node.config),
        }]),
        Some(RelationKind::Table) => plan.update(request),
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
    query: &'a str,
    keys: Vec<String>,
    strategy: SnapshotStrategy,
    hard_deletes: HardDeletes,
    current: Option<String>,
    names: SnapshotColumns,
}

impl<'a> SnapshotPlan<'a> {
    fn new(request: &Request<'a>) -> Result<Self, Box<Diagnostic>> {
        let node = request.node;
        let keys = node.config.text_list("unique_key");
        if keys.is_empty() {
            return Err(Box::new(lacks(node, "unique_key")));
        }
        Ok(Self {
            query: request.query,
            keys,
            strategy: strategy(node)?,
            hard_deletes: hard_deletes(node)?,
            current: node.config.text("dbt_valid_to_current").map(str::to_owned),
            names: snapshot_columns(&node.config),
        })
    }

    /// When a row of the source changed, as SQL.
    fn updated_at(&self) -> &str {
        match &self.strategy {
            SnapshotStrategy::Timestamp { updated_at } => updated_at,
            SnapshotStrategy::Check { updated_at: Some(updated_at), .. } => updated_at,
            SnapshotStrategy::Check { updated_at: None, .. } => NOW,
        }
    }

    /// Identity of one version of a row: a hash of its keys and its time of change.
    fn scd_id(&self, time: &str, qualifier: &str) -> String {
        let parts: Vec<String> = self
            .keys
            .iter()
            .map(|key| format!("{qualifier}{key}"))
            .chain([time.to_owned()])
            .map(|part| format!("coalesce(cast({part} as varchar), '')"))
            .collect();
        format!("md5({})", parts.join(" || '|' || "))
    }

    fn valid_to(&self, time: &str) -> String {
        match &self.current {
            Some(current) => format!("coalesce(nullif({time}, {time}), {current})"),
            None => format!("nullif({time}, {time})"),
        }
    }

    fn first_query(&self) -> String {
        let time = self.updated_at();
        let deleted = match self.hard_deletes {
            HardDeletes::NewRecord => format!(",\n    'False' as {}", self.names.is_deleted),
            _ => String::new(),
        };
        format!(
            "select *,\n    {} as {},\n    {time} as {},\n    {time} as {},\n    {} as {}{deleted}\nfrom (\n{}\n) sbq",
            self.scd_id(time, ""),
            self.names.scd_id,
            self.names.updated_at,
            self.names.valid_from,
            self.valid_to(time),
            self.names.valid_to,
            self.query,
        )
    }

    fn update(&self, request: &Request<'_>) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
        let existing = request.existing_columns.unwrap_or_default();
        let found = request.query_columns.unwrap_or_default();
        let is_known = |column: &Column| existing.iter().any(|known| known.name == column.name);
        let added: Vec<Column> = found.iter().filter(|column| !is_known(column)).cloned().collect();
        self.require_meta_columns(request.node, existing)?;
        let mut unit = Vec::new();
        if !added.is_empty() {
            unit.push(RelationOp::AlterColumns(crate::relation::AlterColumns {
                relation: request.target.clone(),
                add: added,
                drop: Vec::new(),
                retype: Vec::new(),
            }));
        }
        let sources: Vec<String> = found.iter().map(|column| column.name.clone()).collect();
        let mut columns = sources.clone();
        columns.extend(self.meta_columns());
        unit.push(RelationOp::Merge(MergeSpec {
            target: request.target.clone(),
            columns,
            unique_key: vec![self.names.scd_id.clone()],
            update_columns: Some(vec![self.names.valid_to.clone()]),
            predicates: Vec::new(),
            query: self.staging_query(request, &sources, existing),
            conflict: ConflictPolicy::Fail,
        }));
        Ok(unit)
    }

    fn meta_columns(&self) -> Vec<String> {
        let names = &self.names;
        let mut columns =
            vec![names.scd_id.clone(), names.updated_at.clone(), names.valid_from.clone(), names.valid_to.clone()];
        if self.hard_deletes == HardDeletes::NewRecord {
            columns.push(names.is_deleted.clone());
        }
        columns
    }

    fn require_meta_columns(&self, node: &Node, existing: &[Column]) -> Result<(), Box<Diagnostic>> {
        let missing: Vec<String> = self
            .meta_columns()
            .into_iter()
            .filter(|name| !existing.iter().any(|column| column.name == *name))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error(
                Code::RelationConflict,
                format!("the table of snapshot `{}` lacks the columns {}", node.name, missing.join(", ")),
            )
            .at(node.origin.configured(), "")
            .help("the table was not built by this snapshot's config: rename the snapshot, or add the columns"),
        ))
    }

    /// Rows to merge: new versions to insert, and current versions to close.
    fn staging_query(&self, request: &Request<'_>, sources: &[String], existing: &[Column]) -> String {
        let SnapshotColumns { valid_from, valid_to, scd_id, updated_at, is_deleted } = &self.names;
        let time = self.updated_at();
        let target = request.target.render();
        let is_current = match &self.current {
            Some(current) => format!("({valid_to} = {current} or {valid_to} is null)"),
            None => format!("{valid_to} is null"),
        };
        let join = |left: &str, right: &str| {
            self.keys.iter().map(|key| format!("{left}.{key} = {right}.{key}")).collect::<Vec<String>>().join(" and ")
        };
        let first_key = self.keys.first().map_or("", String::as_str);
        let changed = self.changed(existing, sources);
        let columns = |qualifier: &str| {
            sources.iter().map(|name| format!("{qualifier}.{}", quoted(name))).collect::<Vec<String>>().join(", ")
        };
        let deleted_column = |value: &str| match self.hard_deletes {
            HardDeletes::NewRecord => format!(", {value} as {is_deleted}"),
            _ => String::new(),
        };
        let reappeared = match self.hard_deletes {
            HardDeletes::NewRecord => format!(" or current_version.{is_deleted} = 'True'"),
            _ => String::new(),
        };
        let mut query = format!(
            "with snapshot_query as (\n{}\n),\nsource_rows as (\n    select *, {} as aq_scd_id, {time} as aq_time\n    from snapshot_query\n),\ncurrent_version as (\n    select * from {target} where {is_current}\n),\nchanges as (\n    select source_rows.*, current_version.{scd_id} as aq_closes\n    from source_rows\n    left join current_version on {}\n    where current_version.{first_key} is null or ({changed}){reappeared}\n)\n",
            self.query,
            self.scd_id(time, ""),
            join("source_rows", "current_version"),
        );
        query.push_str(&format!(
            "select {}, aq_scd_id as {scd_id}, aq_time as {updated_at}, aq_time as {valid_from}, {} as {valid_to}{}\nfrom changes\nunion all\nselect {}, aq_closes as {scd_id}, aq_time as {updated_at}, aq_time as {valid_from}, aq_time as {valid_to}{}\nfrom changes\nwhere aq_closes is not null",
            columns("changes"),
            self.valid_to("aq_time"),
            deleted_column("'False'"),
            columns("changes"),
            deleted_column("'False'"),
        ));
        if self.hard_deletes != HardDeletes::Ignore {
            query.push_str(&self.closed_rows(&columns("current_version"), &join("source_rows", "current_version")));
        }
        query
    }

    /// Current rows whose key is gone from the source.
    fn closed_rows(&self, columns: &str, join: &str) -> String {
        let SnapshotColumns { valid_from, valid_to, scd_id, updated_at, is_deleted } = &self.names;
        let first_key = self.keys.first().map_or("", String::as_str);
        let gone =
            format!("from current_version\nleft join source_rows on {join}\nwhere source_rows.{first_key} is null");
        let (marker, and_not_deleted) = match self.hard_deletes {
            HardDeletes::NewRecord => {
                (format!(", 'False' as {is_deleted}"), format!(" and current_version.{is_deleted} <> 'True'"))
            }
            _ => (String::new(), String::new()),
        };
        let mut sql = format!(
            "\nunion all\nselect {columns}, current_version.{scd_id}, {NOW} as {updated_at}, {NOW} as {valid_from}, {NOW} as {valid_to}{marker}\n{gone}{and_not_deleted}"
        );
        if self.hard_deletes == HardDeletes::NewRecord {
            let id = self.scd_id(NOW, "current_version.");
            sql.push_str(&format!(
                "\nunion all\nselect {columns}, {id} as {scd_id}, {NOW} as {updated_at}, {NOW} as {valid_from}, {} as {valid_to}, 'True' as {is_deleted}\n{gone}{and_not_deleted}",
                self.valid_to(NOW)
            ));
        }
        sql
    }

    /// Whether a source row differs from its current version, as SQL.
    fn changed(&self, existing: &[Column], sources: &[String]) -> String {
        match &self.strategy {
            SnapshotStrategy::Timestamp { .. } => {
                format!("current_version.{} < source_rows.aq_time", self.names.valid_from)
            }
            SnapshotStrategy::Check { columns, .. } => {
                let wanted = columns.as_deref().unwrap_or(sources);
                let is_known = |name: &String| existing.iter().any(|column| column.name == *name);
                // A column that is new in the source counts as changed: all rows get a new version.
                if wanted.iter().any(|name| !is_known(name)) {
                    return "true".to_owned();
                }
                let checked: Vec<&String> = wanted.iter().collect();
                if checked.is_empty() {
                    return "true".to_owned();
                }
                checked
                    .iter()
                    .map(|name| {
                        let name = quoted(name);
                        format!("source_rows.{name} is distinct from current_version.{name}")
                    })
                    .collect::<Vec<String>>()
                    .join(" or ")
            }
        }
    }
}

/// COMPAT: the time of the run, as dbt-postgres's `snapshot_get_time` has it (dbt 1.11).
const NOW: &str = "cast(current_timestamp as timestamp)";

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn strategy(node: &Node) -> Result<SnapshotStrategy, Box<Diagnostic>> {
    let updated_at = node.config.text("updated_at").map(str::to_owned);
    match node.config.text("strategy") {
        Some("timestamp") => match updated_at {
            Some(updated_at) => Ok(SnapshotStrategy::Timestamp { updated_at }),
            None => Err(Box::new(lacks(node, "updated_at"))),
        },
        Some("check") => match node.config.get("check_cols") {
            Some(Value::String(all)) if all == "all" => Ok(SnapshotStrategy::Check { columns: None, updated_at }),
            Some(Value::Array(_)) => {
                Ok(SnapshotStrategy::Check { columns: Some(node.config.text_list("check_cols")), updated_at })
            }
            _ => Err(Box::new(lacks(node, "check_cols"))),
        },
        Some(other) => Err(Box::new(
            Diagnostic::error(
                Code::InvalidValue,
                format!("snapshot `{}` has the unknown strategy `{other}`", node.name),
            )
            .at(node.origin.configured(), "")
            .help("use `timestamp` or `check`"),
        )),
        None => Err(Box::new(lacks(node, "strategy"))),
    }
}

fn hard_deletes(node: &Node) -> Result<HardDeletes, Box<Diagnostic>> {
    match node.config.text("hard_deletes") {
        None if node.config.flag("invalidate_hard_deletes") == Some(true) => Ok(HardDeletes::Invalidate),
        None | Some("ignore") => Ok(HardDeletes::Ignore),
        Some("invalidate") => Ok(HardDeletes::Invalidate),
        Some("new_record") => Ok(HardDeletes::NewRecord),
        Some(other) => Err(Box::new(
            Diagnostic::error(Code::InvalidValue, format!("snapshot `{}` has `hard_deletes: {other}`", node.name))
                .at(node.origin.configured(), "")
                .help("use `ignore`, `invalidate` or `new_record`"),
        )),
    }
}

fn lacks(node: &Node, key: &str) -> Diagnostic {
    Diagnostic::error(Code::MissingKey, format!("snapshot `{}` has no `{key}`", node.name))
        .at(node.origin.configured(), "")
        .help(format!("add `{key}` to its config"))
}
