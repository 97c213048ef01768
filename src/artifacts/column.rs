//! Columns, constraints and the contract over them.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::resource::{ColumnSpec, Constraint, ConstraintKind, JsonMap, Materialization, Node, UniqueId};

/// `columns`: by name, in the order described.
pub(super) struct Columns<'a>(pub(super) &'a IndexMap<String, ColumnSpec>);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, column)| (name, Column::from(column))))
    }
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    description: &'a str,
    meta: &'a JsonMap,
    data_type: Option<&'a str>,
    constraints: Vec<ConstraintEntry<'a>>,
    quote: Option<bool>,
    config: ColumnConfig<'a>,
    tags: &'a [String],
    granularity: Option<&'a str>,
    doc_blocks: &'a [UniqueId],
}

impl<'a> From<&'a ColumnSpec> for Column<'a> {
    fn from(column: &'a ColumnSpec) -> Self {
        Self {
            name: &column.name,
            description: &column.description,
            meta: &column.meta,
            data_type: column.data_type.as_deref(),
            constraints: column.constraints.iter().map(ConstraintEntry::of_column).collect(),
            quote: column.quote,
            config: ColumnConfig(column),
            tags: &column.tags,
            granularity: column.granularity.as_deref(),
            doc_blocks: &column.doc_blocks,
        }
    }
}

/// `meta` and `tags` as merged, then whatever else the config says.
struct ColumnConfig<'a>(&'a ColumnSpec);

impl Serialize for ColumnConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("meta", &self.0.meta)?;
        map.serialize_entry("tags", &self.0.tags)?;
        for (key, value) in self.0.config.iter().filter(|(key, _)| !matches!(key.as_str(), "meta" | "tags")) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A constraint; `columns` only of a model's own.
#[derive(Serialize)]
pub(super) struct ConstraintEntry<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: Option<&'a str>,
    expression: Option<&'a str>,
    warn_unenforced: bool,
    warn_unsupported: bool,
    to: Option<&'a str>,
    to_columns: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<&'a [String]>,
}

impl<'a> ConstraintEntry<'a> {
    fn of_column(constraint: &'a Constraint) -> Self {
        Self { columns: None, ..Self::of_model(constraint) }
    }

    pub(super) fn of_model(constraint: &'a Constraint) -> Self {
        Self {
            kind: kind_name(constraint.kind),
            name: constraint.name.as_deref(),
            expression: constraint.expression.as_deref(),
            warn_unenforced: constraint.warn_unenforced,
            warn_unsupported: constraint.warn_unsupported,
            to: constraint.to.as_deref(),
            to_columns: &constraint.to_columns,
            columns: Some(&constraint.columns),
        }
    }

    /// The constraint as Python shows it: part of what a contract's checksum is taken over.
    fn python(&self) -> String {
        let class = if self.columns.is_some() { "ModelLevelConstraint" } else { "ColumnLevelConstraint" };
        let columns = self.columns.map(|columns| format!(", columns={}", python_list(columns))).unwrap_or_default();
        format!(
            "{class}(type=<ConstraintType.{kind}: '{kind}'>, name={}, expression={}, warn_unenforced={}, \
             warn_unsupported={}, to={}, to_columns={}{columns})",
            python_text(self.name),
            python_text(self.expression),
            python_bool(self.warn_unenforced),
            python_bool(self.warn_unsupported),
            python_text(self.to),
            python_list(self.to_columns),
            kind = self.kind,
        )
    }
}

const fn kind_name(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::NotNull => "not_null",
        ConstraintKind::Unique => "unique",
        ConstraintKind::PrimaryKey => "primary_key",
        ConstraintKind::ForeignKey => "foreign_key",
        ConstraintKind::Check => "check",
        ConstraintKind::Custom => "custom",
    }
}

/// `contract` of a node.
#[derive(Serialize)]
pub(super) struct Contract {
    enforced: bool,
    alias_types: bool,
    checksum: Option<String>,
}

impl Contract {
    pub(super) fn of(node: &Node) -> Self {
        let alias_types = node.config.get("contract").and_then(|contract| contract.get("alias_types"));
        let enforced = node.config.contract_enforced;
        Self {
            enforced,
            alias_types: alias_types.and_then(serde_json::Value::as_bool).unwrap_or(true),
            checksum: enforced.then(|| node.as_model().map(|model| checksum(node, &model.constraints))).flatten(),
        }
    }
}

/// COMPAT: dbt hashes the columns with their constraints as Python shows them; `state:modified` of
/// either engine must find the other's checksums equal.
fn checksum(node: &Node, constraints: &[Constraint]) -> String {
    let shown = |entries: Vec<String>| format!("[{}]", entries.join(", "));
    let mut columns: Vec<&ColumnSpec> = node.columns.values().collect();
    columns.sort_by(|one, other| one.name.cmp(&other.name));
    let mut state = String::new();
    for column in columns {
        state.push('|');
        state.push_str(&column.name);
        state.push_str(column.data_type.as_deref().unwrap_or("None"));
        state.push_str(&shown(
            column.constraints.iter().map(|entry| ConstraintEntry::of_column(entry).python()).collect(),
        ));
    }
    if matches!(node.config.materialized, Materialization::Table | Materialization::Incremental) {
        state.push_str(node.config.materialized.as_str());
        state.push_str(&shown(constraints.iter().map(|entry| ConstraintEntry::of_model(entry).python()).collect()));
    }
    hex::encode(Sha256::digest(state.as_bytes()))
}

const fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

fn python_text(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), python_string)
}

fn python_list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| python_string(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn python_string(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if character == quote => shown.extend(['\\', quote]),
            _ => shown.push(character),
        }
    }
    shown.push(quote);
    shown
}
