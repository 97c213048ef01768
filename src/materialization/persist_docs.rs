use indexmap::IndexMap;

use super::Request;
use crate::relation::RelationOp;

/// Descriptions to store, as `persist_docs` says; nothing when it says nothing.
pub(crate) fn comments(request: &Request<'_>) -> Option<RelationOp> {
    let node = request.node;
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
    Some(RelationOp::Comment { relation: request.target.clone(), description, columns })
}
