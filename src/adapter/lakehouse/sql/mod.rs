//! SQL text in, statements ready for DataFusion's planner out.
//!
//! Text is parsed as PostgreSQL's dialect; just before a query is planned [`rewrite`] puts into the
//! tree what PostgreSQL means and DataFusion would read differently. Nothing here touches a table.

mod call;
mod cast;
mod from;
mod functions;
mod literals;
mod names;
mod pivot;
mod precedence;
mod rewrite;
mod rows;
mod tuples;

pub(super) use literals::without_exponent;
pub(super) use pivot::{pivoted, spread};
pub(super) use rewrite::rewrite;

use std::collections::VecDeque;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement as ParsedStatement};
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, Query, Statement};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;

use super::error;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::relation::Relation;

/// How deeply a statement may be nested.
const NESTING: usize = 200;

/// The statements of a text, as written.
///
/// # Errors
/// `Sql` with the position of what cannot be parsed.
pub(super) fn statements(sql: &str) -> Result<Vec<Statement>, AdapterError> {
    let parsed = parse(sql).map_err(|cause| error::from_query(&cause, sql))?;
    parsed.into_iter().map(plain_statement).collect()
}

/// The one query that a text must be, as written.
///
/// # Errors
/// `Sql` when it is not one query.
pub(super) fn query(sql: &str) -> Result<Box<Query>, AdapterError> {
    let mut statements = statements(sql)?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(query),
        (None, _) => Err(AdapterError::new(AdapterErrorKind::Sql, "there is no statement to run")),
        (Some(_), true) => Err(AdapterError::new(AdapterErrorKind::Sql, "a SELECT is needed here")),
        (Some(_), false) => {
            Err(AdapterError::new(AdapterErrorKind::Sql, "one SELECT is needed here, not several statements"))
        }
    }
}

fn parse(sql: &str) -> Result<VecDeque<ParsedStatement>, DataFusionError> {
    DFParserBuilder::new(sql)
        .with_dialect(&PostgreSqlDialect {})
        .with_recursion_limit(NESTING)
        .build()?
        .parse_statements()
}

fn plain_statement(parsed: ParsedStatement) -> Result<Statement, AdapterError> {
    match parsed {
        ParsedStatement::Statement(mut statement) => {
            precedence::mend(&mut statement);
            Ok(*statement)
        }
        other => Err(AdapterError::new(
            AdapterErrorKind::Unsupported,
            format!("the lakehouse does not run statements like `{}`", first_words(&other.to_string())),
        )),
    }
}

/// The beginning of a statement, enough to recognise it by.
pub(super) fn first_words(sql: &str) -> String {
    sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// The relation that a name in a statement means; parts that are left out are empty.
///
/// # Errors
/// `Sql` for a name of more than three parts.
pub(super) fn relation(name: &ObjectName) -> Result<Relation, AdapterError> {
    let parts: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(stored_name).collect();
    match parts.as_slice() {
        [identifier] => Ok(Relation::new("", "", identifier)),
        [schema, identifier] => Ok(Relation::new("", schema, identifier)),
        [database, schema, identifier] => Ok(Relation::new(database, schema, identifier)),
        _ => Err(AdapterError::new(AdapterErrorKind::Sql, format!("`{name}` is no name of a relation"))),
    }
}

/// An identifier as it is stored: as written within quotes, in lower case without.
pub(super) fn stored_name(identifier: &Ident) -> String {
    match identifier.quote_style {
        Some(_) => identifier.value.clone(),
        None => identifier.value.to_lowercase(),
    }
}
