//! Columns, comments and copies of tables that exist.

use std::collections::HashMap;
use std::sync::Arc;

use deltalake::DeltaTable;
use deltalake::arrow::datatypes::{Field, FieldRef, Schema};
use deltalake::protocol::DeltaOperation;
use indexmap::IndexMap;

use super::commit::{Change, Description, add_all, remove_all};
use super::copy_on_write::{Target, given};
use super::names::quoted;
use super::replace::retried;
use super::response::response;
use super::session::LakehouseSession;
use super::view_store::StoredView;
use super::warehouse::{Found, Place};
use super::write::write_plan;
use super::{constraint, error};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::outcome::AdapterResponse;
use crate::relation::{AlterColumns, Column, Relation, TableOptions, TableShape};

/// The key under which Delta keeps a column's comment.
pub(super) const COMMENT: &str = "comment";

impl LakehouseSession {
    /// Adds columns by metadata alone; dropping and retyping write the rows anew, in one commit.
    pub(super) async fn alter_columns(&self, alter: &AlterColumns) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(&alter.relation)?;
        let _turn = self.warehouse.turn_to_write(&place).await;
        retried(|| self.alter_once(&place, alter)).await?;
        Ok(response("ALTER TABLE"))
    }

    async fn alter_once(&self, place: &Place, alter: &AlterColumns) -> Result<(), AdapterError> {
        let target = Target::open(self, place).await?;
        let mut description = Description::of(&target.table)?;
        let before = Arc::clone(&description.schema);
        description.schema = Arc::new(altered(&before, alter)?);
        let mut actions = description.actions(&target.table)?;
        if !alter.drop.is_empty() || !alter.retype.is_empty() {
            let columns: Vec<String> = description
                .schema
                .fields()
                .iter()
                .map(|field| match before.field_with_name(field.name()) {
                    Ok(_) => quoted(field.name()),
                    Err(_) => format!("null as {}", quoted(field.name())),
                })
                .collect();
            let rows = format!("select {} from {}", columns.join(", "), given("target"));
            let plan = target.catalog.plan_text(&rows).await?;
            let sink = description.sink(target.table.log_store().object_store(None), &self.warehouse.base)?;
            let written = write_plan(&target.catalog.state(), &plan, &sink).await?;
            actions.extend(remove_all(&target.table)?);
            actions.extend(add_all(written.files));
        }
        let operation = DeltaOperation::SetTableProperties { properties: HashMap::new() };
        Change { table: target.table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(())
    }

    /// Stores descriptions with a table or view. What already stands there is not written again.
    pub(super) async fn comment(
        &self,
        relation: &Relation,
        description: Option<&str>,
        columns: &IndexMap<String, String>,
    ) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(relation)?;
        let _turn = self.warehouse.turn_to_write(&place).await;
        match self.warehouse.find(&place).await? {
            Some(Found::View(view)) => self.comment_view(&place, view, description, columns).await?,
            Some(Found::Table(_)) => retried(|| self.comment_table(&place, description, columns)).await?,
            Some(Found::External(_)) => {}
            None => {
                let message = format!("relation `{place}` does not exist");
                return Err(AdapterError::new(AdapterErrorKind::Sql, message));
            }
        }
        Ok(response("COMMENT"))
    }

    async fn comment_view(
        &self,
        place: &Place,
        mut view: StoredView,
        description: Option<&str>,
        columns: &IndexMap<String, String>,
    ) -> Result<(), AdapterError> {
        let before = view.clone();
        if let Some(text) = description {
            view.comment = Some(text.to_owned());
        }
        view.column_comments.extend(columns.iter().map(|(name, text)| (name.clone(), text.clone())));
        if view != before {
            self.warehouse.storage.write_view(&place.schema, &place.name, view.to_bytes()?).await?;
        }
        Ok(())
    }

    async fn comment_table(
        &self,
        place: &Place,
        text: Option<&str>,
        columns: &IndexMap<String, String>,
    ) -> Result<(), AdapterError> {
        let table = self.warehouse.existing_table(place).await?;
        let before = Description::of(&table)?;
        let after = before.clone().commented(text, columns);
        if after.schema == before.schema && after.comment == before.comment {
            return Ok(());
        }
        let actions = after.actions(&table)?;
        let operation = DeltaOperation::SetTableProperties { properties: HashMap::new() };
        Change { table, actions, operation, blind: false }.commit(self, place).await?;
        Ok(())
    }

    /// The target becomes a copy of the source: rows of a table, the name of a view.
    pub(super) async fn clone_relation(
        &self,
        target: &Relation,
        source: &Relation,
    ) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(source)?;
        let parts = [&self.warehouse.profile.database, &place.schema, &place.name];
        let query = format!("select * from {}", parts.map(|part| quoted(part)).join("."));
        match self.warehouse.find(&place).await? {
            Some(Found::Table(table)) => {
                let from = Description::of(&table)?;
                let options = TableOptions {
                    partition_by: from.partition_by.clone(),
                    properties: from.properties.clone().into_iter().collect(),
                    ..TableOptions::default()
                };
                self.replace_table(target, &query, &TableShape::default(), &options).await
            }
            Some(Found::View(_) | Found::External(_)) => self.replace_view(target, &query).await,
            None => {
                let message = format!("`{place}`, which is to be cloned, does not exist");
                Err(AdapterError::new(AdapterErrorKind::Sql, message))
            }
        }
    }
}

