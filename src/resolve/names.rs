use md5::{Digest, Md5};
use serde_json::Value;

use crate::resource::JsonMap;

/// What a generic test is called when its user gave it no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenericTestName {
    /// For the unique id and the path of names.
    pub full: String,
    /// For files and the warehouse: under 64 characters.
    pub short: String,
}

/// Longest full name that is used as it is.
const LONGEST: usize = 63;

impl GenericTestName {
    /// The name made of the test (`unique`, `dbt_utils_equality`), the node it is declared on
    /// (`orders`, `source_raw_orders`) and its arguments in order of their names.
    pub fn new(test: &str, node: &str, arguments: &JsonMap) -> Self {
        let mut names: Vec<&String> = arguments.keys().filter(|name| *name != "model").collect();
        names.sort_unstable();
        let parts: Vec<String> = names
            .into_iter()
            .filter_map(|name| arguments.get(name))
            .flat_map(flattened)
            .map(|part| only_word_characters(&part))
            .collect();
        let identifier = format!("{test}_{node}");
        let full = format!("{identifier}_{}", parts.join("__"));
        if full.chars().count() <= LONGEST {
            return Self { short: full.clone(), full };
        }
        let head: String = identifier.chars().take(30).collect();
        let hash = hex::encode(Md5::digest(full.as_bytes()));
        Self { short: format!("{head}_{hash}"), full }
    }
}

fn flattened(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(python_text).collect(),
        Value::Object(map) => map.values().map(python_text).collect(),
        other => vec![python_text(other)],
    }
}

/// COMPAT: values become text as Python's `str` has it (dbt 1.11).
fn python_text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every run of other characters becomes one underscore.
fn only_word_characters(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut in_gap = false;
    for letter in text.chars() {
        let is_word = letter.is_ascii_alphanumeric() || letter == '_';
        if is_word {
            clean.push(letter);
        } else if !in_gap {
            clean.push('_');
        }
        in_gap = !is_word;
    }
    clean
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(test: &str, node: &str, arguments: Value) -> GenericTestName {
        GenericTestName::new(test, node, arguments.as_object().unwrap_or(&JsonMap::new()))
    }

    /// Expected names are what dbt 1.11 gives the same tests.
    #[test]
    fn names_are_those_of_dbt() {
        let name = named("unique", "orders", json!({ "column_name": "id", "model": "{{ ref('orders') }}" }));
        assert_eq!((name.full.as_str(), name.short.as_str()), ("unique_orders_id", "unique_orders_id"));
        let name = named(
            "accepted_values",
            "orders",
            json!({ "values": ["placed", "shipped", "completed", "returned"], "column_name": "status" }),
        );
        assert_eq!(name.full, "accepted_values_orders_status__placed__shipped__completed__returned");
        assert_eq!(name.short, "accepted_values_orders_8b08a2e3c7880954e0d6e0b54536f6b3");
        let name = named(
            "relationships",
            "orders",
            json!({ "to": "ref('customers')", "field": "id", "column_name": "customer_id" }),
        );
        assert_eq!(name.full, "relationships_orders_customer_id__id__ref_customers_");
    }
}
