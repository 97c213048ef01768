//! What a statement answers.

use crate::outcome::AdapterResponse;

/// The answer to a statement that writes no rows.
pub(super) fn response(words: &str) -> AdapterResponse {
    AdapterResponse { message: words.to_owned(), code: words.to_owned(), rows_affected: None }
}

/// The answer to a statement that writes rows.
pub(super) fn rows_response(word: &str, rows: u64) -> AdapterResponse {
    let message = if word == "INSERT" { format!("INSERT 0 {rows}") } else { format!("{word} {rows}") };
    AdapterResponse { message, code: word.to_owned(), rows_affected: Some(rows) }
}
