use std::sync::Arc;

use tokio::runtime::Handle;

use super::failure::diagnose;
use super::warehouse::{NodeSession, Warehouse};
use crate::config::LogLevel;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Introspect;
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Relation, RelationOp, SchemaRef, Table};
use crate::report::{Event, Reporter};

/// The warehouse as the templates of one node see it. Its methods wait, so they are called on
/// threads that may block.
pub(super) struct NodeIntrospect {
    pub(super) handle: Handle,
    pub(super) warehouse: Arc<Warehouse>,
    pub(super) session: Arc<NodeSession>,
    pub(super) reporter: Arc<dyn Reporter>,
    /// `--print`.
    pub(super) prints: bool,
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
            answer.map_err(|error| Box::new(diagnose(&error).note(format!("the statement was: {}", sql.trim()))))
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

    fn say(&self, text: &str, info: bool, to_stdout: bool) {
        let event = match (to_stdout, info) {
            (true, _) if !self.prints => return,
            (true, _) => Event::Print(text.to_owned()),
            (false, true) => Event::Message { level: LogLevel::Info, text: text.to_owned() },
            (false, false) => Event::Message { level: LogLevel::Debug, text: text.to_owned() },
        };
        self.reporter.report(&event);
    }

    fn warn(&self, text: &str) {
        let warning = Diagnostic::warning(Code::RaisedByUser, text);
        self.reporter.report(&Event::Diagnostic(Box::new(warning)));
    }
}
