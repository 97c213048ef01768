//! A seed's CSV file as typed rows: columns are inferred as dbt's agate does, with the same rules for
//! what is a number, a date, a boolean and NULL.

use std::io::Read;
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};

use crate::adapter::{Dialect, SeedType, TextRows};
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::Column;
use crate::resource::{Node, NodeConfig};
use crate::source::{FileId, Span};

/// A seed's columns and rows, ready to be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedRows {
    /// Columns with the warehouse's types.
    pub columns: Vec<Column>,
    /// Fields as text.
    pub rows: TextRows,
}

/// Reads a seed. `column_types` of its config win over what is inferred.
///
/// # Errors
/// `invalid-seed` with the line: no header, a row with another number of fields, a doubled column. `io`
/// for what cannot be read or is not UTF-8.
pub fn parse_seed(
    node: &Node,
    file: FileId,
    text: impl Read,
    dialect: &dyn Dialect,
) -> Result<SeedRows, Box<Diagnostic>> {
    let delimiter = delimiter(node, file)?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    let headers: Vec<String> = reader
        .headers()
        .map_err(|error| unreadable(node, file, &error))?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    check_headers(node, file, &headers)?;
    if node.config.flag("quote_columns") == Some(false) {
        check_plain_names(file, &headers)?;
    }
    let mut fields = TextRows::new(headers.len());
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(node, file, &error))? {
        if record.len() != headers.len() {
            return Err(Box::new(wrong_width(node, file, &record, headers.len())));
        }
        let pushed = fields.push(record.iter().map(Some));
        pushed.map_err(|error| {
            Box::new(Diagnostic::error(Code::InvalidSeed, format!("seed `{}`: {error}", node.name)))
        })?;
    }
    Ok(typed(&node.config, &headers, fields, dialect))
}

fn delimiter(node: &Node, file: FileId) -> Result<u8, Box<Diagnostic>> {
    match node.config.text("delimiter").map(str::as_bytes) {
        None => Ok(b','),
        Some([one]) => Ok(*one),
        Some(_) => Err(Box::new(
            Diagnostic::error(Code::InvalidValue, format!("seed `{}`: `delimiter` must be one character", node.name))
                .at(Span::new(file, 0, 0), "")
                .help("for instance `delimiter: \"|\"`, or `delimiter: \"\\t\"` for a tab"),
        )),
    }
}

/// Whether a name means the same column with and without quotes, apart from its case.
fn is_plain_name(name: &str) -> bool {
    let letter = |character: char| character.is_alphabetic() || character == '_';
    name.chars().next().is_some_and(letter)
        && name.chars().all(|character| letter(character) || character.is_ascii_digit() || character == '$')
}

/// Without quotes a name must be one for the warehouse.
fn check_plain_names(file: FileId, headers: &[String]) -> Result<(), Box<Diagnostic>> {
    match headers.iter().find(|name| !is_plain_name(name)) {
        None => Ok(()),
        Some(name) => Err(Box::new(
            Diagnostic::error(Code::InvalidSeed, format!("syntax error: `{name}` is no column name without quotes"))
                .at(Span::new(file, 0, 1), "")
                .help("set `quote_columns: true`; if this should be several columns, set `delimiter`"),
        )),
    }
}

fn typed(config: &NodeConfig, headers: &[String], mut fields: TextRows, dialect: &dyn Dialect) -> SeedRows {
    let overrides = config.get("column_types").and_then(serde_json::Value::as_object);
    let override_of = |name: &str| {
        overrides
            .and_then(|types| types.iter().find(|(key, _)| key.as_str() == name))
            .and_then(|(_, value)| value.as_str())
    };
    let mut columns = Vec::with_capacity(headers.len());
    let mut kinds = Vec::with_capacity(headers.len());
    for (index, name) in headers.iter().enumerate() {
        let chosen = override_of(name);
        // COMPAT: a column with a chosen type is read as text, so that the warehouse casts it (dbt 1.11).
        let kind = if chosen.is_some() { SeedType::Text } else { infer(&fields, index) };
        let data_type = chosen.map_or_else(|| inferred_type(dialect, kind, &fields, index), str::to_owned);
        // Names without quotes are lower case to the warehouse.
        let unquoted = config.flag("quote_columns") == Some(false);
        columns.push(Column::new(if unquoted { name.to_lowercase() } else { name.clone() }, data_type));
        kinds.push(kind);
    }
    fields.narrow(|column, field| normalize(field, kinds[column]));
    SeedRows { columns, rows: fields }
}

