use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::artifact::{Artifact, Metadata};
use crate::resource::UniqueId;

/// Freshness of sources, as `sources.json` says.
#[derive(Debug, Deserialize)]
pub(super) struct EarlierFreshness {
    metadata: Metadata,
    #[serde(default)]
    results: Vec<Checked>,
}

#[derive(Debug, Deserialize)]
struct Checked {
    unique_id: String,
    /// Absent where the check failed.
    max_loaded_at: Option<DateTime<Utc>>,
}

impl EarlierFreshness {
    /// Sources that have newer rows than before, or that were not checked before. One whose check
    /// failed is not among them.
    pub(super) fn fresher_than(&self, before: &Self) -> HashSet<UniqueId> {
        let known: HashMap<&str, DateTime<Utc>> = before.loaded().collect();
        self.loaded()
            .filter(|(id, at)| known.get(id).is_none_or(|earlier| at > earlier))
            .map(|(id, _)| UniqueId::new(id))
            .collect()
    }

    fn loaded(&self) -> impl Iterator<Item = (&str, DateTime<Utc>)> {
        self.results.iter().filter_map(|checked| Some((checked.unique_id.as_str(), checked.max_loaded_at?)))
    }
}

impl Artifact for EarlierFreshness {
    const NAME: &'static str = "sources";
    const VERSIONS: std::ops::RangeInclusive<u32> = 1..=3;

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
