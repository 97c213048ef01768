//! Rows of a query as templates see them: a table with `columns`, `rows` and `column_names`.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use super::DateTimeValue;
use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::python;
use crate::relation::{Scalar, Table};

/// A query's rows as a value.
///
/// # Errors
/// A column that cannot be read.
pub(in crate::jinja) fn table_value(table: &Table) -> Result<Value, Error> {
    let names: Arc<[String]> = table.column_names().into_iter().map(str::to_owned).collect();
    let rows = table.rows().map_err(|error| fail(Code::JinjaError, error.to_string()))?;
    let rows = rows.iter().map(|row| Arc::new(row.iter().map(scalar).collect::<Vec<Value>>())).collect();
    Ok(Value::from_object(AgateTable { names, rows }))
}

/// A seed's rows as a value: `columns` are names and types, `rows` lists of texts and nulls.
pub(in crate::jinja) fn seed_table(columns: &[(String, String)], rows: &[Vec<Option<String>>]) -> Value {
    let cell = |(field, (_, data_type)): (&Option<String>, &(String, String))| match field {
        Some(text) => typed(text, &data_type.to_ascii_lowercase()),
        None => Value::from(()),
    };
    let rows = rows.iter().map(|row| Arc::new(row.iter().zip(columns).map(cell).collect())).collect();
    let names = columns.iter().map(|(name, _)| name.clone()).collect();
    Value::from_object(AgateTable { names, rows })
}

/// A text as a value of a type; what cannot be read stays text.
fn typed(written: &str, data_type: &str) -> Value {
    let number = || match (written.parse::<i64>(), written.parse::<f64>()) {
        (Ok(whole), _) => Some(Value::from(whole)),
        (_, Ok(number)) => Some(Value::from(number)),
        _ => None,
    };
    let read = match data_type {
        "boolean" | "bool" => written.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
        kind if kind.starts_with("timestamp") || kind == "date" => Some(DateTimeValue::parsed(written)),
        kind if ["int", "bigint", "smallint", "numeric", "decimal", "float", "double", "real"]
            .iter()
            .any(|word| kind.starts_with(word)) =>
        {
            number()
        }
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(written))
}

/// The type that a column's values ask for (`adapter.convert_type`). COMPAT: those of dbt-postgres 1.11.
pub(in crate::jinja) fn column_type(table: &Value, index: usize) -> &'static str {
    let Some(table) = table.downcast_object_ref::<AgateTable>() else { return "text" };
    let mut kinds = table.rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_none()).map(kind_of);
    let Some(first) = kinds.next() else { return "text" };
    kinds
        .try_fold(first, |kind, next| match (kind, next) {
            _ if kind == next => Some(kind),
            ("integer", "float8") | ("float8", "integer") => Some("float8"),
            _ => None,
        })
        .unwrap_or("text")
}

fn kind_of(cell: &Value) -> &'static str {
    if cell.downcast_object_ref::<DateTimeValue>().is_some() {
        return if python::text(cell).contains(':') { "timestamp without time zone" } else { "date" };
    }
    match cell.kind() {
        ValueKind::Bool => "boolean",
        ValueKind::Number if cell.is_integer() => "integer",
        ValueKind::Number => "float8",
        _ => "text",
    }
}

fn scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Null => Value::from(()),
        Scalar::Bool(flag) => Value::from(*flag),
        Scalar::Int(number) => Value::from(*number),
        Scalar::Float(number) => Value::from(*number),
        Scalar::Decimal(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Value::from(whole),
            (_, Ok(number)) => Value::from(number),
            _ => Value::from(text.as_str()),
        },
        Scalar::Date(_) | Scalar::Timestamp(..) => DateTimeValue::parsed(&value.to_string()),
        Scalar::Text(text) => Value::from(text.as_str()),
    }
}

#[derive(Debug)]
struct AgateTable {
    names: Arc<[String]>,
    rows: Vec<Arc<Vec<Value>>>,
}

impl AgateTable {
    fn row(&self, index: usize) -> Option<Value> {
        let values = Arc::clone(self.rows.get(index)?);
        Some(Value::from_object(Named { names: Arc::clone(&self.names), values }))
    }

    fn all_rows(&self) -> Value {
        Value::from((0..self.rows.len()).filter_map(|index| self.row(index)).collect::<Vec<Value>>())
    }

    fn columns(&self) -> Value {
        let column = |(index, name): (usize, &String)| {
            let values = self.rows.iter().map(|row| row.get(index).cloned().unwrap_or_default()).collect();
            Value::from_object(AgateColumn { name: name.clone(), values })
        };
        let columns = self.names.iter().enumerate().map(column).collect();
        Value::from_object(Named { names: Arc::clone(&self.names), values: Arc::new(columns) })
    }

