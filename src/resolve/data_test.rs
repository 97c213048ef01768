//! Generic tests: a use in a properties file -> node. There may be many, so no template is rendered
//! where the text itself says enough.

use std::sync::Arc;

use md5::{Digest, Md5};
use serde_json::Value;

use super::calls::{self, Call};
use super::code_node::add_unplaced;
use super::context::{Context, Draft};
use super::node_config::{distinct, node_config};
use super::python;
use super::relation_names::{facts, this_so_far};
use super::test_body::is_never_rendered;
use crate::config::{has_jinja, holds_jinja};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::jinja::{Harvest, HarvestRequest};
use crate::observe::{AnomalyTest, Expectations};
use crate::project::parsed::{FilePlace, WrittenColumn, WrittenTest};
use crate::resolve::GenericTestName;
use crate::resource::{
    ConfigMap, DataTest, JsonMap, Node, NodeKind, Origin, RefCall, ResourceType, SourceCall, TestMetadata, UniqueId,
    VersionRef,
};

/// What a generic test is declared on.
pub(super) struct Target<'a> {
    pub place: &'a FilePlace,
    pub name: &'a str,
    pub of: TargetKind<'a>,
    /// Whether column names are quoted unless a column says otherwise.
    pub quote_columns: bool,
    /// Tags that all its tests get.
    pub tags: &'a [String],
    /// Whether it exists.
    pub exists: bool,
}

/// A node or a source table.
pub(super) enum TargetKind<'a> {
    /// A node of this kind, and the version tested.
    Node(ResourceType, Option<&'a VersionRef>),
    /// A table of this source.
    Source(&'a str),
}

impl Target<'_> {
    pub(super) fn call(&self) -> String {
        match &self.of {
            TargetKind::Node(_, Some(version)) => format!("ref('{}', version='{}')", self.name, version.text()),
            TargetKind::Node(_, None) => format!("ref('{}')", self.name),
            TargetKind::Source(source) => format!("source('{source}', '{}')", self.name),
        }
    }

    /// What the test's made-up name says of it.
    fn label(&self) -> String {
        match &self.of {
            TargetKind::Node(_, Some(version)) => format!("{}_v{}", self.name, version.text()),
            TargetKind::Node(_, None) => self.name.to_owned(),
            TargetKind::Source(source) => format!("{source}_{}", self.name),
        }
    }

    fn file_key_name(&self) -> String {
        match &self.of {
            TargetKind::Node(ResourceType::Analysis, _) => format!("analyses.{}", self.name),
            TargetKind::Node(kind, _) => format!("{kind}s.{}", self.name),
            TargetKind::Source(source) => format!("sources.{source}"),
        }
    }

    fn attached_node(&self) -> Option<UniqueId> {
        match &self.of {
            TargetKind::Node(kind, version) if self.exists => {
                let suffix = version.map(|version| format!(".v{}", version.text())).unwrap_or_default();
                Some(UniqueId::new(format!("{kind}.{}.{}{suffix}", self.place.package, self.name)))
            }
            _ => None,
        }
    }
}

