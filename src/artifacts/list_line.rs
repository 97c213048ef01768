//! The lines of `ls`.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::Formatter;

use super::node::manifest_node;
use crate::config::OutputFormat;
use crate::resource::{JsonMap, Node, NodeKind, ResourceType};

/// Keys shown when none are asked for.
const DEFAULT_KEYS: [&str; 10] = [
    "alias",
    "name",
    "package_name",
    "depends_on",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// How `ls` shows a node. Keys are looked at for JSON only; `config.materialized` reaches inside.
pub fn list_line(node: &Node, format: OutputFormat, keys: &[String]) -> String {
    match format {
        OutputFormat::Json => json_line(&shown_keys(manifest_node(node), keys)),
        OutputFormat::Name => node.search_name(),
        OutputFormat::Path => node.origin.original_file_path.clone(),
        _ => selector(node),
    }
}

/// What selects just this node.
fn selector(node: &Node) -> String {
    let named = |method: &str, name: &str| format!("{method}:{}.{name}", node.package);
    match (&node.kind, node.resource_type()) {
        (NodeKind::Source(_), _) => named("source", &node.search_name()),
        (NodeKind::UnitTest(test), _) => {
            let version = test.version.as_ref().map(|version| format!("_v{}", version.text()));
            named("unit_test", &format!("{}{}", node.name, version.unwrap_or_default()))
        }
        (
            _,
            kind @ (ResourceType::Exposure
            | ResourceType::Metric
            | ResourceType::SavedQuery
            | ResourceType::SemanticModel),
        ) => named(kind.as_str(), &node.name),
        _ => node.fqn.join("."),
    }
}

/// COMPAT: without a choice the keys stand in the node's order, else in the order asked for; a dotted
/// key whose value is null is left out, a plain one is not.
fn shown_keys(mut node: JsonMap, keys: &[String]) -> JsonMap {
    if keys.is_empty() {
        node.retain(|key, _| DEFAULT_KEYS.contains(&key.as_str()));
        return node;
    }
    let value = |key: &String| match key.split_once('.') {
        Some((first, rest)) => nested(node.get(first)?, rest).filter(|value| !value.is_null()),
        None => node.get(key),
    };
    keys.iter().filter_map(|key| Some((key.clone(), value(key)?.clone()))).collect()
}

fn nested<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.as_object()?.get(key))
}

fn json_line(map: &JsonMap) -> String {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, PythonStyle);
    // Writing into memory does not fail.
    let _ = map.serialize(&mut serializer);
    String::from_utf8(line).unwrap_or_default()
}

/// COMPAT: JSON as Python writes it: a blank after commas and colons, ASCII only.
struct PythonStyle;

impl Formatter for PythonStyle {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for unit in fragment.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => writer.write_all(&[byte])?,
                _ => write!(writer, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }
}
