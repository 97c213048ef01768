//! A node as its own template sees it, and the text of that template.

use std::sync::Arc;

use serde_json::json;

use super::generic_test;
use crate::artifacts::jinja_model;
use crate::config::EventWindow;
use crate::materialization::BatchSize;
use crate::relation::Relation;
use crate::resource::{JsonMap, Node};
use crate::source::FileId;

/// The Jinja text that gives a node's SQL, and where it stands.
pub(super) struct Template {
    pub(super) text: Arc<str>,
    pub(super) file: FileId,
    pub(super) offset: u32,
}

impl Template {
    pub(super) fn of(node: &Node) -> Self {
        let text = match node.as_data_test().and_then(|test| test.metadata.as_ref()) {
            Some(metadata) => Arc::from(generic_test::template(metadata)),
            None => Arc::clone(&node.raw_code),
        };
        Self { text, file: node.origin.file, offset: node.origin.span.start }
    }
}

/// COMPAT: `model.batch` of microbatch models (dbt 1.11).
fn batch_entry(node: &Node, batch: EventWindow) -> serde_json::Value {
    let size = node.config.text("batch_size").and_then(BatchSize::from_name);
    let id = size.map_or_else(String::new, |size| size.label(batch.start).replace('-', ""));
    let shown = |moment: chrono::DateTime<chrono::Utc>| moment.format("%Y-%m-%d %H:%M:%S+00:00").to_string();
    json!({ "id": id, "event_time_start": shown(batch.start), "event_time_end": shown(batch.end) })
}

/// A node as its templates see it.
pub(super) fn shown_model(node: &Node, batch: Option<EventWindow>) -> JsonMap {
    let mut model = jinja_model(node);
    if let Some(batch) = batch {
        model.insert("batch".to_owned(), batch_entry(node, batch));
    }
    model
}

/// Where an ephemeral model would stand: what `this` is to it.
pub(super) fn place(node: &Node) -> Option<Relation> {
    let (database, schema) = node.namespace.as_ref().filter(|_| node.as_model().is_some())?;
    Some(Relation::new(database.clone(), schema.clone(), node.alias.clone()))
}
