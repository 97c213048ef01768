//! What DataFusion, Delta Lake and the store report, in plain words.

use datafusion::common::{Diagnostic, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use deltalake::kernel::transaction::TransactionError;
use deltalake::{DeltaTableError, ObjectStoreError};

use crate::adapter::{AdapterError, AdapterErrorKind};

/// Marks the errors that arose within a view's own text: their positions are not the user's.
pub(super) const WITHIN_VIEW: &str = "in view ";

/// PostgreSQL's code for want of memory.
const OUT_OF_MEMORY: &str = "53200";

const SYNTAX_ERROR: &str = "syntax error: ";

/// An error of DataFusion that has no place in a user's text.
pub(super) fn from_datafusion(error: DataFusionError) -> AdapterError {
    convert(&error, None)
}

/// An error of DataFusion about a statement whose text is given.
pub(super) fn from_query(error: &DataFusionError, sql: &str) -> AdapterError {
    convert(error, Some(sql))
}

/// Turns an error of ours into one that can travel through DataFusion and back.
pub(super) fn into_datafusion(error: AdapterError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn convert(error: &DataFusionError, sql: Option<&str>) -> AdapterError {
    match error {
        DataFusionError::Diagnostic(diagnostic, inner) => with_diagnostic(convert(inner, sql), diagnostic, sql),
        DataFusionError::Context(context, inner) if context.starts_with(WITHIN_VIEW) => {
            let mut converted = convert(inner, None);
            if !converted.message.starts_with(WITHIN_VIEW) {
                converted.message = format!("{context}: {}", converted.message);
            }
            converted
        }
        DataFusionError::Context(_, inner) => convert(inner, sql),
        DataFusionError::Shared(inner) => convert(inner, sql),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => convert(first, sql),
            None => sql_error("the statement failed"),
        },
        DataFusionError::External(inner) => from_external(inner.as_ref()),
        DataFusionError::SQL(parse, _) => from_parser(parse, sql),
        DataFusionError::SchemaError(schema, _) => from_schema(schema),
        DataFusionError::NotImplemented(message) => {
            AdapterError::new(AdapterErrorKind::Unsupported, format!("not supported here: {}", plain(message)))
        }
        DataFusionError::Plan(message)
        | DataFusionError::Configuration(message)
        | DataFusionError::Execution(message) => sql_error(message),
        DataFusionError::Internal(message) => {
            AdapterError::new(AdapterErrorKind::Internal, format!("the query engine failed: {}", plain(message)))
        }
        DataFusionError::ResourcesExhausted(message) => out_of_memory(message),
        DataFusionError::ArrowError(inner, _) => from_arrow(inner),
        DataFusionError::ObjectStore(inner) => store_failure(inner),
        other => sql_error(&other.strip_backtrace()),
    }
}

fn from_external(error: &(dyn std::error::Error + Send + Sync + 'static)) -> AdapterError {
    if let Some(ours) = error.downcast_ref::<AdapterError>() {
        return ours.clone();
    }
    if let Some(inner) = error.downcast_ref::<DataFusionError>() {
        return convert(inner, None);
    }
    if let Some(inner) = error.downcast_ref::<DeltaTableError>() {
        return delta_failure(inner);
    }
    sql_error(&error.to_string())
}

fn with_diagnostic(mut error: AdapterError, diagnostic: &Diagnostic, sql: Option<&str>) -> AdapterError {
    // Of syntax, the parser's own words are the plainer ones.
    if error.kind == AdapterErrorKind::Sql && !error.message.starts_with(SYNTAX_ERROR) {
        error.message = plain(&diagnostic.message);
    }
    if let (Some(sql), Some(span)) = (sql, diagnostic.span) {
        error.query_offset = offset(sql, span.start.line, span.start.column);
    }
    let words: Vec<String> = diagnostic
        .notes
        .iter()
        .map(|note| proposal(&plain(&note.message)))
        .chain(diagnostic.helps.iter().map(|help| proposal(&plain(&help.message))))
        .collect();
    if !words.is_empty() {
        error.hint = Some(words.join("; "));
    }
    error
}

/// `possible column aquifer.main.orders.id` as a question.
fn proposal(words: &str) -> String {
    match words.strip_prefix("possible column ") {
        Some(column) => format!("did you mean `{}`?", column.rsplit('.').next().unwrap_or(column)),
        None => words.to_owned(),
    }
}

fn from_schema(error: &SchemaError) -> AdapterError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let mut converted = sql_error(&format!("column `{}` does not exist", field.flat_name()));
            let names: Vec<String> = valid_fields.iter().map(|column| column.name.clone()).collect();
            converted.hint = crate::diagnostic::closest(&field.name, names.iter().map(String::as_str))
                .map(|near| format!("did you mean `{near}`?"));
            converted
        }
        other => sql_error(&other.to_string()),
    }
}

