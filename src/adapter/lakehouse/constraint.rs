//! What the rows of a table must fulfil: no NULL, so many characters, the condition of a CHECK.
//!
//! Each stands in the table where Delta Lake keeps it: NOT NULL and lengths with the column, a CHECK
//! among the properties. So a table that is written to later is still held to it, and other engines
//! know of it. UNIQUE, PRIMARY KEY and FOREIGN KEY have no place there: of these, only that a primary
//! key is not NULL is held to.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::sql::sqlparser::ast::{
    CheckConstraint, ColumnOption, CreateTable, DataType as SqlType, Expr as SqlExpr, ExprWithAlias, SelectItem,
    SetExpr, Statement, TableConstraint,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use deltalake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use deltalake::arrow::datatypes::{Field, Schema, SchemaRef};

use super::error::unsupported;
use super::function::shown_text;
use super::{error, sql, types};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::relation::{Relation, TableShape};

/// Where a column's length stands, as Spark writes it.
const LENGTH: &str = "__CHAR_VARCHAR_TYPE_STRING";
/// What the property of a CHECK begins with.
const CHECK: &str = "delta.constraints.";

/// A column of a type, as a table stores it.
///
/// # Errors
/// As [`types::parse`].
pub(super) fn field(name: &str, data_type: &str, nullable: bool) -> Result<Field, AdapterError> {
    let field = Field::new(name, types::parse(data_type)?, nullable);
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(data_type);
    let length = match parsed.and_then(|mut parser| parser.parse_data_type()) {
        Ok(SqlType::Varchar(Some(length)) | SqlType::CharacterVarying(Some(length))) => format!("varchar({length})"),
        Ok(SqlType::Char(length) | SqlType::Character(length)) => {
            format!("char({})", length.map_or_else(|| "1".to_owned(), |length| length.to_string()))
        }
        _ => return Ok(field),
    };
    Ok(field.with_metadata([(LENGTH.to_owned(), length)].into()))
}

/// A column's values cut to its length, if nothing but spaces is lost.
///
/// # Errors
/// `Sql` for a value that is too long.
pub(super) fn fitted(column: ArrayRef, field: &Field) -> Result<ArrayRef, AdapterError> {
    let Some((kind, length)) = field.metadata().get(LENGTH).and_then(|text| length_of(text)) else { return Ok(column) };
    let Some(texts) = column.as_string_opt::<i32>() else { return Ok(column) };
    // No character is shorter than a byte.
    let longest = texts.value_offsets().windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0);
    if usize::try_from(longest).is_ok_and(|longest| longest <= length) {
        return Ok(column);
    }
    let fit = |text: &str| match text.char_indices().nth(length) {
        None => Ok(text.to_owned()),
        Some((end, _)) if text[end..].bytes().all(|byte| byte == b' ') => Ok(text[..end].to_owned()),
        Some(_) => {
            let message = format!("value too long for type {kind}({length})");
            let mut cause = AdapterError::new(AdapterErrorKind::Sql, message);
            cause.sqlstate = Some("22001".to_owned());
            cause.detail = Some(format!("column {}: \"{text}\"", field.name()));
            Err(cause)
        }
    };
    let texts = texts.iter().map(|text| text.map(fit).transpose()).collect::<Result<StringArray, AdapterError>>()?;
    Ok(Arc::new(texts))
}

fn length_of(text: &str) -> Option<(&'static str, usize)> {
    let (kind, length) = text.strip_suffix(')')?.split_once('(')?;
    let kind = match kind {
        "varchar" => "character varying",
        "char" => "character",
        _ => return None,
    };
    Some((kind, length.trim().parse().ok()?))
}

/// The columns and conditions that a contract prescribes.
pub(super) struct Prescribed {
    /// Columns, in order.
    pub(super) schema: SchemaRef,
    /// Conditions, as properties of the table.
    pub(super) checks: Vec<(String, String)>,
}

impl Prescribed {
    /// What is prescribed for a table; nothing if its query decides.
    ///
    /// # Errors
    /// `Sql`, `Unsupported` for clauses that the lakehouse does not know.
    pub(super) fn of(target: &Relation, shape: &TableShape) -> Result<Option<Self>, AdapterError> {
        let Some(columns) = &shape.columns else { return Ok(None) };
        let columns = columns
            .iter()
            .map(|column| format!("{} {} {}", column.name, column.data_type, column.constraints.join(" ")));
        let clauses: Vec<String> = columns.chain(shape.constraints.iter().cloned()).collect();
        let text = format!("create table prescribed ({})", clauses.join(", "));
        let Some(Statement::CreateTable(table)) = sql::statements(&text)?.pop() else {
            return Err(AdapterError::new(AdapterErrorKind::Sql, format!("`{text}` is no definition of columns")));
        };
        Self::new(&target.identifier, &table).map(Some)
    }

