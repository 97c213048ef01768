//! A table of another warehouse, read as it is needed: the columns and rows that a statement wants,
//! asked for in SQL, a batch at a time.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::{StreamExt, TryStreamExt};

use super::function::shown_text;
use super::names::quoted;
use super::{error, types};
use crate::adapter::{Adapter, AdapterError, AdapterErrorKind, ExternalSource, ForeignTable};
use crate::relation::Column;

/// The table.
#[derive(Clone)]
pub(super) struct ForeignRows {
    warehouse: Arc<dyn Adapter>,
    /// Its name, as the other warehouse writes it.
    name: String,
    /// What queries call the source, for messages.
    source: String,
    schema: SchemaRef,
    /// What stands for each column in the other warehouse's SQL.
    columns: Vec<String>,
}

impl ForeignRows {
    /// Asks for the table's columns.
    ///
    /// # Errors
    /// `Connection`, `Sql` when there is no such table or a column cannot be read.
    pub(super) async fn open(table: &ForeignTable, source: &ExternalSource) -> Result<Self, AdapterError> {
        let warehouse = table.warehouse.clone()?;
        let found = warehouse.session().await?.columns(&table.relation).await?;
        if found.is_empty() {
            let message = format!("there is no table `{}` in target `{}`", table.relation.short(), table.target);
            return Err(AdapterError::new(AdapterErrorKind::Sql, message));
        }
        let mut fields = Vec::with_capacity(found.len());
        let mut columns = Vec::with_capacity(found.len());
        for column in &found {
            let name = quoted(&column.name);
            match source.columns.iter().find(|described| described.name.eq_ignore_ascii_case(&column.name)) {
                Some(described) => {
                    fields.push(Field::new(&column.name, types::parse(&described.data_type)?, true));
                    columns.push(format!("{name}::{}", described.data_type));
                }
                None => {
                    let kind = kind(column)?;
                    // What is only text here (an enum, JSON) must be compared as text there too.
                    let becomes_text = kind == DataType::Utf8 && types::parse(&column.data_type).is_err();
                    columns.push(if becomes_text { format!("{name}::text") } else { name });
                    fields.push(Field::new(&column.name, kind, true));
                }
            }
        }
        let (name, source) = (table.relation.render(), source.relation.short());
        Ok(Self { warehouse, name, source, schema: Arc::new(Schema::new(fields)), columns })
    }

    /// SQL for the rows that fulfil conditions.
    fn query(&self, projection: &[usize], conditions: &[String], limit: Option<usize>) -> String {
        let column = |index: &usize| {
            let (sql, field) = (self.columns.get(*index)?, self.schema.fields().get(*index)?);
            Some(format!("{sql} as {}", quoted(field.name())))
        };
        let columns: Vec<String> = projection.iter().filter_map(column).collect();
        let mut query = format!("select {} from {}", columns.join(", "), self.name);
        if !conditions.is_empty() {
            query.push_str(&format!(" where {}", conditions.join(" and ")));
        }
        if let Some(limit) = limit {
            query.push_str(&format!(" limit {limit}"));
        }
        query
    }

    /// A condition in the other warehouse's SQL; `None` for one that might mean something else there.
    fn condition(&self, filter: &Expr) -> Option<String> {
        match filter {
            Expr::IsNull(inner) => Some(format!("{} is null", self.column(inner)?.0)),
            Expr::IsNotNull(inner) => Some(format!("{} is not null", self.column(inner)?.0)),
            // An IN of a few values comes as a chain of them.
            Expr::BinaryExpr(binary) if matches!(binary.op, Operator::Or | Operator::And) => {
                let (left, right) = (self.condition(&binary.left)?, self.condition(&binary.right)?);
                Some(format!("({left} {} {right})", binary.op))
            }
            Expr::BinaryExpr(binary) => {
                let (column, operator, value) = match (&*binary.left, &*binary.right) {
                    (column, Expr::Literal(value, _)) => (column, binary.op, value),
                    (Expr::Literal(value, _), column) => (column, binary.op.swap()?, value),
                    _ => return None,
                };
                let (sql, kind) = self.column(column)?;
                let compares = matches!(operator, Operator::Eq)
                    || has_one_order(kind)
                        && matches!(operator, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq);
                if !compares {
                    return None;
                }
                Some(format!("{sql} {operator} {}", literal(value, kind)?))
            }
            Expr::InList(list) if !list.negated => {
                let (sql, kind) = self.column(&list.expr)?;
                let value = |expr: &Expr| match expr {
                    Expr::Literal(value, _) => literal(value, kind),
                    _ => None,
                };
                let values = list.list.iter().map(value).collect::<Option<Vec<_>>>()?;
                Some(format!("{sql} in ({})", values.join(", ")))
            }
            _ => None,
        }
    }

