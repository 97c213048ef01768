//! The one place that knows which adapters there are.

use std::path::Path;
use std::sync::Arc;

use super::{Adapter, AdapterError, AdapterErrorKind};
use crate::resource::JsonMap;

/// Opens the adapter of a profile output (`type: postgres`, `type: lakehouse`). Nothing is
/// connected yet.
///
/// `output` is the output's mapping with Jinja rendered; `project_root` is what relative paths in it
/// are relative to; `threads` is the largest number of nodes that will run at once.
///
/// # Errors
/// `Settings` for an unknown type, a missing or a malformed key.
#[cfg_attr(not(feature = "lakehouse"), allow(unused_variables, reason = "only some adapters need all of them"))]
pub fn open(output: &JsonMap, project_root: &Path, threads: usize) -> Result<Arc<dyn Adapter>, AdapterError> {
    match output.get("type").and_then(serde_json::Value::as_str) {
        Some("postgres" | "postgresql") => Ok(Arc::new(super::postgres::Postgres::from_profile(output, threads)?)),
        #[cfg(feature = "lakehouse")]
        Some("lakehouse") => Ok(Arc::new(super::lakehouse::Lakehouse::from_profile(output, project_root, threads)?)),
        Some(other) => Err(AdapterError::new(
            AdapterErrorKind::Settings,
            format!("there is no adapter of type `{other}`; known are {}", known().join(", ")),
        )),
        None => Err(AdapterError::new(AdapterErrorKind::Settings, "the output has no `type`")),
    }
}

/// Adapters whose macros serve where a package has none for this type.
pub fn macro_parents(adapter_type: &str) -> Vec<String> {
    match adapter_type {
        // It speaks PostgreSQL's dialect.
        "lakehouse" => vec!["postgres".to_owned()],
        _ => Vec::new(),
    }
}

/// Names of the adapters in this build.
pub fn known() -> Vec<&'static str> {
    let mut names = vec!["postgres"];
    if cfg!(feature = "lakehouse") {
        names.push("lakehouse");
    }
    names
}
