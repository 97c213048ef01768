//! What the engine says while it works: a closed set of [`Event`]s, sent to a [`Reporter`].
//!
//! The engine knows events only; where they go (terminal, JSON lines, log file, a test's memory) is
//! the reporter's business. Events hold no engine state, and nothing here decides anything.

//!
//! [`ConsoleReporter`] serves people and tools: every event becomes a few lines with dbt's names, codes
//! and wording (`translate`), and each line is written as text, as JSON or with its level and thread,
//! to the console (`terminal`, `live`) and to `logs/dbt.log` (`log_file`), secrets scrubbed.

mod alert;
mod event;
mod fanout;
mod json;
mod line;
mod live;
mod log_file;
mod markdown;
mod scrub;
mod spans;
mod table;
mod target_files;
mod terminal;
#[cfg(test)]
mod tests;
mod translate;
mod wording;

pub use alert::{AlertContext, alert};
pub use event::{CommandEnd, Event, NodeLabel, PackageStep, ResourceCounts};
pub use fanout::{ConsoleReporter, ReportOptions};
pub use markdown::markdown;
pub use spans::SpanFile;
pub use target_files::TargetFiles;

/// Takes events; must not block the engine for long, and may be called from any thread.
pub trait Reporter: Send + Sync {
    /// One event.
    fn report(&self, event: &Event);
}

/// A reporter that keeps every event, for tests.
#[derive(Debug, Default)]
pub struct RecordingReporter {
    events: std::sync::Mutex<Vec<Event>>,
}

impl RecordingReporter {
    /// The events so far.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Reporter for RecordingReporter {
    fn report(&self, event: &Event) {
        self.events.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(event.clone());
    }
}
