use crate::relation::{Relation, RelationKind, RelationOp};

/// What a unit leaves of the relation that stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: the relation is a new one.
    New,
    /// The relation itself, with other rows.
    Kept,
    /// A view, with its privileges, as long as it takes its new definition.
    Redefined,
}

/// What a unit leaves of the relation that stands there.
pub fn changes_in_place(unit: &[RelationOp], existing: Option<&Relation>) -> Standing {
    let Some(existing) = existing else { return Standing::New };
    let replaces = |op: &RelationOp| {
        matches!(
            op,
            RelationOp::ReplaceTable { .. }
                | RelationOp::ReplaceMaterializedView { .. }
                | RelationOp::CreateEmptyTable { .. }
                | RelationOp::Clone { .. }
        )
    };
    let redefines = |op: &RelationOp| matches!(op, RelationOp::ReplaceView { .. });
    if unit.iter().any(replaces) {
        return Standing::New;
    }
    match unit.iter().any(redefines) {
        true if existing.kind == Some(RelationKind::View) => Standing::Redefined,
        true => Standing::New,
        false => Standing::Kept,
    }
}
