use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::relation::Column;

/// A column as templates see it.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct ColumnValue(pub(in crate::jinja) Column);

impl ColumnValue {
    /// A column as a value.
    pub(in crate::jinja) fn value(column: Column) -> Value {
        Value::from_object(Self(column))
    }

    /// The type without length or precision, and the numbers in its parentheses.
    fn type_parts(&self) -> (String, Vec<i64>) {
        let text = &self.0.data_type;
        let Some((base, rest)) = text.split_once('(') else { return (text.clone(), Vec::new()) };
        let (numbers, after) = rest.split_once(')').unwrap_or((rest, ""));
        let numbers = numbers.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        (format!("{}{after}", base.trim_end()), numbers)
    }

    fn is_string(&self) -> bool {
        let base = self.type_parts().0.to_ascii_lowercase();
        matches!(base.as_str(), "text" | "character varying" | "character" | "varchar" | "char" | "string" | "utf8")
    }

    fn is_integer(&self) -> bool {
        let base = self.type_parts().0.to_ascii_lowercase();
        matches!(
            base.as_str(),
            "smallint"
                | "integer"
                | "bigint"
                | "smallserial"
                | "serial"
                | "bigserial"
                | "int2"
                | "int4"
                | "int8"
                | "int"
        )
    }

    fn is_float(&self) -> bool {
        let base = self.type_parts().0.to_ascii_lowercase();
        matches!(base.as_str(), "real" | "float4" | "float" | "double precision" | "float8" | "double")
    }

    fn is_numeric(&self) -> bool {
        let base = self.type_parts().0.to_ascii_lowercase();
        matches!(base.as_str(), "numeric" | "decimal")
    }
}

impl Object for ColumnValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (base, numbers) = self.type_parts();
        let number = |index: usize| numbers.get(index).map_or_else(|| Value::from(()), |number| Value::from(*number));
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.0.name.as_str()),
            "quoted" => Value::from(format!("\"{}\"", self.0.name.replace('"', "\"\""))),
            "dtype" => Value::from(base),
            "data_type" => Value::from(self.0.data_type.as_str()),
            "char_size" => {
                if self.is_string() {
                    number(0)
                } else {
                    Value::from(())
                }
            }
            "numeric_precision" => {
                if self.is_string() {
                    Value::from(())
                } else {
                    number(0)
                }
            }
            "numeric_scale" => {
                if self.is_string() {
                    Value::from(())
                } else {
                    number(1)
                }
            }
            "comment" => self.0.comment.as_deref().map_or_else(|| Value::from(()), Value::from),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["name", "column", "quoted", "dtype", "data_type", "char_size"])
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "is_string" => Ok(Value::from(self.is_string())),
            "is_integer" => Ok(Value::from(self.is_integer())),
            "is_float" => Ok(Value::from(self.is_float())),
            "is_numeric" => Ok(Value::from(self.is_numeric())),
            "is_number" => Ok(Value::from(self.is_integer() || self.is_float() || self.is_numeric())),
            "string_size" => Ok(Value::from(self.type_parts().1.first().copied().unwrap_or(256))),
            "can_expand_to" => {
                let other = args.first().and_then(|other| other.downcast_object_ref::<Self>());
                let size = |column: &Self| column.type_parts().1.first().copied().unwrap_or(256);
                Ok(Value::from(
                    other.is_some_and(|other| self.is_string() && other.is_string() && size(other) > size(self)),
                ))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<Column {} ({})>", self.0.name, self.0.data_type)
    }
}