    /// The first rows and columns, as agate prints them: numbers to the right, the rest to the left.
    fn printed(&self, most_rows: usize, most_columns: usize) -> String {
        let mut names: Vec<String> = self.names.iter().take(most_columns).cloned().collect();
        let mut lines: Vec<Vec<String>> = Vec::new();
        for row in self.rows.iter().take(most_rows) {
            lines.push(
                row.iter()
                    .take(most_columns)
                    .map(|cell| if cell.is_none() { String::new() } else { python::text(cell) })
                    .collect(),
            );
        }
        if self.names.len() > most_columns {
            names.push("...".to_owned());
            lines.iter_mut().for_each(|line| line.push("...".to_owned()));
        }
        if self.rows.len() > most_rows {
            lines.push(vec!["...".to_owned(); names.len()]);
        }
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column)).chain(names.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let is_number = |column: usize| {
            let mut cells =
                self.rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_none()).peekable();
            cells.peek().is_some() && cells.all(Value::is_number)
        };
        let line = |cells: &[String]| {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if is_number(column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            format!("| {} |\n", padded.collect::<Vec<String>>().join(" | "))
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let body: String = lines.iter().map(|cells| line(cells)).collect();
        format!("{}{}{body}", line(&names), line(&rule))
    }

    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing into memory cannot fail.
        let _ = writer.write_record(self.names.iter());
        for row in &self.rows {
            let cells = row.iter().map(|cell| if cell.is_none() { String::new() } else { python::text(cell) });
            let _ = writer.write_record(cells);
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// `print_table()` and `print_csv()` print; they give nothing.
    fn print(state: &mut State<'_, '_>, text: &str) -> Result<Value, Error> {
        state.lookup("print").unwrap_or_default().call(state, &[Value::from(text.trim_end())])?;
        Ok(Value::from(()))
    }

    /// `rename(column_names={'a': 'b'})`, or all names in order.
    fn renamed(&self, names: &Value) -> Result<Value, Error> {
        let names: Arc<[String]> = match names.kind() {
            minijinja::value::ValueKind::Map => {
                let new = |name: &String| {
                    let found = names.get_item(&Value::from(name.as_str())).ok().filter(|value| !value.is_undefined());
                    found.map_or_else(|| name.clone(), |value| python::text(&value))
                };
                self.names.iter().map(new).collect()
            }
            _ => names.try_iter()?.map(|name| python::text(&name)).collect(),
        };
        Ok(Value::from_object(Self { names, rows: self.rows.clone() }))
    }

    fn with_rows(&self, rows: Vec<Arc<Vec<Value>>>) -> Value {
        Value::from_object(Self { names: Arc::clone(&self.names), rows })
    }

    /// The places of the columns that a name or a list of names means.
    fn places(&self, keys: &Value) -> Result<Vec<usize>, Error> {
        let place = |key: &Value| {
            let name = python::text(key);
            self.names
                .iter()
                .position(|known| *known == name)
                .ok_or_else(|| fail(Code::JinjaError, format!("the table has no column `{name}`")))
        };
        if keys.as_str().is_some() { Ok(vec![place(keys)?]) } else { keys.try_iter()?.map(|key| place(&key)).collect() }
    }

    /// `order_by`: rows by columns, NULL last.
    fn ordered(&self, keys: &Value, backwards: bool) -> Result<Value, Error> {
        let places = self.places(keys)?;
        let key = |row: &Arc<Vec<Value>>| -> Vec<(bool, Value)> {
            let cells = places.iter().filter_map(|place| row.get(*place));
            cells.map(|cell| (cell.is_none(), cell.clone())).collect()
        };
        let mut rows = self.rows.clone();
        rows.sort_by(|one, other| if backwards { key(other).cmp(&key(one)) } else { key(one).cmp(&key(other)) });
        Ok(self.with_rows(rows))
    }

    /// `distinct`: the first row of each value of columns, or of whole rows.
    fn distinct(&self, keys: Option<&Value>) -> Result<Value, Error> {
        let places = match keys {
            Some(keys) => self.places(keys)?,
            None => (0..self.names.len()).collect(),
        };
        let mut seen: Vec<Vec<Value>> = Vec::new();
        let mut rows = Vec::new();
        for row in &self.rows {
            let key: Vec<Value> = places.iter().filter_map(|place| row.get(*place).cloned()).collect();
            if !seen.contains(&key) {
                seen.push(key);
                rows.push(Arc::clone(row));
            }
        }
        Ok(self.with_rows(rows))
    }

    /// agate's names of the columns' types.
    fn column_types(&self) -> Value {
        let of_column = |place: usize| {
            let mut cells =
                self.rows.iter().filter_map(|row| row.get(place)).filter(|cell| !cell.is_none()).map(kind_of);
            match cells.next() {
                Some("boolean") => "Boolean",
                Some("integer" | "float8") => "Number",
                Some("date") => "Date",
                Some("timestamp without time zone") => "DateTime",
                _ => "Text",
            }
        };
        tuple((0..self.names.len()).map(|place| Value::from(of_column(place))).collect())
    }

    /// `select` and `exclude`: some of the columns.
    fn with_columns(&self, keys: &Value, keeps: bool) -> Result<Value, Error> {
        let keys: Vec<String> = match keys.as_str() {
            Some(one) => vec![one.to_owned()],
            None => keys.try_iter()?.map(|key| python::text(&key)).collect(),
        };
        let places: Vec<usize> = (0..self.names.len())
            .filter(|place| self.names.get(*place).is_some_and(|name| keys.contains(name)) == keeps)
            .collect();
        let rows =
            self.rows.iter().map(|row| Arc::new(places.iter().filter_map(|place| row.get(*place).cloned()).collect()));
        let names = places.iter().filter_map(|place| self.names.get(*place).cloned()).collect();
        Ok(Value::from_object(Self { names, rows: rows.collect() }))
    }
}

/// Values as Python's tuple.
fn tuple(values: Vec<Value>) -> Value {
    Value::from(Tuple::from(values))
}

impl Object for AgateTable {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "rows" => self.all_rows(),
            "columns" => self.columns(),
            "column_types" => self.column_types(),
            "column_names" => tuple(self.names.iter().map(|name| Value::from(name.as_str())).collect()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values((0..self.rows.len()).filter_map(|index| self.row(index)).collect())
    }

    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = python::split_kwargs(args);
        let given = |index: usize, name: &str| {
            let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
            positional.get(index).cloned().or(named).filter(|value| !value.is_none())
        };
        let most = |index: usize, name: &str, default: usize| {
            given(index, name).and_then(|most| most.as_usize()).unwrap_or(default)
        };
        match name {
            "print_table" => Self::print(state, &self.printed(most(0, "max_rows", 20), most(1, "max_columns", 6))),
            "print_csv" => Self::print(state, &self.csv()),
            "rename" => match given(0, "column_names") {
                Some(names) => self.renamed(&names),
                None => Ok(Value::from_dyn_object(Arc::clone(self))),
            },
            "select" | "exclude" => self.with_columns(&given(0, "key").unwrap_or_default(), name == "select"),
            "limit" => {
                let (first, end) = match given(1, "stop").and_then(|stop| stop.as_usize()) {
                    Some(stop) => (most(0, "start_or_stop", 0), stop),
                    None => (0, most(0, "start_or_stop", self.rows.len())),
                };
                let rows = self.rows.iter().take(end).skip(first).step_by(most(2, "step", 1).max(1));
                Ok(self.with_rows(rows.cloned().collect()))
            }
            "order_by" => Ok(self.ordered(
                &given(0, "key").unwrap_or_default(),
                given(1, "reverse").is_some_and(|flag| flag.is_true()),
            )?),
            "distinct" => self.distinct(given(0, "key").as_ref()),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.printed(20, 6))
    }
}

