//! Unit tests: properties -> nodes, one for each tested version of the model.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::calls::{self, Call};
use super::context::{Context, Draft};
use super::index::Targets;
use super::node_config::node_config;
use super::other_nodes::declared_fqn;
use super::python;
use super::refs::find_ref;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::project::RefCandidate;
use crate::project::parsed::{CodeKind, Fixture, Parsed, Properties, WrittenRows, WrittenUnitTest};
use crate::resource::{
    ConfigMap, JsonMap, Materialization, Node, NodeKind, Origin, RefCall, ResourceType, UniqueId, UnitTest,
    UnitTestRows, VersionRef,
};

/// Reads the file of each seed whose rows a unit test takes. This is the one place where rows of a
/// seed are wanted before it is loaded.
pub fn fill_in_seed_rows(parsed: &mut Parsed, root: &str, read: &dyn Fn(&Path) -> std::io::Result<String>) {
    let seeds: HashMap<(String, String), std::path::PathBuf> = parsed
        .code
        .iter()
        .filter(|code| code.kind == CodeKind::Seed)
        .map(|code| ((code.place.package.to_string(), code.name.clone()), code.place.absolute.clone()))
        .collect();
    for file in &mut parsed.properties {
        let package = file.place.package.to_string();
        for (input, rows) in file.unit_tests.iter_mut().flat_map(|test| &mut test.given) {
            let (WrittenRows::Seed(_), Some(Call::Ref(call))) = (&*rows, calls::read(input, None)) else { continue };
            let package = call.package.unwrap_or_else(|| package.clone());
            let found =
                [package.as_str(), root].iter().find_map(|of| seeds.get(&((*of).to_owned(), call.name.clone())));
            if let Some(text) = found.and_then(|path| read(path).ok()) {
                *rows = WrittenRows::Rows(UnitTestRows::Csv(text));
            }
        }
    }
}

/// Fixtures by name and package.
pub(super) fn fixtures(parsed: &Parsed) -> HashMap<(&str, &str), &Fixture> {
    let key = |fixture| -> ((&str, &str), &Fixture) {
        let fixture: &Fixture = fixture;
        ((fixture.package.as_ref(), fixture.name.as_str()), fixture)
    };
    parsed.fixtures.iter().map(key).collect()
}

