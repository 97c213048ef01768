//! The one door to YAML: text -> a light tree that knows where everything stands.
//!
//! [`parse`] reads YAML 1.1 as dbt does (`yes` is true, merge keys are applied, the last of equal
//! keys wins) into [`Yaml`], whose spans are bytes of the registered file. [`Fields`] reads a mapping
//! by key and reports values of the wrong type where they stand.
//!
//! It knows nothing of the meaning of any key, and renders no Jinja.

mod explain;
mod fields;
mod read;
mod scalar;

#[cfg(test)]
mod tests;

use crate::resource::JsonMap;
use crate::source::Span;

pub use fields::Fields;
pub use read::parse;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Yaml {
    /// The value.
    pub value: YamlValue,
    /// Its text: of a quoted scalar what is between the quotes, of a collection all its items.
    pub span: Span,
}

/// What YAML can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum YamlValue {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text; dates too, as written.
    Text(String),
    /// A sequence.
    List(Vec<Yaml>),
    /// A mapping in the order written, each key once.
    Map(Vec<(Key, Yaml)>),
}

/// A mapping's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name; numbers and booleans as written.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl YamlValue {
    /// A value of JSON, all of whose parts stand at one place.
    pub fn from_json(value: serde_json::Value, span: Span) -> Self {
        use serde_json::Value;
        let inner = |value| Yaml { value: Self::from_json(value, span), span };
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(inner).collect()),
            Value::Object(map) => {
                Self::Map(map.into_iter().map(|(name, value)| (Key { name, span }, inner(value))).collect())
            }
        }
    }
}

impl Yaml {
    /// The value under a key of a mapping.
    pub fn get(&self, name: &str) -> Option<&Yaml> {
        self.entry(name).map(|(_, value)| value)
    }

    /// A mapping's entry with its key.
    pub fn entry(&self, name: &str) -> Option<&(Key, Yaml)> {
        self.entries().iter().find(|(key, _)| key.name == name)
    }

    /// The entry at the end of a path of keys, as far as it can be followed: for pointing at a place
    /// of which only the names are known.
    pub fn deepest<'a>(&'a self, path: impl IntoIterator<Item = &'a str>) -> Option<&'a (Key, Yaml)> {
        let mut found = None;
        let mut place = self;
        for name in path {
            let Some(entry) = place.entry(name) else { break };
            place = &entry.1;
            found = Some(entry);
        }
        found
    }

    /// A mapping's entries; nothing for other values.
    pub fn entries(&self) -> &[(Key, Yaml)] {
        match &self.value {
            YamlValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// A sequence's items; nothing for other values.
    pub fn items(&self) -> &[Yaml] {
        match &self.value {
            YamlValue::List(items) => items,
            _ => &[],
        }
    }

    /// Text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Any scalar but null as text, written as Python would write it (`1.0`, `True`).
    pub fn scalar_text(&self) -> Option<String> {
        match &self.value {
            YamlValue::Bool(true) => Some("True".to_owned()),
            YamlValue::Bool(false) => Some("False".to_owned()),
            YamlValue::Int(number) => Some(number.to_string()),
            YamlValue::Float(number) => Some(format!("{number:?}")),
            YamlValue::Text(text) => Some(text.clone()),
            YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => None,
        }
    }

    /// Whether it is null or absent.
    pub fn is_null(&self) -> bool {
        self.value == YamlValue::Null
    }

    /// The same value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            YamlValue::Null => serde_json::Value::Null,
            YamlValue::Bool(flag) => (*flag).into(),
            YamlValue::Int(number) => (*number).into(),
            YamlValue::Float(number) => (*number).into(),
            YamlValue::Text(text) => text.as_str().into(),
            YamlValue::List(items) => items.iter().map(Yaml::to_json).collect(),
            YamlValue::Map(_) => self.to_json_map().into(),
        }
    }

    /// A mapping as a JSON object; other values give an empty one.
    pub fn to_json_map(&self) -> JsonMap {
        self.entries().iter().map(|(key, value)| (key.name.clone(), value.to_json())).collect()
    }

    /// What kind of value it is, in words: "a list".
    pub fn kind(&self) -> &'static str {
        match &self.value {
            YamlValue::Null => "nothing",
            YamlValue::Bool(_) => "a boolean",
            YamlValue::Int(_) | YamlValue::Float(_) => "a number",
            YamlValue::Text(_) => "text",
            YamlValue::List(_) => "a list",
            YamlValue::Map(_) => "a mapping",
        }
    }
}
