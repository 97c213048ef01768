use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use crate::config::{DispatchOrder, Invocation};
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Relation, RelationOp, SchemaRef, Table};
use crate::resource::{ConfigMap, JsonMap, RefCall, SourceCall, UniqueId};
use crate::source::{FileId, Span};
use crate::system::Environment;

use super::SourceMap;

/// What every template of a run shares.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The root project's name: its macros override others'.
    pub root_package: String,
    /// Installed packages, in order; the engine's own macros are package `dbt`.
    pub packages: Vec<String>,
    /// Versions of the project and its packages, as they say of themselves.
    pub versions: IndexMap<String, String>,
    /// `target.type`, also the first dispatch prefix.
    pub adapter_type: String,
    /// Dispatch prefixes after it, before `default`.
    pub adapter_parents: Vec<String>,
    /// `dispatch:` of the root project.
    pub dispatch: DispatchOrder,
    /// Variables.
    pub vars: VarScopes,
    /// `target` as shown.
    pub target: JsonMap,
    /// `flags` as shown (`FULL_REFRESH`, `WHICH`, ...).
    pub flags: JsonMap,
    /// This run.
    pub invocation: Invocation,
    /// For `env_var`.
    pub environment: Arc<Environment>,
}

/// `var()` values by scope; the narrower wins: command line, package, project-wide.
#[derive(Debug, Clone, Default)]
pub struct VarScopes {
    /// `--vars`.
    pub command_line: JsonMap,
    /// Package -> what the root project (first) and the package itself say for it.
    pub packages: IndexMap<String, JsonMap>,
    /// The root project's unscoped vars.
    pub global: JsonMap,
}

impl VarScopes {
    /// A variable as seen from a package.
    pub fn get(&self, package: &str, name: &str) -> Option<&serde_json::Value> {
        self.command_line
            .get(name)
            .or_else(|| self.packages.get(package).and_then(|vars| vars.get(name)))
            .or_else(|| self.global.get(name))
    }
}

/// A node's code to be read for what it refers to.
#[derive(Debug)]
pub struct HarvestRequest<'a> {
    /// Package the code stands in.
    pub package: &'a str,
    /// File the code stands in.
    pub file: FileId,
    /// Byte at which `code` begins in the file (blocks within a file).
    pub offset: u32,
    /// The code.
    pub code: &'a str,
    /// What `model` shows while parsing: name, resource_type, database, schema, ...
    pub model: ModelFacts,
    /// What `this` is while parsing.
    pub this: Option<Relation>,
    /// `config.get` sees these (project file and properties).
    pub config: Arc<ConfigMap>,
}

/// The name under which a seed's columns and rows are handed to its materialization.
pub const SEED_ROWS: &str = "__seed_rows";

/// What a node's code refers to and says of itself.
#[derive(Debug, Clone, Default)]
pub struct Harvest {
    /// `ref()` calls, in order.
    pub refs: Vec<RefCall>,
    /// `source()` calls, in order.
    pub sources: Vec<SourceCall>,
    /// `metric()` calls.
    pub metrics: Vec<Vec<String>>,
    /// `function()` calls.
    pub functions: Vec<Vec<String>>,
    /// `config(...)` arguments merged in order, `meta`, `tags`, hooks unmerged with other levels.
    pub config: ConfigMap,
    /// Where the first `config()` call stands.
    pub config_span: Option<Span>,
    /// Config as written, before evaluation, where it can be told (`{{ config(schema=var('x')) }}`).
    pub unrendered_config: ConfigMap,
    /// Macros called directly or indirectly, in order of first call.
    pub macros: Vec<CalledMacro>,
    /// Names that are printed and mean nothing, so that nothing is printed.
    pub unknown_names: Vec<(String, Span)>,
    /// What is called or looked into and is not there: the node fails when it is compiled.
    pub undefined: Option<Box<Diagnostic>>,
}