impl Context<'_> {
    /// The nodes of a unit test.
    pub fn unit_test_nodes(
        &self,
        file: &Properties,
        test: &WrittenUnitTest,
        targets: &Targets,
        fixtures: &HashMap<(&str, &str), &Fixture>,
    ) -> Vec<Draft> {
        let mut draft = self.unit_test(file, test, fixtures);
        let (name, version) = match test.model.split_once(char::is_whitespace) {
            Some((name, version)) => (name, Some(VersionRef(version.trim().into()))),
            None => (test.model.as_str(), None),
        };
        let call = RefCall { name: name.to_owned(), package: None, version, span: Some(test.model_span) };
        let found = find_ref(&targets.refs, &call, &file.place.package, &self.root().name);
        let id = match found {
            Ok(id) if id.as_str().starts_with("model.") => id.clone(),
            Ok(_) => {
                let message = format!("unit test `{}` tests `{name}`, which is no model", test.name);
                draft.problems.push(Diagnostic::error(Code::UnknownRef, message).at(test.model_span, "not a model"));
                return vec![draft];
            }
            // COMPAT: the test of a disabled model is disabled (dbt 1.11).
            Err(problem) if problem.code == Code::DisabledRef => {
                draft.node.config.enabled = false;
                return vec![draft];
            }
            Err(mut problem) => {
                problem.message = format!(
                    "unit test `{}` tests {}",
                    test.name,
                    problem.message.replace(" does not", ", which does not")
                );
                draft.problems.push(*problem);
                return vec![draft];
            }
        };
        draft.node.depends_on.nodes = vec![id.clone()];
        self.by_version(draft, test, &id, targets)
    }

    /// One node for each version asked for; the one given for a model without versions.
    fn by_version(&self, mut draft: Draft, test: &WrittenUnitTest, id: &UniqueId, targets: &Targets) -> Vec<Draft> {
        let candidates = targets.refs.by_name.values().flatten();
        let Some(tested) = candidates.clone().find(|candidate| candidate.id == *id) else { return vec![draft] };
        if tested.version.is_none() {
            if test.include.is_some() || !test.exclude.is_empty() {
                let message =
                    format!("unit test `{}` asks for versions of `{}`, which has none", test.name, test.model);
                draft.problems.push(Diagnostic::error(Code::InvalidValue, message).at(test.span, "remove `versions`"));
            }
            return vec![draft];
        }
        let name = test.model.split_whitespace().next().unwrap_or_default();
        let versions: Vec<&RefCandidate> =
            targets.refs.by_name.get(name).map_or(&[][..], Vec::as_slice).iter().collect();
        let wanted = |candidate: &&&RefCandidate| {
            let version = candidate.version.clone().unwrap_or_default();
            candidate.package == tested.package
                && !candidate.disabled
                && test.include.as_ref().is_none_or(|include| include.contains(&version))
                && !test.exclude.contains(&version)
        };
        let mut drafts = Vec::new();
        for candidate in versions.iter().filter(wanted) {
            let version = candidate.version.clone().unwrap_or_default();
            let mut node = draft.node.clone();
            node.unique_id =
                UniqueId::new(format!("unit_test.{}.{}.{}_v{version}", node.package, test.model, test.name));
            node.depends_on.nodes = vec![candidate.id.clone()];
            if let NodeKind::UnitTest(kind) = &mut node.kind {
                kind.version = Some(VersionRef(version.parse::<i64>().map_or_else(|_| version.into(), Value::from)));
            }
            let problems = std::mem::take(&mut draft.problems);
            drafts.push(Draft { place: draft.place, display: draft.display.clone(), node, problems, is_orphan: false });
        }
        if drafts.is_empty() {
            let message = format!("unit test `{}` asks for a version of `{name}` that does not exist", test.name);
            draft.problems.push(Diagnostic::error(Code::UnknownRef, message).at(test.span, "tests nothing"));
            drafts.push(draft);
        }
        drafts
    }

    fn unit_test(
        &self,
        file: &Properties,
        test: &WrittenUnitTest,
        fixtures: &HashMap<(&str, &str), &Fixture>,
    ) -> Draft {
        let mut problems = Diagnostics::new();
        let place = &file.place;
        let package = place.package.as_ref();
        let mut fqn = declared_fqn(place, &test.model);
        fqn.push(test.name.clone());
        let mut rows = |written: &WrittenRows| written_rows(written, test, package, fixtures, &mut problems);
        let given: Vec<(String, UnitTestRows)> =
            test.given.iter().map(|(input, written)| (input.clone(), rows(written))).collect();
        let expect = rows(&test.expect);
        let definition = definition(test, &given, &expect);
        let checksum = hex::encode(Sha256::digest(fingerprint(test, &definition).as_bytes()));
        let kind = NodeKind::UnitTest(Box::new(UnitTest {
            model: test.model.clone(),
            given,
            expect,
            overrides: test.overrides.clone(),
            version: None,
            definition,
        }));
        let origin = Origin {
            file: place.file,
            span: test.span,
            path: place.path.clone(),
            original_file_path: place.original.clone(),
            patch_path: None,
            patch_span: None,
            config_span: None,
        };
        let what = format!("unit test `{}`", test.name);
        let mut merged = self.merged(ResourceType::UnitTest, package, &fqn, &test.config);
        self.finish(&mut merged, ResourceType::UnitTest, package, &fqn, &ConfigMap::new());
        let mut node = Node::bare(kind, test.name.clone(), package.to_owned(), fqn, origin);
        node.unique_id = UniqueId::new(format!("unit_test.{package}.{}.{}", test.model, test.name));
        node.config = node_config(merged.values, &what, test.span, &mut problems);
        node.config.materialized = Materialization::Unit;
        node.unrendered_config = merged.unrendered;
        node.alias = test.name.clone();
        node.checksum = checksum;
        let described = self.described(&test.description, package, Some(test.span), &mut problems);
        (node.description, node.doc_blocks) = (described.text, described.doc_blocks);
        Draft { place: test.span, display: place.display.clone(), node, problems, is_orphan: false }
    }
}

fn written_rows(
    written: &WrittenRows,
    test: &WrittenUnitTest,
    package: &str,
    fixtures: &HashMap<(&str, &str), &Fixture>,
    problems: &mut Diagnostics,
) -> UnitTestRows {
    match written {
        WrittenRows::Rows(rows) => first_full_row_first(rows.clone()),
        WrittenRows::Fixture(name, span) => match fixtures.get(&(package, name.as_str())) {
            Some(fixture) => fixture.rows.clone(),
            None => {
                let message = format!("unit test `{}` takes the fixture `{name}`, which does not exist", test.name);
                let problem = Diagnostic::error(Code::UnknownRef, message).at(*span, "no such file");
                let known = fixtures.keys().map(|(_, name)| *name);
                problems.push(match closest(name, known) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help("fixtures stand in the folder `fixtures` of a test folder"),
                });
                UnitTestRows::Dict(Vec::new())
            }
        },
        WrittenRows::Seed(span) => {
            problems.push(
                Diagnostic::error(
                    Code::MissingKey,
                    format!("an input of unit test `{}` has no rows and is no seed", test.name),
                )
                .at(*span, "rows are missing")
                .help("add `rows:`; `rows: []` is an empty input"),
            );
            UnitTestRows::Dict(Vec::new())
        }
    }
}

/// COMPAT: the first row without a null is put first, for its types (dbt 1.11).
fn first_full_row_first(mut rows: UnitTestRows) -> UnitTestRows {
    if let UnitTestRows::Dict(maps) = &mut rows {
        let full = maps.iter().position(|row| row.values().all(|value| !value.is_null()));
        if let Some(full) = full {
            maps.swap(0, full);
        }
    }
    rows
}

