//! Rows as a text table in dbt's look, and as JSON.

use arrow::datatypes::DataType;
use serde_json::{Value, json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::relation::{Scalar, Table, TableError};
use crate::resource::JsonMap;

/// Widest cell where nothing limits the table's width.
const WIDEST_CELL: usize = 60;
/// Narrowest cell a column is cut to before columns are left out.
const NARROWEST_CELL: usize = 8;
const ELLIPSIS: &str = "...";

/// A table with a line per row and a line end at the end; wide cells and, as a last resort, the last
/// columns are cut so that it takes at most `max_width` columns. Rows that cannot be read give a line
/// that says why.
pub(super) fn text(rows: &Table, max_width: Option<usize>) -> String {
    let mut columns = match columns(rows) {
        Ok(columns) => columns,
        Err(error) => return format!("{error}\n"),
    };
    fit(&mut columns, max_width);
    let line_count = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let mut out = String::new();
    for line in 0..line_count {
        out.push('|');
        for column in &columns {
            out.push_str(&format!(" {} |", column.padded(line)));
        }
        out.push('\n');
        if line == 0 {
            let rules: Vec<String> = columns.iter().map(|column| "-".repeat(column.width)).collect();
            out.push_str(&format!("| {} |\n", rules.join(" | ")));
        }
    }
    out
}

/// A column with its name as the first cell.
struct TextColumn {
    cells: Vec<String>,
    width: usize,
    right_aligned: bool,
}

impl TextColumn {
    fn padded(&self, line: usize) -> String {
        let cell = cut(self.cells.get(line).map_or("", String::as_str), self.width);
        let blanks = " ".repeat(self.width.saturating_sub(cell.width()));
        if self.right_aligned { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
    }
}

fn columns(rows: &Table) -> Result<Vec<TextColumn>, TableError> {
    let mut columns: Vec<TextColumn> = rows
        .schema()
        .fields()
        .iter()
        .map(|field| TextColumn {
            cells: vec![printable(field.name())],
            width: 0,
            right_aligned: !is_text(field.data_type()),
        })
        .collect();
    for row in rows.rows()? {
        for (column, value) in columns.iter_mut().zip(&row) {
            column.cells.push(cell(value));
        }
    }
    for column in &mut columns {
        column.width = column.cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(1);
    }
    Ok(columns)
}

/// COMPAT: everything but text is right-aligned (dbt 1.11).
fn is_text(kind: &DataType) -> bool {
    !(kind.is_numeric() || kind.is_temporal() || matches!(kind, DataType::Boolean))
}

fn cell(value: &Scalar) -> String {
    match value {
        // COMPAT: booleans read as in Python (dbt 1.11).
        Scalar::Bool(true) => "True".to_owned(),
        Scalar::Bool(false) => "False".to_owned(),
        other => printable(&other.to_string()),
    }
}

/// The text on one line, control characters shown as blanks.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn fit(columns: &mut Vec<TextColumn>, max_width: Option<usize>) {
    let Some(max_width) = max_width else {
        narrow(columns, WIDEST_CELL);
        return;
    };
    let total = |columns: &[TextColumn], widest: usize| {
        1 + columns.iter().map(|column| column.width.min(widest) + 3).sum::<usize>()
    };
    let natural = columns.iter().map(|column| column.width).max().unwrap_or(0);
    let widest = (NARROWEST_CELL..=natural).rev().find(|widest| total(columns, *widest) <= max_width);
    narrow(columns, widest.unwrap_or(NARROWEST_CELL));
    let mut left_out = false;
    while columns.len() > 1 && total(columns, natural) + if left_out { ELLIPSIS.len() + 3 } else { 0 } > max_width {
        columns.pop();
        left_out = true;
    }
    if left_out {
        let lines = columns.first().map_or(0, |column| column.cells.len());
        let cells = vec![ELLIPSIS.to_owned(); lines];
        columns.push(TextColumn { cells, width: ELLIPSIS.len(), right_aligned: false });
    }
}

fn narrow(columns: &mut [TextColumn], widest: usize) {
    for column in columns {
        column.width = column.width.min(widest);
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(ELLIPSIS.len());
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept + ELLIPSIS
}

/// The rows as a list of objects; where they cannot be read, an object that says why.
pub(super) fn json_rows(rows: &Table) -> Value {
    let names = rows.column_names();
    let values = match rows.rows() {
        Ok(values) => values,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    let object = |row: Vec<Scalar>| -> Value {
        let fields = names.iter().zip(&row).map(|(name, value)| ((*name).to_owned(), json_value(value)));
        Value::Object(fields.collect::<JsonMap>())
    };
    Value::Array(values.into_iter().map(object).collect())
}

/// What `show --output json` prints: the rows, and the node's name if it has one.
pub(super) fn json_document(node: Option<&str>, rows: &Table) -> String {
    let rows = json_rows(rows);
    let document = match node {
        Some(node) => json!({ "node": node, "show": rows }),
        None => json!({ "show": rows }),
    };
    format!("{document:#}")
}

fn json_value(value: &Scalar) -> Value {
    match value {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) => json!(value),
        Scalar::Float(value) => json!(value),
        // COMPAT: decimals become JSON numbers (dbt 1.11), whole ones without a fraction.
        Scalar::Decimal(text) => {
            let whole = text.parse::<i64>().map(|value| json!(value));
            whole.or_else(|_| text.parse::<f64>().map(|value| json!(value))).unwrap_or_else(|_| json!(text))
        }
        Scalar::Timestamp(micros, zoned) => match chrono::DateTime::from_timestamp_micros(*micros) {
            Some(instant) => {
                let suffix = if *zoned { "+00:00" } else { "" };
                let fraction = if micros % 1_000_000 == 0 { "" } else { "%.6f" };
                json!(format!("{}{suffix}", instant.naive_utc().format(&format!("%Y-%m-%dT%H:%M:%S{fraction}"))))
            }
            None => json!(value.to_string()),
        },
        Scalar::Date(_) | Scalar::Text(_) => json!(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
    use insta::assert_snapshot;

    use super::*;

    fn sample() -> Table {
        let at = TimestampMicrosecondArray::from(vec![Some(1_700_000_000_500_000), None]).with_timezone("UTC");
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from(vec![1, 200]))),
            ("label", Arc::new(StringArray::from(vec![Some("日本\nlonger than that"), None]))),
            ("is_paid", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("at", Arc::new(at)),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
        Table::new(batch.schema(), vec![batch])
    }

    #[test]
    fn numbers_stand_right_and_nulls_are_empty() {
        assert_snapshot!(text(&sample(), None), @"
        |  id | label                 | is_paid |                         at |
        | --- | --------------------- | ------- | -------------------------- |
        |   1 | 日本 longer than that |    True | 2023-11-14 22:13:20.500+00 |
        | 200 |                       |         |                            |
        ");
    }

    #[test]
    fn a_narrow_terminal_cuts_cells_then_columns() {
        assert_snapshot!(text(&sample(), Some(52)), @"
        |  id | label          | is_paid |             at |
        | --- | -------------- | ------- | -------------- |
        |   1 | 日本 longer... |    True | 2023-11-14 ... |
        | 200 |                |         |                |
        ");
        assert_snapshot!(text(&sample(), Some(30)), @"
        |  id | label    | ... |
        | --- | -------- | --- |
        |   1 | 日本 ... | ... |
        | 200 |          | ... |
        ");
    }

    #[test]
    fn json_keeps_types() {
        assert_snapshot!(json_document(Some("orders"), &sample()), @r#"
        {
          "node": "orders",
          "show": [
            {
              "id": 1,
              "label": "日本\nlonger than that",
              "is_paid": true,
              "at": "2023-11-14T22:13:20.500000+00:00"
            },
            {
              "id": 200,
              "label": null,
              "is_paid": null,
              "at": null
            }
          ]
        }
        "#);
        assert_eq!(json_value(&Scalar::Decimal("2.50".into())), json!(2.5));
        assert_eq!(json_value(&Scalar::Float(f64::NAN)), Value::Null);
        assert_eq!(json_document(None, &Table::empty()), "{\n  \"show\": []\n}");
    }
}
