//! Small projects for tests: nodes from a line each, frozen into a [`Project`].
//!
//! ```ignore
//! let project = sample::project(vec![
//!     sample::source("raw", "orders"),
//!     sample::model("models/staging/stg_orders.sql").after(&["source.shop.raw.orders"]).tagged(&["daily"]),
//!     sample::generic_test("not_null", "stg_orders", "id").after(&["model.shop.stg_orders"]),
//! ]);
//! ```

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Project, RefIndex};
use crate::config::yaml::{Yaml, YamlValue};
use crate::config::{ConfigFile, ProjectPaths, ProjectSettings, Quoting, ResourceConfigs};
use crate::graph::Dag;
use crate::relation::Relation;
use crate::resource::{
    DataTest, DependsOn, Exposure, JsonMap, Materialization, Model, Node, NodeConfig, NodeKind, Origin, Owner,
    Passthrough, QuotingOverride, ResourceType, Seed, Snapshot, Source, TestMetadata, UniqueId, UnitTest, UnitTestRows,
    VersionRef,
};
use crate::source::{FileId, SourceSet, Span};

/// The package that sample nodes stand in.
pub(crate) const PACKAGE: &str = "shop";

/// A project of these nodes, in this order.
pub(crate) fn project(nodes: Vec<Node>) -> Project {
    let nodes: IndexMap<UniqueId, Arc<Node>> =
        nodes.into_iter().map(|node| (node.unique_id.clone(), Arc::new(node))).collect();
    let graph = Dag::new(nodes.iter().map(|(id, node)| (id, node.depends_on.nodes.as_slice())));
    Project {
        root: Arc::new(settings()),
        nodes,
        disabled: IndexMap::new(),
        macros: Arc::new(IndexMap::new()),
        docs: IndexMap::new(),
        groups: IndexMap::new(),
        graph,
        sources: Arc::new(SourceSet::new()),
        refs: RefIndex::default(),
    }
}

/// The settings of a project file that says nothing but the name.
pub(crate) fn settings() -> ProjectSettings {
    ProjectSettings {
        name: PACKAGE.to_owned(),
        version: None,
        profile: None,
        root: PathBuf::from("/shop"),
        file: ConfigFile { file: FileId(0), display: "project.yml".to_owned() },
        paths: ProjectPaths::default(),
        vars: JsonMap::new(),
        configs: ResourceConfigs::default(),
        dispatch: IndexMap::new(),
        on_run_start: Vec::new(),
        on_run_end: Vec::new(),
        quoting: Quoting::default(),
        query_comment: None,
        require_dbt_version: Vec::new(),
        flags: JsonMap::new(),
        clean_targets: Vec::new(),
        restrict_access: false,
        target_path: None,
        log_path: None,
        tree: Arc::new(Yaml { value: YamlValue::Null, span: Span::new(FileId(0), 0, 0) }),
    }
}

/// A view at this path, named by its file.
pub(crate) fn model(path: &str) -> Node {
    node("model", path, stem(path), NodeKind::Model(Box::default()), "view")
}

/// One version of a model at this path.
pub(crate) fn versioned_model(path: &str, version: i64, latest: i64) -> Node {
    let kind = NodeKind::Model(Box::new(Model {
        version: Some(VersionRef(json!(version))),
        latest_version: Some(VersionRef(json!(latest))),
        ..Model::default()
    }));
    let mut node = node("model", path, stem(path), kind, "view");
    node.unique_id = UniqueId::new(format!("{}.v{version}", node.unique_id));
    node.fqn.push(format!("v{version}"));
    node
}

/// A seed at this path.
pub(crate) fn seed(path: &str) -> Node {
    let kind = NodeKind::Seed(Seed { file_path: PathBuf::from("/shop").join(path), root_path: "/shop".to_owned() });
    node("seed", path, stem(path), kind, "seed")
}

/// A snapshot at this path.
pub(crate) fn snapshot(path: &str) -> Node {
    node("snapshot", path, stem(path), NodeKind::Snapshot(Snapshot::default()), "snapshot")
}

/// An analysis at this path.
pub(crate) fn analysis(path: &str) -> Node {
    node("analysis", path, stem(path), NodeKind::Analysis, "view")
}

/// A data test written in SQL at this path.
pub(crate) fn singular_test(path: &str) -> Node {
    let kind = DataTest { metadata: None, column_name: None, file_key_name: None, attached_node: None };
    node("test", path, stem(path), NodeKind::DataTest(Box::new(kind)), "test")
}

/// A generic test on a model's column, declared in `models/schema.yml`.
pub(crate) fn generic_test(test: &str, model: &str, column: &str) -> Node {
    let kind = DataTest {
        metadata: Some(TestMetadata { name: test.to_owned(), kwargs: JsonMap::new(), namespace: None }),
        column_name: Some(column.to_owned()),
        file_key_name: Some(format!("models.{model}")),
        attached_node: Some(UniqueId::new(format!("model.{PACKAGE}.{model}"))),
    };
    let name = format!("{test}_{model}_{column}");
    let mut node = node("test", "models/schema.yml", &name, NodeKind::DataTest(Box::new(kind)), "test");
    node.unique_id = UniqueId::new(format!("test.{PACKAGE}.{name}.0123456789"));
    node
}

