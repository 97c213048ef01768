use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::{JsonMap, Materialization, NodeConfig, ResourceType, UniqueId};
use crate::relation::Relation;
use crate::source::{FileId, Span};

/// One declared thing that takes part in the graph.
#[derive(Debug, Clone)]
pub struct Node {
    /// `model.shop.orders`, `source.shop.raw.orders`, ...
    pub unique_id: UniqueId,
    /// What it is, with what only that kind has.
    pub kind: NodeKind,
    /// Name as declared (a source table's own name).
    pub name: String,
    /// Package it stands in.
    pub package: String,
    /// Path of names that configs and selectors match: package, folders, name.
    pub fqn: Vec<String>,
    /// Where it is declared.
    pub origin: Origin,
    /// Name in the warehouse.
    pub alias: String,
    /// Place in the warehouse; `None` for nodes that never stand there.
    pub relation: Option<Relation>,
    /// Database and schema that a node without a place belongs to: ephemeral models, hooks, unit tests.
    pub namespace: Option<(String, String)>,
    /// Merged config.
    pub config: NodeConfig,
    /// Config as written, before Jinja, for `state:modified`.
    pub unrendered_config: JsonMap,
    /// Config keys that its code itself sets, by `config(...)`.
    pub code_config: Vec<String>,
    /// Description with `doc()` resolved.
    pub description: String,
    /// Docs blocks its description uses.
    pub doc_blocks: Vec<UniqueId>,
    /// Described columns by name.
    pub columns: IndexMap<String, ColumnSpec>,
    /// Jinja SQL as written; empty for nodes without code.
    pub raw_code: Arc<str>,
    /// `sha256` of the code as dbt computes it.
    pub checksum: String,
    /// `ref()` calls in order of appearance.
    pub refs: Vec<RefCall>,
    /// `source()` calls in order of appearance.
    pub sources: Vec<SourceCall>,
    /// `metric()` calls.
    pub metrics: Vec<Vec<String>>,
    /// `function()` calls.
    pub functions: Vec<Vec<String>>,
    /// What it depends on, resolved.
    pub depends_on: DependsOn,
    /// When it was parsed, in seconds since 1970.
    pub created_at: f64,
}

impl Node {
    /// A node that says nothing of itself yet.
    pub fn bare(kind: NodeKind, name: String, package: String, fqn: Vec<String>, origin: Origin) -> Self {
        Self {
            unique_id: UniqueId::new(""),
            alias: String::new(),
            relation: None,
            namespace: None,
            config: NodeConfig::default(),
            unrendered_config: JsonMap::new(),
            code_config: Vec::new(),
            description: String::new(),
            doc_blocks: Vec::new(),
            columns: IndexMap::new(),
            raw_code: Arc::from(""),
            checksum: String::new(),
            refs: Vec::new(),
            sources: Vec::new(),
            metrics: Vec::new(),
            functions: Vec::new(),
            depends_on: DependsOn::default(),
            created_at: 0.0,
            kind,
            name,
            package,
            fqn,
            origin,
        }
    }

    /// Database and schema it belongs to.
    pub fn database_and_schema(&self) -> Option<(&str, &str)> {
        let place = self.relation.as_ref().map(|relation| (relation.database.as_str(), relation.schema.as_str()));
        place.or_else(|| self.namespace.as_ref().map(|(database, schema)| (database.as_str(), schema.as_str())))
    }

    /// Where the relation stands that building it makes, if it makes one.
    pub fn built_relation(&self) -> Option<&Relation> {
        let builds = match &self.kind {
            NodeKind::Model(_) => self.config.materialized != Materialization::Ephemeral,
            NodeKind::Seed(_) | NodeKind::Snapshot(_) => true,
            NodeKind::Passthrough(resource) => resource.resource_type == ResourceType::Function,
            _ => false,
        };
        self.relation.as_ref().filter(|_| builds)
    }

    /// Its resource type.
    pub fn resource_type(&self) -> ResourceType {
        self.kind.resource_type()
    }

