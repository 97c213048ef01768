//! Models, seeds, snapshots, singular tests and analyses: code and properties -> node.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::calls::{self, Call};
use super::context::{Context, Draft, Merged};
use super::node_config::node_config;
use super::patches::{Assigned, resource_type};
use super::relation_names::{facts, is_relational};
use crate::config::has_jinja;
use crate::diagnostic::{Code as DiagnosticCode, Diagnostic, Diagnostics, Severity};
use crate::jinja::{Harvest, HarvestRequest, ModelFacts};
use crate::project::parsed::{Code, CodeKind, WrittenColumn};
use crate::relation::Relation;
use crate::resource::{
    Access, ColumnSpec, ConfigMap, Constraint, ConstraintKind, DataTest, JsonMap, Materialization, Model, Node,
    NodeKind, Origin, Passthrough, ResourceType, Seed, Snapshot, UniqueId,
};
use crate::source::Span;

impl Context<'_> {
    /// The node of a piece of code.
    pub fn code_node(&self, code: &Code, said: Option<Assigned<'_>>) -> Draft {
        let kind = resource_type(code.kind);
        let package = code.place.package.as_ref();
        let mut problems = Diagnostics::new();
        let fqn = fqn(code, said.as_ref());
        let patch = said.map(|said| patch_config(&said)).unwrap_or_default();
        let mut merged = self.merged(kind, package, &fqn, &patch);
        if let Some(said) = &said {
            merged.unrendered.extend(written_config(said));
        }
        let name = said.map_or(&code.name, |said| &said.patch.name).clone();
        let mut node = bare_node(code, said.as_ref(), fqn, name);
        let what = format!("{kind} `{}`", node.name);
        let yaml_relation =
            said.and_then(|said| said.patch.relation.as_ref()).filter(|_| kind == ResourceType::Snapshot);
        let (harvest, mut node) = match yaml_relation {
            Some((relation, span)) => {
                node.kind = NodeKind::Snapshot(Snapshot { relation: Some(relation.clone()) });
                (relation_harvest(relation, *span, &what, &mut problems), node)
            }
            None => self.harvest_code(code, node, &mut merged, &mut problems),
        };
        self.finish(&mut merged, kind, package, &node.fqn, &harvest.config);
        node.origin.config_span = harvest.config_span;
        let place = node.origin.configured();
        node.config = node_config(merged.values, &what, place, &mut problems);
        node.config.tags = tags_as_found(std::mem::take(&mut node.config.tags), &patch, &harvest.config);
        node.unrendered_config = merged.unrendered;
        node.code_config = harvest.config.keys().cloned().collect();
        if !node.config.enabled {
            problems.retain(|problem| problem.code == DiagnosticCode::InvalidValue);
        }
        node.refs = harvest.refs;
        node.sources = harvest.sources;
        node.metrics = harvest.metrics;
        node.functions = harvest.functions;
        node.depends_on.macros = harvest.macros.into_iter().map(|called| called.0).collect();
        self.harvest_hooks(&mut node, &mut problems);
        if let Some(said) = &said {
            self.describe(&mut node, said, &mut problems);
        }
        self.place(&mut node, &mut problems);
        if !is_relational(&node) && kind != ResourceType::Test && kind != ResourceType::Analysis {
            node.namespace = node.relation.take().map(|place| (place.database, place.schema));
        }
        if node.config.enabled {
            check(&node, &what, place, &mut problems);
        }
        Draft { place: node.origin.span, display: code.place.display.clone(), node, problems, is_orphan: false }
    }

    /// What a node's code says, and the node.
    fn harvest_code(
        &self,
        code: &Code,
        node: Node,
        merged: &mut Merged,
        problems: &mut Diagnostics,
    ) -> (Harvest, Node) {
        let is_python = code.place.path.ends_with(".py");
        if code.kind == CodeKind::Seed || is_python || !has_jinja(&code.text) {
            return (Harvest::default(), node);
        }
        let profile = &self.settings.profile;
        // Shared with what makes `model` when the code asks for it, and taken back when it has been read.
        let (shared, values) = (Arc::new(node), Arc::new(std::mem::take(&mut merged.values)));
        let request = HarvestRequest {
            package: &code.place.package,
            file: code.place.file,
            offset: code.span.start,
            code: &code.text,
            model: self.model_before_code(&shared, &values),
            this: Some(Relation::new(profile.database.clone(), profile.schema.clone(), shared.name.clone())),
            config: Arc::clone(&values),
        };
        let (harvest, problem) = self.engine.harvest_as_far_as_it_goes(&request);
        drop(request);
        merged.values = Arc::unwrap_or_clone(values);
        problems.extend(harvest.unknown_names.iter().map(|name| self.unknown_name(name)));
        problems.extend(self.undefined(&code.place.package, harvest.undefined.as_deref()));
        let harvest = match problem {
            Some(problem) => {
                problems.push(*problem);
                // What it refers to is not known to the end; that it is disabled may be.
                Harvest { config: harvest.config, config_span: harvest.config_span, ..Harvest::default() }
            }
            None => harvest,
        };
        (harvest, Arc::unwrap_or_clone(shared))
    }

    /// A node as its own code finds it in `model`, its config as project files and properties have it. What
    /// is wrong with that is told when the whole is known.
    fn model_before_code(&self, node: &Arc<Node>, values: &Arc<ConfigMap>) -> ModelFacts {
        let (node, mut values) = (Arc::clone(node), Arc::clone(values));
        if node.package != self.root().name {
            let mut merged = Merged { values: ConfigMap::clone(&values), unrendered: JsonMap::new() };
            self.finish(&mut merged, node.resource_type(), &node.package, &node.fqn, &ConfigMap::new());
            values = Arc::new(merged.values);
        }
        let place = [("database", &self.settings.profile.database), ("schema", &self.settings.profile.schema)];
        let place = place.map(|(key, name)| (key.to_owned(), Value::from(name.as_str())));
        ModelFacts::later(move || {
            let (found, mut untold) = (ConfigMap::clone(&values), Diagnostics::new());
            let config = node_config(found, "", node.origin.configured(), &mut untold);
            let mut model = facts(&Node { relation: None, config, ..Node::clone(&node) });
            model.extend(place.clone());
            model
        })
    }

    /// COMPAT: dbt 1.11 says nothing of it, and prints nothing in its place; so this is no error either.
    fn unknown_name(&self, (name, place): &(String, Span)) -> Diagnostic {
        let warning = Diagnostic::warning(DiagnosticCode::UndefinedName, format!("`{name}` is undefined"));
        let warning = warning
            .at(*place, "prints nothing")
            .note("Jinja puts nothing in the place of a name that it does not know");
        match self.engine.did_you_mean(name) {
            Some(near) => warning.help(near),
            None => warning.help(format!("quote it if it is text; a variable of the project is `var('{name}')`")),
        }
    }

    /// What the node will fail of when it is compiled, told early in the root project.
    pub(super) fn undefined(&self, package: &str, problem: Option<&Diagnostic>) -> Option<Diagnostic> {
        let mut warning = problem.filter(|_| package == self.root().name)?.clone();
        warning.severity = Severity::Warning;
        Some(warning.note("this fails when it is compiled; until then nothing stands in its place"))
    }

    /// Description, columns, constraints and what else only properties say.
    fn describe(&self, node: &mut Node, said: &Assigned<'_>, problems: &mut Diagnostics) {
        let (patch, version) = (said.patch, said.version);
        let text = version.and_then(|version| version.description.as_ref()).unwrap_or(&patch.description);
        let described = self.described(text, &node.package, Some(patch.span), problems);
        (node.description, node.doc_blocks) = (described.text, described.doc_blocks);
        node.columns = self.columns(&columns_of(said), &node.package, problems);
        let own = version.map(|version| &version.constraints).filter(|own| !own.is_empty());
        let constraints = own.unwrap_or(&patch.constraints).clone();
        for constraint in constraints.iter().chain(node.columns.values().flat_map(|column| &column.constraints)) {
            match foreign_key(constraint) {
                Some(Call::Ref(call)) => node.refs.push(call),
                Some(Call::Source(call)) => node.sources.push(call),
                _ => {}
            }
        }
        if let NodeKind::Model(model) = &mut node.kind {
            model.constraints = constraints;
            model.version = version.map(|version| version.version.clone());
            model.latest_version = said.latest.cloned();
            let date = version.map_or(&patch.deprecation_date, |version| &version.deprecation_date);
            model.deprecation_date = date.clone();
            model.time_spine = patch.time_spine.clone();
            model.access = match node.config.text("access") {
                Some("private") => Access::Private,
                Some("public") => Access::Public,
                _ => Access::Protected,
            };
        }
    }

    /// Columns with their descriptions rendered.
    pub fn columns(
        &self,
        written: &[&WrittenColumn],
        package: &str,
        problems: &mut Diagnostics,
    ) -> IndexMap<String, ColumnSpec> {
        let mut columns = IndexMap::with_capacity(written.len());
        for column in written {
            let mut spec = column.spec.clone();
            let described = self.described(&spec.description, package, spec.span, problems);
            (spec.description, spec.doc_blocks) = (described.text, described.doc_blocks);
            columns.insert(spec.name.clone(), spec);
        }
        columns
    }
}

