//! What the report shows: the records of runs, and the nodes that are in them.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::Artifacts;
use super::data::{ProjectHead, SiteData};
use super::entry::Entry;
use super::runs::{Depth, PackedRuns, newest, pack};
use crate::outcome::Observed;

/// Everything the report draws.
#[derive(Debug, Serialize)]
pub struct ReportData {
    /// The project.
    pub project: ProjectHead,
    /// Nodes that ran, and those that tests are of; without descriptions and columns.
    pub nodes: Vec<Entry>,
    /// Runs, the oldest first, with the rows that tests found.
    pub runs: PackedRuns,
    /// What tests measured, run by run.
    pub observed: Vec<BTreeMap<String, Observed>>,
}

impl ReportData {
    /// Reads artifacts and records.
    pub fn new(mut artifacts: Artifacts) -> Self {
        let mut runs = newest(std::mem::take(&mut artifacts.runs));
        let SiteData { project, nodes, .. } = SiteData::new(&artifacts);
        let observed = runs.iter_mut().map(|run| std::mem::take(&mut run.observed)).collect();
        let mut shown: HashSet<&str> = runs.iter().flat_map(|run| run.results.keys().map(String::as_str)).collect();
        let of_tests = nodes.iter().filter(|node| shown.contains(node.id.as_str()) && node.test.is_some());
        let tested: Vec<&str> = of_tests.flat_map(|test| test.parents.iter().map(String::as_str)).collect();
        shown.extend(tested);
        let shown: HashSet<String> = shown.into_iter().map(str::to_owned).collect();
        let slim = |node: Entry| {
            let facts = Vec::new();
            Entry { description: String::new(), columns: Vec::new(), fqn: Vec::new(), facts, ..node }
        };
        let nodes: Vec<Entry> = nodes.into_iter().filter(|node| shown.contains(&node.id)).map(slim).collect();
        Self { project, runs: pack(&runs, &nodes, Depth::Contents), nodes, observed }
    }
}
