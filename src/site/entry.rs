//! One node of the site.

use serde::Serialize;
use serde_json::Value;

use super::data::text;
use super::markdown::to_html;

/// A node that has a page.
#[derive(Debug, Default, Serialize)]
pub struct Entry {
    /// Unique id.
    pub id: String,
    /// Name as people say it: `orders`, `shop.raw_orders`, `orders.v2`.
    pub name: String,
    /// `model`, `seed`, `source`, `test`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Package.
    pub package: String,
    /// Path of the file within the project.
    pub path: String,
    /// Place in the project's tree.
    pub fqn: Vec<String>,
    /// Name in the warehouse; empty if it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub relation: String,
    /// Schema in the warehouse.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub schema: String,
    /// `table`, `view`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub materialized: String,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Description as HTML.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Columns in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnEntry>,
    /// Unique ids of what it is built on.
    pub parents: Vec<String>,
    /// Further facts: label and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
    /// What a test tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<TestEntry>,
    /// Freshness of a source: `pass`, `warn`, `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    /// Age of a source's newest row, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<f64>,
    /// Whether its project wants it hidden in the graph (`docs.show: false`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Colour in the graph (`docs.node_color`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub color: String,
}

/// A column, as described and as it stands.
#[derive(Debug, Serialize)]
pub struct ColumnEntry {
    /// Name.
    pub name: String,
    /// Type; empty if unknown.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub data_type: String,
    /// Description as HTML.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// What a test is about.
#[derive(Debug, Serialize)]
pub struct TestEntry {
    /// Node tested; empty for singular tests.
    pub of: String,
    /// Column tested; empty for whole nodes.
    pub column: String,
    /// `unique`, `not_null`, `singular`, `unit`, ...
    pub kind: String,
    /// `error` or `warn`.
    pub severity: String,
}

/// A node from its part of the manifest and of the catalog.
pub(super) fn entry_of(id: &str, node: &Value, catalog: &Value) -> Entry {
    let config = node.get("config").unwrap_or(&Value::Null);
    let kind = kind_of(id, node);
    let docs = node.get("docs").or_else(|| config.get("docs")).unwrap_or(&Value::Null);
    let hidden = docs.get("show").and_then(Value::as_bool) == Some(false);
    Entry {
        id: id.to_owned(),
        name: name_of(node, &kind),
        package: text(node, "package_name"),
        path: text(node, "original_file_path"),
        fqn: texts(node.get("fqn")),
        relation: text(node, "relation_name"),
        schema: text(node, "schema"),
        materialized: if kind == "test" { String::new() } else { text(config, "materialized") },
        tags: texts(node.get("tags").or_else(|| config.get("tags"))),
        description: to_html(&text(node, "description")),
        columns: columns(node, catalog),
        parents: parents(node),
        facts: facts(node, config, catalog),
        color: text(docs, "node_color"),
        hidden,
        kind,
        ..Entry::default()
    }
}

/// A macro of the project or of a package.
pub(super) fn macro_entry(id: &str, item: &Value) -> Entry {
    let package = text(item, "package_name");
    let arguments = item.get("arguments").and_then(Value::as_array).into_iter().flatten();
    let column = |argument: &Value| ColumnEntry {
        name: text(argument, "name"),
        data_type: text(argument, "type"),
        description: to_html(&text(argument, "description")),
    };
    Entry {
        id: id.to_owned(),
        name: text(item, "name"),
        kind: "macro".to_owned(),
        fqn: vec![package.clone(), "macros".to_owned(), text(item, "name")],
        package,
        path: text(item, "original_file_path"),
        description: to_html(&text(item, "description")),
        columns: arguments.map(column).collect(),
        ..Entry::default()
    }
}

/// What a test tests; `None` for other nodes.
pub(super) fn test_of(node: &Value) -> Option<TestEntry> {
    let kind = text(node, "resource_type");
    let config = node.get("config").unwrap_or(&Value::Null);
    if kind == "unit_test" {
        let of = parents(node).into_iter().next().unwrap_or_default();
        return Some(TestEntry { of, column: String::new(), kind: "unit".to_owned(), severity: "error".to_owned() });
    }
    if kind != "test" {
        return None;
    }
    let metadata = node.get("test_metadata").filter(|metadata| metadata.is_object());
    Some(TestEntry {
        of: text(node, "attached_node"),
        column: text(node, "column_name"),
        kind: metadata.map_or_else(|| "singular".to_owned(), |metadata| text(metadata, "name")),
        severity: text(config, "severity").to_ascii_lowercase(),
    })
}

fn kind_of(id: &str, node: &Value) -> String {
    match text(node, "resource_type") {
        kind if kind.is_empty() => id.split('.').next().unwrap_or_default().to_owned(),
        kind => kind,
    }
}

fn name_of(node: &Value, kind: &str) -> String {
    let name = text(node, "name");
    match (kind, node.get("version")) {
        ("source", _) => format!("{}.{name}", text(node, "source_name")),
        (_, Some(Value::String(version))) => format!("{name}.v{version}"),
        (_, Some(Value::Number(version))) => format!("{name}.v{version}"),
        _ => name,
    }
}

/// Described columns first come by the warehouse's order where it is known.
fn columns(node: &Value, catalog: &Value) -> Vec<ColumnEntry> {
    let described = node.get("columns").and_then(Value::as_object);
    let standing = catalog.get("columns").and_then(Value::as_object);
    let description = |name: &str| {
        let columns = described?.iter();
        let found = columns.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, column)| column).next();
        found.map(|column| to_html(&text(column, "description")))
    };
    let mut columns: Vec<(i64, ColumnEntry)> = standing
        .into_iter()
        .flatten()
        .map(|(name, column)| {
            let index = column.get("index").and_then(Value::as_i64).unwrap_or_default();
            let description = description(name).unwrap_or_default();
            (index, ColumnEntry { name: name.clone(), data_type: text(column, "type"), description })
        })
        .collect();
    columns.sort_by_key(|(index, _)| *index);
    let is_standing = |name: &str| standing.is_some_and(|all| all.keys().any(|known| known.eq_ignore_ascii_case(name)));
    let only_described = described.into_iter().flatten().filter(|(name, _)| !is_standing(name));
    let only_described = only_described.map(|(name, column)| ColumnEntry {
        name: name.clone(),
        data_type: text(column, "data_type"),
        description: to_html(&text(column, "description")),
    });
    columns.into_iter().map(|(_, column)| column).chain(only_described).collect()
}