/// A macro that was called while a template was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledMacro(pub UniqueId);

/// What other nodes are, as seen from one node.
pub trait Resolver: Send + Sync {
    /// What `ref()` gives.
    ///
    /// # Errors
    /// `unknown-ref`, `disabled-ref`, `access-denied`, or a reference that was not declared while
    /// parsing.
    fn reference(&self, call: &RefCall) -> Result<RefTarget, Box<Diagnostic>>;
    /// What `source()` gives.
    ///
    /// # Errors
    /// `unknown-source`.
    fn source(&self, call: &SourceCall) -> Result<RefTarget, Box<Diagnostic>>;
    /// What `function()` gives; `names` are an optional package and a name.
    ///
    /// # Errors
    /// `unknown-ref`.
    fn function(&self, names: &[String]) -> Result<RefTarget, Box<Diagnostic>> {
        let name = names.last().map(String::as_str).unwrap_or_default();
        let message = format!("function `{name}` cannot be referred to here");
        Err(Box::new(Diagnostic::error(Code::UnknownRef, message)))
    }
    /// Jinja's `graph`: `nodes`, `sources`, `exposures`, ... in manifest form. Built at first use.
    fn graph(&self) -> serde_json::Value;
}

/// What a `ref()` or `source()` call renders as.
#[derive(Debug, Clone)]
pub struct RefTarget {
    /// The relation, for its attributes.
    pub relation: Relation,
    /// The text it renders as, when that is not the relation's name: `__dbt__cte__x`,
    /// `(select * from x limit 0)`.
    pub text: Option<String>,
}

/// The warehouse as templates see it, synchronously. Parse time has none.
pub trait Introspect: Send + Sync {
    /// Runs a statement; `fetch` says whether its rows are wanted.
    ///
    /// # Errors
    /// The warehouse's refusal, as a diagnostic without a place.
    fn query(&self, sql: &str, fetch: bool) -> Result<(Table, AdapterResponse), Box<Diagnostic>>;
    /// The relation at this place, if one stands there.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn relation(&self, place: &Relation) -> Result<Option<Relation>, Box<Diagnostic>>;
    /// All relations of a schema.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn relations(&self, schema: &SchemaRef) -> Result<Vec<Relation>, Box<Diagnostic>>;
    /// All schemas of a database.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn schemas(&self, database: &str) -> Result<Vec<String>, Box<Diagnostic>>;
    /// A relation's columns.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn columns(&self, relation: &Relation) -> Result<Vec<Column>, Box<Diagnostic>>;
    /// The columns a query would give.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn describe(&self, sql: &str) -> Result<Vec<Column>, Box<Diagnostic>>;
    /// Carries out operations (`adapter.drop_relation`, `create_schema`, ...).
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn apply(&self, unit: &[RelationOp]) -> Result<AdapterResponse, Box<Diagnostic>>;
    /// Follows an operation that a macro of the user's has carried out.
    fn note(&self, op: &RelationOp);
    /// Begins the node's transaction, unless it is open.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn begin(&self) -> Result<(), Box<Diagnostic>>;
    /// Commits the open transaction, if there is one.
    ///
    /// # Errors
    /// The warehouse's refusal.
    fn commit(&self) -> Result<(), Box<Diagnostic>>;
    /// Builds the node at hand the engine's own way, hooks included, from its own SQL or another. Gives the
    /// answer, and the row of counts if it is a test.
    ///
    /// # Errors
    /// Whatever the build raises; `unsupported` where there is no node.
    fn build(&self, materialization: &str, sql: Option<String>) -> Result<(AdapterResponse, Table), Box<Diagnostic>>;
    /// What a node's main statement is about to send.
    fn executing(&self, sql: &str);
    /// `log()` and `print()`: `to_stdout` for the latter.
    fn say(&self, text: &str, info: bool, to_stdout: bool);
    /// `exceptions.warn()`.
    ///
    /// # Errors
    /// The warning itself, where warnings are errors (`--warn-error`).
    fn warn(&self, text: &str) -> Result<(), Box<Diagnostic>>;
}