/// A parse error names its place in words: `... at Line: 2, Column: 14`.
fn from_parser(error: &ParserError, sql: Option<&str>) -> AdapterError {
    let message = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "the statement is nested too deeply".to_owned(),
    };
    let (words, place) = match message.rsplit_once(" at Line: ") {
        Some((words, place)) => (words, place.split_once(", Column: ")),
        None => (message.as_str(), None),
    };
    let mut converted = sql_error(&format!("{SYNTAX_ERROR}{words}"));
    if let (Some(sql), Some((line, column))) = (sql, place)
        && let (Ok(line), Ok(column)) = (line.trim().parse(), column.trim().parse())
    {
        converted.query_offset = offset(sql, line, column);
    }
    converted
}

fn from_arrow(error: &deltalake::arrow::error::ArrowError) -> AdapterError {
    use deltalake::arrow::error::ArrowError;
    match error {
        ArrowError::ExternalError(inner) => from_external(inner.as_ref()),
        ArrowError::DivideByZero => sql_error("division by zero"),
        ArrowError::ArithmeticOverflow(what) => sql_error(&format!("number out of range: {what}")),
        ArrowError::CastError(what) | ArrowError::ComputeError(what) | ArrowError::ParseError(what) => sql_error(what),
        other => sql_error(&other.to_string()),
    }
}

/// An error of Delta Lake.
pub(super) fn from_delta(error: DeltaTableError) -> AdapterError {
    delta_failure(&error)
}

fn delta_failure(error: &DeltaTableError) -> AdapterError {
    match error {
        DeltaTableError::VersionAlreadyExists(_)
        | DeltaTableError::Transaction {
            source: TransactionError::CommitConflict(_) | TransactionError::MaxCommitAttempts(_),
        } => {
            let mut converted =
                AdapterError::new(AdapterErrorKind::Conflict, "another writer changed the table at the same time");
            converted.transient = true;
            converted
        }
        DeltaTableError::ObjectStore { source } => store_failure(source),
        DeltaTableError::Arrow { source } => from_arrow(source),
        DeltaTableError::GenericError { source } => from_external(source.as_ref()),
        DeltaTableError::Generic(message) | DeltaTableError::InvalidData { message } => sql_error(message),
        other => sql_error(&other.to_string()),
    }
}

/// An error of the object store.
pub(super) fn from_store(error: ObjectStoreError) -> AdapterError {
    store_failure(&error)
}

fn store_failure(error: &ObjectStoreError) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Connection, format!("the lakehouse's files cannot be used: {error}"))
}

/// An error of the file system.
pub(super) fn from_io(error: std::io::Error) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Connection, format!("the lakehouse's files cannot be used: {error}"))
}

/// Whether a statement ended because it found no memory.
pub(super) fn is_out_of_memory(error: &AdapterError) -> bool {
    error.sqlstate.as_deref() == Some(OUT_OF_MEMORY)
}

fn out_of_memory(message: &str) -> AdapterError {
    let mut error = sql_error(message);
    if error.hint.is_none() {
        error.message = format!("not enough memory: {}", error.message);
        error.sqlstate = Some(OUT_OF_MEMORY.to_owned());
        error.hint = Some("raise `memory_limit` in the profile, or run with fewer threads".to_owned());
    }
    error
}

fn sql_error(message: &str) -> AdapterError {
    // The disk's limit is told as an error of input and output.
    if message.contains("max_temp_directory_size") {
        let mut error =
            AdapterError::new(AdapterErrorKind::Sql, "not enough memory: what is spilled exceeds its limit");
        error.hint = Some("raise `spill_limit` or `memory_limit` in the profile".to_owned());
        return error;
    }
    AdapterError::new(AdapterErrorKind::Sql, plain(message))
}

/// A message without the engine's ceremony: prefixes, backtraces, quotes, a capital at the start.
fn plain(message: &str) -> String {
    let mut text = message.split("\n\nbacktrace:").next().unwrap_or(message).trim();
    for prefix in
        ["Error during planning: ", "Execution error: ", "External error: ", "Schema error: ", "Arrow error: "]
    {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    let text = text.trim_end_matches('.').replace('\'', "`");
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().collect::<String>() + &text[first.len_utf8()..]
        }
        _ => text,
    }
}

/// The byte at a line and column, both counted from 1 and in characters.
fn offset(sql: &str, line: u64, column: u64) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start = sql.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let text = sql.split_inclusive('\n').nth(line)?;
    Some(start + text.char_indices().nth(column).map_or(text.len(), |(at, _)| at))
}

/// An error that says what cannot be done.
pub(super) fn unsupported(what: &str) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Unsupported, format!("the lakehouse does not do {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let sql = "select 'ü' as a,\n  nope\nfrom t";
        assert_eq!(offset(sql, 2, 3), sql.find("nope"));
        assert_eq!(offset(sql, 1, 12), sql.find("as a"));
        assert_eq!(offset(sql, 9, 1), None);
    }

    #[test]
    fn messages_lose_their_ceremony() {
        assert_eq!(plain("Error during planning: Invalid function 'foo'.\n\nbacktrace: x"), "invalid function `foo`");
        assert_eq!(plain("UNION needs two sides"), "UNION needs two sides");
    }
}
