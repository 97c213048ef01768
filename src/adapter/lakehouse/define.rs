//! Statements that define relations, as users write them.

use datafusion::sql::sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, ColumnDef, ColumnOption, CommentObject, CreateTable,
    CreateView, ObjectName, ObjectType, RenameTableNameKind, SchemaName, Statement,
};
use indexmap::IndexMap;

use super::error::unsupported;
use super::response::response;
use super::session::LakehouseSession;
use super::sql;
use super::statement::last_part;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::outcome::AdapterResponse;
use crate::relation::{AlterColumns, Column, Relation, RelationOp, SchemaRef, TableOptions, TableShape};

impl LakehouseSession {
    /// Carries out a statement that defines something.
    pub(super) async fn define(&self, statement: Statement) -> Result<AdapterResponse, AdapterError> {
        match statement {
            Statement::CreateTable(create) => self.create_table(&create).await,
            Statement::CreateView(create) => self.create_view(&create).await,
            Statement::CreateSchema { schema_name: SchemaName::Simple(name), .. } => {
                self.carry_out(RelationOp::CreateSchema(schema(&name)?)).await
            }
            Statement::Drop { object_type, if_exists, names, .. } => {
                self.drop_all(object_type, if_exists, &names).await
            }
            Statement::Truncate(truncate) => {
                for table in &truncate.table_names {
                    self.carry_out(RelationOp::Truncate(sql::relation(&table.name)?)).await?;
                }
                Ok(response("TRUNCATE TABLE"))
            }
            Statement::AlterTable(alter) => self.alter_table(&alter).await,
            Statement::Comment { object_type, object_name, comment, .. } => {
                self.comment_statement(&object_type, &object_name, comment).await
            }
            // Each commit stands by itself, and there are no statistics to gather.
            Statement::StartTransaction { .. } => Ok(response("BEGIN")),
            Statement::Commit { .. } => Ok(response("COMMIT")),
            Statement::Analyze(_) => Ok(response("ANALYZE")),
            other => Err(unsupported(&format!("statements like `{}`", sql::first_words(&other.to_string())))),
        }
    }

    async fn carry_out(&self, op: RelationOp) -> Result<AdapterResponse, AdapterError> {
        // The operations and the statements in them call each other.
        Box::pin(self.apply_one(&op)).await
    }

    async fn create_table(&self, create: &CreateTable) -> Result<AdapterResponse, AdapterError> {
        let target = sql::relation(&create.name)?;
        let place = self.warehouse.place(&target)?;
        if !create.temporary && !create.or_replace && self.warehouse.find(&place).await?.is_some() {
            if create.if_not_exists {
                return Ok(response("CREATE TABLE"));
            }
            return Err(AdapterError::new(AdapterErrorKind::Sql, format!("relation `{place}` already exists")));
        }
        let options = TableOptions::default();
        let op = match (&create.query, create.temporary) {
            (Some(query), true) => RelationOp::CreateTemporaryTable { target, query: query.to_string() },
            (Some(query), false) => {
                let (query, shape) = (query.to_string(), TableShape::default());
                RelationOp::ReplaceTable { target, existing: None, query, shape, options }
            }
            (None, false) => {
                let columns = create.columns.iter().map(column).collect();
                RelationOp::CreateEmptyTable { target, existing: None, columns, options }
            }
            (None, true) => return Err(unsupported("CREATE TEMPORARY TABLE without AS")),
        };
        self.carry_out(op).await
    }

    async fn create_view(&self, create: &CreateView) -> Result<AdapterResponse, AdapterError> {
        if create.materialized || create.temporary || !create.columns.is_empty() {
            return Err(unsupported("materialized or temporary views, or views with a list of columns"));
        }
        let target = sql::relation(&create.name)?;
        let place = self.warehouse.place(&target)?;
        if !create.or_replace && self.warehouse.find(&place).await?.is_some() {
            return Err(AdapterError::new(AdapterErrorKind::Sql, format!("relation `{place}` already exists")));
        }
        self.carry_out(RelationOp::ReplaceView { target, existing: None, query: create.query.to_string() }).await
    }

