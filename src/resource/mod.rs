//! The things a project declares: nodes (models, seeds, snapshots, tests, sources, exposures, ...),
//! macros, docs blocks, groups, and their configs.
//!
//! Everything here is frozen data. It knows nothing of YAML or Jinja, of how it was parsed, or of
//! where it will be built from; unknown user values are kept as JSON.

mod config;
mod macros;
mod node;

use std::sync::Arc;

pub use config::{ConfigMap, Hook, Materialization, NodeConfig, OnError, OnSchemaChange, PersistDocs, QuotingOverride};
pub use macros::{DocsBlock, Group, Macro, MacroArgument, MacroKind};
pub use node::{
    Access, ColumnSpec, Constraint, ConstraintKind, DataTest, DependsOn, Exposure, FreshnessPeriod, FreshnessRule,
    FreshnessThreshold, Model, Node, NodeKind, Origin, Owner, Passthrough, RefCall, Seed, Snapshot, Source, SourceCall,
    TestMetadata, UnitTest, UnitTestRows, VersionRef,
};

/// JSON object in the order written.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;

/// The name under which a thing is known everywhere: `model.shop.orders`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct UniqueId(Arc<str>);

impl UniqueId {
    /// An id from its text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UniqueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for UniqueId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// dbt's resource types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// A query built into a relation.
    Model,
    /// A CSV file loaded into a table.
    Seed,
    /// History of a mutable table.
    Snapshot,
    /// A query that should find nothing.
    Test,
    /// Rows in, rows out, for one model.
    UnitTest,
    /// A query that is compiled and never run.
    Analysis,
    /// A table that others write.
    Source,
    /// Something that uses models.
    Exposure,
    /// A measure.
    Metric,
    /// A model with entities, dimensions and measures.
    SemanticModel,
    /// A stored metric query.
    SavedQuery,
    /// A user-defined function.
    Function,
    /// A hook or `run-operation`.
    Operation,
    /// SQL given on the command line.
    SqlOperation,
    /// A macro.
    Macro,
    /// A docs block.
    Doc,
    /// A group of nodes with an owner.
    Group,
}

impl ResourceType {
    /// dbt's word for it, as in unique ids and artifacts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::UnitTest => "unit_test",
            Self::Analysis => "analysis",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
            Self::Operation => "operation",
            Self::SqlOperation => "sql_operation",
            Self::Macro => "macro",
            Self::Doc => "doc",
            Self::Group => "group",
        }
    }

    /// The type a user means by a word, as in `--resource-type`.
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [ResourceType; 17] = [
            ResourceType::Model,
            ResourceType::Seed,
            ResourceType::Snapshot,
            ResourceType::Test,
            ResourceType::UnitTest,
            ResourceType::Analysis,
            ResourceType::Source,
            ResourceType::Exposure,
            ResourceType::Metric,
            ResourceType::SemanticModel,
            ResourceType::SavedQuery,
            ResourceType::Function,
            ResourceType::Operation,
            ResourceType::SqlOperation,
            ResourceType::Macro,
            ResourceType::Doc,
            ResourceType::Group,
        ];
        ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether others can `ref()` it.
    pub const fn is_refable(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }
}

impl std::fmt::Display for ResourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
