//! A node's SQL, ready for the warehouse: [`Compiler`] renders its template with `execute` true and
//! puts the ephemeral models it uses in front.
//!
//! It never writes to the warehouse; what a template asks of it goes through
//! [`crate::jinja::Introspect`].

mod generic_test;
mod materialize;
mod references;
mod resolver;
mod shown;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::config::EventWindow;
use crate::diagnostic::Diagnostic;
use crate::jinja::{Engine, Introspect, MacroCall, ModelFacts, NodeContext, RenderRequest, Rendered, SourceMap};
use crate::project::Project;
use crate::resource::{JsonMap, Node, UniqueId};
use crate::sql::{Cte, Injected, inject_ctes};

pub use materialize::MaterializeOptions;
pub use references::References;
pub use resolver::{ProjectResolver, Replacements};

use references::is_ephemeral;
use shown::{Template, place, shown_model};

/// A node's SQL and where it came from.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// The whole text.
    pub sql: String,
    /// From the text back to the user's file.
    pub map: SourceMap,
    /// Ephemeral models put in front: id and text, the innermost first.
    pub ctes: Vec<(UniqueId, Arc<str>)>,
}

/// How a node is to be compiled.
#[derive(Clone, Default)]
pub struct CompileOptions {
    /// The warehouse; `None` compiles with `execute` false.
    pub introspect: Option<Arc<dyn Introspect>>,
    /// What some references render as instead of their relation (unit tests).
    pub replacements: Replacements,
    /// Rows that stand in for them, put in front of the query.
    pub fixtures: Vec<Cte>,
    /// `vars`, `env_vars` and `macros` of a unit test.
    pub overrides: JsonMap,
    /// Further names for the template.
    pub extra: JsonMap,
    /// The batch of a microbatch model: references with an event time give this batch's rows.
    pub batch: Option<EventWindow>,
}

/// Compiles the nodes of one project.
pub struct Compiler {
    project: Arc<Project>,
    engine: Arc<Engine>,
    references: References,
    /// Ephemeral models by id: many nodes use the same one.
    ephemeral: Mutex<HashMap<UniqueId, EphemeralText>>,
}

/// An ephemeral model's text, or why it has none.
type EphemeralText = Result<Arc<str>, Box<Diagnostic>>;

impl Compiler {
    /// A compiler whose references are read in this way.
    pub fn new(project: Arc<Project>, engine: Arc<Engine>, references: References) -> Self {
        Self { project, engine, references, ephemeral: Mutex::default() }
    }

    /// The project.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// How references are read.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// The template engine.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// A node's SQL.
    ///
    /// # Errors
    /// Whatever its template raises, at the user's line.
    pub fn compile(&self, node: &Node, options: &CompileOptions) -> Result<Compiled, Box<Diagnostic>> {
        let Rendered { text, map } = self.own_text(node, options)?;
        let mut ctes = Vec::new();
        self.collect_ephemeral(node, options, &mut ctes)?;
        let list: Vec<Cte> = ctes
            .iter()
            .filter_map(|(id, query)| {
                self.project.node(id).map(|model| Cte { name: cte_name(model), query: query.to_string() })
            })
            .chain(options.fixtures.iter().cloned())
            .collect();
        let Injected { sql, at, length } = inject_ctes(&text, &list);
        Ok(Compiled { sql, map: map.with_insertion(at, length), ctes })
    }

    /// A node's text without what is put in front.
    fn own_text(&self, node: &Node, options: &CompileOptions) -> Result<Rendered, Box<Diagnostic>> {
        let template = Template::of(node);
        self.engine.render(&RenderRequest {
            node: &self.context(node, options),
            file: template.file,
            offset: template.offset,
            text: &template.text,
            resolver: self.resolver(node, options),
            introspect: options.introspect.clone(),
        })
    }

    /// The ephemeral models that a node refers to, directly or through others, the innermost first.
    fn collect_ephemeral(
        &self,
        node: &Node,
        options: &CompileOptions,
        ctes: &mut Vec<(UniqueId, Arc<str>)>,
    ) -> Result<(), Box<Diagnostic>> {
        for id in &node.depends_on.nodes {
            let Some(parent) = self.project.node(id).filter(|parent| is_ephemeral(parent)) else { continue };
            if options.replacements.replaces(id) || ctes.iter().any(|(known, _)| known == id) {
                continue;
            }
            self.collect_ephemeral(parent, options, ctes)?;
            ctes.push((id.clone(), self.ephemeral_text(parent, options)?));
        }
        Ok(())
    }

