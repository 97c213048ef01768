//! What templates say while the project is read: kept, and told in an order that does not hang on threads.

use std::sync::Mutex;

use serde_json::Value as Json;

use super::NodeContext;

/// Something that a template has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// `log()`.
    Log {
        /// The line.
        text: String,
        /// `info=true`: shown, and not only in the log file.
        info: bool,
    },
    /// `print()`.
    Print(String),
    /// `exceptions.warn()`.
    Warning(String),
}

/// Where a node comes in the order of what is said: what has a file of its own before what properties declare.
type Turn = (bool, usize, String, String, String);

/// What was said, each with the node it was said for.
#[derive(Debug, Default)]
pub(super) struct Heard(Mutex<Vec<(Turn, Said)>>);

/// COMPAT: the order in which kinds of nodes are parsed (dbt 1.11).
const KINDS: &[&str] = &["model", "snapshot", "analysis", "test", "seed", "operation", "function"];

impl Heard {
    /// Keeps what a node's templates have said.
    pub(super) fn add(&self, node: &NodeContext, said: Vec<Said>) {
        if said.is_empty() {
            return;
        }
        let turn = turn(node);
        let mut heard = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        heard.extend(said.into_iter().map(|said| (turn.clone(), said)));
    }

    /// All of it; what one node said stays in its order.
    pub(super) fn take(&self) -> Vec<Said> {
        let mut heard = std::mem::take(&mut *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        heard.sort_by(|(left, _), (right, _)| left.cmp(right));
        heard.into_iter().map(|(_, said)| said).collect()
    }
}

fn turn(node: &NodeContext) -> Turn {
    let part = |key: &str| node.model.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (kind, path) = (part("resource_type"), part("original_file_path"));
    let is_declared = path.ends_with(".yml") || path.ends_with(".yaml");
    let kind = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
    (is_declared, kind, part("package_name"), path, part("name"))
}
