//! COPY's text format, and its errors.

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use bytes::Bytes;

use super::dialect::quote_identifier;
use super::error;
use crate::adapter::{AdapterError, AdapterErrorKind, TextRows};
use crate::relation::{Column, Relation};

/// Bytes sent at once.
const CHUNK: usize = 64 * 1024;

/// The statement that awaits the rows.
pub(super) fn statement(target: &Relation, columns: &[Column]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quote_identifier(&column.name)).collect();
    format!("copy {target} ({}) from stdin", columns.join(", "))
}

/// The rows of a batch of texts, one line each.
///
/// # Errors
/// `Internal` for a column that is no text.
pub(super) fn lines(batch: &RecordBatch) -> Result<Bytes, AdapterError> {
    let columns: Option<Vec<&StringArray>> =
        batch.columns().iter().map(|column| column.as_string_opt::<i32>()).collect();
    let columns = columns
        .ok_or_else(|| AdapterError::new(AdapterErrorKind::Internal, "a column that is to be copied is not text"))?;
    let mut lines = Vec::with_capacity(CHUNK);
    for row in 0..batch.num_rows() {
        write_fields(columns.iter().map(|column| column.is_valid(row).then(|| column.value(row))), &mut lines);
    }
    Ok(Bytes::from(lines))
}

/// The rows, one line each, in chunks of whole lines.
pub(super) fn chunks(rows: &TextRows) -> impl Iterator<Item = Bytes> {
    let mut numbers = 0..rows.len();
    std::iter::from_fn(move || {
        let mut chunk = Vec::with_capacity(CHUNK);
        while chunk.len() < CHUNK {
            let Some(row) = numbers.next() else { break };
            write_fields(rows.row(row), &mut chunk);
        }
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    })
}

fn write_fields<'a>(fields: impl Iterator<Item = Option<&'a str>>, into: &mut Vec<u8>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            into.push(b'\t');
        }
        match field {
            None => into.extend_from_slice(b"\\N"),
            Some(text) => write_field(text, into),
        }
    }
    into.push(b'\n');
}

fn write_field(text: &str, into: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => into.extend_from_slice(b"\\\\"),
            b'\t' => into.extend_from_slice(b"\\t"),
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            other => into.push(other),
        }
    }
}

/// The server says where in a context line: `COPY t, line 3, column b: "x"`.
pub(super) fn explain(failure: &tokio_postgres::Error) -> AdapterError {
    let error = error::of_request(failure);
    let place = failure.as_db_error().and_then(|refusal| refusal.where_()).and_then(place);
    let detail = [error.detail.as_deref(), place].into_iter().flatten().collect::<Vec<_>>().join("; ");
    AdapterError { detail: Some(detail).filter(|detail| !detail.is_empty()), ..error }
}

fn place(context: &str) -> Option<&str> {
    let line = context.lines().find(|line| line.starts_with("COPY "))?;
    let at = line.find(", line ")?;
    line.get(at + 2..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: &TextRows) -> String {
        let bytes: Vec<u8> = chunks(rows).flatten().collect();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn null_and_empty_stay_apart_and_separators_are_escaped() {
        let rows = [vec![None, Some(""), Some("\\N")], vec![Some("a\tb\nc\r"), Some("ü\\"), Some("\\.")]];
        assert_eq!(text(&rows.into_iter().collect()), "\\N\t\t\\\\N\na\\tb\\nc\\r\tü\\\\\t\\\\.\n");
    }

    #[test]
    fn many_rows_make_several_chunks_of_whole_lines() {
        let field = "x".repeat(1000);
        let rows: TextRows = (0..200).map(|_| vec![Some(field.as_str())]).collect();
        let chunks: Vec<Bytes> = chunks(&rows).collect();
        assert!(chunks.len() > 1 && chunks.iter().all(|chunk| chunk.ends_with(b"\n")));
        assert_eq!(chunks.iter().map(Bytes::len).sum::<usize>(), 200 * 1001);
    }

    #[test]
    fn the_place_is_what_follows_the_table() {
        assert_eq!(place("COPY t, line 3, column b: \"x\""), Some("line 3, column b: \"x\""));
    }
}