/// A unit test of a model, declared in `models/schema.yml`.
pub(crate) fn unit_test(name: &str, model: &str) -> Node {
    let kind = UnitTest {
        model: model.to_owned(),
        given: Vec::new(),
        expect: UnitTestRows::Dict(Vec::new()),
        overrides: JsonMap::new(),
        version: None,
        definition: Value::Null,
    };
    let mut node = node("unit_test", "models/schema.yml", name, NodeKind::UnitTest(Box::new(kind)), "unit");
    node.unique_id = UniqueId::new(format!("unit_test.{PACKAGE}.{model}.{name}"));
    node.fqn = vec![PACKAGE.to_owned(), model.to_owned(), name.to_owned()];
    node.after(&[&format!("model.{PACKAGE}.{model}")])
}

/// A source table, declared in `models/sources.yml`.
pub(crate) fn source(source_name: &str, table: &str) -> Node {
    let kind = Source {
        source_name: source_name.to_owned(),
        source_description: String::new(),
        source_meta: JsonMap::new(),
        identifier: table.to_owned(),
        unrendered_database: None,
        unrendered_schema: None,
        loader: String::new(),
        loaded_at_field: None,
        loaded_at_query: None,
        freshness: None,
        external: None,
        quoting: QuotingOverride::default(),
    };
    let mut node = node("source", "models/sources.yml", table, NodeKind::Source(Box::new(kind)), "view");
    node.unique_id = UniqueId::new(format!("source.{PACKAGE}.{source_name}.{table}"));
    node.fqn = vec![PACKAGE.to_owned(), source_name.to_owned(), table.to_owned()];
    node.relation = Some(Relation::new("db", source_name, table));
    node
}

/// An exposure, declared in `models/exposures.yml`.
pub(crate) fn exposure(name: &str) -> Node {
    let kind = Exposure {
        exposure_type: "dashboard".to_owned(),
        owner: Owner { name: Some("ann".to_owned()), ..Owner::default() },
        maturity: None,
        url: None,
        label: None,
    };
    node("exposure", "models/exposures.yml", name, NodeKind::Exposure(Box::new(kind)), "view")
}

/// A metric, semantic model, saved query or function, declared in `models/semantic.yml`.
pub(crate) fn passthrough(resource_type: ResourceType, name: &str) -> Node {
    let kind = NodeKind::Passthrough(Box::new(Passthrough { resource_type, definition: JsonMap::new() }));
    node(resource_type.as_str(), "models/semantic.yml", name, kind, "view")
}

impl Node {
    /// The same node, depending on these.
    pub(crate) fn after(mut self, ids: &[&str]) -> Self {
        let nodes = ids.iter().map(|id| UniqueId::new(*id)).collect();
        self.depends_on = DependsOn { nodes, macros: Vec::new() };
        self
    }

    /// The same node with these tags.
    pub(crate) fn tagged(mut self, tags: &[&str]) -> Self {
        self.config.tags = tags.iter().map(ToString::to_string).collect();
        self.configured(json!({ "tags": tags }))
    }

    /// The same node with these config keys.
    pub(crate) fn configured(mut self, config: Value) -> Self {
        if let Value::Object(config) = config {
            if let Some(name) = config.get("materialized").and_then(Value::as_str) {
                self.config.materialized = Materialization::from_name(name);
            }
            if let Some(group) = config.get("group").and_then(Value::as_str) {
                self.config.group = Some(group.to_owned());
            }
            self.config.values.extend(config);
        }
        self
    }

    /// The same node in another package.
    pub(crate) fn in_package(mut self, package: &str) -> Self {
        let id = self.unique_id.as_str().replacen(&format!(".{}.", self.package), &format!(".{package}."), 1);
        self.unique_id = UniqueId::new(id);
        self.fqn[0] = package.to_owned();
        self.package = package.to_owned();
        self
    }
}

fn node(prefix: &str, path: &str, name: &str, kind: NodeKind, materialized: &str) -> Node {
    let mut folders: Vec<&str> = path.split('/').skip(1).collect();
    folders.pop();
    let fqn = std::iter::once(PACKAGE).chain(folders).chain([name]).map(str::to_owned).collect();
    Node {
        unique_id: UniqueId::new(format!("{prefix}.{PACKAGE}.{name}")),
        alias: name.to_owned(),
        relation: Some(Relation::new("db", "main", name)),
        config: config(materialized),
        raw_code: Arc::from("select 1"),
        checksum: "0".repeat(64),
        ..Node::bare(kind, name.to_owned(), PACKAGE.to_owned(), fqn, origin(path))
    }
}

fn origin(path: &str) -> Origin {
    Origin {
        file: FileId(0),
        span: Span::new(FileId(0), 0, 0),
        path: path.split_once('/').map_or(path, |(_, rest)| rest).to_owned(),
        original_file_path: path.to_owned(),
        patch_path: None,
        patch_span: None,
        config_span: None,
    }
}

fn config(materialized: &str) -> NodeConfig {
    let Value::Object(values) = json!({
        "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {}, "group": null,
        "materialized": materialized,
    }) else {
        unreachable!("the literal is an object")
    };
    NodeConfig { materialized: Materialization::from_name(materialized), values, ..NodeConfig::default() }
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split_once('.').map_or(name, |(stem, _)| stem)
}
