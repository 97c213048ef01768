//! What stands in an entry of `nodes`, kind by kind.

use serde::Serialize;
use serde_json::{Value, json};

use super::column::{Columns, ConstraintEntry, Contract};
use super::parts::{
    CompiledNode, Dependencies, Docs, MacroDependencies, Object, Ref, meta, refs, relation_name, source_pairs, version,
};
use crate::resource::{Access, ConfigMap, DataTest, JsonMap, Model, Node, Seed, UniqueId};

#[derive(Serialize)]
struct Checksum<'a> {
    name: &'static str,
    checksum: &'a str,
}

impl<'a> Checksum<'a> {
    /// COMPAT: generic tests have none, and big seeds the path in its place.
    fn of(node: &'a Node) -> Self {
        if node.as_data_test().is_some_and(|test| test.metadata.is_some()) || node.checksum.is_empty() {
            return Self { name: "none", checksum: "" };
        }
        let is_hash = node.checksum.len() == 64 && node.checksum.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self { name: if is_hash { "sha256" } else { "path" }, checksum: &node.checksum }
    }
}

/// What all entries of `nodes` begin with.
#[derive(Serialize)]
struct Head<'a> {
    database: Option<&'a str>,
    schema: &'a str,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    fqn: &'a [String],
    alias: &'a str,
    checksum: Checksum<'a>,
    config: &'a ConfigMap,
    tags: &'a [String],
    description: &'a str,
    columns: Columns<'a>,
    meta: Object<'a>,
    group: Option<&'a str>,
    docs: Docs<'a>,
    patch_path: Option<&'a str>,
    build_path: Option<&'a str>,
    unrendered_config: &'a JsonMap,
    created_at: f64,
    relation_name: Option<String>,
    raw_code: &'a str,
    doc_blocks: &'a [UniqueId],
}

impl<'a> Head<'a> {
    fn new(node: &'a Node, compiled: Option<&'a CompiledNode>) -> Self {
        Self {
            database: node.database_and_schema().map(|(database, _)| database),
            schema: node.database_and_schema().map_or("", |(_, schema)| schema),
            name: &node.name,
            resource_type: node.resource_type().as_str(),
            package_name: &node.package,
            path: &node.origin.path,
            original_file_path: &node.origin.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            alias: &node.alias,
            checksum: Checksum::of(node),
            config: &node.config.values,
            tags: &node.config.tags,
            description: &node.description,
            columns: Columns(&node.columns),
            meta: meta(node),
            group: node.config.group.as_deref(),
            docs: Docs::of(node),
            patch_path: node.origin.patch_path.as_deref(),
            build_path: compiled.and_then(|compiled| compiled.build_path.as_deref()),
            unrendered_config: &node.unrendered_config,
            created_at: node.created_at,
            relation_name: relation_name(node),
            raw_code: &node.raw_code,
            doc_blocks: &node.doc_blocks,
        }
    }
}

/// The four keys that appear once a node is compiled.
#[derive(Serialize)]
struct CompiledKeys<'a> {
    compiled: bool,
    compiled_code: &'a str,
    extra_ctes_injected: bool,
    extra_ctes: Vec<Cte<'a>>,
}

#[derive(Serialize)]
struct Cte<'a> {
    id: &'a UniqueId,
    sql: &'a str,
}

/// Everything with code: an analysis, a snapshot or a singular test is no more than that.
#[derive(Serialize)]
pub(super) struct CompiledEntry<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    language: &'static str,
    refs: Vec<Ref<'a>>,
    sources: Vec<[&'a str; 2]>,
    metrics: &'a [Vec<String>],
    functions: &'a [Vec<String>],
    depends_on: Dependencies<'a>,
    compiled_path: Option<&'a str>,
    #[serde(flatten)]
    compiled: Option<CompiledKeys<'a>>,
    contract: Contract,
}

impl<'a> CompiledEntry<'a> {
    pub(super) fn new(node: &'a Node, compiled: Option<&'a CompiledNode>) -> Self {
        let keys = compiled.and_then(|compiled| {
            let ctes = compiled.ctes.iter().map(|(id, sql)| Cte { id, sql }).collect();
            let code = compiled.code.as_deref()?;
            Some(CompiledKeys { compiled: true, compiled_code: code, extra_ctes_injected: true, extra_ctes: ctes })
        });
        Self {
            head: Head::new(node, compiled),
            language: if node.origin.original_file_path.ends_with(".py") { "python" } else { "sql" },
            refs: refs(&node.refs),
            sources: source_pairs(&node.sources),
            metrics: &node.metrics,
            functions: &node.functions,
            depends_on: (&node.depends_on).into(),
            compiled_path: compiled.and_then(|compiled| compiled.compiled_path.as_deref()),
            compiled: keys,
            contract: Contract::of(node),
        }
    }
}

/// A model.
#[derive(Serialize)]
pub(super) struct ModelEntry<'a> {
    #[serde(flatten)]
    compiled: CompiledEntry<'a>,
    access: &'static str,
    constraints: Vec<ConstraintEntry<'a>>,
    version: Option<&'a Value>,
    latest_version: Option<&'a Value>,
    deprecation_date: Option<String>,
    primary_key: &'a [String],
    time_spine: Option<JsonMap>,
}

