//! Where a node stands in the warehouse: database, schema, alias.

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::{Context, NAME_MACROS};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::jinja::{MacroCall, NodeContext, RefTarget, Resolver};
use crate::relation::{QuotePolicy, Relation};
use crate::resource::{
    Materialization, Node, NodeConfig, NodeKind, QuotingOverride, RefCall, ResourceType, SourceCall,
};

/// While names are made up nothing can be referred to.
struct Nothing;

impl Resolver for Nothing {
    fn reference(&self, call: &RefCall) -> Result<RefTarget, Box<Diagnostic>> {
        Err(Box::new(Diagnostic::error(Code::UnknownRef, format!("`{}` cannot be referred to here", call.name))))
    }

    fn source(&self, call: &SourceCall) -> Result<RefTarget, Box<Diagnostic>> {
        let message = format!("source `{}.{}` cannot be referred to here", call.source, call.table);
        Err(Box::new(Diagnostic::error(Code::UnknownSource, message)))
    }

    fn graph(&self) -> Value {
        json!({})
    }
}

impl Context<'_> {
    /// Gives a node its alias and, where it stands in the warehouse, its relation.
    pub fn place(&self, node: &mut Node, problems: &mut Diagnostics) {
        let profile = &self.settings.profile;
        let custom = |which: usize, config: &NodeConfig| {
            [&config.database, &config.schema, &config.alias].get(which).and_then(|name| (*name).clone())
        };
        let mut names = [custom(0, &node.config), custom(1, &node.config), custom(2, &node.config)];
        for (which, name) in names.iter_mut().enumerate() {
            let given = name.take().filter(|name| !name.is_empty());
            *name = Some(if self.is_overridden(&node.package, which) {
                self.made_up(which, given, node, problems)
            } else {
                let given = given.map(|name| name.trim().to_owned());
                match (which, given) {
                    (0, given) => given.unwrap_or_else(|| profile.database.clone()),
                    (1, Some(schema)) => format!("{}_{schema}", profile.schema),
                    (1, None) => profile.schema.clone(),
                    (_, given) => given.unwrap_or_else(|| default_alias(node)),
                }
            });
        }
        let [mut database, mut schema, alias] = names.map(Option::unwrap_or_default);
        if matches!(node.kind, NodeKind::Snapshot(_)) {
            let target = |key| node.config.text(key).filter(|name| !name.is_empty()).map(str::to_owned);
            database = target("target_database").unwrap_or(database);
            schema = target("target_schema").unwrap_or(schema);
        }
        node.alias = alias.clone();
        let relation =
            Relation { quote: self.quote_policy(node.config.quoting), ..Relation::new(database, schema, alias) };
        node.relation = Some(relation);
    }

    /// Quoting of the adapter, the root project and the resource, each over the one before.
    pub fn quote_policy(&self, own: QuotingOverride) -> QuotePolicy {
        let project = self.root().quoting;
        let default = QuotePolicy::default();
        QuotePolicy {
            database: own.database.or(project.database).unwrap_or(default.database),
            schema: own.schema.or(project.schema).unwrap_or(default.schema),
            identifier: own.identifier.or(project.identifier).unwrap_or(default.identifier),
        }
    }

    /// What the user's own macro makes of a name.
    fn made_up(&self, which: usize, given: Option<String>, node: &Node, problems: &mut Diagnostics) -> String {
        let model = facts(node);
        let context = Arc::new(NodeContext {
            package: node.package.clone(),
            model: model.clone().into(),
            config: Arc::new(node.config.values.clone()),
            ..NodeContext::default()
        });
        let call = MacroCall {
            name: NAME_MACROS.get(which).copied().unwrap_or_default(),
            args: vec![given.map_or(Value::Null, Value::String), Value::Object(model)],
            kwargs: serde_json::Map::new(),
            node: &context,
            resolver: Arc::new(Nothing),
            introspect: None,
        };
        match self.engine.call_macro(&call) {
            Ok(Value::Null) => String::new(),
            Ok(value) => super::python::text(&value).trim().to_owned(),
            Err(problem) => {
                problems.push(*problem);
                node.name.clone()
            }
        }
    }
}

/// The name, with the version of a versioned model.
fn default_alias(node: &Node) -> String {
    match node.as_model().and_then(|model| model.version.as_ref()) {
        Some(version) => format!("{}_v{}", node.name, version.text().replace('.', "_")),
        None => node.name.clone(),
    }
}

/// Whether a node stands in the warehouse under its own name.
pub(super) fn is_relational(node: &Node) -> bool {
    match node.resource_type() {
        ResourceType::Model => node.config.materialized != Materialization::Ephemeral,
        ResourceType::Seed | ResourceType::Snapshot | ResourceType::Function => true,
        ResourceType::Test => node.config.flag("store_failures").unwrap_or(false),
        _ => false,
    }
}

/// What `this` is in Jinja before a node is resolved.
pub(super) fn this_so_far(node: &Node) -> Relation {
    let (database, schema) = match &node.relation {
        Some(relation) => (relation.database.clone(), relation.schema.clone()),
        None => Default::default(),
    };
    Relation::new(database, schema, if node.alias.is_empty() { &node.name } else { &node.alias })
}

/// What Jinja's `model` and `node` show of a node before it is resolved.
pub(super) fn facts(node: &Node) -> crate::resource::JsonMap {
    let relation = node.relation.as_ref();
    let version = node.as_model().and_then(|model| model.version.as_ref());
    let facts = json!({
        "name": node.name,
        "resource_type": node.resource_type().as_str(),
        "package_name": node.package,
        "path": node.origin.path,
        "original_file_path": node.origin.original_file_path,
        "unique_id": node.unique_id.as_str(),
        "fqn": node.fqn,
        "alias": if node.alias.is_empty() { &node.name } else { &node.alias },
        "database": relation.map(|relation| &relation.database),
        "schema": relation.map(|relation| &relation.schema),
        "tags": node.config.tags,
        "description": node.description,
        "version": version.map(|version| &version.0),
        "latest_version": node.as_model().and_then(|model| model.latest_version.as_ref()).map(|version| &version.0),
        "config": node.config.values,
    });
    match facts {
        Value::Object(map) => map,
        _ => crate::resource::JsonMap::new(),
    }
}
