//! The one place where the driver's errors become [`AdapterError`]s.

use tokio_postgres::error::{DbError, ErrorPosition, Severity, SqlState};

use crate::adapter::{AdapterError, AdapterErrorKind};

/// An error of a statement, with the byte offset in the text sent, if the server told a place.
pub(super) fn of_statement(error: &tokio_postgres::Error, sent: &str) -> AdapterError {
    match error.as_db_error() {
        Some(refusal) => AdapterError { query_offset: byte_offset(refusal, sent), ..of_refusal(refusal) },
        None => of_connection(error),
    }
}

/// An error of a request that has no text of its own.
pub(super) fn of_request(error: &tokio_postgres::Error) -> AdapterError {
    error.as_db_error().map_or_else(|| of_connection(error), of_refusal)
}

/// Whether the server's cursor points at something that a wrong picture of the warehouse explains:
/// a relation that is there after all, of another kind, or with views that depend on it.
pub(super) fn is_wrong_picture(error: &tokio_postgres::Error) -> bool {
    let Some(refusal) = error.as_db_error() else { return false };
    let code = refusal.code();
    *code == SqlState::DUPLICATE_TABLE
        || *code == SqlState::WRONG_OBJECT_TYPE
        || *code == SqlState::INVALID_TABLE_DEFINITION
        || *code == SqlState::DEPENDENT_OBJECTS_STILL_EXIST
        || *code == SqlState::FEATURE_NOT_SUPPORTED
        || *code == SqlState::UNIQUE_VIOLATION && refusal.schema() == Some("pg_catalog")
}

/// Whether the connection is of no use after the error.
pub(super) fn ends_connection(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(refusal) => matches!(refusal.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        None => true,
    }
}

fn of_refusal(refusal: &DbError) -> AdapterError {
    let code = refusal.code();
    AdapterError {
        kind: kind(code),
        sqlstate: Some(code.code().to_owned()),
        message: refusal.message().to_owned(),
        detail: refusal.detail().map(str::to_owned),
        hint: refusal.hint().map(str::to_owned),
        query_offset: None,
        transient: is_transient(refusal),
    }
}

fn of_connection(error: &tokio_postgres::Error) -> AdapterError {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    AdapterError { transient: true, ..AdapterError::new(AdapterErrorKind::Connection, message) }
}

fn kind(code: &SqlState) -> AdapterErrorKind {
    match code.code() {
        "57014" => AdapterErrorKind::Cancelled,
        "57P01" | "57P02" | "57P03" | "53300" => AdapterErrorKind::Connection,
        text if text.starts_with("08") || text.starts_with("28") => AdapterErrorKind::Connection,
        _ => AdapterErrorKind::Sql,
    }
}

/// Whether the same statement may succeed when tried again.
fn is_transient(refusal: &DbError) -> bool {
    match refusal.code().code() {
        // Serialization failure, deadlock, lock not available, too many connections, shut-down.
        "40001" | "40P01" | "55P03" | "53300" | "57P01" | "57P02" | "57P03" => true,
        // Two sessions changed one catalog row: the server has no code of its own for it.
        "XX000" => refusal.message().starts_with("tuple concurrently"),
        text => text.starts_with("08"),
    }
}

/// Positions count characters from one, over the whole text sent.
fn byte_offset(refusal: &DbError, sent: &str) -> Option<usize> {
    let Some(ErrorPosition::Original(position)) = refusal.position() else { return None };
    let index = usize::try_from(*position).ok()?.checked_sub(1)?;
    sent.char_indices().map(|(at, _)| at).chain([sent.len()]).nth(index)
}
