//! SQL text in, statements ready for DataFusion's planner out.
//!
//! One pass parses the text as PostgreSQL's dialect; [`rewrite`] then puts into the tree what
//! PostgreSQL means and DataFusion would read differently. Nothing here touches a table.

mod rewrite;

use std::collections::VecDeque;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement as ParsedStatement};
use datafusion::sql::sqlparser::ast::{Query, Statement};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;

use super::error;
use crate::adapter::{AdapterError, AdapterErrorKind};

/// How deeply a statement may be nested.
const NESTING: usize = 200;

/// The statements of a text, rewritten.
///
/// # Errors
/// `Sql` with the position of what cannot be parsed.
pub(super) fn statements(sql: &str) -> Result<Vec<Statement>, AdapterError> {
    let parsed = parse(sql).map_err(|cause| error::from_query(&cause, sql))?;
    parsed.into_iter().map(plain_statement).collect()
}

/// The one query that a text must be, rewritten.
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
        ParsedStatement::Statement(statement) => {
            let mut statement = *statement;
            rewrite::rewrite(&mut statement)?;
            Ok(statement)
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