    /// The name selectors and people use: `src.table` for sources, `name.v2` for versions.
    pub fn search_name(&self) -> String {
        match &self.kind {
            NodeKind::Source(source) => format!("{}.{}", source.source_name, self.name),
            NodeKind::Model(model) => match &model.version {
                Some(version) => format!("{}.v{}", self.name, version.text()),
                None => self.name.clone(),
            },
            _ => self.name.clone(),
        }
    }

    /// The model behind it, if it is one.
    pub fn as_model(&self) -> Option<&Model> {
        match &self.kind {
            NodeKind::Model(model) => Some(model),
            _ => None,
        }
    }

    /// The data test behind it, if it is one.
    pub fn as_data_test(&self) -> Option<&DataTest> {
        match &self.kind {
            NodeKind::DataTest(test) => Some(test),
            _ => None,
        }
    }

    /// The source table behind it, if it is one.
    pub fn as_source(&self) -> Option<&Source> {
        match &self.kind {
            NodeKind::Source(source) => Some(source),
            _ => None,
        }
    }
}

/// Where a node is declared.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// The node's code (or its YAML block) within that file.
    pub span: Span,
    /// Path relative to the resource folder (`staging/stg_orders.sql`).
    pub path: String,
    /// Path relative to the package root (`models/staging/stg_orders.sql`).
    pub original_file_path: String,
    /// Properties file that describes it, as `package://models/schema.yml`.
    pub patch_path: Option<String>,
    /// Where in that properties file.
    pub patch_span: Option<Span>,
    /// Where its code calls `config()`.
    pub config_span: Option<Span>,
}

impl Origin {
    /// Where it is configured, for what is wrong with its config: the call in its code, else its entry
    /// in a properties file, else its code as a whole.
    pub fn configured(&self) -> Span {
        self.config_span.or(self.patch_span).unwrap_or(self.span)
    }
}

/// What a node is, and what only that kind has.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// A model.
    Model(Box<Model>),
    /// A seed.
    Seed(Seed),
    /// A snapshot.
    Snapshot(Snapshot),
    /// A data test, generic or singular.
    DataTest(Box<DataTest>),
    /// A unit test.
    UnitTest(Box<UnitTest>),
    /// An analysis.
    Analysis,
    /// A source table.
    Source(Box<Source>),
    /// An exposure.
    Exposure(Box<Exposure>),
    /// An `on-run-start` (`true`) or `on-run-end` hook with its index.
    Operation {
        /// Whether it runs before the nodes.
        at_start: bool,
        /// Place among the hooks of its project.
        index: usize,
    },
    /// SQL given on the command line.
    SqlOperation,
    /// Metrics, semantic models, saved queries and functions: kept as written for the artifacts.
    Passthrough(Box<Passthrough>),
}

impl NodeKind {
    /// The resource type.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Self::Model(_) => ResourceType::Model,
            Self::Seed(_) => ResourceType::Seed,
            Self::Snapshot(_) => ResourceType::Snapshot,
            Self::DataTest(_) => ResourceType::Test,
            Self::UnitTest(_) => ResourceType::UnitTest,
            Self::Analysis => ResourceType::Analysis,
            Self::Source(_) => ResourceType::Source,
            Self::Exposure(_) => ResourceType::Exposure,
            Self::Operation { .. } => ResourceType::Operation,
            Self::SqlOperation => ResourceType::SqlOperation,
            Self::Passthrough(resource) => resource.resource_type,
        }
    }
}

/// A described column.
#[derive(Debug, Clone, Default)]
pub struct ColumnSpec {
    /// Name.
    pub name: String,
    /// Description with `doc()` resolved.
    pub description: String,
    /// Type as written.
    pub data_type: Option<String>,
    /// Whether SQL quotes it.
    pub quote: Option<bool>,
    /// Tags.
    pub tags: Vec<String>,
    /// Free properties.
    pub meta: JsonMap,
    /// Constraints of this column.
    pub constraints: Vec<Constraint>,
    /// Docs blocks its description uses.
    pub doc_blocks: Vec<UniqueId>,
    /// Time granularity (semantic layer).
    pub granularity: Option<String>,
    /// Config as written.
    pub config: JsonMap,
    /// Where it is described.
    pub span: Option<Span>,
}

