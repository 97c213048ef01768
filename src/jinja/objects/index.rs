use std::sync::Arc;

use chrono::Utc;
use md5::{Digest, Md5};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::Value as Json;

use super::RelationValue;
use crate::jinja::python::text;

/// An index of a model's config, as macros see it.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct IndexValue {
    columns: Vec<String>,
    unique: bool,
    method: Option<String>,
}

impl IndexValue {
    /// The index that a config entry describes; `None` when it is none.
    pub(in crate::jinja) fn read(json: &Json) -> Option<Value> {
        let columns = match json.get("columns")? {
            Json::Array(columns) => columns.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            Json::String(column) => vec![column.clone()],
            _ => return None,
        };
        let unique = json.get("unique").and_then(Json::as_bool).unwrap_or(false);
        let method = json.get("type").and_then(Json::as_str).map(str::to_owned);
        Some(Value::from_object(Self { columns, unique, method }))
    }

    /// COMPAT: the moment is part of the name, so that the index of a table that is being replaced
    /// does not stand in the way of its successor's (dbt 1.11).
    fn name(&self, relation: &str) -> String {
        let method = self.method.as_deref().unwrap_or("None");
        let now = Utc::now().to_rfc3339();
        let parts = format!("{}_{relation}_{}_{method}_{now}", self.columns.join("_"), self.unique);
        hex::encode(Md5::digest(parts.as_bytes()))
    }
}

impl Object for IndexValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "columns" => Value::from(self.columns.clone()),
            "unique" => Value::from(self.unique),
            "type" => self.method.as_deref().map_or_else(|| Value::from(()), Value::from),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["columns", "unique", "type"])
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match (name, args) {
            ("render", [relation]) => {
                let known = relation.downcast_object_ref::<RelationValue>().map(|value| value.relation.render());
                Ok(Value::from(self.name(&known.unwrap_or_else(|| text(relation)))))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
