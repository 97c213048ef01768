use serde_json::Value;

use super::JsonMap;
use crate::relation::Grants;

/// Config keys as merged from all their sources, in JSON; what artifacts show.
pub type ConfigMap = JsonMap;

/// How a node is turned into a relation. Built-in names are told apart; any other is a
/// user-written `{% materialization %}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Materialization {
    /// A stored query.
    View,
    /// Stored rows, replaced as a whole.
    Table,
    /// Stored rows, changed by what is new.
    Incremental,
    /// Nothing stored: inlined as a common table expression.
    Ephemeral,
    /// The warehouse's own materialized view.
    MaterializedView,
    /// A CSV file's rows.
    Seed,
    /// Slowly changing history.
    Snapshot,
    /// A query whose rows are faults.
    Test,
    /// A unit test.
    Unit,
    /// A user-defined function.
    Function,
    /// A user-written materialization.
    Custom(String),
}

impl Materialization {
    /// From the config value.
    pub fn from_name(name: &str) -> Self {
        match name {
            "view" => Self::View,
            "table" => Self::Table,
            "incremental" => Self::Incremental,
            "ephemeral" => Self::Ephemeral,
            "materialized_view" => Self::MaterializedView,
            "seed" => Self::Seed,
            "snapshot" => Self::Snapshot,
            "test" => Self::Test,
            "unit" => Self::Unit,
            "function" => Self::Function,
            other => Self::Custom(other.to_owned()),
        }
    }

    /// The config value.
    pub fn as_str(&self) -> &str {
        match self {
            Self::View => "view",
            Self::Table => "table",
            Self::Incremental => "incremental",
            Self::Ephemeral => "ephemeral",
            Self::MaterializedView => "materialized_view",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Unit => "unit",
            Self::Function => "function",
            Self::Custom(name) => name,
        }
    }
}

/// What an incremental model does when its columns differ from the table's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnSchemaChange {
    /// New columns are not written, missing ones fail.
    #[default]
    Ignore,
    /// New columns are added to the table.
    AppendNewColumns,
    /// The table gets exactly the model's columns.
    SyncAllColumns,
    /// The model fails.
    Fail,
}

/// What a failing node does to its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// They are skipped.
    #[default]
    SkipChildren,
    /// They run all the same.
    Continue,
}

/// SQL run before or after a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Jinja SQL.
    pub sql: String,
    /// Whether it runs inside the node's transaction.
    pub transaction: bool,
    /// Its place among the hooks of its kind.
    pub index: Option<i64>,
}

/// Which descriptions are stored in the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PersistDocs {
    /// The relation's.
    pub relation: bool,
    /// Its columns'.
    pub columns: bool,
}

/// A user's choice of quoting; `None` leaves the adapter's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotingOverride {
    /// Database part.
    pub database: Option<bool>,
    /// Schema part.
    pub schema: Option<bool>,
    /// Identifier part.
    pub identifier: Option<bool>,
}

/// A node's config, typed where every kind of node shares it; the rest is read from `values` by the
/// materialization that knows it.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// Whether the node takes part at all.
    pub enabled: bool,
    /// How it is built.
    pub materialized: Materialization,
    /// Custom database, before `generate_database_name`.
    pub database: Option<String>,
    /// Custom schema, before `generate_schema_name`.
    pub schema: Option<String>,
    /// Custom alias, before `generate_alias_name`.
    pub alias: Option<String>,
    /// Tags, sorted, without doubles.
    pub tags: Vec<String>,
    /// Group name.
    pub group: Option<String>,
    /// Whether to build from scratch; `None` follows the command line.
    pub full_refresh: Option<bool>,
    /// Stored descriptions.
    pub persist_docs: PersistDocs,
    /// Quoting.
    pub quoting: QuotingOverride,
    /// Hooks before the node.
    pub pre_hook: Vec<Hook>,
    /// Hooks after the node.
    pub post_hook: Vec<Hook>,
    /// Privileges wanted; `None` leaves the warehouse's.
    pub grants: Option<Grants>,
    /// Contract is enforced.
    pub contract_enforced: bool,
    /// What a failure does to the children.
    pub on_error: OnError,
    /// Every key with its merged value, defaults included, in dbt's order.
    pub values: ConfigMap,
}

/// What nobody configured: an enabled view without anything of its own.
impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            materialized: Materialization::View,
            database: None,
            schema: None,
            alias: None,
            tags: Vec::new(),
            group: None,
            full_refresh: None,
            persist_docs: PersistDocs::default(),
            quoting: QuotingOverride::default(),
            pre_hook: Vec::new(),
            post_hook: Vec::new(),
            grants: None,
            contract_enforced: false,
            on_error: OnError::default(),
            values: ConfigMap::new(),
        }
    }
}

impl NodeConfig {
    /// A key's value, unless absent or null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// A key's text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// A key's truth value.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Value::as_bool)
    }

    /// A key's text or list of texts, as a list; absent is empty.
    pub fn text_list(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}