/// dbt's constraint kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// NOT NULL
    NotNull,
    /// UNIQUE
    Unique,
    /// PRIMARY KEY
    PrimaryKey,
    /// FOREIGN KEY
    ForeignKey,
    /// CHECK
    Check,
    /// Any clause of the user's.
    Custom,
}

/// A column's or model's constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// Kind.
    pub kind: ConstraintKind,
    /// Name in the warehouse.
    pub name: Option<String>,
    /// Expression (check, foreign key, custom).
    pub expression: Option<String>,
    /// Columns of a model-level constraint.
    pub columns: Vec<String>,
    /// Foreign key: the referenced model, as a `ref()`/`source()` expression or its resolved name.
    pub to: Option<String>,
    /// Foreign key: referenced columns.
    pub to_columns: Vec<String>,
    /// Whether to warn when the warehouse does not enforce it.
    pub warn_unenforced: bool,
    /// Whether to warn when the warehouse does not support it.
    pub warn_unsupported: bool,
}

/// One `ref()` call.
#[derive(Debug, Clone, PartialEq)]
pub struct RefCall {
    /// Referred name.
    pub name: String,
    /// Package, if given.
    pub package: Option<String>,
    /// Version, if given.
    pub version: Option<VersionRef>,
    /// Where the call stands.
    pub span: Option<Span>,
}

/// One `source()` call.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceCall {
    /// Source name.
    pub source: String,
    /// Table name.
    pub table: String,
    /// Where the call stands.
    pub span: Option<Span>,
}

/// A model version: a number or a word, as written.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRef(pub Value);

impl VersionRef {
    /// The version as in `name.v<text>`.
    pub fn text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Whether it comes after another: versions compare as numbers where both are, else as text.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        let number = |version: &Self| match &version.0 {
            Value::Number(number) => number.as_f64(),
            _ => version.text().parse::<f64>().ok(),
        };
        match (number(self), number(other)) {
            (Some(one), Some(other)) => one > other,
            _ => self.text() > other.text(),
        }
    }
}

/// Resolved dependencies, in order of first appearance, without doubles.
#[derive(Debug, Clone, Default)]
pub struct DependsOn {
    /// Nodes and sources.
    pub nodes: Vec<UniqueId>,
    /// Macros.
    pub macros: Vec<UniqueId>,
}

/// Who may `ref()` a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Its own group only.
    Private,
    /// Its own package.
    #[default]
    Protected,
    /// Everyone.
    Public,
}

/// What only a model has.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Who may refer to it.
    pub access: Access,
    /// Model-level constraints.
    pub constraints: Vec<Constraint>,
    /// Its version.
    pub version: Option<VersionRef>,
    /// The version that an unversioned `ref()` means.
    pub latest_version: Option<VersionRef>,
    /// Date after which it should not be used.
    pub deprecation_date: Option<String>,
    /// Columns that identify a row, inferred from tests and constraints.
    pub primary_key: Vec<String>,
    /// Time spine properties as written.
    pub time_spine: Option<Value>,
}

/// What only a seed has.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The CSV file on disk.
    pub file_path: std::path::PathBuf,
    /// Root of its package on disk.
    pub root_path: String,
}

/// What only a snapshot has.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// YAML snapshots: the `relation:` as written; their code is `select * from {{ relation }}`.
    pub relation: Option<String>,
}

/// A generic test's name and arguments, as in the manifest.
#[derive(Debug, Clone)]
pub struct TestMetadata {
    /// Name of the generic test, without package.
    pub name: String,
    /// Arguments, `model` included as `{{ get_where_subquery(ref('x')) }}`.
    pub kwargs: JsonMap,
    /// Package given in the test's name (`dbt_utils.equal_rowcount`).
    pub namespace: Option<String>,
}

