//! What is done to tables for their own sake.

use chrono::TimeDelta;

/// A step of looking after a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upkeep {
    /// Small files become large ones, in the order of the table's cluster columns if it has some.
    Compact,
    /// Space of rows that nobody reads any more is freed.
    Vacuum,
    /// The state is written down, so that readers need not go through all changes.
    Checkpoint,
}

impl Upkeep {
    /// All of them, in the order that they are done in.
    pub const ALL: [Self; 3] = [Self::Compact, Self::Vacuum, Self::Checkpoint];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Vacuum => "vacuum",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// How a table is looked after.
#[derive(Debug, Clone)]
pub struct Maintenance {
    /// What is done, in this order.
    pub steps: Vec<Upkeep>,
    /// How long what was replaced can still be read.
    pub retention: TimeDelta,
    /// Columns that rows which are near each other are kept together by.
    pub cluster_by: Vec<String>,
    /// Whether only what would be done is told.
    pub dry_run: bool,
}