impl Context<'_> {
    /// All tests of a target: those of its columns, then its own.
    pub fn tests_of<'t>(
        &self,
        target: &Target<'_>,
        columns: impl Iterator<Item = &'t WrittenColumn>,
        own: &[WrittenTest],
    ) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for column in columns {
            drafts.extend(column.tests.iter().map(|test| self.generic_test(target, Some(column), test)));
        }
        drafts.extend(own.iter().map(|test| self.generic_test(target, None, test)));
        drafts
    }

    fn generic_test(&self, target: &Target<'_>, column: Option<&WrittenColumn>, test: &WrittenTest) -> Draft {
        let mut problems = Diagnostics::new();
        let package = target.place.package.as_ref();
        let (namespace, name) = match test.test.split_once('.') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, test.test.as_str()),
        };
        let column_name = column.map(|column| column_name(column, target.quote_columns));
        let kwargs = kwargs(test, column_name.as_deref(), target);
        let mut config = self.rendered_config(test, package, &mut problems);
        let names = match &test.name {
            Some(name) => GenericTestName { full: name.clone(), short: name.clone() },
            None => {
                let prefix = if matches!(target.of, TargetKind::Source(_)) { "source_" } else { "" };
                let named = namespace.map(|namespace| format!("{namespace}_")).unwrap_or_default();
                GenericTestName::new(&format!("{named}{prefix}{name}"), &target.label(), &kwargs)
            }
        };
        if names.short != names.full && !config.contains_key("alias") {
            config.insert("alias".to_owned(), names.short.clone().into());
        }
        let metadata = TestMetadata { name: name.to_owned(), kwargs, namespace: namespace.map(str::to_owned) };
        let mut node = self.test_node(target, test, &names, metadata, column_name);
        node.raw_code = raw_code(namespace, name, &config).into();
        let what = format!("test `{}`", node.name);
        let body = self.test_body(&node, target);
        let said = self.said_of_test(&node, &config, &body.config);
        let mut merged = self.merged(ResourceType::Test, package, &node.fqn, &ConfigMap::new());
        self.finish(&mut merged, ResourceType::Test, package, &node.fqn, &said);
        node.config = node_config(merged.values, &what, test.span, &mut problems);
        node.unrendered_config = merged.unrendered;
        node.config.tags = test_tags(target, column, &config, &node.config.tags);
        let described = self.described(&test.description, package, Some(test.span), &mut problems);
        (node.description, node.doc_blocks) = (described.text, described.doc_blocks);
        self.test_dependencies(&mut node, target, test.span, &mut problems);
        add_unplaced(&mut node, Harvest { macros: Vec::new(), ..body });
        self.place(&mut node, &mut problems);
        let place = test.span;
        Draft { place, display: target.place.display.clone(), node, problems, is_orphan: !target.exists }
    }

    fn test_node(
        &self,
        target: &Target<'_>,
        test: &WrittenTest,
        names: &GenericTestName,
        metadata: TestMetadata,
        column_name: Option<String>,
    ) -> Node {
        let place = target.place;
        let mut fqn = vec![place.package.to_string()];
        // COMPAT: the path of names leaves out the first folder of the file, not the resource folder (dbt 1.11).
        let folders: Vec<&str> = place.original.split('/').skip(1).collect();
        fqn.extend(folders.iter().take(folders.len().saturating_sub(1)).map(|folder| (*folder).to_owned()));
        fqn.push(names.full.clone());
        let origin = Origin {
            file: place.file,
            span: test.span,
            path: format!("{}.sql", names.short),
            original_file_path: place.original.clone(),
            patch_path: None,
            patch_span: None,
            config_span: None,
        };
        let hash = hash(&names.full, &metadata);
        let kind = NodeKind::DataTest(Box::new(DataTest {
            metadata: Some(metadata),
            column_name,
            file_key_name: Some(target.file_key_name()),
            attached_node: target.attached_node(),
        }));
        let mut node = Node::bare(kind, names.full.clone(), place.package.to_string(), fqn, origin);
        node.unique_id = UniqueId::new(format!("test.{}.{}.{hash}", node.package, node.name));
        node
    }

    /// Config values are rendered here; arguments when the test is compiled.
    fn rendered_config(&self, test: &WrittenTest, package: &str, problems: &mut Diagnostics) -> ConfigMap {
        let mut config = test.config.clone();
        for value in config.values_mut() {
            let Value::String(text) = value else { continue };
            if !has_jinja(text) {
                continue;
            }
            let no_docs = |names: &[String]| Ok(names.join("."));
            match self.engine.render_property(package, text, &no_docs) {
                Ok(rendered) => *value = rendered,
                Err(problem) if problem.primary.is_some() => problems.push(*problem),
                Err(problem) => problems.push(problem.at(test.span, "in the config of this test")),
            }
        }
        config.retain(|_, value| !value.is_null());
        config
    }

    /// The test's macro, what its arguments refer to, and what it is declared on.
    fn test_dependencies(
        &self,
        node: &mut Node,
        target: &Target<'_>,
        place: crate::source::Span,
        problems: &mut Diagnostics,
    ) {
        let Some(metadata) = node.as_data_test().and_then(|test| test.metadata.clone()) else { return };
        let namespace = metadata.namespace.as_deref();
        let found = self.engine.find_generic_test(&node.package, namespace, &metadata.name);
        let Some(found) = found.map(|found| found.unique_id.clone()) else {
            problems.push(self.unknown_test(&metadata, place));
            return;
        };
        let is_plain = is_never_rendered(found.as_str());
        node.depends_on.macros.push(found);
        problems.extend(unreadable_argument(node, &metadata, place));
        if !is_plain {
            for (key, value) in &metadata.kwargs {
                if key != "column_name" && key != "model" {
                    self.argument_dependencies(node, value, place, problems);
                }
            }
            let where_macro = self.engine.find_macro(&node.package, "get_where_subquery");
            node.depends_on.macros.extend(where_macro.map(|found| found.unique_id.clone()));
        }
        let span = Some(place);
        match &target.of {
            TargetKind::Node(_, version) => {
                let version = version.map(|version| match is_plain {
                    true => version.clone(),
                    false => VersionRef(version.text().into()),
                });
                node.refs.push(RefCall { name: target.name.to_owned(), package: None, version, span });
            }
            TargetKind::Source(source) => {
                let call = SourceCall { source: (*source).to_owned(), table: target.name.to_owned(), span };
                node.sources.push(call);
            }
        }
    }

    fn argument_dependencies(
        &self,
        node: &mut Node,
        value: &Value,
        place: crate::source::Span,
        problems: &mut Diagnostics,
    ) {
        match value {
            Value::Array(items) => {
                items.iter().for_each(|item| self.argument_dependencies(node, item, place, problems));
            }
            Value::Object(map) => {
                map.values().for_each(|item| self.argument_dependencies(node, item, place, problems));
            }
            Value::String(text) if has_jinja(text) || looks_like_call(text) => match calls::read(text, Some(place)) {
                Some(Call::Ref(call)) => node.refs.push(call),
                Some(Call::Source(call)) => node.sources.push(call),
                _ => self.harvest_argument(node, text, place, problems),
            },
            _ => {}
        }
    }

    fn harvest_argument(&self, node: &mut Node, text: &str, place: crate::source::Span, problems: &mut Diagnostics) {
        let code = if looks_like_call(text) { format!("{{{{ {text} }}}}") } else { text.to_owned() };
        let request = HarvestRequest {
            package: &node.package,
            file: node.origin.file,
            offset: 0,
            code: &code,
            model: facts(node).into(),
            this: Some(this_so_far(node)),
            config: Arc::new(node.config.values.clone()),
        };
        match self.engine.harvest(&request) {
            Ok(harvest) => {
                let warning = self.undefined(&node.package, harvest.undefined.as_deref());
                problems.extend(warning.map(|warning| in_argument(warning, place)));
                add_unplaced(node, harvest);
            }
            Err(problem) => problems.push(in_argument(*problem, place)),
        }
    }

    fn unknown_test(&self, metadata: &TestMetadata, place: crate::source::Span) -> Diagnostic {
        let namespace = metadata.namespace.as_ref().map(|namespace| format!("{namespace}.")).unwrap_or_default();
        let message = format!("there is no generic test `{namespace}{}`", metadata.name);
        let problem = Diagnostic::error(Code::UnknownTest, message).at(place, "not known");
        let known: Vec<&str> =
            self.engine.macros().values().filter_map(|item| item.name.strip_prefix("test_")).collect();
        match (closest(&metadata.name, known), &metadata.namespace) {
            (Some(near), _) if near != metadata.name => problem.help(format!("did you mean `{near}`?")),
            (_, Some(package)) => problem.help(format!("is the package `{package}` installed? `aquifer deps` does it")),
            _ => problem.help(format!("write it as `{{% test {}(model, column_name) %}}`", metadata.name)),
        }
    }
}