    fn column(&self, expr: &Expr) -> Option<(&str, &DataType)> {
        let Expr::Column(column) = expr else { return None };
        let index = self.schema.index_of(column.name()).ok()?;
        let kind = self.schema.field(index).data_type();
        Some((self.columns.get(index)?, kind))
    }
}

/// The type that a column is read in; what has no counterpart becomes text.
fn kind(column: &Column) -> Result<DataType, AdapterError> {
    let declared = column.data_type.as_str();
    match types::parse(declared) {
        Ok(DataType::List(_) | DataType::Struct(_)) => Ok(DataType::Utf8),
        Ok(kind) => Ok(kind),
        Err(_) if declared.starts_with("numeric(") => {
            let message = format!("column `{}`: {declared} has more than 38 digits", column.name);
            let mut error = AdapterError::new(AdapterErrorKind::Unsupported, message);
            error.hint = Some("describe it with a `data_type` of fewer digits, or with `data_type: text`".to_owned());
            Err(error)
        }
        Err(_) => Ok(DataType::Utf8),
    }
}

/// Whether values are in the same order in every warehouse; that of texts depends on a collation.
fn has_one_order(kind: &DataType) -> bool {
    kind.is_integer() || kind.is_decimal() || matches!(kind, DataType::Date32 | DataType::Timestamp(..))
}

/// A constant of the column's type, in SQL; `None` where it is of another type.
fn literal(value: &ScalarValue, kind: &DataType) -> Option<String> {
    let own = types::stored(&value.data_type()).ok()?;
    let fits = own == *kind || own.is_integer() && kind.is_integer() || own.is_decimal() && kind.is_decimal();
    let comparable = has_one_order(kind) || matches!(kind, DataType::Boolean | DataType::Utf8);
    if value.is_null() || !fits || !comparable {
        return None;
    }
    let text = shown_text(&value.to_array().ok()?).ok()?;
    let text = text.iter().next().flatten()?.replace('\'', "''");
    Some(format!("'{text}'::{}", types::text(&own)))
}

impl std::fmt::Debug for ForeignRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ForeignRows").field(&self.name).finish()
    }
}

#[async_trait]
impl TableProvider for ForeignRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        let of = |filter: &&Expr| match self.condition(filter) {
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(of).collect())
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let projection = projection.unwrap_or(&all);
        let schema: SchemaRef = Arc::new(self.schema.project(projection)?);
        let conditions: Vec<String> = filters.iter().filter_map(|filter| self.condition(filter)).collect();
        let query = self.query(projection, &conditions, limit);
        let rows = Rows { table: self.clone(), query, schema: Arc::clone(&schema) };
        let scan = StreamingTableExec::try_new(schema, vec![Arc::new(rows)], None, None, false, limit)?;
        Ok(Arc::new(scan))
    }
}

/// One reading of the table.
#[derive(Debug)]
struct Rows {
    table: ForeignRows,
    query: String,
    schema: SchemaRef,
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (warehouse, query, schema) =
            (Arc::clone(&self.table.warehouse), self.query.clone(), Arc::clone(&self.schema));
        let begun = async move { warehouse.session().await?.stream(&query, Some(schema)).await };
        let batches = futures::stream::once(begun).map_ok(|rows| rows.batches).try_flatten();
        let source = self.table.source.clone();
        let batches = batches.map_err(move |mut cause| {
            cause.message = format!("source `{source}`: {}", cause.message);
            cause.query_offset = None;
            error::into_datafusion(cause)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches.boxed()))
    }
}
