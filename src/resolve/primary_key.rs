use std::collections::HashMap;

use indexmap::IndexSet;
use serde_json::Value;

use super::context::Draft;
use crate::resource::{ConstraintKind, DataTest, Model, NodeKind, UniqueId};

/// What tests say of a model's columns.
#[derive(Default)]
struct Tested {
    unique: IndexSet<String>,
    disabled_unique: IndexSet<String>,
    not_null: IndexSet<String>,
}

/// Finds out which columns identify a model's rows. COMPAT: constraints, then columns tested for
/// both, then for uniqueness alone (dbt 1.11).
pub(super) fn infer(drafts: &mut [Draft]) {
    let mut tested: HashMap<UniqueId, Tested> = HashMap::new();
    for draft in drafts.iter() {
        let Some(test) = draft.node.as_data_test() else { continue };
        if let Some(id) = &test.attached_node {
            tested.entry(id.clone()).or_default().add(test, draft.node.config.enabled);
        }
    }
    for draft in drafts.iter_mut() {
        let constrained =
            draft.node.columns.values().find(|column| {
                column.constraints.iter().any(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
            });
        let constrained = constrained.map(|column| column.name.clone());
        if let NodeKind::Model(model) = &mut draft.node.kind {
            model.primary_key = primary_key(model, constrained, tested.get(&draft.node.unique_id));
        }
    }
}

fn primary_key(model: &Model, constrained: Option<String>, tested: Option<&Tested>) -> Vec<String> {
    if let Some(constraint) = model.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
    {
        return constraint.columns.clone();
    }
    if let Some(column) = constrained {
        return vec![column];
    }
    let Some(tested) = tested else { return Vec::new() };
    let both: Vec<String> = tested
        .not_null
        .iter()
        .filter(|column| tested.unique.contains(*column) || tested.disabled_unique.contains(*column))
        .cloned()
        .collect();
    if !both.is_empty() {
        return both;
    }
    let unique = if tested.unique.is_empty() { &tested.disabled_unique } else { &tested.unique };
    unique.iter().cloned().collect()
}

impl Tested {
    fn add(&mut self, test: &DataTest, enabled: bool) {
        let Some(metadata) = &test.metadata else { return };
        let columns: Vec<String> =
            match (metadata.kwargs.get("column_name"), metadata.kwargs.get("combination_of_columns")) {
                (Some(Value::String(column)), _) => vec![column.clone()],
                (_, Some(Value::Array(columns))) => {
                    columns.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => return,
            };
        match (metadata.name.as_str(), enabled) {
            ("unique" | "unique_combination_of_columns", true) => self.unique.extend(columns),
            ("unique" | "unique_combination_of_columns", false) => self.disabled_unique.extend(columns),
            ("not_null", _) => self.not_null.extend(columns),
            _ => {}
        }
    }
}
