//! Rows of a query as templates see them: a table with `columns`, `rows` and `column_names`.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
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

    fn printed(&self) -> String {
        let mut text = format!("| {} |\n", self.names.join(" | "));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(python::text).collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text
    }
}

impl Object for AgateTable {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "rows" => self.all_rows(),
            "columns" => self.columns(),
            "column_names" => Value::from(self.names.to_vec()),
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

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, _: &[Value]) -> Result<Value, Error> {
        match name {
            "print_table" | "print_csv" => Ok(Value::from(self.printed())),
            "rename" => Ok(Value::from_dyn_object(Arc::clone(self))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.printed())
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
        let pair = |(name, value): (&String, &Value)| Value::from(vec![Value::from(name.as_str()), value.clone()]);
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
            "values" => Ok(Value::from(self.values.to_vec())),
            "keys" => Ok(Value::from(self.names.to_vec())),
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
            "values" => Ok(Value::from(self.values.clone())),
            "values_without_nulls" => {
                Ok(Value::from(self.values.iter().filter(|value| !value.is_none()).cloned().collect::<Vec<Value>>()))
            }
            "values_distinct" => {
                let mut seen: Vec<Value> = Vec::new();
                for value in &self.values {
                    if !seen.contains(value) {
                        seen.push(value.clone());
                    }
                }
                Ok(Value::from(seen))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