fn in_argument(mut problem: Diagnostic, place: crate::source::Span) -> Diagnostic {
    problem.secondary.clear();
    problem.at(place, "in an argument of this test")
}

/// An argument, written as it is meant, of a test that compares with history which cannot be read.
fn unreadable_argument(node: &Node, metadata: &TestMetadata, place: crate::source::Span) -> Option<Diagnostic> {
    let test = AnomalyTest::of(node)?;
    // What a template gives is known when the test runs.
    let written = metadata.kwargs.iter().map(|(name, value)| match holds_jinja(value) {
        true if name == "timestamp_column" => (name.clone(), Value::from("given")),
        true => (name.clone(), Value::Null),
        false => (name.clone(), value.clone()),
    });
    let problem = Expectations::read(test, &written.collect(), chrono::DateTime::UNIX_EPOCH).err()?;
    let message = format!("`{}`: {problem}", metadata.name);
    let help = "docs/observability.md lists the arguments";
    Some(Diagnostic::error(Code::InvalidValue, message).at(place, "in an argument of this test").help(help))
}

/// COMPAT: `^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$` (dbt 1.11).
fn looks_like_call(text: &str) -> bool {
    let text = text.trim();
    let Some((name, rest)) = text.split_once('(') else { return false };
    matches!(name.trim_end(), "env_var" | "ref" | "var" | "source" | "doc") && rest.len() > 1 && rest.ends_with(')')
}

