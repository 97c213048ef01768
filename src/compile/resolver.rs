use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::references::{References, Referrer, ResolverScope, is_ephemeral};
use super::{CompileOptions, Compiler, cte_name};
use crate::artifacts::graph_context;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{Introspect, RefTarget, Resolver};
use crate::project::Project;
use crate::relation::{Relation, RelationKind};
use crate::resolve::{Call, find_function, find_ref, find_source, read_call};
use crate::resource::{Node, RefCall, SourceCall, UniqueId};

/// What some nodes render as instead of their relation.
#[derive(Debug, Clone, Default)]
pub struct Replacements {
    by_id: Arc<HashMap<UniqueId, String>>,
}

impl Replacements {
    /// Texts by node id.
    pub fn new(by_id: HashMap<UniqueId, String>) -> Self {
        Self { by_id: Arc::new(by_id) }
    }

    /// Whether nothing is replaced.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether this node is replaced.
    pub fn replaces(&self, id: &UniqueId) -> bool {
        self.by_id.contains_key(id)
    }
}

/// The nodes of a project, as the templates of one package see them.
pub struct ProjectResolver {
    project: Arc<Project>,
    references: References,
    scope: ResolverScope,
    graph: OnceLock<serde_json::Value>,
}

impl ProjectResolver {
    pub(super) fn new(project: Arc<Project>, references: References, scope: ResolverScope) -> Self {
        Self { project, references, scope, graph: OnceLock::new() }
    }

    /// COMPAT: a reference to no version in particular, of which there is a newer one than the latest (dbt 1.11).
    fn tell_of_newer_version(&self, referrer: &Referrer, call: &RefCall, id: &UniqueId) {
        let (Some(introspect), None, Some(node)) = (&self.scope.introspect, &call.version, self.project.node(id))
        else {
            return;
        };
        let Some(own) = node.as_model().and_then(|model| model.version.as_ref()) else { return };
        let namesakes = self.project.nodes.values().filter(|other| other.name == node.name);
        let versions = namesakes.filter_map(|other| other.as_model()?.version.as_ref());
        let newest = versions.fold(own, |best, version| if version.is_newer_than(best) { version } else { best });
        if newest == own {
            return;
        }
        let (by, package, name, own, newest) = (&referrer.name, &node.package, &node.name, own.text(), newest.text());
        let call = |version: &str| format!("{{{{ ref('{package}', '{name}', v='{version}') }}}}");
        let text = format!(
            "While compiling '{by}':\nFound an unpinned reference to versioned model '{name}' in project '{package}'.\n\
             Resolving to latest version: {name}.v{own}\nA prerelease version {newest} is available. It has not yet \
             been marked 'latest' by its maintainer.\nWhen that happens, this reference will resolve to \
             {name}.v{newest} instead.\n\n  Try out v{newest}: {}\n  Pin to  v{own}: {}\n",
            call(&newest),
            call(&own),
        );
        introspect.say(&text, true, false);
    }

    fn target(&self, node: &Node) -> Result<RefTarget, Box<Diagnostic>> {
        if let Some(text) = self.scope.replacements.by_id.get(&node.unique_id) {
            let relation = Relation::new("", "", text.clone()).with_kind(RelationKind::Cte);
            return Ok(RefTarget { relation, text: Some(text.clone()) });
        }
        if is_ephemeral(node) {
            let name = cte_name(node);
            let relation = Relation::new("", "", name.clone()).with_kind(RelationKind::Cte);
            let text = self.references.text(node, &relation, self.scope.window).unwrap_or(name);
            return Ok(RefTarget { relation, text: Some(text) });
        }
        let own = node.relation.clone().unwrap_or_else(|| Relation::new("", "", node.alias.clone()));
        let relation = self.stand_in(node, &own)?.unwrap_or(own);
        let text = self.references.text(node, &relation, self.scope.window);
        Ok(RefTarget { relation, text })
    }

