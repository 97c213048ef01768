use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::failure::{diagnose, diagnose_sql};
use super::warehouse::{NodeSession, Warehouse};
use crate::adapter::AdapterError;
use crate::compile::Compiled;
use crate::config::{LogLevel, WarningRule};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Introspect;
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Relation, RelationOp, SchemaRef, Table};
use crate::report::{Event, NodeLabel, Reporter};
use crate::resource::Node;

/// The warehouse as the templates of one node see it. Its methods wait, so they are called on
/// threads that may block.
pub(super) struct NodeIntrospect {
    pub(super) handle: Handle,
    pub(super) warehouse: Arc<Warehouse>,
    pub(super) session: Arc<NodeSession>,
    pub(super) reporter: Arc<dyn Reporter>,
    /// `--print`.
    pub(super) prints: bool,
    /// What becomes of `exceptions.warn()`.
    pub(super) warnings: WarningRule,
    /// The node whose materialization is being carried out, if one is.
    pub(super) materialized: Option<MaterializedNode>,
}

/// A node that a user-written materialization builds.
pub(super) struct MaterializedNode {
    pub(super) node: Arc<Node>,
    pub(super) compiled: Arc<Compiled>,
    /// Where to ask for the engine's own way.
    pub(super) builds: mpsc::Sender<BuildRequest>,
}

/// Asks that the node at hand be built the engine's own way.
pub(super) struct BuildRequest {
    pub(super) materialization: String,
    /// In place of the node's own.
    pub(super) sql: Option<String>,
    pub(super) reply: oneshot::Sender<Result<(AdapterResponse, Table), Box<Diagnostic>>>,
}

impl NodeIntrospect {
    /// A statement's refusal: at the user's own line where the statement holds the node's query.
    fn refused(&self, error: &AdapterError, sql: &str) -> Box<Diagnostic> {
        let at_own_line = self.materialized.as_ref().and_then(|materialized| {
            let before = sql.find(materialized.compiled.sql.trim_end())?;
            Some(diagnose_sql(error, &materialized.node, &materialized.compiled, before))
        });
        let diagnostic = at_own_line.unwrap_or_else(|| diagnose(error));
        Box::new(diagnostic.note(format!("the statement was: {}", sql.trim())))
    }
}

impl Introspect for NodeIntrospect {
    fn query(&self, sql: &str, fetch: bool) -> Result<(Table, AdapterResponse), Box<Diagnostic>> {
        if sql.trim().is_empty() {
            return Ok((Table::empty(), AdapterResponse::default()));
        }
        self.handle.block_on(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            let session = session.get().map_err(|error| diagnose(&error))?;
            let answer = if fetch {
                session.query(sql).await
            } else {
                session.execute(sql).await.map(|response| (Table::empty(), response))
            };
            answer.map_err(|error| self.refused(&error, sql))
        })
    }

    fn relation(&self, place: &Relation) -> Result<Option<Relation>, Box<Diagnostic>> {
        let found = self.handle.block_on(self.warehouse.relation(place)).map_err(|error| diagnose(&error))?;
        Ok(found.map(|found| Relation { kind: found.kind, ..place.clone() }))
    }

    fn relations(&self, schema: &SchemaRef) -> Result<Vec<Relation>, Box<Diagnostic>> {
        self.handle.block_on(self.warehouse.relations(schema)).map_err(|error| diagnose(&error))
    }

    fn schemas(&self, database: &str) -> Result<Vec<String>, Box<Diagnostic>> {
        self.handle.block_on(self.warehouse.adapter().list_schemas(database)).map_err(|error| diagnose(&error))
    }

    fn columns(&self, relation: &Relation) -> Result<Vec<Column>, Box<Diagnostic>> {
        self.handle.block_on(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            session.get().map_err(|error| diagnose(&error))?.columns(relation).await.map_err(|error| diagnose(&error))
        })
    }

    fn describe(&self, sql: &str) -> Result<Vec<Column>, Box<Diagnostic>> {
        self.handle.block_on(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            session.get().map_err(|error| diagnose(&error))?.describe(sql).await.map_err(|error| diagnose(&error))
        })
    }

    fn apply(&self, unit: &[RelationOp]) -> Result<AdapterResponse, Box<Diagnostic>> {
        self.handle.block_on(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            session.apply(unit).await.map_err(|error| diagnose(&error))
        })
    }

    fn note(&self, op: &RelationOp) {
        self.warehouse.cache().note(op);
    }

    fn begin(&self) -> Result<(), Box<Diagnostic>> {
        self.handle.block_on(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            session.get().map_err(|error| diagnose(&error))?.begin().await.map_err(|error| diagnose(&error))
        })
    }

    fn commit(&self) -> Result<(), Box<Diagnostic>> {
        self.handle.block_on(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            session.get().map_err(|error| diagnose(&error))?.commit().await.map_err(|error| diagnose(&error))
        })
    }

    fn build(&self, materialization: &str, sql: Option<String>) -> Result<(AdapterResponse, Table), Box<Diagnostic>> {
        let nobody = || {
            let message = format!("`{materialization}` is a materialization: it can only be called by another one");
            Box::new(Diagnostic::error(Code::Unsupported, message))
        };
        let Some(materialized) = &self.materialized else { return Err(nobody()) };
        let (reply, answer) = oneshot::channel();
        let request = BuildRequest { materialization: materialization.to_owned(), sql, reply };
        self.handle.block_on(async {
            materialized.builds.send(request).await.map_err(|_| nobody())?;
            answer.await.map_err(|_| nobody())?
        })
    }

    fn executing(&self, sql: &str) {
        if let Some(materialized) = &self.materialized {
            let node = NodeLabel::of(&materialized.node);
            self.reporter.report(&Event::Executed { node, sql: Arc::from(sql) });
        }
    }

    fn say(&self, text: &str, info: bool, to_stdout: bool) {
        let event = match (to_stdout, info) {
            (true, _) if !self.prints => return,
            (true, _) => Event::Print(text.to_owned()),
            (false, true) => Event::Message { level: LogLevel::Info, text: text.to_owned() },
            (false, false) => Event::Message { level: LogLevel::Debug, text: text.to_owned() },
        };
        self.reporter.report(&event);
    }

    fn warn(&self, text: &str) -> Result<(), Box<Diagnostic>> {
        match self.warnings {
            WarningRule::Error => return Err(Box::new(Diagnostic::error(Code::RaisedByUser, text))),
            WarningRule::Warn => {
                let warning = Diagnostic::warning(Code::RaisedByUser, text);
                self.reporter.report(&Event::Diagnostic(Box::new(warning)));
            }
            WarningRule::Silence => {}
        }
        Ok(())
    }
}