    async fn drop_all(
        &self,
        kind: ObjectType,
        if_exists: bool,
        names: &[ObjectName],
    ) -> Result<AdapterResponse, AdapterError> {
        for name in names {
            match kind {
                ObjectType::Schema => {
                    self.carry_out(RelationOp::DropSchema(schema(name)?)).await?;
                }
                ObjectType::Table | ObjectType::View | ObjectType::MaterializedView => {
                    let relation = sql::relation(name)?;
                    let place = self.warehouse.place(&relation)?;
                    let temporary = self.temporary.get(&place.schema, &place.name).is_some();
                    if !if_exists && !temporary && self.warehouse.find(&place).await?.is_none() {
                        let message = format!("relation `{place}` does not exist");
                        return Err(AdapterError::new(AdapterErrorKind::Sql, message));
                    }
                    self.carry_out(RelationOp::Drop { relation, cascade: false }).await?;
                }
                other => return Err(unsupported(&format!("DROP {other}"))),
            }
        }
        Ok(response(&format!("DROP {kind}")))
    }

    async fn alter_table(&self, alter: &AlterTable) -> Result<AdapterResponse, AdapterError> {
        let relation = sql::relation(&alter.name)?;
        let mut columns =
            AlterColumns { relation: relation.clone(), add: Vec::new(), drop: Vec::new(), retype: Vec::new() };
        for operation in &alter.operations {
            match operation {
                AlterTableOperation::AddColumn { column_def, .. } => columns.add.push(column(column_def)),
                AlterTableOperation::DropColumn { column_names, .. } => {
                    columns.drop.extend(column_names.iter().map(sql::stored_name));
                }
                AlterTableOperation::AlterColumn {
                    column_name,
                    op: AlterColumnOperation::SetDataType { data_type, using: None, .. },
                } => columns.retype.push(Column::new(sql::stored_name(column_name), data_type.to_string())),
                AlterTableOperation::RenameTable { table_name } => {
                    let (RenameTableNameKind::As(name) | RenameTableNameKind::To(name)) = table_name;
                    let identifier = last_part(name).unwrap_or_default();
                    let to = relation.renamed(identifier);
                    return self.carry_out(RelationOp::Rename { from: relation, to }).await;
                }
                other => return Err(unsupported(&format!("ALTER TABLE ... {other}"))),
            }
        }
        self.carry_out(RelationOp::AlterColumns(columns)).await
    }

    async fn comment_statement(
        &self,
        kind: &CommentObject,
        name: &ObjectName,
        comment: Option<String>,
    ) -> Result<AdapterResponse, AdapterError> {
        let text = comment.unwrap_or_default();
        let op = match kind {
            CommentObject::Table | CommentObject::View | CommentObject::MaterializedView => {
                let relation = sql::relation(name)?;
                RelationOp::Comment { relation, description: Some(text), columns: IndexMap::new() }
            }
            CommentObject::Column => {
                let mut parts = name.clone();
                parts.0.pop();
                let column = last_part(name).unwrap_or_default();
                let columns = IndexMap::from([(column, text)]);
                RelationOp::Comment { relation: sql::relation(&parts)?, description: None, columns }
            }
            other => return Err(unsupported(&format!("COMMENT ON {other}"))),
        };
        self.carry_out(op).await
    }
}

fn column(definition: &ColumnDef) -> Column {
    let mut column = Column::new(sql::stored_name(&definition.name), definition.data_type.to_string());
    column.nullable = !definition
        .options
        .iter()
        .any(|option| matches!(option.option, ColumnOption::NotNull | ColumnOption::PrimaryKey(_)));
    column
}

fn schema(name: &ObjectName) -> Result<SchemaRef, AdapterError> {
    let Relation { schema: database, identifier: schema, .. } = sql::relation(name)?;
    Ok(SchemaRef { database, schema })
}
