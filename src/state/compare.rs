//! Whether what a manifest says of a node is the same now and then, aspect by aspect.
//!
//! COMPAT: each aspect is compared as dbt 1.11 does, with one exception: a config value that the
//! environment decides (`config(materialized='table' if target.name == 'prod' else 'view')`) is no
//! change as long as its text is the same.

use serde_json::Value;

use super::entry::Entry;
use crate::config::holds_jinja;
use crate::resource::{JsonMap, Node, ResourceType};

/// Config that other aspects compare, or that changes nothing in the warehouse.
const NOT_COMPARED: [&str; 5] = ["alias", "schema", "database", "tags", "group"];
/// Config of data tests that changes their result.
const OF_TESTS: [&str; 8] =
    ["severity", "where", "limit", "fail_calc", "warn_if", "error_if", "store_failures", "store_failures_as"];
const PLACE: [&str; 3] = ["database", "schema", "alias"];
const EXPOSURE: [&str; 7] = ["fqn", "type", "owner", "maturity", "url", "description", "label"];
const METRIC: [&str; 6] = ["filter", "metadata", "type", "type_params", "description", "label"];
const SEMANTIC_MODEL: [&str; 9] =
    ["model", "description", "defaults", "entities", "dimensions", "measures", "config", "primary_entity", "group"];
/// What dbt's checksum is taken over; engines that write a checksum of their own are compared all the same.
const UNIT_TEST: [&str; 5] = ["model", "versions", "given", "expect", "overrides"];
const SAVED_QUERY: [&str; 5] = ["description", "label", "config", "group", "tags"];

/// A node now, and what it was.
pub(super) struct Pair<'a> {
    pub(super) node: &'a Node,
    pub(super) new: Entry,
    pub(super) old: &'a Entry,
}

impl Pair<'_> {
    /// Everything that dbt calls the contents, contracts left aside.
    pub(super) fn same_contents(&self) -> bool {
        match self.node.resource_type() {
            ResourceType::Source => self.same_source(),
            ResourceType::Exposure => self.same_keys(&EXPOSURE) && self.same_parents() && self.same_config(),
            ResourceType::Metric => self.same_keys(&METRIC) && self.same_config(),
            ResourceType::SemanticModel => self.same_keys(&SEMANTIC_MODEL),
            ResourceType::SavedQuery => self.same_saved_query(),
            ResourceType::UnitTest => self.same_keys(&UNIT_TEST),
            ResourceType::Test if self.is_generic_test() => self.same_config() && self.same_keys(&["fqn"]),
            ResourceType::Function => self.same_node() && self.same_keys(&["arguments", "returns"]),
            ResourceType::Model => {
                self.same_node() && self.same_keys(&["latest_version", "access", "deprecation_date"])
            }
            _ => self.same_node(),
        }
    }

    fn same_node(&self) -> bool {
        self.same_body()
            && self.same_config()
            && self.same_persisted_description()
            && self.same_keys(&["fqn"])
            && self.same_place()
    }

    fn same_source(&self) -> bool {
        self.same_place()
            && self.same_config()
            && self.same_keys(&["fqn", "quoting", "freshness", "loaded_at_field", "external"])
    }

    fn same_saved_query(&self) -> bool {
        let asks = ["metrics", "group_by", "where"];
        let same = |key: &&str| self.new.within("query_params", key) == self.old.within("query_params", key);
        asks.iter().all(same) && self.same_keys(&SAVED_QUERY) && exports(&self.new) == exports(self.old)
    }

    /// The code, or a seed's file.
    pub(super) fn same_body(&self) -> bool {
        if self.node.resource_type() != ResourceType::Seed {
            return self.same_keys(&["raw_code"]);
        }
        self.same_keys(&["checksum"])
    }

    /// The config as written.
    pub(super) fn same_config(&self) -> bool {
        let (new, old) = (self.new.map("unrendered_config"), self.old.map("unrendered_config"));
        let keys = [new, old].into_iter().flatten().flat_map(JsonMap::keys);
        let is_test = self.node.resource_type() == ResourceType::Test;
        let compared = |key: &&String| match is_test {
            true => OF_TESTS.contains(&key.as_str()),
            false => !NOT_COMPARED.contains(&key.as_str()),
        };
        keys.filter(compared).all(|key| self.same_setting(key))
    }

    /// Where the node is to stand, as configured. COMPAT: what the profile or a macro makes of it does
    /// not count.
    pub(super) fn same_place(&self) -> bool {
        if self.node.resource_type() == ResourceType::Source {
            return self.same_keys(&["identifier"]) && self.same_written("database") && self.same_written("schema");
        }
        PLACE.iter().all(|key| self.same_setting(key))
    }

    /// Descriptions, where they are stored in the warehouse.
    pub(super) fn same_persisted_description(&self) -> bool {
        let docs = self.node.config.persist_docs;
        (!docs.relation || self.same_keys(&["description"]))
            && (!docs.columns || descriptions(&self.new) == descriptions(self.old))
    }

    /// One key of the config as written. Where the earlier manifest kept only what the text became, that is
    /// compared.
    fn same_setting(&self, key: &str) -> bool {
        let (new, old) = (self.new.within("unrendered_config", key), self.old.within("unrendered_config", key));
        if new == old {
            return true;
        }
        if self.node.code_config.iter().any(|set| set == key) && self.same_body() {
            return true;
        }
        holds_jinja(new) && !holds_jinja(old) && self.new.within("config", key) == old
    }

    /// A source's database or schema as written; manifests of before dbt 1.9 have only what it became.
    fn same_written(&self, key: &str) -> bool {
        let written = format!("unrendered_{key}");
        if self.old.has(&written) { self.same_keys(&[written.as_str()]) } else { self.same_keys(&[key]) }
    }

    fn same_parents(&self) -> bool {
        let sorted = |entry: &Entry| {
            let nodes = entry.within("depends_on", "nodes").as_array().cloned().unwrap_or_default();
            let mut nodes: Vec<String> = nodes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            nodes.sort();
            nodes
        };
        sorted(&self.new) == sorted(self.old)
    }

    fn same_keys(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.new.get(key) == self.old.get(key))
    }

    fn is_generic_test(&self) -> bool {
        self.node.as_data_test().is_some_and(|test| test.metadata.is_some())
    }
}

fn descriptions(entry: &Entry) -> Vec<(&String, &Value)> {
    let columns = entry.map("columns").into_iter().flatten();
    let mut found: Vec<(&String, &Value)> =
        columns.map(|(name, column)| (name, column.get("description").unwrap_or(&Value::Null))).collect();
    found.sort_by_key(|(name, _)| *name);
    found
}

fn exports(entry: &Entry) -> Vec<[&Value; 4]> {
    let exports = entry.get("exports").as_array().map(Vec::as_slice).unwrap_or_default();
    exports
        .iter()
        .map(|export| {
            let of =
                |key: &str| export.get("unrendered_config").and_then(|config| config.get(key)).unwrap_or(&Value::Null);
            [export.get("name").unwrap_or(&Value::Null), of("export_as"), of("schema"), of("alias")]
        })
        .collect()
}
