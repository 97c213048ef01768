//! A project as written: what each file says, before anything of another file is known.
//!
//! `parse` makes it, `resolve` turns it into a [`Project`](super::Project).

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::config::yaml::Yaml;
use crate::resource::{
    ColumnSpec, ConfigMap, Constraint, DocsBlock, Exposure, FreshnessRule, Group, JsonMap, MacroArgument,
    QuotingOverride, ResourceType, UnitTestRows, VersionRef,
};
use crate::source::{FileId, Span};

/// Everything that the files of a project and its packages say, in the order of the files.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Models, seeds, snapshots, singular tests and analyses.
    pub code: Vec<Code>,
    /// Docs blocks with their places.
    pub docs: Vec<(DocsBlock, Span)>,
    /// Properties files.
    pub properties: Vec<Properties>,
    /// Unit test fixtures.
    pub fixtures: Vec<Fixture>,
}

impl Parsed {
    /// Adds what another file says.
    pub fn append(&mut self, mut other: Parsed) {
        self.code.append(&mut other.code);
        self.docs.append(&mut other.docs);
        self.properties.append(&mut other.properties);
        self.fixtures.append(&mut other.fixtures);
    }
}

/// A file of a package.
#[derive(Debug, Clone)]
pub struct FilePlace {
    /// The package.
    pub package: Arc<str>,
    /// The file.
    pub file: FileId,
    /// Path relative to the resource folder, with forward slashes.
    pub path: String,
    /// Path relative to the package root, with forward slashes.
    pub original: String,
    /// Path on disk.
    pub absolute: PathBuf,
    /// Path as shown: relative to the root project.
    pub display: String,
}

/// What a piece of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A model.
    Model,
    /// A seed; its code is empty.
    Seed,
    /// A `{% snapshot %}` block.
    Snapshot,
    /// A data test written in SQL.
    SingularTest,
    /// An analysis.
    Analysis,
    /// A user-defined function.
    Function,
}

/// One resource that has a file, or a block of a file, of its own.
#[derive(Debug)]
pub struct Code {
    /// What it is.
    pub kind: CodeKind,
    /// Its name.
    pub name: String,
    /// Its file.
    pub place: Arc<FilePlace>,
    /// Where the code stands.
    pub span: Span,
    /// The code.
    pub text: Arc<str>,
    /// Checksum of the whole file.
    pub checksum: String,
}

/// A fixture of unit tests: rows in a file of their own.
#[derive(Debug)]
pub struct Fixture {
    /// Its name.
    pub name: String,
    /// The package.
    pub package: Arc<str>,
    /// Its rows.
    pub rows: UnitTestRows,
}

/// What one properties file says.
#[derive(Debug)]
pub struct Properties {
    /// The file.
    pub place: Arc<FilePlace>,
    /// Checksum of the file.
    pub checksum: String,
    /// `models:`, `seeds:`, `snapshots:`, `analyses:`, `data_tests:`, `functions:`.
    pub patches: Vec<Patch>,
    /// `sources:`
    pub sources: Vec<WrittenSource>,
    /// `exposures:`
    pub exposures: Vec<WrittenExposure>,
    /// `unit_tests:`
    pub unit_tests: Vec<WrittenUnitTest>,
    /// `macros:`
    pub macros: Vec<MacroPatch>,
    /// `groups:`
    pub groups: Vec<(Group, Span)>,
    /// `metrics:`, `semantic_models:`, `saved_queries:`.
    pub passthrough: Vec<WrittenPassthrough>,
}

/// What a properties file says of a resource that stands elsewhere.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Kind of the resource: model, seed, snapshot, analysis, or (singular) test.
    pub kind: ResourceType,
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Description, before Jinja.
    pub description: String,
    /// Config, with the keys that may stand beside it.
    pub config: ConfigMap,
    /// Those of its config that hold Jinja, before it was rendered.
    pub written: ConfigMap,
    /// Columns.
    pub columns: Vec<WrittenColumn>,
    /// Tests of the resource as a whole.
    pub tests: Vec<WrittenTest>,
    /// Constraints.
    pub constraints: Vec<Constraint>,
    /// Versions of a model.
    pub versions: Vec<WrittenVersion>,
    /// The version that an unversioned `ref()` means.
    pub latest_version: Option<VersionRef>,
    /// Date after which it should not be used.
    pub deprecation_date: Option<String>,
    /// Time spine properties.
    pub time_spine: Option<Value>,
    /// YAML snapshots: what is watched, as written.
    pub relation: Option<(String, Span)>,
    /// Whether column names are quoted in tests.
    pub quote_columns: bool,
    /// Functions: the definition as written.
    pub definition: JsonMap,
}

/// One version of a model.
#[derive(Debug, Clone)]
pub struct WrittenVersion {
    /// The version.
    pub version: VersionRef,
    /// Where it stands.
    pub span: Span,
    /// Name of the file that defines it, without extension.
    pub defined_in: Option<String>,
    /// Description, before Jinja, if it has its own.
    pub description: Option<String>,
    /// Its own config.
    pub config: ConfigMap,
    /// Those of its config that hold Jinja, before it was rendered.
    pub written: ConfigMap,
    /// Its own constraints.
    pub constraints: Vec<Constraint>,
    /// Its own tests; `None` takes the model's.
    pub tests: Option<Vec<WrittenTest>>,
    /// Columns it adds or describes anew.
    pub columns: Vec<WrittenColumn>,
    /// Which of the model's columns it has.
    pub inherits: ColumnChoice,
    /// Date after which it should not be used.
    pub deprecation_date: Option<String>,
}

