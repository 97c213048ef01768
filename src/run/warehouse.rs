use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use super::RelationCache;
use super::runner::NodeRunner;
use crate::adapter::{Adapter, AdapterError, AdapterErrorKind, Heard, Listener, Session, Tap};
use crate::outcome::AdapterResponse;
use crate::relation::{Relation, RelationOp, SchemaRef};
use crate::report::{Event, NodeLabel};
use crate::resource::Node;

/// A warehouse, and what is known to stand in it.
pub struct Warehouse {
    adapter: Arc<dyn Adapter>,
    cache: RelationCache,
    others: OtherTargets,
    /// Held by who makes a table of the engine's own, which several nodes need.
    defining: Mutex<()>,
}

/// Another target of the profile, that rows come from or go to.
#[derive(Clone)]
pub struct OtherTarget {
    /// Its warehouse.
    pub adapter: Arc<dyn Adapter>,
    /// Its database.
    pub database: String,
    /// Its default schema.
    pub schema: String,
    /// Whether it is the one that is built into.
    pub is_own: bool,
}

/// Other targets by name, or why one cannot be used.
#[derive(Default)]
pub struct OtherTargets(HashMap<String, Result<OtherTarget, AdapterError>>);

impl OtherTargets {
    /// The warehouses of those that can be used.
    pub fn adapters(&self) -> impl Iterator<Item = &Arc<dyn Adapter>> {
        self.0.values().flatten().map(|target| &target.adapter)
    }
}

impl FromIterator<(String, Result<OtherTarget, AdapterError>)> for OtherTargets {
    fn from_iter<I: IntoIterator<Item = (String, Result<OtherTarget, AdapterError>)>>(targets: I) -> Self {
        Self(targets.into_iter().collect())
    }
}

impl Warehouse {
    /// A warehouse of which nothing is known yet.
    pub fn new(adapter: Arc<dyn Adapter>) -> Self {
        Self { adapter, cache: RelationCache::default(), others: OtherTargets::default(), defining: Mutex::default() }
    }

    /// The same, with other targets within reach.
    #[must_use]
    pub fn beside(mut self, others: OtherTargets) -> Self {
        self.others = others;
        self
    }

    /// Waits until no other node of this run makes a table of the engine's own.
    pub(super) async fn turn_to_define(&self) -> MutexGuard<'_, ()> {
        self.defining.lock().await
    }

    /// Another target of the profile.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn other(&self, target: &str) -> Result<OtherTarget, AdapterError> {
        let unknown = || AdapterError::new(AdapterErrorKind::Settings, format!("there is no target `{target}`"));
        self.others.0.get(target).cloned().unwrap_or_else(|| Err(unknown()))
    }

    /// The adapter.
    pub fn adapter(&self) -> &Arc<dyn Adapter> {
        &self.adapter
    }

    /// What is known to stand there.
    pub fn cache(&self) -> &RelationCache {
        &self.cache
    }

    /// Makes the schemas that are missing, and finds out what stands in all of them.
    ///
    /// # Errors
    /// The warehouse's refusal.
    pub async fn prepare(&self, needed: &[SchemaRef], known: &[SchemaRef]) -> Result<(), AdapterError> {
        let missing = self.missing_schemas(needed).await?;
        if !missing.is_empty() {
            let unit: Vec<RelationOp> = missing.into_iter().map(RelationOp::CreateSchema).collect();
            self.create_schemas(&unit).await?;
        }
        let relations = self.adapter.list_relations(known).await?;
        self.cache.fill(known, relations);
        Ok(())
    }

    /// Makes schemas.
    pub(super) async fn create_schemas(&self, unit: &[RelationOp]) -> Result<(), AdapterError> {
        self.adapter.session().await?.apply(unit).await.map(drop)
    }

    /// Those of some schemas that do not stand.
    pub(super) async fn missing_schemas(&self, needed: &[SchemaRef]) -> Result<Vec<SchemaRef>, AdapterError> {
        let mut missing = Vec::new();
        let mut databases: Vec<&str> = needed.iter().map(|schema| schema.database.as_str()).collect();
        databases.sort_unstable();
        databases.dedup();
        for database in databases {
            let standing = self.adapter.list_schemas(database).await?;
            let of_database = needed.iter().filter(|schema| schema.database == database);
            missing.extend(of_database.filter(|schema| !standing.contains(&schema.schema)).cloned());
        }
        Ok(missing)
    }

    /// What stands at a place; asks the warehouse about schemas that are not known yet.
    ///
    /// # Errors
    /// The warehouse's refusal.
    pub async fn relation(&self, place: &Relation) -> Result<Option<Relation>, AdapterError> {
        self.know(&place.schema_ref()).await?;
        Ok(self.cache.get(place))
    }

    /// All that stands in a schema.
    ///
    /// # Errors
    /// The warehouse's refusal.
    pub async fn relations(&self, schema: &SchemaRef) -> Result<Vec<Relation>, AdapterError> {
        self.know(schema).await?;
        Ok(self.cache.in_schema(schema))
    }

    async fn know(&self, schema: &SchemaRef) -> Result<(), AdapterError> {
        if !self.cache.knows(schema) {
            let one = [schema.clone()];
            let relations = self.adapter.list_relations(&one).await?;
            self.cache.fill(&one, relations);
        }
        Ok(())
    }
}

