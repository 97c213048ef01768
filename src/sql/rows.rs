use serde_json::Value;

use crate::relation::Column;
use crate::resource::JsonMap;

/// Rows written in a YAML file, and the columns they are of.
#[derive(Debug, Clone, Copy)]
pub struct RowsQuery<'a> {
    /// The columns, each with its type.
    pub columns: &'a [Column],
    /// Values by column name; what is missing is NULL.
    pub rows: &'a [JsonMap],
}

/// A query that gives these rows, every value cast to its column's type.
pub fn rows_query(request: &RowsQuery<'_>) -> String {
    let cell = |column: &Column, row: &JsonMap| {
        let value = row.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name)).map(|(_, value)| value);
        let value = value.unwrap_or(&Value::Null);
        let name = column.name.replace('"', "\"\"");
        format!("cast({} as {}) as \"{name}\"", literal(value), type_for(value, &column.data_type))
    };
    let select = |row: &JsonMap| {
        let cells: Vec<String> = request.columns.iter().map(|column| cell(column, row)).collect();
        format!("select {}", cells.join(", "))
    };
    if request.rows.is_empty() {
        return format!("{}\nwhere false", select(&JsonMap::new()));
    }
    request.rows.iter().map(select).collect::<Vec<String>>().join("\nunion all\n")
}

/// The type that a value is cast to. A text is not cut to the length that its column has.
fn type_for<'a>(value: &Value, data_type: &'a str) -> &'a str {
    if value.is_string() && data_type.contains("varying") {
        return data_type.split('(').next().unwrap_or(data_type);
    }
    data_type
}

/// A value as SQL: text in quotes, numbers and truth values as they stand, anything else as its JSON.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => format!("'{}'", other.to_string().replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_gets_its_columns_type() {
        let columns = [Column::new("id", "integer"), Column::new("Name", "text")];
        let row = |value: Value| value.as_object().cloned().unwrap_or_default();
        let rows = [row(json!({ "id": 1, "name": "it's" })), row(json!({ "id": null }))];
        assert_eq!(
            rows_query(&RowsQuery { columns: &columns, rows: &rows }),
            "select cast(1 as integer) as \"id\", cast('it''s' as text) as \"Name\"\nunion all\nselect cast(null as integer) as \"id\", cast(null as text) as \"Name\""
        );
        assert!(rows_query(&RowsQuery { columns: &columns, rows: &[] }).ends_with("where false"));
        let narrow = [Column::new("a", "character varying(5)")];
        let long = rows_query(&RowsQuery { columns: &narrow, rows: &[row(json!({ "a": "too long" }))] });
        assert_eq!(long, "select cast('too long' as character varying) as \"a\"");
    }
}