    /// The text of an ephemeral model, rendered once, unless a unit test replaces its inputs.
    fn ephemeral_text(&self, model: &Node, options: &CompileOptions) -> Result<Arc<str>, Box<Diagnostic>> {
        // COMPAT: the batch is the outer model's, not this one's (dbt 1.11).
        let options = &CompileOptions { batch: None, ..options.clone() };
        let is_shared = options.replacements.is_empty() && options.overrides.is_empty();
        if is_shared && let Some(known) = self.known(&model.unique_id) {
            return known;
        }
        let text: EphemeralText = self.own_text(model, options).map(|rendered| rendered.text.into());
        if is_shared {
            let mut ephemeral = self.ephemeral.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            ephemeral.insert(model.unique_id.clone(), text.clone());
        }
        text
    }

    /// The ephemeral model for whose sake a node could not be compiled.
    pub fn broken_ephemeral(&self, node: &Node) -> Option<UniqueId> {
        let parents = node.depends_on.nodes.iter().filter_map(|id| self.project.node(id));
        parents.filter(|parent| is_ephemeral(parent)).find_map(|parent| {
            let is_broken = || self.known(&parent.unique_id).is_some_and(|text| text.is_err());
            self.broken_ephemeral(parent).or_else(|| is_broken().then(|| parent.unique_id.clone()))
        })
    }

    fn known(&self, id: &UniqueId) -> Option<EphemeralText> {
        self.ephemeral.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(id).cloned()
    }

    /// Another text of a node's (a hook, a test's parts), in the node's context.
    ///
    /// # Errors
    /// Whatever the text raises.
    pub fn render(&self, node: &Node, text: &str, options: &CompileOptions) -> Result<String, Box<Diagnostic>> {
        let rendered = self.engine.render(&RenderRequest {
            node: &self.context(node, options),
            file: node.origin.file,
            offset: node.origin.span.start,
            text,
            resolver: self.resolver(node, options),
            introspect: options.introspect.clone(),
        })?;
        Ok(rendered.text)
    }

    /// The arguments of a generic test, rendered.
    ///
    /// # Errors
    /// Whatever an argument raises.
    pub fn test_arguments(&self, node: &Node, options: &CompileOptions) -> Result<JsonMap, Box<Diagnostic>> {
        let Some(metadata) = node.as_data_test().and_then(|test| test.metadata.as_ref()) else {
            return Ok(JsonMap::new());
        };
        let text = self.render(node, &generic_test::arguments(metadata), options)?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Calls a macro in the context of a node.
    ///
    /// # Errors
    /// Whatever the macro raises.
    pub fn call_macro(
        &self,
        node: &Node,
        (name, args): (&str, Vec<serde_json::Value>),
        options: &CompileOptions,
    ) -> Result<serde_json::Value, Box<Diagnostic>> {
        self.engine.call_macro(&MacroCall {
            name,
            args,
            kwargs: JsonMap::new(),
            node: &self.context(node, options),
            resolver: self.resolver(node, options),
            introspect: options.introspect.clone(),
        })
    }

    fn context(&self, node: &Node, options: &CompileOptions) -> Arc<NodeContext> {
        let own = self.project.node(&node.unique_id).filter(|own| std::ptr::eq(Arc::as_ptr(own), node));
        let shown = own.cloned().unwrap_or_else(|| Arc::new(node.clone()));
        let batch = options.batch;
        Arc::new(NodeContext {
            package: node.package.clone(),
            model: ModelFacts::later(move || shown_model(&shown, batch)),
            config: Arc::new(node.config.values.clone()),
            this: node.relation.clone().or_else(|| place(node)),
            extra: options.extra.clone(),
            overrides: options.overrides.clone(),
        })
    }
}

/// Name under which an ephemeral model stands in front of what uses it.
pub fn cte_name(model: &Node) -> String {
    // COMPAT: the prefix of dbt 1.11.
    format!("__dbt__cte__{}", model.alias)
}