/// A node's tags. COMPAT: those of its code come before those of its properties, though in its config
/// they come behind (dbt 1.11).
fn tags_as_found(tags: Vec<String>, patch: &ConfigMap, code: &ConfigMap) -> Vec<String> {
    let said = |config: &ConfigMap| match config.get("tags") {
        Some(Value::String(tag)) => vec![tag.clone()],
        Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let (of_patch, of_code) = (said(patch), said(code));
    if of_patch.is_empty() || of_code.is_empty() {
        return tags;
    }
    let is_later = |tag: &String| of_patch.contains(tag) && !of_code.contains(tag);
    let first = tags.iter().position(is_later).unwrap_or(tags.len());
    let (before, rest) = tags.split_at(first);
    let (later, sooner): (Vec<String>, Vec<String>) = rest.iter().cloned().partition(is_later);
    [before.to_vec(), sooner, later].concat()
}

/// Adds what a text without a place of its own refers to.
pub(super) fn add_unplaced(node: &mut Node, harvest: Harvest) {
    node.refs.extend(harvest.refs.into_iter().map(|call| crate::resource::RefCall { span: None, ..call }));
    node.sources.extend(harvest.sources.into_iter().map(|call| crate::resource::SourceCall { span: None, ..call }));
    for called in harvest.macros {
        if !node.depends_on.macros.contains(&called.0) {
            node.depends_on.macros.push(called.0);
        }
    }
}

/// The columns of a model, or those of one version.
pub(super) fn columns_of<'p>(said: &Assigned<'p>) -> Vec<&'p WrittenColumn> {
    let inherited = said.patch.columns.iter();
    match said.version {
        None => inherited.collect(),
        Some(version) => {
            inherited.filter(|column| version.inherits.takes(&column.spec.name)).chain(&version.columns).collect()
        }
    }
}

