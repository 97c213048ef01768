use std::collections::HashMap;

use serde::Deserialize;

use super::artifact::{Artifact, Metadata};
use super::entry::Entry;

/// An earlier manifest.
#[derive(Debug, Default, Deserialize)]
pub(super) struct EarlierManifest {
    metadata: Metadata,
    #[serde(default)]
    pub(super) nodes: HashMap<String, Entry>,
    #[serde(default)]
    sources: HashMap<String, Entry>,
    #[serde(default)]
    exposures: HashMap<String, Entry>,
    #[serde(default)]
    metrics: HashMap<String, Entry>,
    #[serde(default)]
    semantic_models: HashMap<String, Entry>,
    #[serde(default)]
    unit_tests: HashMap<String, Entry>,
    #[serde(default)]
    saved_queries: HashMap<String, Entry>,
    #[serde(default)]
    functions: HashMap<String, Entry>,
    #[serde(default)]
    pub(super) macros: HashMap<String, EarlierMacro>,
}

/// An earlier macro.
#[derive(Debug, Deserialize)]
pub(super) struct EarlierMacro {
    #[serde(default)]
    pub(super) macro_sql: String,
}

impl EarlierManifest {
    /// What it says of a node, whichever section that stands in.
    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        let sections = [
            &self.nodes,
            &self.sources,
            &self.exposures,
            &self.metrics,
            &self.semantic_models,
            &self.unit_tests,
            &self.saved_queries,
            &self.functions,
        ];
        sections.into_iter().find_map(|section| section.get(id))
    }
}

impl Artifact for EarlierManifest {
    const NAME: &'static str = "manifest";
    const VERSIONS: std::ops::RangeInclusive<u32> = 4..=12;

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