fn parents(node: &Value) -> Vec<String> {
    texts(node.get("depends_on").and_then(|depends| depends.get("nodes")))
}

fn facts(node: &Value, config: &Value, catalog: &Value) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut add = |label: &str, value: String| {
        if !value.is_empty() {
            facts.push((label.to_owned(), value));
        }
    };
    for (label, key) in [("access", "access"), ("group", "group"), ("strategy", "incremental_strategy")] {
        let own = text(node, key);
        add(label, if own.is_empty() { text(config, key) } else { own });
    }
    add("unique key", config.get("unique_key").map(plain).unwrap_or_default());
    for (label, key) in [
        ("loader", "loader"),
        ("loaded at", "loaded_at_field"),
        ("kind", "type"),
        ("maturity", "maturity"),
        ("address", "url"),
        ("label", "label"),
    ] {
        add(label, text(node, key));
    }
    add("owner", owner(node, catalog));
    let metadata = catalog.get("metadata").unwrap_or(&Value::Null);
    add("in the warehouse", text(metadata, "type").to_ascii_lowercase());
    for (_, stat) in catalog.get("stats").and_then(Value::as_object).into_iter().flatten() {
        if stat.get("include").and_then(Value::as_bool) == Some(true) {
            add(&text(stat, "label").to_lowercase(), stat.get("value").map(plain).unwrap_or_default());
        }
    }
    for (key, value) in node.get("meta").and_then(Value::as_object).into_iter().flatten() {
        add(&format!("meta: {key}"), plain(value));
    }
    facts
}

fn owner(node: &Value, catalog: &Value) -> String {
    match node.get("owner") {
        Some(owner) if owner.is_object() => {
            let parts = [text(owner, "name"), text(owner, "email")];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<String>>().join(", ")
        }
        _ => catalog.get("metadata").map(|metadata| text(metadata, "owner")).unwrap_or_default(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<String>>().join(", "),
        other => other.to_string(),
    }
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