    fn new(name: &str, table: &CreateTable) -> Result<Self, AdapterError> {
        let mut checks = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        for constraint in &table.constraints {
            match constraint {
                TableConstraint::Check(check) => add_check(&mut checks, check, name),
                TableConstraint::PrimaryKey(key) => keys.extend(key.columns.iter().filter_map(key_column)),
                TableConstraint::Unique(_) | TableConstraint::ForeignKey(_) => {}
                other => return Err(unsupported(&format!("`{other}` in a contract"))),
            }
        }
        let mut fields = Vec::new();
        for column in &table.columns {
            let column_name = sql::stored_name(&column.name);
            let mut nullable = !keys.contains(&column_name);
            for option in &column.options {
                match &option.option {
                    ColumnOption::NotNull | ColumnOption::PrimaryKey(_) => nullable = false,
                    ColumnOption::Check(check) => add_check(&mut checks, check, &format!("{name}_{column_name}")),
                    ColumnOption::Null | ColumnOption::Unique(_) | ColumnOption::ForeignKey(_) => {}
                    other => return Err(unsupported(&format!("`{other}` in a contract"))),
                }
            }
            fields.push(field(&column_name, &column.data_type.to_string(), nullable)?);
        }
        Ok(Self { schema: Arc::new(Schema::new(fields)), checks })
    }
}

fn key_column(column: &datafusion::sql::sqlparser::ast::IndexColumn) -> Option<String> {
    match &column.column.expr {
        SqlExpr::Identifier(name) => Some(sql::stored_name(name)),
        _ => None,
    }
}

/// A condition under its name, or under that which PostgreSQL gives it.
fn add_check(checks: &mut Vec<(String, String)>, check: &CheckConstraint, of: &str) {
    let given = check.name.as_ref().map(sql::stored_name);
    let name = given.unwrap_or_else(|| format!("{of}_check"));
    let free = |name: &String| !checks.iter().any(|(taken, _)| *taken == format!("{CHECK}{name}"));
    let numbered = (1..).map(|number| format!("{name}{number}"));
    let name = std::iter::once(name.clone()).chain(numbered).find(free).unwrap_or(name);
    checks.push((format!("{CHECK}{name}"), check.expr.to_string()));
}

/// Whether a table of these properties has a CHECK.
pub(super) fn has_checks<'a>(mut properties: impl Iterator<Item = &'a String>) -> bool {
    properties.any(|property| property.starts_with(CHECK))
}

/// The conditions of a table, ready to be asked of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Checks(Vec<(String, Arc<dyn PhysicalExpr>)>);

impl Checks {
    /// Those among a table's properties.
    ///
    /// # Errors
    /// `Sql` for a condition that the table's columns do not allow.
    pub(super) fn of<'a>(
        properties: impl Iterator<Item = (&'a String, &'a String)>,
        schema: &SchemaRef,
        state: &SessionState,
    ) -> Result<Self, AdapterError> {
        let mut checks = Vec::new();
        for (property, condition) in properties {
            let Some(name) = property.strip_prefix(CHECK) else { continue };
            let planned = planned(condition, schema, state).map_err(|mut cause| {
                cause.message = format!("check constraint \"{name}\": {}", cause.message);
                cause
            })?;
            checks.push((name.to_owned(), planned));
        }
        checks.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(Self(checks))
    }

    /// Makes sure that no row contradicts a condition.
    ///
    /// # Errors
    /// `Sql` with the first row that does.
    pub(super) fn hold(&self, batch: &RecordBatch) -> Result<(), AdapterError> {
        for (name, condition) in &self.0 {
            let answers = condition.evaluate(batch).and_then(|answers| answers.into_array(batch.num_rows()));
            let answers = answers.map_err(error::from_datafusion)?;
            let Some(answers) = answers.as_boolean_opt() else {
                let message = format!("check constraint \"{name}\" is no condition");
                return Err(AdapterError::new(AdapterErrorKind::Sql, message));
            };
            if let Some(row) = answers.iter().position(|answer| answer == Some(false)) {
                let mut cause =
                    AdapterError::new(AdapterErrorKind::Sql, format!("new row violates check constraint \"{name}\""));
                cause.sqlstate = Some("23514".to_owned());
                cause.detail = Some(format!("Failing row contains ({}).", row_text(batch, row)?));
                return Err(cause);
            }
        }
        Ok(())
    }
}

/// A row's values as PostgreSQL writes them.
pub(super) fn row_text(batch: &RecordBatch, row: usize) -> Result<String, AdapterError> {
    let values = batch.columns().iter().map(|column| {
        let text = shown_text(&column.slice(row, 1)).map_err(error::from_datafusion)?;
        Ok(if text.is_null(0) { "null".to_owned() } else { text.value(0).to_owned() })
    });
    Ok(values.collect::<Result<Vec<String>, AdapterError>>()?.join(", "))
}

fn planned(condition: &str, schema: &SchemaRef, state: &SessionState) -> Result<Arc<dyn PhysicalExpr>, AdapterError> {
    let mut statement = Statement::Query(sql::query(&format!("select ({condition})"))?);
    sql::rewrite(&mut statement)?;
    let no_condition = || AdapterError::new(AdapterErrorKind::Sql, format!("`{condition}` is no condition"));
    let Statement::Query(query) = statement else { return Err(no_condition()) };
    let SetExpr::Select(select) = *query.body else { return Err(no_condition()) };
    let Some(SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) =
        select.projection.into_iter().next()
    else {
        return Err(no_condition());
    };
    let names = DFSchema::try_from(schema.as_ref().clone()).map_err(error::from_datafusion)?;
    let planned = state
        .create_logical_expr_from_sql_expr(ExprWithAlias { expr, alias: None }, &names)
        .and_then(|expr| state.create_physical_expr(expr, &names));
    planned.map_err(error::from_datafusion)
}