/// The session of one node, opened when it is first needed and shared with the node's templates.
pub(super) struct NodeSession {
    warehouse: Arc<Warehouse>,
    tap: Result<Tap, AdapterError>,
    session: Mutex<Option<Box<dyn Session>>>,
}

impl NodeSession {
    /// The session of a node.
    pub(super) fn of_node(runner: &NodeRunner, node: &Node) -> Arc<Self> {
        Self::new(runner, Some(node), node.unique_id.as_str())
    }

    /// A session of the engine's own, for a purpose.
    pub(super) fn named(runner: &NodeRunner, connection: &str) -> Arc<Self> {
        Self::new(runner, None, connection)
    }

    fn new(runner: &NodeRunner, node: Option<&Node>, connection: &str) -> Arc<Self> {
        let comment = runner.query_comment(node, connection);
        let comment = comment.map_err(|problem| AdapterError::new(AdapterErrorKind::Settings, problem.message));
        let (reporter, label) = (Arc::clone(&runner.reporter), connection.to_owned());
        let node = node.map(|node| Arc::new(NodeLabel::of(node)));
        let listener: Listener = Arc::new(move |heard: Heard<'_>| {
            let (label, node) = (label.clone(), node.clone());
            reporter.report(&match heard {
                Heard::Sent(sql) => Event::Sql { label, node, sql: sql.to_owned() },
                Heard::Answered { status, elapsed } => {
                    Event::SqlFinished { label, node, status: status.to_owned(), elapsed }
                }
            });
        });
        let invocation_id = runner.compiler.engine().settings().invocation.id.clone();
        let tap = comment.map(|comment| Tap { comment, listener: Some(listener), invocation_id });
        Arc::new(Self { warehouse: Arc::clone(&runner.warehouse), tap, session: Mutex::new(None) })
    }

    /// Takes the session for a while.
    ///
    /// # Errors
    /// `Connection`.
    pub(super) async fn take(&self) -> Result<OpenSession<'_>, AdapterError> {
        let mut guard = self.session.lock().await;
        if guard.is_none() {
            let tap = self.tap.clone()?;
            let mut session = self.warehouse.adapter.session().await?;
            session.attach(tap);
            *guard = Some(session);
        }
        Ok(OpenSession { guard, cache: &self.warehouse.cache })
    }
}

/// A session in use.
pub(super) struct OpenSession<'a> {
    guard: MutexGuard<'a, Option<Box<dyn Session>>>,
    cache: &'a RelationCache,
}

impl OpenSession<'_> {
    /// The session itself.
    ///
    /// # Errors
    /// None in practice: it was opened before.
    pub(super) fn get(&mut self) -> Result<&mut Box<dyn Session>, AdapterError> {
        let closed = || AdapterError::new(AdapterErrorKind::Internal, "the session is closed");
        self.guard.as_mut().ok_or_else(closed)
    }

    /// Applies a unit and follows it in the cache.
    ///
    /// # Errors
    /// The warehouse's refusal.
    pub(super) async fn apply(&mut self, unit: &[RelationOp]) -> Result<AdapterResponse, AdapterError> {
        let response = self.get()?.apply(unit).await?;
        unit.iter().for_each(|op| self.cache.note(op));
        Ok(response)
    }
}
