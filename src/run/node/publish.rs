//! `publish:`: a model's rows copied to another target, streamed and swapped in, or into files.

use super::{Ended, Work};
use crate::adapter::{AdapterError, FileExport, Session};
use crate::config::LogLevel;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::{Publication, PublishedTable, comments, publication};
use crate::relation::{Column, GrantChange, Grants, Relation, RelationKind, RelationOp, TableOptions};
use crate::report::Event;
use crate::run::OtherTarget;

/// A publication whose place is known.
pub(super) enum Publishing {
    /// Into a table.
    Table(Box<Table>),
    /// Into files.
    Files(FileExport),
}

/// The table of another target that rows go into.
pub(super) struct Table {
    target: OtherTarget,
    relation: Relation,
    spec: PublishedTable,
}

impl Work<'_> {
    /// What is to be published once the node is built; settled before, so that what cannot be is told
    /// at once. A batch publishes nothing by itself, nor does a run over some of the rows.
    pub(super) fn publishing(&self) -> Result<Option<Publishing>, Box<Diagnostic>> {
        if self.batch.is_some() || self.runner.options.empty || self.runner.options.sample.is_some() {
            return Ok(None);
        }
        let spec = match publication(self.node)? {
            None => return Ok(None),
            Some(Publication::Files(files)) => return Ok(Some(Publishing::Files(files))),
            Some(Publication::Table(spec)) => spec,
        };
        let found = self.runner.warehouse.other(&spec.target);
        let target = found.map_err(|error| self.unpublished(&spec.target, &error))?;
        let written = spec.relation.clone().unwrap_or_else(|| match &self.node.relation {
            Some(relation) => relation.identifier.clone(),
            None => self.node.name.clone(),
        });
        let relation = Relation::parse(&written, &target.database, &target.schema).ok_or_else(|| {
            let message = format!("`publish` of `{}`: `{written}` is no name of a table", self.node.name);
            let problem = Diagnostic::error(Code::InvalidValue, message).at(self.node.origin.configured(), "");
            Box::new(problem.help("write `table`, `schema.table` or `database.schema.table`"))
        })?;
        if target.is_own && self.node.relation.as_ref().is_some_and(|own| own.same_place(&relation)) {
            // It is there once it is built.
            return Ok(None);
        }
        let relation = relation.with_kind(RelationKind::Table);
        Ok(Some(Publishing::Table(Box::new(Table { target, relation, spec }))))
    }

    /// Copies the rows of the node that was just built.
    pub(super) async fn publish(&self, publishing: Publishing, ended: Ended) -> Result<Ended, Box<Diagnostic>> {
        let (place, rows) = match &publishing {
            Publishing::Table(table) => {
                let target = &table.spec.target;
                let rows = self.copy(table).await.map_err(|error| self.unpublished(target, &error))?;
                (format!("`{target}` as {}", table.relation.short()), rows)
            }
            Publishing::Files(files) => {
                let rows = self.export(files).await.map_err(|error| self.unpublished(&files.location, &error))?;
                (format!("`{}`", files.location), rows)
            }
        };
        let text = format!("Published `{}` to {place}: {rows} rows", self.node.name);
        self.runner.reporter.report(&Event::Message { level: LogLevel::Info, text });
        Ok(ended)
    }

    async fn export(&self, files: &FileExport) -> Result<u64, AdapterError> {
        let mut session = self.runner.warehouse.adapter().session().await?;
        session.export(&self.all_rows(), files).await
    }

    fn all_rows(&self) -> String {
        let source = self.node.relation.as_ref().map(Relation::render).unwrap_or_default();
        format!("select * from {source}")
    }

    async fn copy(&self, publishing: &Table) -> Result<u64, AdapterError> {
        let adapter = &publishing.target.adapter;
        let schema = publishing.relation.schema_ref();
        let mut session = adapter.session().await?;
        // A user who may not create schemas may still fill one.
        if !adapter.list_schemas(&schema.database).await?.contains(&schema.schema) {
            session.apply(&[RelationOp::CreateSchema(schema)]).await?;
        }
        session.begin().await?;
        let copied = self.copy_within(&mut *session, publishing).await;
        match copied {
            Ok(rows) => session.commit().await.map(|()| rows),
            Err(error) => {
                // The first error is the one to tell.
                let _ = session.rollback().await;
                Err(error)
            }
        }
    }

    /// The rows go into a table beside, which then takes the place of the old one.
    async fn copy_within(&self, session: &mut dyn Session, publishing: &Table) -> Result<u64, AdapterError> {
        let (spec, target) = (&publishing.spec, &publishing.relation);
        let own = self.runner.warehouse.adapter();
        let mut rows = own.session().await?.stream(&self.all_rows(), None).await?;
        rows.columns.iter_mut().for_each(published);
        let grants = match &spec.grants {
            Some(grants) => grants.clone(),
            None => session.grants(target).await?,
        };
        let beside = publishing.target.adapter.dialect().beside(target);
        let table = RelationOp::CreateEmptyTable {
            target: beside.clone(),
            existing: None,
            columns: rows.columns.clone(),
            options: TableOptions::default(),
        };
        session.apply(&[table]).await?;
        let received = session.receive(&beside, rows).await?;
        let mut unit = vec![RelationOp::PutInPlace {
            from: beside,
            target: target.clone(),
            existing: Some(RelationKind::Table),
            kind: RelationKind::Table,
            indexes: spec.indexes.clone(),
        }];
        unit.extend(comments(self.node, target));
        if !grants.is_empty() {
            let change = GrantChange { relation: target.clone(), grant: grants, revoke: Grants::new() };
            unit.push(RelationOp::Grant(change));
        }
        session.apply(&unit).await?;
        Ok(received.rows_affected.unwrap_or_default())
    }

    fn unpublished(&self, target: &str, error: &AdapterError) -> Box<Diagnostic> {
        let mut diagnostic = Diagnostic::from(error);
        diagnostic.message = format!("`{}` cannot be published to `{target}`: {}", self.node.name, error.message);
        Box::new(diagnostic.at(self.node.origin.configured(), ""))
    }
}

/// A column as the table has it: records are stored as the text they come as.
fn published(column: &mut Column) {
    if column.data_type.starts_with("struct(") || column.data_type.starts_with("map(") {
        "text".clone_into(&mut column.data_type);
    }
    column.nullable = true;
    column.comment = None;
}