fn foreign_key(constraint: &Constraint) -> Option<Call> {
    let to = constraint.to.as_ref().filter(|_| constraint.kind == ConstraintKind::ForeignKey)?;
    calls::read(to, None)
}

fn relation_harvest(relation: &str, span: crate::source::Span, what: &str, problems: &mut Diagnostics) -> Harvest {
    let mut harvest = Harvest::default();
    match calls::read(relation, Some(span)) {
        Some(Call::Ref(call)) => harvest.refs.push(call),
        Some(Call::Source(call)) => harvest.sources.push(call),
        _ => problems.push(
            Diagnostic::error(DiagnosticCode::InvalidValue, format!("`relation` of {what} is not a ref or source"))
                .at(span, "not understood")
                .help("write `relation: ref('model')` or `relation: source('source', 'table')`"),
        ),
    }
    harvest
}

/// Config of the properties: the version's over the model's, nested mappings key by key.
fn patch_config(said: &Assigned<'_>) -> ConfigMap {
    let mut config = said.patch.config.clone();
    if let Some(version) = said.version {
        deep_merge(&mut config, &version.config);
    }
    config
}

/// What the properties say with Jinja, before it was rendered.
fn written_config(said: &Assigned<'_>) -> ConfigMap {
    let mut written = said.patch.written.clone();
    if let Some(version) = said.version {
        written.extend(version.written.clone());
    }
    written
}

