use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::artifacts::manifest_node;
use crate::resource::{JsonMap, Node};

/// What a manifest says of one thing, without what is never compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry(JsonMap);

/// Big or of no interest.
const LEFT_OUT: [&str; 10] = [
    "compiled_code",
    "extra_ctes",
    "doc_blocks",
    "refs",
    "sources",
    "compiled_path",
    "build_path",
    "docs",
    "original_file_path",
    "created_at",
];

const NULL: &Value = &Value::Null;

impl Entry {
    /// The entry that a node has now.
    pub(super) fn of(node: &Node) -> Self {
        Self(manifest_node(node))
    }

    /// A key's value; absent is null.
    pub(super) fn get(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or(NULL)
    }

    /// Whether a key is there, null or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A value within a mapping; absent is null.
    pub(super) fn within(&self, key: &str, inner: &str) -> &Value {
        self.get(key).get(inner).unwrap_or(NULL)
    }

    /// A key's text; absent is empty.
    pub(super) fn text(&self, key: &str) -> &str {
        self.get(key).as_str().unwrap_or_default()
    }

    /// A key's mapping.
    pub(super) fn map(&self, key: &str) -> Option<&JsonMap> {
        self.get(key).as_object()
    }
}

impl From<JsonMap> for Entry {
    fn from(map: JsonMap) -> Self {
        Self(map)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keep)
    }
}

struct Keep;

impl<'de> Visitor<'de> for Keep {
    type Value = Entry;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut access: M) -> Result<Entry, M::Error> {
        let mut map = JsonMap::new();
        while let Some(key) = access.next_key::<String>()? {
            if LEFT_OUT.contains(&key.as_str()) {
                access.next_value::<IgnoredAny>()?;
            } else {
                map.insert(key, access.next_value()?);
            }
        }
        Ok(Entry(map))
    }
}
