use chrono::{DateTime, Utc};

use crate::config::LogLevel;
use crate::resource::JsonMap;

/// One entry of a log in dbt's terms: what tools that read dbt's logs know by name and code.
///
/// Every [`Event`](super::Event) becomes a few of these; console and log file differ only in how they
/// write them.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// dbt's event name, such as `LogModelResult`.
    pub(super) name: &'static str,
    /// dbt's event code, such as `Q012`.
    pub(super) code: &'static str,
    /// Level.
    pub(super) level: LogLevel,
    /// The text, possibly with ANSI colours and several lines.
    pub(super) text: String,
    /// What JSON adds; empty where no sink writes JSON.
    pub(super) data: JsonMap,
}

impl Line {
    /// A line without data.
    pub(super) fn new(name: &'static str, code: &'static str, level: LogLevel, text: impl Into<String>) -> Self {
        Self { name, code, level, text: text.into(), data: JsonMap::new() }
    }

    /// An empty line between parts of the output.
    pub(super) fn blank() -> Self {
        Self::new("Formatting", "Z017", LogLevel::Info, "")
    }

    /// Whether it is what the user asked for on standard output: no time stamp, shown even when quiet.
    pub(super) fn is_output(&self) -> bool {
        matches!(self.name, "PrintEvent" | "ShowNode")
    }

    /// Whether it says that something starts; live progress says so in its own way.
    pub(super) fn is_start(&self) -> bool {
        matches!(self.name, "LogStartLine" | "LogHookStartLine")
    }
}

/// When an event came and from which thread.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// `MainThread`, `Thread-1 (worker)`.
    pub(super) thread: String,
}
