//! What is declared and never built: exposures, groups, macros, docs blocks.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::parts::{Dependencies, Docs, MacroDependencies, Object, Ref, meta, refs, source_pairs};
use crate::resource::{
    ConfigMap, DocsBlock, Exposure, Group, JsonMap, Macro, MacroArgument, MacroKind, Node, Owner, UniqueId,
};

/// An exposure.
#[derive(Serialize)]
pub(super) struct ExposureEntry<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    fqn: &'a [String],
    #[serde(rename = "type")]
    kind: &'a str,
    owner: OwnerEntry<'a>,
    description: &'a str,
    label: Option<&'a str>,
    maturity: Option<&'a str>,
    meta: Object<'a>,
    tags: &'a [String],
    config: &'a ConfigMap,
    unrendered_config: &'a JsonMap,
    url: Option<&'a str>,
    depends_on: Dependencies<'a>,
    refs: Vec<Ref<'a>>,
    sources: Vec<[&'a str; 2]>,
    metrics: &'a [Vec<String>],
    created_at: f64,
}

impl<'a> ExposureEntry<'a> {
    pub(super) fn new(node: &'a Node, exposure: &'a Exposure) -> Self {
        Self {
            name: &node.name,
            resource_type: node.resource_type().as_str(),
            package_name: &node.package,
            path: &node.origin.path,
            original_file_path: &node.origin.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            kind: &exposure.exposure_type,
            owner: OwnerEntry::from(&exposure.owner),
            description: &node.description,
            label: exposure.label.as_deref(),
            maturity: exposure.maturity.as_deref(),
            meta: meta(node),
            tags: &node.config.tags,
            config: &node.config.values,
            unrendered_config: &node.unrendered_config,
            url: exposure.url.as_deref(),
            depends_on: (&node.depends_on).into(),
            refs: refs(&node.refs),
            sources: source_pairs(&node.sources),
            metrics: &node.metrics,
            created_at: node.created_at,
        }
    }
}

/// A person or team: address, name, then whatever else was written.
pub(super) struct OwnerEntry<'a> {
    email: Value,
    name: Value,
    extra: &'a JsonMap,
}

impl<'a> From<&'a Owner> for OwnerEntry<'a> {
    fn from(owner: &'a Owner) -> Self {
        Self { email: json!(owner.email), name: json!(owner.name), extra: &owner.extra }
    }
}

impl<'a> From<&'a JsonMap> for OwnerEntry<'a> {
    fn from(written: &'a JsonMap) -> Self {
        let field = |key: &str| written.get(key).cloned().unwrap_or_default();
        Self { email: field("email"), name: field("name"), extra: written }
    }
}

impl Serialize for OwnerEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("email", &self.email)?;
        map.serialize_entry("name", &self.name)?;
        for (key, value) in self.extra.iter().filter(|(key, _)| !matches!(key.as_str(), "email" | "name")) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A group.
#[derive(Serialize)]
pub(super) struct GroupEntry<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    owner: OwnerEntry<'a>,
    description: Option<&'a str>,
    config: JsonMap,
}

impl<'a> From<&'a Group> for GroupEntry<'a> {
    fn from(group: &'a Group) -> Self {
        Self {
            name: &group.name,
            resource_type: "group",
            package_name: &group.package,
            path: &group.path,
            original_file_path: &group.original_file_path,
            unique_id: &group.unique_id,
            owner: OwnerEntry::from(&group.owner),
            description: group.description.as_deref(),
            config: config_of(group),
        }
    }
}

/// A group's config; it always has `meta`.
fn config_of(group: &Group) -> JsonMap {
    let mut config = JsonMap::new();
    config.insert("meta".to_owned(), group.config.get("meta").cloned().unwrap_or_else(|| JsonMap::new().into()));
    config
        .extend(group.config.iter().filter(|(key, _)| *key != "meta").map(|(key, value)| (key.clone(), value.clone())));
    config
}

/// A macro.
#[derive(Serialize)]
pub(super) struct MacroEntry<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    macro_sql: &'a str,
    depends_on: MacroDependencies<'a>,
    description: &'a str,
    meta: &'a JsonMap,
    docs: Docs<'a>,
    config: MacroConfig<'a>,
    patch_path: Option<&'a str>,
    arguments: Vec<Argument<'a>>,
    created_at: f64,
    supported_languages: Option<&'a [String]>,
}

#[derive(Serialize)]
struct MacroConfig<'a> {
    meta: &'a JsonMap,
    docs: Docs<'a>,
}

#[derive(Serialize)]
struct Argument<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    data_type: Option<&'a str>,
    description: &'a str,
}

impl<'a> From<&'a MacroArgument> for Argument<'a> {
    fn from(argument: &'a MacroArgument) -> Self {
        Self { name: &argument.name, data_type: argument.data_type.as_deref(), description: &argument.description }
    }
}

impl<'a> MacroEntry<'a> {
    /// Macros do not keep when they were parsed; it is the time the program began.
    pub(super) fn new(entry: &'a Macro, created_at: f64) -> Self {
        Self {
            name: &entry.name,
            resource_type: "macro",
            package_name: &entry.package,
            path: &entry.original_file_path,
            original_file_path: &entry.original_file_path,
            unique_id: &entry.unique_id,
            macro_sql: &entry.source,
            depends_on: MacroDependencies { macros: &entry.depends_on },
            description: &entry.description,
            meta: &entry.meta,
            docs: Docs::plain(entry.docs_show),
            config: MacroConfig { meta: &entry.meta, docs: Docs::plain(entry.docs_show) },
            patch_path: entry.patch_path.as_deref(),
            arguments: entry.arguments.iter().map(Argument::from).collect(),
            created_at,
            supported_languages: match &entry.kind {
                MacroKind::Materialization { languages, .. } => Some(languages),
                MacroKind::Macro | MacroKind::Test => None,
            },
        }
    }
}

/// A docs block.
#[derive(Serialize)]
pub(super) struct DocEntry<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    block_contents: &'a str,
}

impl<'a> From<&'a DocsBlock> for DocEntry<'a> {
    fn from(block: &'a DocsBlock) -> Self {
        Self {
            name: &block.name,
            resource_type: "doc",
            package_name: &block.package,
            path: &block.path,
            original_file_path: &block.original_file_path,
            unique_id: &block.unique_id,
            block_contents: &block.contents,
        }
    }
}
