//! What the page shows, read from artifacts.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::Artifacts;
use super::entry::{Entry, entry_of, macro_entry, test_of};
use super::markdown::to_html;
use super::runs::{Depth, PackedRuns, newest, pack};

/// The manifest's parts that hold nodes with a page.
const KINDS: [&str; 8] =
    ["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions"];

/// Everything the page draws. [`SiteData::code`] is written beside the rest: it is large, and read
/// only when a node is opened.
#[derive(Debug, Serialize)]
pub struct SiteData {
    /// The project.
    pub project: ProjectHead,
    /// Every node that has a page, by unique id's order.
    pub nodes: Vec<Entry>,
    /// Runs, the oldest first.
    pub runs: PackedRuns,
    /// Raw and compiled code by place in [`SiteData::nodes`].
    #[serde(skip)]
    pub code: Vec<(String, String)>,
}

/// The project as a whole.
#[derive(Debug, Serialize)]
pub struct ProjectHead {
    /// Name.
    pub name: String,
    /// `postgres`, `lakehouse`, ...
    pub adapter: String,
    /// When the manifest was written, ISO 8601.
    pub generated_at: String,
    /// The project's own overview as HTML; empty if it has none.
    pub overview: String,
}

impl SiteData {
    /// Reads artifacts. What is absent or of another shape is left out: the site shows what there is.
    pub fn new(artifacts: &Artifacts) -> Self {
        let manifest = &artifacts.manifest;
        let freshness = by_id(&artifacts.sources);
        let mut nodes: Vec<Entry> = Vec::new();
        let mut code: Vec<(String, String)> = Vec::new();
        for kind in KINDS {
            for (id, node) in entries(manifest.get(kind)) {
                let catalog = catalog_of(&artifacts.catalog, id);
                let mut entry = entry_of(id, node, catalog);
                entry.test = test_of(node);
                entry.freshness = freshness.get(id.as_str()).map(|found| text(found, "status"));
                entry.age =
                    freshness.get(id.as_str()).and_then(|found| found.get("max_loaded_at_time_ago_in_s")?.as_f64());
                nodes.push(entry);
                code.push((text(node, "raw_code"), text(node, "compiled_code")));
            }
        }
        for (id, item) in entries(manifest.get("macros")).filter(|(_, item)| is_of_users(item)) {
            nodes.push(macro_entry(id, item));
            code.push((text(item, "macro_sql"), String::new()));
        }
        let runs = pack(&newest(artifacts.runs.clone()), &nodes, Depth::Results);
        Self { project: head(manifest), nodes, runs, code }
    }
}

fn head(manifest: &Value) -> ProjectHead {
    let metadata = manifest.get("metadata").unwrap_or(&Value::Null);
    let name = text(metadata, "project_name");
    let overview = entries(manifest.get("docs"))
        .map(|(_, doc)| doc)
        .find(|doc| text(doc, "name") == "__overview__" && text(doc, "package_name") == name);
    ProjectHead {
        adapter: text(metadata, "adapter_type"),
        generated_at: text(metadata, "generated_at"),
        overview: overview.map(|doc| to_html(&text(doc, "block_contents"))).unwrap_or_default(),
        name,
    }
}

/// The macros of the tool itself, and of its adapters, document nothing of the project.
fn is_of_users(item: &Value) -> bool {
    let package = text(item, "package_name");
    package != "dbt" && !package.starts_with("dbt_postgres") && !package.starts_with("dbt_duckdb")
}

fn by_id(results: &Value) -> HashMap<&str, &Value> {
    let list = results.get("results").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|result| Some((result.get("unique_id")?.as_str()?, result))).collect()
}

fn catalog_of<'a>(catalog: &'a Value, id: &str) -> &'a Value {
    let found = ["nodes", "sources"].iter().find_map(|kind| catalog.get(kind)?.get(id));
    found.unwrap_or(&Value::Null)
}

fn entries(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten()
}

/// A text of an object; empty if it is absent or no text.
pub(super) fn text(object: &Value, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
