use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::outcome::AdapterResponse;

/// A warehouse's answer as templates see it; prints as its message.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct ResponseValue(AdapterResponse);

impl ResponseValue {
    /// An answer as a value.
    pub(in crate::jinja) fn value(response: AdapterResponse) -> Value {
        Value::from_object(Self(response))
    }

    /// The answer that a value is; a text is one without a number of rows.
    pub(in crate::jinja) fn read(value: &Value) -> AdapterResponse {
        match value.downcast_object_ref::<Self>() {
            Some(own) => own.0.clone(),
            None => {
                let part = |name: &str| value.get_attr(name).ok().and_then(|part| part.as_str().map(str::to_owned));
                let message = part("_message").or_else(|| value.as_str().map(str::to_owned)).unwrap_or_default();
                let rows = value.get_attr("rows_affected").ok().and_then(|rows| rows.as_i64());
                let rows_affected = rows.and_then(|rows| u64::try_from(rows).ok());
                AdapterResponse { message, code: part("code").unwrap_or_default(), rows_affected }
            }
        }
    }
}

impl Object for ResponseValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "_message" => Value::from(self.0.message.as_str()),
            "code" => Value::from(self.0.code.as_str()),
            "rows_affected" => self.0.rows_shown().map_or_else(|| Value::from(()), Value::from),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["_message", "code", "rows_affected"])
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}