/// The definition as in the manifest.
fn definition(test: &WrittenUnitTest, given: &[(String, UnitTestRows)], expect: &UnitTestRows) -> Value {
    let fixture = |written: &WrittenRows| match written {
        WrittenRows::Fixture(name, _) => Value::from(name.clone()),
        _ => Value::Null,
    };
    let inputs: Vec<Value> = given
        .iter()
        .zip(&test.given)
        .map(|((input, rows), (_, written))| {
            let (rows, format) = shown(rows);
            json!({ "input": input, "rows": rows, "format": format, "fixture": fixture(written) })
        })
        .collect();
    let (rows, format) = shown(expect);
    let versions = test.definition.get("versions").cloned().unwrap_or_default();
    let overrides = if test.overrides.is_empty() { Value::Null } else { overrides(&test.overrides) };
    json!({
        "model": test.model,
        "given": inputs,
        "expect": { "rows": rows, "format": format, "fixture": fixture(&test.expect) },
        "overrides": overrides,
        "versions": versions,
    })
}

/// What the checksum is made of. COMPAT: the definition as Python prints it (dbt 1.11).
fn fingerprint(test: &WrittenUnitTest, definition: &Value) -> String {
    let part = |key: &str| definition.get(key).unwrap_or(&Value::Null);
    let repr = |value: &Value| {
        let mut text = String::new();
        python::write_repr(value, &mut text);
        text
    };
    let rows = |fixture: &Value| match (fixture.get("format").and_then(Value::as_str), fixture.get("rows")) {
        (Some("csv"), Some(Value::String(text))) => {
            repr(&UnitTestRows::of_csv(text).into_iter().map(Value::Object).collect())
        }
        (_, rows) => repr(rows.unwrap_or(&Value::Null)),
    };
    let fixture = |of: &Value| {
        let format = match of.get("format").and_then(Value::as_str) {
            Some("csv") => "<UnitTestFormat.CSV: 'csv'>",
            Some("sql") => "<UnitTestFormat.SQL: 'sql'>",
            _ => "<UnitTestFormat.Dict: 'dict'>",
        };
        format!("rows={}, format={format}, fixture={}", rows(of), repr(of.get("fixture").unwrap_or(&Value::Null)))
    };
    let given = part("given").as_array().map(Vec::as_slice).unwrap_or_default();
    let inputs: Vec<String> = given
        .iter()
        .map(|input| {
            let name = repr(input.get("input").unwrap_or(&Value::Null));
            format!("UnitTestInputFixture(input={name}, {})", fixture(input))
        })
        .collect();
    let versions = match part("versions") {
        Value::Object(all) => {
            let of = |key: &str| repr(all.get(key).unwrap_or(&Value::Null));
            format!("UnitTestNodeVersions(include={}, exclude={})", of("include"), of("exclude"))
        }
        _ => "None".to_owned(),
    };
    let overrides = match part("overrides") {
        Value::Object(all) => {
            let of = |key: &str| repr(all.get(key).unwrap_or(&Value::Null));
            format!("UnitTestOverrides(macros={}, vars={}, env_vars={})", of("macros"), of("vars"), of("env_vars"))
        }
        _ => "None".to_owned(),
    };
    let expect = format!("UnitTestOutputFixture({})", fixture(part("expect")));
    let fixtures = given.iter().filter(|input| !input.get("fixture").is_none_or(Value::is_null));
    let fixtures: String = fixtures.map(|input| format!("-{}", rows(input))).collect();
    format!("{}-{versions}-[{}]-{expect}-{overrides}{fixtures}", test.model, inputs.join(", "))
}

/// Gives unit tests the database and schema of their models.
pub(super) fn place(drafts: &mut [Draft]) {
    if !drafts.iter().any(|draft| draft.node.resource_type() == ResourceType::UnitTest) {
        return;
    }
    let of_models: HashMap<UniqueId, (String, String)> = drafts
        .iter()
        .filter(|draft| draft.node.resource_type() == ResourceType::Model)
        .filter_map(|draft| {
            let (database, schema) = draft.node.database_and_schema()?;
            Some((draft.node.unique_id.clone(), (database.to_owned(), schema.to_owned())))
        })
        .collect();
    for draft in drafts.iter_mut().filter(|draft| draft.node.resource_type() == ResourceType::UnitTest) {
        draft.node.namespace = draft.node.depends_on.nodes.iter().find_map(|id| of_models.get(id)).cloned();
    }
}

fn overrides(written: &JsonMap) -> Value {
    let of = |key: &str| written.get(key).filter(|value| !value.is_null()).cloned().unwrap_or_else(|| json!({}));
    json!({ "macros": of("macros"), "vars": of("vars"), "env_vars": of("env_vars") })
}

fn shown(rows: &UnitTestRows) -> (Value, &'static str) {
    match rows {
        UnitTestRows::Dict(maps) => (maps.iter().cloned().map(Value::Object).collect(), "dict"),
        UnitTestRows::Csv(text) => (text.clone().into(), "csv"),
        UnitTestRows::Sql(text) => (text.clone().into(), "sql"),
    }
}
