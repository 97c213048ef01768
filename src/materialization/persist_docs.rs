use indexmap::IndexMap;

use crate::relation::{Column, Relation, RelationOp};
use crate::resource::Node;

/// Descriptions to store, as `persist_docs` says; nothing when it says nothing.
pub fn comments(node: &Node, target: &Relation) -> Option<RelationOp> {
    let wanted = node.config.persist_docs;
    let description = (wanted.relation && !node.description.is_empty()).then(|| node.description.clone());
    let columns: IndexMap<String, String> = if wanted.columns {
        node.columns
            .values()
            .filter(|column| !column.description.is_empty())
            .map(|column| (column.name.clone(), column.description.clone()))
            .collect()
    } else {
        IndexMap::new()
    };
    if description.is_none() && columns.is_empty() {
        return None;
    }
    Some(RelationOp::Comment { relation: target.clone(), description, columns })
}

/// Described columns that a relation does not have. COMPAT: case counts for quoted names only (dbt 1.11).
pub fn missing_columns(node: &Node, standing: &[Column]) -> Vec<String> {
    let stands = |name: &str, quoted: bool| {
        standing.iter().any(|column| if quoted { column.name == name } else { column.name.eq_ignore_ascii_case(name) })
    };
    let described = node.columns.values();
    let missing = described.filter(|column| !stands(&column.name, column.quote == Some(true)));
    missing.map(|column| column.name.clone()).collect()
}