fn column_name(column: &WrittenColumn, quote_columns: bool) -> String {
    let name = &column.spec.name;
    if column.spec.quote.unwrap_or(quote_columns) { format!("\"{name}\"") } else { name.clone() }
}

fn kwargs(test: &WrittenTest, column: Option<&str>, target: &Target<'_>) -> JsonMap {
    let mut kwargs = test.before_column.clone();
    if let Some(column) = column {
        kwargs.insert("column_name".to_owned(), column.into());
    }
    kwargs.extend(test.after_column.clone());
    kwargs.insert("model".to_owned(), format!("{{{{ get_where_subquery({}) }}}}", target.call()).into());
    kwargs
}

/// Tags of the target and the column and of the test itself, sorted, then those of project files.
fn test_tags(
    target: &Target<'_>,
    column: Option<&WrittenColumn>,
    config: &ConfigMap,
    configured: &[String],
) -> Vec<String> {
    let mut tags: Vec<String> = target.tags.to_vec();
    tags.extend(column.iter().flat_map(|column| column.spec.tags.iter().cloned()));
    match config.get("tags") {
        Some(Value::String(tag)) => tags.push(tag.clone()),
        Some(Value::Array(items)) => tags.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => {}
    }
    tags.sort();
    tags.extend_from_slice(configured);
    distinct(tags)
}

/// COMPAT: the last ten digits of the MD5 of name and metadata as Python prints them (dbt 1.11).
fn hash(name: &str, metadata: &TestMetadata) -> String {
    let mut text = String::with_capacity(256);
    text.push_str(name);
    text.push_str("{'kwargs': ");
    hash_kwargs(&metadata.kwargs, &mut text);
    text.push_str(", 'name': ");
    python::write_text(&metadata.name, &mut text);
    text.push_str(", 'namespace': ");
    python::write_text(metadata.namespace.as_deref().unwrap_or("None"), &mut text);
    text.push('}');
    let digest = hex::encode(Md5::digest(text.as_bytes()));
    digest.get(digest.len() - 10..).unwrap_or_default().to_owned()
}

fn hash_kwargs(kwargs: &JsonMap, text: &mut String) {
    let mut entries: Vec<(&String, &Value)> = kwargs.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    text.push('{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        python::write_text(key, text);
        text.push_str(": ");
        python::write_hashable(value, text);
    }
    text.push('}');
}

fn raw_code(namespace: Option<&str>, name: &str, config: &ConfigMap) -> String {
    let namespace = namespace.map(|namespace| format!("{namespace}.")).unwrap_or_default();
    let mut code = format!("{{{{ {namespace}test_{name}(**_dbt_generic_test_kwargs) }}}}");
    if !config.is_empty() {
        let written: Vec<String> = config
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
                other => format!("{key}={}", python::text(other)),
            })
            .collect();
        code.push_str(&format!("{{{{ config({}) }}}}", written.join(",")));
    }
    code
}