impl<'a> ModelEntry<'a> {
    pub(super) fn new(node: &'a Node, model: &'a Model, compiled: Option<&'a CompiledNode>) -> Self {
        Self {
            compiled: CompiledEntry::new(node, compiled),
            access: access(model.access),
            constraints: model.constraints.iter().map(ConstraintEntry::of_model).collect(),
            version: version(model.version.as_ref()),
            latest_version: version(model.latest_version.as_ref()),
            deprecation_date: model.deprecation_date.as_deref().map(with_time),
            primary_key: &model.primary_key,
            time_spine: model.time_spine.as_ref().and_then(Value::as_object).map(time_spine),
        }
    }
}

/// A date or time as written, with time and offset.
fn with_time(text: &str) -> String {
    let text = text.trim().replace(' ', "T");
    if !text.contains('T') {
        return format!("{text}T00:00:00+00:00");
    }
    let has_offset = text.ends_with('Z') || text.split_once('T').is_some_and(|(_, time)| time.contains(['+', '-']));
    if has_offset { text } else { format!("{text}+00:00") }
}

fn time_spine(written: &JsonMap) -> JsonMap {
    let mut spine = JsonMap::new();
    let column = written.get("standard_granularity_column").cloned().unwrap_or_default();
    spine.insert("standard_granularity_column".to_owned(), column);
    let granularities = written.get("custom_granularities").and_then(Value::as_array);
    let granularities = granularities.map(|all| all.iter().map(granularity).collect()).unwrap_or_default();
    spine.insert("custom_granularities".to_owned(), Value::Array(granularities));
    spine
}

fn granularity(written: &Value) -> Value {
    json!({ "name": written.get("name"), "column_name": written.get("column_name") })
}

/// A generic test.
#[derive(Serialize)]
pub(super) struct GenericTestEntry<'a> {
    #[serde(flatten)]
    compiled: CompiledEntry<'a>,
    column_name: Option<&'a str>,
    file_key_name: Option<&'a str>,
    attached_node: Option<&'a UniqueId>,
    test_metadata: Option<TestMetadata<'a>>,
}

#[derive(Serialize)]
struct TestMetadata<'a> {
    name: &'a str,
    kwargs: &'a JsonMap,
    namespace: Option<&'a str>,
}

impl<'a> GenericTestEntry<'a> {
    pub(super) fn new(node: &'a Node, test: &'a DataTest, compiled: Option<&'a CompiledNode>) -> Self {
        let metadata = test.metadata.as_ref().map(|metadata| TestMetadata {
            name: &metadata.name,
            kwargs: &metadata.kwargs,
            namespace: metadata.namespace.as_deref(),
        });
        Self {
            compiled: CompiledEntry::new(node, compiled),
            column_name: test.column_name.as_deref(),
            file_key_name: test.file_key_name.as_deref(),
            attached_node: test.attached_node.as_ref(),
            test_metadata: metadata,
        }
    }
}

/// A seed: no code, so nothing of what code has.
#[derive(Serialize)]
pub(super) struct SeedEntry<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    root_path: &'a str,
    depends_on: MacroDependencies<'a>,
}

impl<'a> SeedEntry<'a> {
    pub(super) fn new(node: &'a Node, seed: &'a Seed, compiled: Option<&'a CompiledNode>) -> Self {
        Self {
            head: Head::new(node, compiled),
            root_path: &seed.root_path,
            depends_on: MacroDependencies { macros: &node.depends_on.macros },
        }
    }
}

/// A hook of the project.
#[derive(Serialize)]
pub(super) struct OperationEntry<'a> {
    #[serde(flatten)]
    pub(super) compiled: CompiledEntry<'a>,
    pub(super) index: usize,
}

/// A user-defined function.
#[derive(Serialize)]
pub(super) struct FunctionEntry<'a> {
    returns: Value,
    #[serde(flatten)]
    compiled: CompiledEntry<'a>,
    arguments: Vec<Value>,
}

impl<'a> FunctionEntry<'a> {
    pub(super) fn new(node: &'a Node, definition: &JsonMap, compiled: Option<&'a CompiledNode>) -> Self {
        let returns = definition.get("returns").unwrap_or(&Value::Null);
        let arguments = definition.get("arguments").and_then(Value::as_array);
        Self {
            returns: json!({ "data_type": returns.get("data_type"), "description": returns.get("description") }),
            compiled: CompiledEntry::new(node, compiled),
            arguments: arguments.map(|all| all.iter().map(argument).collect()).unwrap_or_default(),
        }
    }
}

fn argument(written: &Value) -> Value {
    json!({
        "name": written.get("name"),
        "data_type": written.get("data_type"),
        "description": written.get("description"),
        "default_value": written.get("default_value"),
    })
}

const fn access(access: Access) -> &'static str {
    match access {
        Access::Private => "private",
        Access::Protected => "protected",
        Access::Public => "public",
    }
}
