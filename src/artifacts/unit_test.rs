//! The entries of `unit_tests`.

use serde::Serialize;
use serde_json::{Value, json};

use super::parts::{Dependencies, version};
use crate::resource::{ConfigMap, JsonMap, Node, UniqueId, UnitTest, UnitTestRows};

/// A unit test.
#[derive(Serialize)]
pub(super) struct UnitTestEntry<'a> {
    model: &'a str,
    given: Vec<Given<'a>>,
    expect: Rows<'a>,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a UniqueId,
    fqn: &'a [String],
    description: &'a str,
    overrides: Option<Value>,
    depends_on: Dependencies<'a>,
    config: &'a ConfigMap,
    checksum: &'a str,
    schema: &'a str,
    created_at: f64,
    versions: Option<Value>,
    version: Option<&'a Value>,
}

impl<'a> UnitTestEntry<'a> {
    pub(super) fn new(node: &'a Node, test: &'a UnitTest) -> Self {
        let written = |index: usize| test.definition.get("given").and_then(|given| given.get(index));
        let given = test.given.iter().enumerate();
        let given =
            given.map(|(index, (input, rows))| Given { input, rows: Rows::new(rows, written(index)) }).collect();
        let versions = test.definition.get("versions").filter(|versions| !versions.is_null());
        Self {
            model: &test.model,
            given,
            expect: Rows::new(&test.expect, test.definition.get("expect")),
            name: &node.name,
            resource_type: node.resource_type().as_str(),
            package_name: &node.package,
            path: &node.origin.path,
            original_file_path: &node.origin.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            description: &node.description,
            overrides: overrides(&test.overrides),
            depends_on: (&node.depends_on).into(),
            config: &node.config.values,
            checksum: &node.checksum,
            schema: node.database_and_schema().map_or("", |(_, schema)| schema),
            created_at: node.created_at,
            versions: versions.map(|all| json!({ "include": all.get("include"), "exclude": all.get("exclude") })),
            version: version(test.version.as_ref()),
        }
    }
}

fn overrides(written: &JsonMap) -> Option<Value> {
    let part = |key: &str| written.get(key).filter(|part| part.is_object()).cloned().unwrap_or_else(|| json!({}));
    (!written.is_empty())
        .then(|| json!({ "macros": part("macros"), "vars": part("vars"), "env_vars": part("env_vars") }))
}

#[derive(Serialize)]
struct Given<'a> {
    input: &'a str,
    #[serde(flatten)]
    rows: Rows<'a>,
}

/// `rows`, `format`, `fixture` of an input or of the expectation.
#[derive(Serialize)]
struct Rows<'a> {
    rows: Cells<'a>,
    format: &'static str,
    fixture: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Cells<'a> {
    Written(&'a [JsonMap]),
    Read(Vec<JsonMap>),
    Query(&'a str),
}

impl<'a> Rows<'a> {
    fn new(rows: &'a UnitTestRows, written: Option<&'a Value>) -> Self {
        let fixture = written.and_then(|written| written.get("fixture")).and_then(Value::as_str);
        let (rows, format) = match rows {
            UnitTestRows::Dict(rows) => (Cells::Written(rows), "dict"),
            UnitTestRows::Csv(text) => (Cells::Read(UnitTestRows::of_csv(text)), "csv"),
            UnitTestRows::Sql(query) => (Cells::Query(query), "sql"),
        };
        Self { rows, format, fixture }
    }
}