/// Which of a model's columns a version has.
#[derive(Debug, Clone, Default)]
pub struct ColumnChoice {
    /// Only these; `None` is all.
    pub include: Option<Vec<String>>,
    /// Not these.
    pub exclude: Vec<String>,
}

impl ColumnChoice {
    /// Whether it has this column.
    pub fn takes(&self, column: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.iter().any(|name| name == column))
            && !self.exclude.iter().any(|name| name == column)
    }
}

/// A described column with its tests.
#[derive(Debug, Clone)]
pub struct WrittenColumn {
    /// The column; its description is not rendered yet.
    pub spec: ColumnSpec,
    /// Its tests.
    pub tests: Vec<WrittenTest>,
}

/// A use of a generic test.
#[derive(Debug, Clone)]
pub struct WrittenTest {
    /// Name of the generic test, with its package where given.
    pub test: String,
    /// Where the name stands.
    pub span: Span,
    /// Arguments in dbt's order, strings before Jinja. `column_name` is put in by `resolve`.
    pub before_column: JsonMap,
    /// Those of `arguments:`, which come behind the column's name.
    pub after_column: JsonMap,
    /// Config keys in dbt's order, before Jinja.
    pub config: ConfigMap,
    /// The user's own name for it.
    pub name: Option<String>,
    /// Description, before Jinja.
    pub description: String,
}

/// A source with its tables.
#[derive(Debug)]
pub struct WrittenSource {
    /// Name of the source.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Description of the source, before Jinja.
    pub description: String,
    /// Database, if given.
    pub database: Option<String>,
    /// Schema, if given.
    pub schema: Option<String>,
    /// Database before Jinja, if given.
    pub written_database: Option<String>,
    /// Schema before Jinja, if given.
    pub written_schema: Option<String>,
    /// Who loads it.
    pub loader: String,
    /// `meta` of the source alone.
    pub meta: JsonMap,
    /// All that the file says of it: what overrides it is laid over this.
    pub entry: Yaml,
    /// The package whose source it overrides (deprecated).
    pub overrides: Option<String>,
    /// Its tables.
    pub tables: Vec<WrittenTable>,
}

/// A table of a source, the source's defaults put in.
#[derive(Debug, Clone)]
pub struct WrittenTable {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Description, before Jinja.
    pub description: String,
    /// Name in the warehouse.
    pub identifier: String,
    /// Config of source and table, freshness and loading columns left out.
    pub config: ConfigMap,
    /// Freshness: `None` where nobody speaks of it, `Some(None)` where it is switched off.
    pub freshness: Option<Option<FreshnessRule>>,
    /// Column that says when a row was loaded.
    pub loaded_at_field: Option<String>,
    /// Query that says when the table was loaded.
    pub loaded_at_query: Option<String>,
    /// Tags that tests of the table get too.
    pub test_tags: Vec<String>,
    /// Quoting of source and table.
    pub quoting: QuotingOverride,
    /// `external:`
    pub external: Option<JsonMap>,
    /// Columns.
    pub columns: Vec<WrittenColumn>,
    /// Tests of the table as a whole.
    pub tests: Vec<WrittenTest>,
    /// Whether column names are quoted in tests.
    pub quote_columns: bool,
}

/// An exposure.
#[derive(Debug)]
pub struct WrittenExposure {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Description, before Jinja.
    pub description: String,
    /// What it is.
    pub exposure: Exposure,
    /// Config.
    pub config: ConfigMap,
    /// `tags` that stand beside it.
    pub tags: Vec<String>,
    /// `meta` that stands beside it.
    pub meta: JsonMap,
    /// `ref('x')`, `source('a', 'b')`, `metric('m')` with their places.
    pub depends_on: Vec<(String, Span)>,
}

/// A unit test.
#[derive(Debug)]
pub struct WrittenUnitTest {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Description, before Jinja.
    pub description: String,
    /// The tested model as written: `orders`.
    pub model: String,
    /// Where that stands.
    pub model_span: Span,
    /// Inputs: expression and rows.
    pub given: Vec<(String, WrittenRows)>,
    /// Expected rows.
    pub expect: WrittenRows,
    /// `macros`, `vars`, `env_vars`.
    pub overrides: JsonMap,
    /// Config.
    pub config: ConfigMap,
    /// Only these versions of the model; `None` is all.
    pub include: Option<Vec<String>>,
    /// Not these versions.
    pub exclude: Vec<String>,
    /// The whole definition as written.
    pub definition: JsonMap,
}

/// Rows of a unit test as written.
#[derive(Debug, Clone)]
pub enum WrittenRows {
    /// They stand here.
    Rows(UnitTestRows),
    /// They stand in this fixture.
    Fixture(String, Span),
    /// They are those of the seed the input names.
    Seed(Span),
}

/// What a properties file says of a macro.
#[derive(Debug)]
pub struct MacroPatch {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Description, before Jinja.
    pub description: String,
    /// Arguments.
    pub arguments: Vec<MacroArgument>,
    /// Free properties.
    pub meta: JsonMap,
    /// Whether the docs site shows it.
    pub docs_show: bool,
}

/// A metric, semantic model or saved query, as written.
#[derive(Debug)]
pub struct WrittenPassthrough {
    /// What it is.
    pub kind: ResourceType,
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The definition.
    pub definition: JsonMap,
}
