//! From [`Event`]s to the lines that dbt would log for them, with dbt's names, codes and wording.

mod command;
mod node;
mod node_json;
mod package;
mod summary;

use std::sync::Arc;

use anstyle::AnsiColor;
use serde_json::Value;

use super::event::{Event, NodeLabel};
use super::line::{Line, Stamp};
use super::wording;
use crate::diagnostic::{Diagnostic, render};
use crate::resource::JsonMap;
use crate::source::SourceSet;

/// What lines depend on besides the event.
#[derive(Debug)]
pub(super) struct Translator {
    /// The files that diagnostics point into.
    pub(super) sources: Arc<SourceSet>,
    /// Whether any sink shows colours.
    pub(super) colored: bool,
    /// Whether any sink writes JSON.
    pub(super) with_data: bool,
    /// Whether any sink takes debug lines.
    pub(super) with_debug: bool,
    /// `--printer-width`.
    pub(super) printer_width: usize,
    /// Columns a table of rows may take, if there is a limit.
    pub(super) table_width: Option<usize>,
    /// `--output json` of `show`.
    pub(super) rows_as_json: bool,
    /// `--quiet`.
    pub(super) quiet: bool,
    /// Folder of compiled SQL as shown to the user: `target/compiled`.
    pub(super) compiled_folder: String,
}

impl Translator {
    /// The lines of an event, in order.
    pub(super) fn lines(&self, event: &Event, stamp: &Stamp) -> Vec<Line> {
        match event {
            Event::HookStarted { node, index, total } => self.hook_started(node, (*index, *total), stamp),
            Event::HookFinished { node, index, total, outcome } => {
                self.hook_finished(node, (*index, *total), outcome, stamp)
            }
            Event::NodeStarted { node, index, total } => self.node_started(node, (*index, *total), stamp),
            Event::NodeFinished { node, index, total, outcome, because_of } => {
                self.node_finished(node, (*index, *total), outcome, because_of.as_ref(), stamp)
            }
            Event::BatchStarted { node, index, total, batch } => {
                self.batch_started(node, (*index, *total), batch, stamp)
            }
            Event::BatchFinished { node, index, total, batch, status, elapsed } => {
                self.batch_finished(node, (*index, *total), (batch, *status, *elapsed), stamp)
            }
            Event::Package(step) => vec![self.package(step)],
            Event::Sql { label, node, sql } => self.debug(|| self.sql(label, node.as_deref(), sql, stamp)),
            Event::SqlFinished { label, node, status, elapsed } => {
                self.debug(|| self.sql_finished((label, node.as_deref()), status, *elapsed, stamp))
            }
            Event::Summary(results, labels) => self.summary(results, labels),
            other => self.command(other),
        }
    }

    /// Data for JSON, made only where some sink writes it.
    fn data(&self, make: impl FnOnce() -> Value) -> JsonMap {
        match self.with_data.then(make) {
            Some(Value::Object(map)) => map,
            _ => JsonMap::new(),
        }
    }

    fn line(&self, line: Line, data: impl FnOnce() -> Value) -> Line {
        Line { data: self.data(data), ..line }
    }

    fn green(&self, text: &str) -> String {
        wording::painted(text, AnsiColor::Green, self.colored)
    }

    fn yellow(&self, text: &str) -> String {
        wording::painted(text, AnsiColor::Yellow, self.colored)
    }

    fn red(&self, text: &str) -> String {
        wording::painted(text, AnsiColor::Red, self.colored)
    }

    fn rendered(&self, diagnostic: &Diagnostic) -> String {
        let style = if self.colored { render::Style::COLORED } else { render::Style::PLAIN };
        render::full(diagnostic, &self.sources, style)
    }

    /// Where a node's compiled SQL stands.
    fn compiled_path(&self, node: &NodeLabel) -> String {
        format!("{}/{}", self.compiled_folder, node.compiled_path())
    }
}
