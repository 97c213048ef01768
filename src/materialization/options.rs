use serde_json::Value;

use crate::adapter::{Capabilities, ExportFormat};
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{IndexSpec, TableOptions};
use crate::resource::{Materialization, Node, NodeConfig};

/// Refuses a table whose `file_format` is none that the warehouse keeps tables in. Views have none, and a database
/// with storage of its own leaves the key to those of other targets.
///
/// # Errors
/// `unsupported`.
pub fn check_file_format(node: &Node, capabilities: Capabilities) -> Result<(), Box<Diagnostic>> {
    let is_view = matches!(node.config.materialized, Materialization::View | Materialization::Ephemeral);
    let (Some(ours), Some(wanted), false) = (capabilities.file_format, node.config.text("file_format"), is_view) else {
        return Ok(());
    };
    if wanted.eq_ignore_ascii_case(ours) {
        return Ok(());
    }
    let message =
        format!("`file_format` of `{}` is `{wanted}`; this warehouse keeps tables in `{ours}` only", node.name);
    let problem = Diagnostic::error(Code::Unsupported, message).at(node.origin.configured(), "");
    Err(Box::new(match ExportFormat::from_name(wanted) {
        Some(_) => problem.help(format!(
            "leave it out; `publish: {{location: exports/{}.{wanted}}}` writes the rows into files as well",
            node.name
        )),
        None => problem.help(format!("leave it out, or write `file_format: {ours}`")),
    }))
}

/// Storage options as the config says.
pub fn table_options(config: &NodeConfig) -> TableOptions {
    let properties = match config.get("table_properties") {
        Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.clone(), plain_text(value))).collect(),
        _ => indexmap::IndexMap::new(),
    };
    TableOptions {
        indexes: index_specs(config.get("indexes")),
        unlogged: config.flag("unlogged").unwrap_or(false),
        partition_by: config.text_list("partition_by"),
        cluster_by: config.text_list("cluster_by"),
        properties,
    }
}

/// Indexes as written.
pub(super) fn index_specs(written: Option<&Value>) -> Vec<IndexSpec> {
    let Some(Value::Array(items)) = written else { return Vec::new() };
    items
        .iter()
        .filter_map(Value::as_object)
        .map(|index| IndexSpec {
            columns: match index.get("columns") {
                Some(Value::Array(columns)) => columns.iter().map(plain_text).collect(),
                Some(Value::String(column)) => vec![column.clone()],
                _ => Vec::new(),
            },
            unique: index.get("unique").and_then(Value::as_bool).unwrap_or(false),
            method: index.get("type").and_then(Value::as_str).map(str::to_owned),
        })
        .filter(|index| !index.columns.is_empty())
        .collect()
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
