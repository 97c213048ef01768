//! What is usual: tests that compare what is measured now with what was measured before.
//!
//! A test's macro gives the SQL that measures; [`Expectations`] are its arguments, read once for the
//! window of time that is measured and once for the verdict; [`judge_values`] and [`judge_columns`] turn
//! measurements and [`History`](crate::history::History) into the rows that the test fails with and what is
//! kept for later runs. Everything here is a pure function: no warehouse, no templates.

mod expectations;
mod period;
mod schema;
#[cfg(test)]
mod tests;
mod usual;
mod verdict;

use crate::outcome::Observed;
use crate::relation::Column;
use crate::resource::{JsonMap, Node};

pub use expectations::Expectations;
pub use period::Bucket;
pub use schema::judge_columns;
pub use usual::Usual;
pub use verdict::judge_values;

/// A test that the engine judges by what was measured before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnomalyTest {
    /// The number of rows.
    Volume,
    /// The age of the newest row.
    Freshness,
    /// Measures of a column.
    Column,
    /// Which columns there are.
    Schema,
}

/// What a test found: the rows it fails with, and what later runs compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Columns of the rows.
    pub columns: Vec<Column>,
    /// A row for each fault.
    pub faults: Vec<JsonMap>,
    /// What was measured.
    pub observed: Observed,
    /// How many values there are to learn from, where they are too few to judge.
    pub learning: Option<usize>,
}

impl AnomalyTest {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Volume, Self::Freshness, Self::Column, Self::Schema];

    /// The test that a node is, unless the project has its own test of this name.
    pub fn of(node: &Node) -> Option<Self> {
        node.as_data_test()?.metadata.as_ref()?;
        node.depends_on.macros.iter().find_map(|id| match id.as_str() {
            "macro.dbt.test_volume_anomaly" => Some(Self::Volume),
            "macro.dbt.test_freshness_anomaly" => Some(Self::Freshness),
            "macro.dbt.test_column_anomaly" => Some(Self::Column),
            "macro.dbt.test_schema_changes" => Some(Self::Schema),
            _ => None,
        })
    }

    /// Its name in properties files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume_anomaly",
            Self::Freshness => "freshness_anomaly",
            Self::Column => "column_anomaly",
            Self::Schema => "schema_changes",
        }
    }
}

/// Under which name a test's measurements are kept: what is measured, however it is judged, so that another
/// `sensitivity` keeps what was learned.
pub fn observed_key(test: AnomalyTest, node: &Node, expectations: &Expectations) -> String {
    let measured = node.depends_on.nodes.first().map(|id| id.as_str()).unwrap_or_default();
    let column = node.as_data_test().and_then(|test| test.column_name.as_deref()).unwrap_or_default();
    let condition = node.config.text("where").unwrap_or_default();
    let bucket = expectations.bucket.map_or("run", Bucket::as_str);
    [test.name(), measured, column, condition, bucket].join("|")
}