fn deep_merge(below: &mut JsonMap, over: &JsonMap) {
    for (key, value) in over {
        match (below.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(over)) => deep_merge(below, over),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Package, folders, name. COMPAT: a snapshot block's path has the file too, an analysis' begins with
/// `analysis` (dbt 1.11).
fn fqn(code: &Code, said: Option<&Assigned<'_>>) -> Vec<String> {
    let mut fqn = vec![code.place.package.to_string()];
    let is_yaml = said.is_some_and(|said| said.patch.relation.is_some());
    let mut folders: Vec<&str> = code.place.path.split('/').collect();
    let file = folders.pop().unwrap_or_default();
    if code.kind == CodeKind::Snapshot && is_yaml {
        folders.pop();
    }
    if code.kind == CodeKind::Analysis {
        fqn.push("analysis".to_owned());
    }
    fqn.extend(folders.into_iter().map(str::to_owned));
    if code.kind == CodeKind::Snapshot && !is_yaml {
        fqn.push(file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned());
    }
    match said.and_then(|said| said.version.map(|version| (said, version))) {
        Some((said, version)) => fqn.extend([said.patch.name.clone(), format!("v{}", version.version.text())]),
        None => fqn.push(code.name.clone()),
    }
    fqn
}

fn bare_node(code: &Code, said: Option<&Assigned<'_>>, fqn: Vec<String>, name: String) -> Node {
    let package = code.place.package.to_string();
    let version = said.and_then(|said| said.version);
    let suffix = version.map(|version| format!(".v{}", version.version.text())).unwrap_or_default();
    let (path, root_path) = (code.place.absolute.clone(), code.place.absolute.to_string_lossy().replace('\\', "/"));
    let root_path = root_path.strip_suffix(&code.place.original).unwrap_or(&root_path).trim_end_matches('/').to_owned();
    let kind = match code.kind {
        CodeKind::Model => NodeKind::Model(Box::new(Model {
            version: version.map(|version| version.version.clone()),
            latest_version: said.and_then(|said| said.latest.cloned()),
            ..Model::default()
        })),
        CodeKind::Seed => NodeKind::Seed(Seed { file_path: path, root_path }),
        CodeKind::Snapshot => NodeKind::Snapshot(Snapshot::default()),
        CodeKind::SingularTest => NodeKind::DataTest(Box::new(DataTest {
            metadata: None,
            column_name: None,
            file_key_name: None,
            attached_node: None,
        })),
        CodeKind::Analysis => NodeKind::Analysis,
        CodeKind::Function => NodeKind::Passthrough(Box::new(Passthrough {
            resource_type: ResourceType::Function,
            definition: said.map(|said| said.patch.definition.clone()).unwrap_or_default(),
        })),
    };
    let path = match code.kind {
        CodeKind::Analysis => format!("analysis/{}", code.place.path),
        _ => code.place.path.clone(),
    };
    let origin = Origin {
        file: code.place.file,
        span: code.span,
        path,
        original_file_path: code.place.original.clone(),
        patch_path: said.map(|said| format!("{}://{}", said.file.place.package, said.file.place.original)),
        patch_span: said.map(|said| said.patch.span),
        config_span: None,
    };
    let mut node = Node::bare(kind, name, package, fqn, origin);
    node.unique_id = UniqueId::new(format!("{}.{}.{}{suffix}", resource_type(code.kind), node.package, node.name));
    node.raw_code = code.text.clone();
    node.checksum = code.checksum.clone();
    node
}

/// Configs that cannot go together.
fn check(node: &Node, what: &str, place: crate::source::Span, problems: &mut Diagnostics) {
    let config = &node.config;
    let changes = config.text("on_schema_change").unwrap_or("ignore");
    if node.as_model().is_some() {
        if config.contract_enforced
            && config.materialized == Materialization::Incremental
            && !matches!(changes, "append_new_columns" | "fail")
        {
            problems.push(
                Diagnostic::error(
                    DiagnosticCode::InvalidValue,
                    format!("{what} is incremental and has a contract, but `on_schema_change` is `{changes}`"),
                )
                .at(place, "configured here")
                .help("set `on_schema_change` to `append_new_columns` or `fail`"),
            );
        }
        if config.contract_enforced && node.columns.is_empty() {
            // COMPAT: dbt's sentences (dbt 1.11).
            let message = format!(
                "Contract enforcement failed for: ({})\nConstraints must be defined in a `yml` schema configuration \
                 file like `schema.yml`.",
                node.origin.original_file_path
            );
            problems.push(
                Diagnostic::error(DiagnosticCode::ContractBroken, message)
                    .at(place, "enforced here")
                    .help("describe its columns with their `data_type` under `models:` of a YAML file"),
            );
        }
        if let Some(catalog) = config.text("catalog_name").filter(|name| !name.is_empty()) {
            let message = format!("{what} is to be written to the catalog `{catalog}`, which no warehouse here can");
            problems.push(Diagnostic::error(DiagnosticCode::Unsupported, message).at(place, "configured here").help(
                "take `catalog_name` out, or give it to the targets that have the catalog only: \
                 `catalog_name: \"{{ 'ice' if target.type == 'snowflake' else none }}\"`",
            ));
        }
        let access = config.text("access").unwrap_or("protected");
        if !matches!(access, "private" | "protected" | "public") {
            problems.push(
                Diagnostic::error(
                    DiagnosticCode::InvalidValue,
                    format!("`{access}` is no access that {what} can have"),
                )
                .at(place, "configured here")
                .help("access is `private`, `protected` or `public`"),
            );
        }
    }
    if matches!(node.kind, NodeKind::Snapshot(_)) {
        for key in ["strategy", "unique_key"] {
            if config.get(key).is_none() {
                problems.push(
                    Diagnostic::error(DiagnosticCode::MissingKey, format!("{what} has no `{key}`"))
                        .at(place, "a snapshot needs `strategy` and `unique_key`")
                        .help(format!("add `{key}` to its config")),
                );
            }
        }
    }
}