fn inferred_type(dialect: &dyn Dialect, kind: SeedType, fields: &TextRows, index: usize) -> String {
    let wide = kind == SeedType::Integer
        && fields
            .column(index)
            .flatten()
            .any(|field| plain_number(field).parse::<i64>().is_ok_and(|number| i32::try_from(number).is_err()));
    if wide { "bigint".to_owned() } else { dialect.seed_type(kind).to_owned() }
}

/// Whether a field's text is of a type.
type Accepts = fn(&str) -> bool;

/// The narrowest type that every non-null field of a column has.
fn infer(fields: &TextRows, index: usize) -> SeedType {
    const NARROW_FIRST: [(SeedType, Accepts); 5] = [
        (SeedType::Integer, is_integer),
        (SeedType::Number, is_number),
        (SeedType::Date, is_date),
        (SeedType::Timestamp, is_timestamp),
        (SeedType::Boolean, is_boolean),
    ];
    let values = || fields.column(index).flatten().map(str::trim).filter(|field| !is_null(field));
    if values().next().is_none() {
        // COMPAT: a column of nothing but NULLs is an integer to dbt 1.11.
        return SeedType::Integer;
    }
    NARROW_FIRST.iter().find(|(_, accepts)| values().all(accepts)).map_or(SeedType::Text, |(kind, _)| *kind)
}

/// COMPAT: dbt 1.11 takes the empty field and the word `null` (in any case) for NULL.
fn is_null(field: &str) -> bool {
    field.is_empty() || field.eq_ignore_ascii_case("null")
}

fn plain_number(field: &str) -> &str {
    field.trim()
}

fn is_integer(field: &str) -> bool {
    plain_number(field).parse::<i64>().is_ok()
}

fn is_number(field: &str) -> bool {
    let field = plain_number(field);
    field.bytes().any(|byte| byte.is_ascii_digit())
        && field.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
        && field.parse::<f64>().is_ok()
}

fn is_date(field: &str) -> bool {
    field.len() == 10 && NaiveDate::parse_from_str(field, "%Y-%m-%d").is_ok()
}

fn is_timestamp(field: &str) -> bool {
    const FORMATS: [&str; 4] =
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%d %H:%M"];
    is_date(field)
        || FORMATS.iter().any(|format| NaiveDateTime::parse_from_str(field, format).is_ok())
        || chrono::DateTime::parse_from_rfc3339(field).is_ok()
}

fn is_boolean(field: &str) -> bool {
    field.eq_ignore_ascii_case("true") || field.eq_ignore_ascii_case("false")
}

/// The part of a field that is its value, or NULL.
fn normalize(field: &str, kind: SeedType) -> Option<Range<usize>> {
    let trimmed = field.trim();
    if is_null(trimmed) {
        return None;
    }
    if kind == SeedType::Text {
        return Some(0..field.len());
    }
    let start = field.len() - field.trim_start().len();
    Some(start..start + trimmed.len())
}

fn check_headers(node: &Node, file: FileId, headers: &[String]) -> Result<(), Box<Diagnostic>> {
    let broken =
        |message: String| Err(Box::new(Diagnostic::error(Code::InvalidSeed, message).at(Span::new(file, 0, 1), "")));
    if headers.iter().all(String::is_empty) {
        return broken(format!("seed `{}` has no header line", node.name));
    }
    for (index, name) in headers.iter().enumerate() {
        if headers.iter().skip(index + 1).any(|other| other.eq_ignore_ascii_case(name)) {
            return broken(format!("seed `{}` has two columns named `{name}`", node.name));
        }
    }
    Ok(())
}

fn wrong_width(node: &Node, file: FileId, record: &csv::StringRecord, wanted: usize) -> Diagnostic {
    let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
    Diagnostic::error(
        Code::InvalidSeed,
        format!("a row of seed `{}` has {} fields, its header has {wanted}", node.name, record.len()),
    )
    .at(Span::new(file, start, start + 1), "this row")
    .help("quote fields that contain the delimiter")
}

fn unreadable(node: &Node, file: FileId, error: &csv::Error) -> Diagnostic {
    let no_text = matches!(error.kind(), csv::ErrorKind::Utf8 { .. });
    if no_text || error.is_io_error() {
        let message = format!("the seed `{}` cannot be read", node.origin.original_file_path);
        let diagnostic = Diagnostic::error(Code::Io, message).caused_by(error);
        return if no_text { diagnostic.help("save it as UTF-8") } else { diagnostic };
    }
    let start = error.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
    Diagnostic::error(Code::InvalidSeed, format!("seed `{}` is not a readable CSV file", node.name))
        .at(Span::new(file, start, start + 1), "")
        .caused_by(error)
}
