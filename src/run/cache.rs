use std::collections::{HashMap, HashSet};
use std::sync::RwLock;

use crate::relation::{Relation, RelationKind, RelationOp, SchemaRef};

/// What is known to stand in the warehouse: filled by one catalog query at the start, kept up to date
/// by the operations that this run applies.
#[derive(Debug, Default)]
pub struct RelationCache {
    state: RwLock<CacheState>,
}

#[derive(Debug, Default)]
struct CacheState {
    schemas: HashSet<SchemaRef>,
    relations: HashMap<(String, String, String), Relation>,
}

impl CacheState {
    fn key(relation: &Relation) -> (String, String, String) {
        (relation.database.clone(), relation.schema.clone(), relation.identifier.clone())
    }

    fn put(&mut self, relation: Relation) {
        self.relations.insert(Self::key(&relation), relation);
    }
}

impl RelationCache {
    /// Takes over everything that stands in some schemas.
    pub fn fill(&self, schemas: &[SchemaRef], relations: Vec<Relation>) {
        let mut state = self.write();
        for schema in schemas {
            state.relations.retain(|_, relation| relation.schema_ref() != *schema);
        }
        state.schemas.extend(schemas.iter().cloned());
        for relation in relations {
            state.put(relation);
        }
    }

    /// Forgets what stands where: each schema is asked for anew.
    pub fn forget(&self) {
        self.write().schemas.clear();
    }

    /// Whether a schema's relations are known.
    pub fn knows(&self, schema: &SchemaRef) -> bool {
        self.read().schemas.contains(schema)
    }

    /// What stands at a place.
    pub fn get(&self, place: &Relation) -> Option<Relation> {
        self.read().relations.get(&CacheState::key(place)).cloned()
    }

    /// Everything known of a schema, by name.
    pub fn in_schema(&self, schema: &SchemaRef) -> Vec<Relation> {
        let mut found: Vec<Relation> =
            self.read().relations.values().filter(|relation| relation.schema_ref() == *schema).cloned().collect();
        found.sort_by(|left, right| left.identifier.cmp(&right.identifier));
        found
    }

    /// Takes over a relation that has come to stand there.
    pub fn put(&self, relation: Relation) {
        self.write().put(relation);
    }

    /// Follows an operation that was applied.
    pub fn note(&self, op: &RelationOp) {
        let mut state = self.write();
        match op {
            RelationOp::CreateSchema(schema) => {
                state.schemas.insert(schema.clone());
            }
            RelationOp::DropSchema(schema) => state.relations.retain(|_, relation| relation.schema_ref() != *schema),
            RelationOp::ReplaceTable { target, .. } | RelationOp::CreateEmptyTable { target, .. } => {
                state.put(target.clone().with_kind(RelationKind::Table));
            }
            RelationOp::Clone { target, .. } => state.put(target.clone().with_kind(RelationKind::Table)),
            RelationOp::ReplaceView { target, .. } => state.put(target.clone().with_kind(RelationKind::View)),
            RelationOp::ReplaceMaterializedView { target, .. } => {
                state.put(target.clone().with_kind(RelationKind::MaterializedView));
            }
            RelationOp::PutInPlace { target, kind, .. } => state.put(target.clone().with_kind(*kind)),
            RelationOp::Drop { relation, .. } => {
                state.relations.remove(&CacheState::key(relation));
            }
            RelationOp::Rename { from, to } => {
                let known = state.relations.remove(&CacheState::key(from));
                let kind = known.and_then(|known| known.kind).or(from.kind).or(to.kind);
                state.put(Relation { kind, ..to.clone() });
            }
            _ => {}
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, CacheState> {
        self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, CacheState> {
        self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