/// A node in manifest form, made when a template first looks at it: most never do.
#[derive(Clone, Default)]
pub struct ModelFacts {
    made: OnceLock<JsonMap>,
    make: Option<Arc<dyn Fn() -> JsonMap + Send + Sync>>,
}

impl ModelFacts {
    /// Facts still to be made.
    pub fn later(make: impl Fn() -> JsonMap + Send + Sync + 'static) -> Self {
        Self { made: OnceLock::new(), make: Some(Arc::new(make)) }
    }
}

impl From<JsonMap> for ModelFacts {
    fn from(facts: JsonMap) -> Self {
        Self { made: OnceLock::from(facts), make: None }
    }
}

impl std::ops::Deref for ModelFacts {
    type Target = JsonMap;

    fn deref(&self) -> &JsonMap {
        self.made.get_or_init(|| self.make.as_ref().map(|make| make()).unwrap_or_default())
    }
}

impl std::fmt::Debug for ModelFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ModelFacts").field(&self.made.get()).finish()
    }
}

/// A node, as its own template sees it.
#[derive(Debug, Clone, Default)]
pub struct NodeContext {
    /// Package whose macros are nearest.
    pub package: String,
    /// `model`: the node in manifest form.
    pub model: ModelFacts,
    /// `config`: all merged values.
    pub config: Arc<ConfigMap>,
    /// `this`.
    pub this: Option<Relation>,
    /// Further names for this node only (`results`, `schemas`, `sql`, `pre_hooks`, ...).
    pub extra: JsonMap,
    /// Overrides of unit tests: `vars`, `env_vars`, `macros`.
    pub overrides: JsonMap,
}

/// A template to be rendered with `execute` true.
pub struct RenderRequest<'a> {
    /// The node it belongs to.
    pub node: &'a Arc<NodeContext>,
    /// File the text stands in.
    pub file: FileId,
    /// Byte at which the text begins in the file.
    pub offset: u32,
    /// The text.
    pub text: &'a str,
    /// Other nodes.
    pub resolver: Arc<dyn Resolver>,
    /// The warehouse; `None` renders with `execute` false.
    pub introspect: Option<Arc<dyn Introspect>>,
}

/// Rendered text with its map.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Where it came from.
    pub map: SourceMap,
}

/// A macro to be called for its value or text.
pub struct MacroCall<'a> {
    /// `name` or `package.name`.
    pub name: &'a str,
    /// Positional arguments.
    pub args: Vec<serde_json::Value>,
    /// Arguments by name. What [`super::relation_argument`] and [`super::column_argument`] give stands for
    /// relations and columns.
    pub kwargs: JsonMap,
    /// The node in whose context it runs.
    pub node: &'a Arc<NodeContext>,
    /// Other nodes.
    pub resolver: Arc<dyn Resolver>,
    /// The warehouse; `None` calls with `execute` false.
    pub introspect: Option<Arc<dyn Introspect>>,
}

/// A `{% materialization %}` block to be carried out for a node.
pub struct MaterializeCall<'a> {
    /// The block.
    pub materialization: &'a UniqueId,
    /// The node, with `sql`, `pre_hooks` and `post_hooks` among its further names.
    pub node: &'a Arc<NodeContext>,
    /// Other nodes.
    pub resolver: Arc<dyn Resolver>,
    /// The warehouse.
    pub introspect: Arc<dyn Introspect>,
}

/// What a `{% materialization %}` block has done.
#[derive(Debug, Clone)]
pub struct Materialized {
    /// The relations it says it has made.
    pub relations: Vec<Relation>,
    /// The answer to its main statement.
    pub response: AdapterResponse,
    /// The rows of its main statement, each by column name.
    pub rows: Vec<JsonMap>,
}