/// What only a data test has.
#[derive(Debug, Clone)]
pub struct DataTest {
    /// `None` for singular tests.
    pub metadata: Option<TestMetadata>,
    /// Column it is declared on.
    pub column_name: Option<String>,
    /// `models.orders`: which YAML entry declares it.
    pub file_key_name: Option<String>,
    /// Node it is declared on.
    pub attached_node: Option<UniqueId>,
}

/// Rows of a unit test's input or expectation.
#[derive(Debug, Clone)]
pub enum UnitTestRows {
    /// One map per row.
    Dict(Vec<JsonMap>),
    /// CSV text.
    Csv(String),
    /// A SELECT.
    Sql(String),
}

impl UnitTestRows {
    /// Rows of CSV text. COMPAT: every value is text, an empty one too (dbt 1.11).
    pub fn of_csv(text: &str) -> Vec<JsonMap> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim().as_bytes());
        let Ok(header) = reader.headers().cloned() else { return Vec::new() };
        let map = |row: csv::StringRecord| {
            let value = |field: &str| if field.is_empty() { Value::Null } else { field.into() };
            header.iter().zip(row.iter()).map(|(name, field)| (name.to_owned(), value(field))).collect()
        };
        reader.records().filter_map(Result::ok).map(map).collect()
    }
}

/// What only a unit test has.
#[derive(Debug, Clone)]
pub struct UnitTest {
    /// Name of the tested model.
    pub model: String,
    /// Inputs: the `ref`/`source`/`this` expression and its rows.
    pub given: Vec<(String, UnitTestRows)>,
    /// Rows the model should give.
    pub expect: UnitTestRows,
    /// `macros`, `vars`, `env_vars` to override.
    pub overrides: JsonMap,
    /// The version tested, if the model has versions.
    pub version: Option<VersionRef>,
    /// The definition as written, for the manifest.
    pub definition: Value,
}

/// A period, as `{count: 12, period: hour}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshnessPeriod {
    /// How many.
    pub count: i64,
    /// `minute`, `hour` or `day`.
    pub period: String,
}

/// One threshold of a freshness rule.
pub type FreshnessThreshold = Option<FreshnessPeriod>;

/// How old a source may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FreshnessRule {
    /// Older than this warns.
    pub warn_after: FreshnessThreshold,
    /// Older than this fails.
    pub error_after: FreshnessThreshold,
    /// Rows to look at, as SQL.
    pub filter: Option<String>,
}

/// What only a source table has.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name of the source it belongs to.
    pub source_name: String,
    /// Description of that source.
    pub source_description: String,
    /// `meta` of that source.
    pub source_meta: JsonMap,
    /// Name in the warehouse.
    pub identifier: String,
    /// Database as written, if it is.
    pub unrendered_database: Option<String>,
    /// Schema as written, if it is.
    pub unrendered_schema: Option<String>,
    /// Who loads it.
    pub loader: String,
    /// Column or expression that says when a row was loaded.
    pub loaded_at_field: Option<String>,
    /// Query that says when the table was loaded.
    pub loaded_at_query: Option<String>,
    /// How old it may be.
    pub freshness: Option<FreshnessRule>,
    /// `external:` as written; the lakehouse reads `location` and `format`.
    pub external: Option<JsonMap>,
    /// Quoting as written.
    pub quoting: super::QuotingOverride,
}

/// A person or team.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// Name.
    pub name: Option<String>,
    /// Email address.
    pub email: Option<String>,
    /// Anything else, as written.
    pub extra: JsonMap,
}

/// What only an exposure has.
#[derive(Debug, Clone)]
pub struct Exposure {
    /// `dashboard`, `notebook`, `analysis`, `ml`, `application`.
    pub exposure_type: String,
    /// Who to ask.
    pub owner: Owner,
    /// `high`, `medium`, `low`.
    pub maturity: Option<String>,
    /// Where it is.
    pub url: Option<String>,
    /// Name for people.
    pub label: Option<String>,
}

/// A resource the engine checks and carries along without building it.
#[derive(Debug, Clone)]
pub struct Passthrough {
    /// Metric, semantic model, saved query or function.
    pub resource_type: ResourceType,
    /// The definition as written.
    pub definition: JsonMap,
}