    /// The relation of an earlier run that is read instead of the node's own. Where the warehouse may
    /// not be asked, the node's own counts as absent.
    fn stand_in(&self, node: &Node, own: &Relation) -> Result<Option<Relation>, Box<Diagnostic>> {
        let Some(deferral) = &self.references.deferral else { return Ok(None) };
        let exists = || match &self.scope.introspect {
            Some(warehouse) => warehouse.relation(own).map(|found| found.is_some()),
            None => Ok(false),
        };
        deferral.stand_in(&node.unique_id, exists).map(Option::<&Relation>::cloned)
    }

    fn found(&self, id: &UniqueId) -> Result<RefTarget, Box<Diagnostic>> {
        match self.project.node(id) {
            Some(node) => self.target(node),
            // The index holds only nodes of the project.
            None => Ok(RefTarget { relation: Relation::new("", "", id.as_str()), text: None }),
        }
    }
}

/// A reference that parsing did not come by: the node may run before what it reads.
fn undeclared(referrer: &Referrer, call: &RefCall) -> Box<Diagnostic> {
    let package = call.package.as_ref().map(|package| format!("'{package}', ")).unwrap_or_default();
    let reference = format!("ref({package}'{}')", call.name);
    let Referrer { name, kind, .. } = referrer;
    let message = format!("unable to infer all dependencies of `{name}`: `{reference}` was not reached while parsing");
    Box::new(
        Diagnostic::error(Code::UndeclaredRef, message)
            .help(format!("put this at the top of the {kind}: -- depends_on: {{{{ {reference} }}}}")),
    )
}

impl Resolver for ProjectResolver {
    fn reference(&self, call: &RefCall) -> Result<RefTarget, Box<Diagnostic>> {
        let id = find_ref(&self.project.refs, call, &self.scope.package, self.project.name())?;
        match &self.scope.referrer {
            Some(referrer) if !referrer.parents.contains(id) => Err(undeclared(referrer, call)),
            Some(referrer) => {
                self.tell_of_newer_version(referrer, call, id);
                self.found(id)
            }
            None => self.found(id),
        }
    }

    fn source(&self, call: &SourceCall) -> Result<RefTarget, Box<Diagnostic>> {
        find_source(&self.project.refs, call, &self.scope.package).and_then(|id| self.found(id))
    }

    fn function(&self, names: &[String]) -> Result<RefTarget, Box<Diagnostic>> {
        let id = find_function(&self.project.refs, names, &self.scope.package)?;
        let relation = self.project.node(id).and_then(|node| node.relation.clone());
        Ok(RefTarget { relation: relation.unwrap_or_else(|| Relation::new("", "", id.as_str())), text: None })
    }

    fn graph(&self) -> serde_json::Value {
        self.graph.get_or_init(|| graph_context(&self.project)).clone()
    }
}

impl Compiler {
    /// The relation that a text such as `ref('x')` means, as seen from a node; `None` when it is no call.
    pub fn relation_of_call(&self, node: &Node, text: &str) -> Option<Result<Relation, Box<Diagnostic>>> {
        let resolver = self.resolver_of_package(&node.package, None);
        let target = match read_call(text, None)? {
            Call::Ref(call) => resolver.reference(&call),
            Call::Source(call) => resolver.source(&call),
            Call::Metric(_) => return None,
        };
        Some(target.map(|target| target.relation))
    }

    /// What references of a node mean.
    pub fn resolver(&self, node: &Node, options: &CompileOptions) -> Arc<ProjectResolver> {
        // A unit test brings inputs of its own.
        let referrer = if options.replacements.is_empty() { Referrer::of(node) } else { None };
        self.resolver_in(ResolverScope {
            package: node.package.clone(),
            referrer,
            window: self.references.window(node, options.batch),
            replacements: options.replacements.clone(),
            introspect: options.introspect.clone(),
        })
    }

    /// What references of a package mean, outside of any node.
    pub fn resolver_of_package(&self, package: &str, introspect: Option<Arc<dyn Introspect>>) -> Arc<ProjectResolver> {
        let (window, replacements) = (None, Replacements::default());
        self.resolver_in(ResolverScope {
            package: package.to_owned(),
            referrer: None,
            window,
            replacements,
            introspect,
        })
    }

    fn resolver_in(&self, scope: ResolverScope) -> Arc<ProjectResolver> {
        Arc::new(ProjectResolver::new(Arc::clone(&self.project), self.references.clone(), scope))
    }
}