/// Values that have a place and a name each: a row, or the columns of a table. Iterates its values.
struct Named {
    names: Arc<[String]>,
    values: Arc<Vec<Value>>,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.values.iter()).finish()
    }
}

impl Named {
    fn by_name(&self, name: &str) -> Option<Value> {
        let exact = self.names.iter().position(|known| known == name);
        let index = exact.or_else(|| self.names.iter().position(|known| known.eq_ignore_ascii_case(name)))?;
        self.values.get(index).cloned()
    }

    fn pairs(&self) -> Vec<Value> {
        let pair = |(name, value): (&String, &Value)| tuple(vec![Value::from(name.as_str()), value.clone()]);
        self.names.iter().zip(self.values.iter()).map(pair).collect()
    }
}

impl Object for Named {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => self.by_name(name),
            None => self.values.get(key.as_usize()?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values.to_vec())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "values" => Ok(tuple(self.values.to_vec())),
            "keys" => Ok(tuple(self.names.iter().map(|name| Value::from(name.as_str())).collect())),
            "items" => Ok(Value::from(self.pairs())),
            "dict" => Ok(Value::from_pairs(self.names.iter().cloned().zip(self.values.iter().cloned()))),
            "get" => {
                let found = args.first().and_then(|key| self.get_value(key));
                Ok(found.or_else(|| args.get(1).cloned()).unwrap_or_else(|| Value::from(())))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

#[derive(Debug)]
struct AgateColumn {
    name: String,
    values: Vec<Value>,
}

impl Object for AgateColumn {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("name") => Some(Value::from(self.name.as_str())),
            Some(_) => None,
            None => self.values.get(key.as_usize()?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values.clone())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, _: &[Value]) -> Result<Value, Error> {
        match name {
            "values" => Ok(tuple(self.values.clone())),
            "values_without_nulls" => Ok(tuple(self.values.iter().filter(|value| !value.is_none()).cloned().collect())),
            "values_without_nulls_sorted" => {
                let mut known: Vec<Value> = self.values.iter().filter(|value| !value.is_none()).cloned().collect();
                known.sort();
                Ok(tuple(known))
            }
            "values_distinct" => {
                let mut seen: Vec<Value> = Vec::new();
                for value in &self.values {
                    if !seen.contains(value) {
                        seen.push(value.clone());
                    }
                }
                Ok(tuple(seen))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