impl Description {
    /// What a table is now.
    ///
    /// # Errors
    /// `Internal` for a table that is not loaded.
    pub(super) fn of(table: &DeltaTable) -> Result<Self, AdapterError> {
        let state = table.snapshot().map_err(error::from_delta)?;
        let metadata = state.metadata();
        Ok(Self {
            schema: state.snapshot().arrow_schema(),
            partition_by: metadata.partition_columns().to_vec(),
            properties: metadata.configuration().clone(),
            comment: metadata.description().map(str::to_owned),
        })
    }

    /// The same with descriptions; columns that are not there are passed over.
    pub(super) fn commented(mut self, text: Option<&str>, columns: &IndexMap<String, String>) -> Self {
        if let Some(text) = text {
            self.comment = Some(text.to_owned());
        }
        let fields: Vec<FieldRef> = self
            .schema
            .fields()
            .iter()
            .map(|field| match comment_of(columns, field.name()) {
                Some(text) => {
                    let mut metadata = field.metadata().clone();
                    metadata.insert(COMMENT.to_owned(), text.to_owned());
                    Arc::new(field.as_ref().clone().with_metadata(metadata))
                }
                None => Arc::clone(field),
            })
            .collect();
        self.schema = Arc::new(Schema::new_with_metadata(fields, self.schema.metadata().clone()));
        self
    }
}

fn comment_of<'a>(columns: &'a IndexMap<String, String>, name: &str) -> Option<&'a str> {
    let found = columns
        .get(name)
        .or_else(|| columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)).map(|(_, text)| text));
    found.map(String::as_str)
}

/// The columns after the change, in order, new ones last.
fn altered(before: &Schema, alter: &AlterColumns) -> Result<Schema, AdapterError> {
    let missing = |name: &str| {
        let message = format!("column `{name}` of `{}` does not exist", alter.relation.short());
        AdapterError::new(AdapterErrorKind::Sql, message)
    };
    for name in alter.drop.iter().chain(alter.retype.iter().map(|column| &column.name)) {
        before.field_with_name(name).map_err(|_| missing(name))?;
    }
    let mut fields: Vec<FieldRef> = Vec::with_capacity(before.fields().len() + alter.add.len());
    for field in before.fields().iter().filter(|field| !alter.drop.contains(field.name())) {
        match alter.retype.iter().find(|column| column.name == *field.name()) {
            Some(column) => {
                fields.push(Arc::new(retyped(field, &column.data_type)?));
            }
            None => fields.push(Arc::clone(field)),
        }
    }
    for column in &alter.add {
        if fields.iter().any(|field| field.name().eq_ignore_ascii_case(&column.name)) {
            let message = format!("column `{}` of `{}` exists already", column.name, alter.relation.short());
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
        fields.push(Arc::new(new_field(column)?));
    }
    if fields.is_empty() {
        return Err(AdapterError::new(AdapterErrorKind::Sql, "a table needs at least one column"));
    }
    Ok(Schema::new(fields))
}

fn new_field(column: &Column) -> Result<Field, AdapterError> {
    constraint::field(&column.name, &column.data_type, true)
}

/// The column with another type; its comment stays.
fn retyped(field: &Field, data_type: &str) -> Result<Field, AdapterError> {
    let mut new = constraint::field(field.name(), data_type, field.is_nullable())?;
    let comment = field.metadata().get(COMMENT).map(|comment| (COMMENT.to_owned(), comment.clone()));
    let metadata = new.metadata().clone().into_iter().chain(comment).collect();
    new.set_metadata(metadata);
    Ok(new)
}
