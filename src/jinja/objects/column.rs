use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::python::{split_kwargs, text};
use crate::relation::Column;

/// A column as templates see it.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct ColumnValue(pub(in crate::jinja) Column);

/// COMPAT: what a text has room for when it does not say (dbt 1.11).
const UNKNOWN_SIZE: i64 = 256;

impl ColumnValue {
    /// A column as a value.
    pub(in crate::jinja) fn value(column: Column) -> Value {
        Value::from_object(Self(column))
    }

    /// A column of a type with the numbers that catalogs keep beside it. They count where the type
    /// has any: a whole number's precision is no part of its type.
    pub(in crate::jinja) fn described(
        name: String,
        data_type: &str,
        size: Option<i64>,
        numbers: (Option<i64>, Option<i64>),
    ) -> Value {
        let plain = Self(Column::new(name.clone(), data_type));
        let data_type = match (size, numbers) {
            (Some(size), _) if plain.is_string() && !data_type.eq_ignore_ascii_case("text") => {
                format!("{data_type}({size})")
            }
            (_, (Some(precision), Some(scale))) if plain.is_numeric() => format!("{data_type}({precision},{scale})"),
            _ => data_type.to_owned(),
        };
        Self::value(Column::new(name, data_type))
    }

    /// The type without length or precision, and the numbers in its parentheses.
    fn type_parts(&self) -> (String, Vec<i64>) {
        let text = &self.0.data_type;
        let Some((base, rest)) = text.split_once('(') else { return (text.clone(), Vec::new()) };
        let (numbers, after) = rest.split_once(')').unwrap_or((rest, ""));
        let numbers = numbers.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        (format!("{}{after}", base.trim_end()), numbers)
    }

    fn base(&self) -> String {
        self.type_parts().0.to_ascii_lowercase()
    }

    fn number(&self, index: usize) -> Value {
        self.type_parts().1.get(index).map_or_else(|| Value::from(()), |number| Value::from(*number))
    }

    fn is_string(&self) -> bool {
        matches!(
            self.base().as_str(),
            "text" | "character varying" | "character" | "varchar" | "char" | "string" | "utf8"
        )
    }

    fn is_integer(&self) -> bool {
        const NAMES: [&str; 13] = [
            "smallint",
            "integer",
            "bigint",
            "smallserial",
            "serial",
            "bigserial",
            "int2",
            "int4",
            "int8",
            "serial2",
            "serial4",
            "serial8",
            "int",
        ];
        NAMES.contains(&self.base().as_str())
    }

    fn is_float(&self) -> bool {
        matches!(self.base().as_str(), "real" | "float4" | "float" | "double precision" | "float8" | "double")
    }

    fn is_numeric(&self) -> bool {
        matches!(self.base().as_str(), "numeric" | "decimal")
    }

    fn string_size(&self) -> Result<i64, Error> {
        if !self.is_string() {
            return Err(fail(Code::JinjaError, "Called string_size() on non-string field!"));
        }
        Ok(self.type_parts().1.first().copied().unwrap_or(UNKNOWN_SIZE))
    }

    fn can_expand_to(&self, other: Option<&Value>) -> Result<bool, Error> {
        let other = other.and_then(|other| other.downcast_object_ref::<Self>());
        let other = other.ok_or_else(|| fail(Code::JinjaError, "`can_expand_to` needs a column"))?;
        Ok(self.is_string() && other.is_string() && other.string_size()? > self.string_size()?)
    }
}

/// `numeric(10,2)`; the bare type without either number.
pub(in crate::jinja) fn numeric_type(dtype: &str, precision: Option<i64>, scale: Option<i64>) -> String {
    match (precision, scale) {
        (Some(precision), Some(scale)) => format!("{dtype}({precision},{scale})"),
        _ => dtype.to_owned(),
    }
}

/// `character varying(16)`.
pub(in crate::jinja) fn string_type(size: i64) -> String {
    format!("character varying({size})")
}

impl Object for ColumnValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.0.name.as_str()),
            "quoted" => Value::from(format!("\"{}\"", self.0.name.replace('"', "\"\""))),
            "dtype" => Value::from(self.type_parts().0),
            "data_type" | "expanded_data_type" => Value::from(self.0.data_type.as_str()),
            "char_size" if self.is_string() => self.number(0),
            "numeric_precision" if !self.is_string() => self.number(0),
            "numeric_scale" if !self.is_string() => self.number(1),
            "char_size" | "numeric_precision" | "numeric_scale" => Value::from(()),
            "comment" => self.0.comment.as_deref().map_or_else(|| Value::from(()), Value::from),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&[
            "column",
            "dtype",
            "char_size",
            "numeric_precision",
            "numeric_scale",
            "name",
            "quoted",
            "data_type",
        ])
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some((&self.0.name, &self.0.data_type).cmp(&(&other.0.name, &other.0.data_type)))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = split_kwargs(args);
        let argument = |index: usize, name: &str| {
            let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
            positional.get(index).cloned().or(named)
        };
        let number = |index: usize, name: &str| argument(index, name).and_then(|number| number.as_i64());
        match name {
            "is_string" => Ok(Value::from(self.is_string())),
            "is_integer" => Ok(Value::from(self.is_integer())),
            "is_float" => Ok(Value::from(self.is_float())),
            "is_numeric" => Ok(Value::from(self.is_numeric())),
            "is_number" => Ok(Value::from(self.is_integer() || self.is_float() || self.is_numeric())),
            "string_size" => self.string_size().map(Value::from),
            "can_expand_to" => self.can_expand_to(argument(0, "other_column").as_ref()).map(Value::from),
            "literal" => {
                let value = argument(0, "value").as_ref().map(text).unwrap_or_default();
                Ok(Value::from(format!("{value}::{}", self.0.data_type)))
            }
            "string_type" => Ok(Value::from(string_type(number(0, "size").unwrap_or(UNKNOWN_SIZE)))),
            "numeric_type" => {
                let dtype = argument(0, "dtype").as_ref().map(text).unwrap_or_default();
                Ok(Value::from(numeric_type(&dtype, number(1, "precision"), number(2, "scale"))))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<Column {} ({})>", self.0.name, self.0.data_type)
    }
}
