use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock};

use indexmap::IndexMap;
use minijinja::{Environment, Error, OutputSpan, OutputSpanKind};
use serde_json::Value;

use super::environment::new_environment;
use super::failure::{Failure, Frame, NOTHING_OF_THIS_NAME, returned};
use super::forgiving;
use super::macros::{BUILTIN, MacroIndex};
use super::prepare::{Prepared, has_tags, prepare};
use super::rendering::{Phase, Rendering, Scope, Shared};
use super::said::Said;
use super::unclosed::unclosed_tag;
use super::unknown_names::{asked, printed_unknowns};
use super::{
    CalledMacro, EngineSettings, Harvest, HarvestRequest, MacroCall, MappedRange, NodeContext, RenderRequest, Rendered,
    SourceMap, calls, python, setting,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resource::{Macro, UniqueId};
use crate::source::{FileId, Span};

/// Finds what a `doc()` call means: its arguments are `name` or `package, name`.
pub type DocLookup<'a> = &'a (dyn Fn(&[String]) -> Result<String, Box<Diagnostic>> + Sync);

/// Name of the template that is a node's own text.
const NODE: &str = "<node>";

/// All macros of a project, compiled once; renders nodes' code and calls macros.
pub struct Engine {
    pub(super) shared: Arc<Shared>,
    macros: Arc<IndexMap<UniqueId, Arc<Macro>>>,
    pub(super) environment: Environment<'static>,
    /// For node's code that names what is not there.
    forgiving: OnceLock<Environment<'static>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("macros", &self.macros.len()).finish_non_exhaustive()
    }
}

/// Where a template's text stands in the user's files.
pub(super) struct Place<'a> {
    file: FileId,
    offset: u32,
    prepared: &'a Prepared,
}

impl Place<'_> {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        let range = self.prepared.original_range(range);
        let offset = self.offset as usize;
        Span::new(self.file, offset + range.start, offset + range.end)
    }
}

impl Engine {
    /// An engine for these macros (the built-in ones included); macros with syntax errors are
    /// reported. What each macro calls is filled in.
    pub fn new(mut macros: Vec<Macro>, settings: EngineSettings) -> (Self, Diagnostics) {
        let plain: IndexMap<UniqueId, Arc<Macro>> =
            macros.iter().map(|item| (item.unique_id.clone(), Arc::new(item.clone()))).collect();
        let index = MacroIndex::new(&plain, &settings);
        for item in &mut macros {
            item.depends_on = index.calls_of(item, &settings);
        }
        let shared = Arc::new(Shared {
            settings,
            macros: index,
            selected: Default::default(),
            graph: Default::default(),
            heard: Default::default(),
        });
        let environment = environment_of(&shared);
        let macros = macros.into_iter().map(|item| (item.unique_id.clone(), Arc::new(item))).collect();
        let engine = Self { shared, macros: Arc::new(macros), environment, forgiving: OnceLock::new() };
        let diagnostics = engine.syntax_errors();
        (engine, diagnostics)
    }

    /// All macros by id.
    pub fn macros(&self) -> &Arc<IndexMap<UniqueId, Arc<Macro>>> {
        &self.macros
    }

    /// Tells templates which nodes the command runs (`selected_resources`); the first call counts.
    pub fn note_selected(&self, ids: Vec<String>) {
        // A second plan of one command is part of the first.
        let _ = self.shared.selected.set(ids);
    }

    /// Whether the command runs a node, as far as it is known.
    pub fn selects(&self, id: &UniqueId) -> bool {
        self.shared.selected.get().is_some_and(|ids| ids.iter().any(|known| known == id.as_str()))
    }

    /// What templates have said so far where there was no warehouse: `log()`, `print()`, `exceptions.warn()`.
    pub fn take_said(&self) -> Vec<Said> {
        self.shared.heard.take()
    }

    /// What every template shares.
    pub fn settings(&self) -> &EngineSettings {
        &self.shared.settings
    }

    /// Compiles the users' macros; the engine's own are compiled at their first use.
    fn syntax_errors(&self) -> Diagnostics {
        let of_users = self.macros.values().filter(|item| item.package != BUILTIN);
        let errors = of_users.filter_map(|item| self.environment.get_template(item.unique_id.as_str()).err());
        errors.map(|error| *self.located(&error, None)).collect()
    }

    /// Reads a node's code for what it refers to (`execute` false). What is not there is no error yet where
    /// the rest can be read without it: [`Harvest::undefined`].
    ///
    /// # Errors
    /// `jinja-syntax`, `undefined-name`, `undefined-var`, `raised-by-user`, ... at the user's line.
    pub fn harvest(&self, request: &HarvestRequest<'_>) -> Result<Harvest, Box<Diagnostic>> {
        match self.harvest_as_far_as_it_goes(request) {
            (harvest, None) => Ok(harvest),
            (_, Some(problem)) => Err(problem),
        }
    }

    /// As [`Engine::harvest`], with what was said before the error: a node that says it is disabled may say
    /// anything behind.
    pub fn harvest_as_far_as_it_goes(&self, request: &HarvestRequest<'_>) -> (Harvest, Option<Box<Diagnostic>>) {
        if !has_tags(request.code) {
            return (Harvest::default(), None);
        }
        let node = NodeContext {
            package: request.package.to_owned(),
            model: request.model.clone(),
            config: Arc::clone(&request.config),
            this: request.this.clone(),
            ..NodeContext::default()
        };
        let node = Arc::new(node);
        let prepared = prepare(request.code);
        let place = Place { file: request.file, offset: request.offset, prepared: &prepared };
        let mut rendering = Rendering::new(&self.shared, Arc::clone(&node), Phase::Parse(Box::default()));
        let error = read(&self.environment, &prepared, &rendering);
        let mut problem = error.as_ref().map(|error| self.located(error, Some(&place)));
        let mut undefined = None;
        if error.as_ref().is_some_and(is_undefined_in_node) {
            let environment = self.forgiving.get_or_init(|| {
                let mut environment = environment_of(&self.shared);
                forgiving::forgive(&mut environment);
                environment
            });
            let again = Rendering::forgiving(&self.shared, node, forgiving::globals(environment));
            if read(environment, &prepared, &again).is_none() {
                (rendering, undefined) = (again, problem.take());
            }
        }
        rendering.be_heard();
        let mut harvest = rendering.harvest().map(|mut harvest| std::mem::take(&mut *harvest)).unwrap_or_default();
        harvest.undefined = undefined;
        harvest.macros = rendering.take_called().into_iter().map(CalledMacro).collect();
        calls::add_spans(&mut harvest, request);
        // Packages know what they do; what is told of them helps nobody.
        if request.package == self.shared.settings.root_package {
            let is_known = |name: &str| rendering.lookup(name, request.package).is_some();
            let offset = request.offset as usize;
            let place = |at: std::ops::Range<usize>| Span::new(request.file, offset + at.start, offset + at.end);
            let unknown = printed_unknowns(request.code, is_known).into_iter();
            harvest.unknown_names = unknown.map(|(name, at)| (name, place(at))).collect();
        }
        (harvest, problem)
    }

    /// The nearest known name, as help.
    pub fn did_you_mean(&self, name: &str) -> Option<String> {
        let near = self.shared.macros.closest(&self.shared.settings.root_package, name)?;
        Some(format!("did you mean `{near}`?"))
    }

    /// Renders a node's code.
    ///
    /// # Errors
    /// As [`Engine::harvest`].
    pub fn render(&self, request: &RenderRequest<'_>) -> Result<Rendered, Box<Diagnostic>> {
        if !has_tags(request.text) {
            return Ok(as_it_stands(request));
        }
        let phase = Phase::Execute { resolver: Arc::clone(&request.resolver), introspect: request.introspect.clone() };
        let rendering = Rendering::new(&self.shared, Arc::clone(request.node), phase);
        let prepared = prepare(request.text);
        let place = Place { file: request.file, offset: request.offset, prepared: &prepared };
        let template = self.environment.template_from_named_str(NODE, &prepared.source);
        let rendered = template.and_then(|template| template.render_with_spans(Scope::of_node(&rendering)));
        match rendered {
            Ok((text, spans)) => Ok(Rendered { text, map: source_map(&spans, &place) }),
            // `{{ return(x) }}` outside of a macro gives its value's text.
            Err(error) => match returned(&error) {
                Some(value) => Ok(Rendered { text: python::text(&value), map: SourceMap::default() }),
                None => Err(self.located(&error, Some(&place))),
            },
        }
    }

    /// Calls a macro and gives what it returns: a value, or its text.
    ///
    /// # Errors
    /// As [`Engine::harvest`]; `undefined-name` when there is no such macro.
    pub fn call_macro(&self, call: &MacroCall<'_>) -> Result<Value, Box<Diagnostic>> {
        let id = self.find_called(&call.node.package, call.name).ok_or_else(|| self.no_macro(call))?;
        let phase = Phase::Execute { resolver: Arc::clone(&call.resolver), introspect: call.introspect.clone() };
        let rendering = Rendering::new(&self.shared, Arc::clone(call.node), phase);
        let mut args: Vec<minijinja::Value> = call.args.iter().map(calls::argument).collect();
        if !call.kwargs.is_empty() {
            let named = call.kwargs.iter().map(|(name, value)| (name.as_str(), calls::argument(value)));
            args.push(named.collect::<minijinja::value::Kwargs>().into());
        }
        let mut state = self.environment.empty_state();
        let called = rendering.call(&id, &mut state, &args);
        rendering.be_heard();
        match called {
            Ok(value) => Ok(python::to_json(&value)),
            Err(error) => Err(self.located(&error, None)),
        }
    }

    /// The macro that `name` or `package.name` means.
    fn find_called(&self, package: &str, name: &str) -> Option<UniqueId> {
        let macros = &self.shared.macros;
        let found = match name.split_once('.') {
            Some((package, name)) => macros.of_package(package, name),
            // COMPAT: `run-operation` looks into every package (dbt 1.11).
            None => macros.find(package, name).or_else(|| {
                let packages = self.shared.settings.packages.iter().rev();
                packages.filter_map(|package| macros.of_package(package, name)).next()
            }),
        };
        found.cloned()
    }

    fn no_macro(&self, call: &MacroCall<'_>) -> Box<Diagnostic> {
        let message = format!("there is no macro `{}`", call.name);
        let near = self.shared.macros.closest(&call.node.package, call.name);
        Box::new(match near {
            Some(near) => Diagnostic::error(Code::UndefinedName, message).help(format!("did you mean `{near}`?")),
            None => Diagnostic::error(Code::UndefinedName, message),
        })
    }

    /// Renders a string of a properties file (`var`, `env_var`, `target`, `doc`) to a value. A string
    /// that is one expression gives that expression's own value.
    ///
    /// # Errors
    /// As [`Engine::harvest`]; `unknown-doc` from the lookup.
    pub fn render_property(&self, package: &str, text: &str, docs: DocLookup<'_>) -> Result<Value, Box<Diagnostic>> {
        if !has_tags(text) {
            return Ok(Value::from(text));
        }
        let node = NodeContext { package: package.to_owned(), ..NodeContext::default() };
        let rendering = Rendering::new(&self.shared, Arc::new(node), Phase::Property(Mutex::default()));
        let value = setting::native(&self.environment, text, Scope::of_node(&rendering));
        let mut value = value.map_err(|error| self.located(&error, None))?;
        for (mark, call) in rendering.take_docs() {
            let found = docs(&call)?;
            calls::replace_text(&mut value, &mark, &found);
        }
        Ok(value)
    }

    /// The macro that a call by this name in this package means: its own package, then the root
    /// project, then the built-in ones.
    pub fn find_macro(&self, package: &str, name: &str) -> Option<&Arc<Macro>> {
        self.shared.macros.find(package, name).and_then(|id| self.macros.get(id))
    }

    /// The macro behind a generic test (`unique`, or `equality` of namespace `dbt_utils`).
    pub fn find_generic_test(&self, package: &str, namespace: Option<&str>, name: &str) -> Option<&Arc<Macro>> {
        let name = format!("test_{name}");
        let found = match namespace {
            Some(namespace) => self.shared.macros.of_package(namespace, &name),
            None => self.shared.macros.find(package, &name),
        };
        found.and_then(|id| self.macros.get(id))
    }

    /// Whether a call of a built-in macro of this name (`generate_schema_name`) from a package comes
    /// to a macro of the user's, by its own name or by what it dispatches to.
    pub fn is_overridden(&self, package: &str, name: &str) -> bool {
        self.shared.macros.is_overridden(&self.shared.settings, package, name)
    }

    /// An error at the user's own line, with the nearest name where one is unknown.
    pub(super) fn located(&self, error: &Error, node: Option<&Place<'_>>) -> Box<Diagnostic> {
        let locate = |frame: &Frame| self.span_of(frame, node);
        let failure = Failure::of(error);
        let of_nothing = self.asked_of_nothing(&failure, node);
        let mut diagnostic = failure.located(&locate);
        if let Some(path) = of_nothing {
            diagnostic.message = format!("`{path}` is undefined");
            diagnostic.help = vec![NOTHING_OF_THIS_NAME.to_owned()];
        }
        let unknown = diagnostic.message.strip_prefix('`').and_then(|rest| rest.strip_suffix("` is undefined"));
        if diagnostic.code == Code::UndefinedName
            && let Some(near) = unknown.and_then(|name| self.did_you_mean(name))
        {
            diagnostic.help = vec![near];
        }
        match node {
            Some(place) => point_at_the_unclosed_tag(*diagnostic, place),
            None => diagnostic,
        }
    }

    /// What is undefined, where it is asked for an attribute or a method.
    fn asked_of_nothing(&self, failure: &Failure, node: Option<&Place<'_>>) -> Option<String> {
        let message = &failure.diagnostic.message;
        let is_nothing = message == "undefined value" || message.starts_with("undefined has no method");
        let frame = failure.frames.first().filter(|_| is_nothing)?;
        let range = frame.range.as_ref()?;
        match frame.template == NODE {
            true => asked(&node?.prepared.source, range),
            false => asked(&self.shared.macros.callable(&UniqueId::new(frame.template.as_str()))?.body.source, range),
        }
    }

    fn span_of(&self, frame: &Frame, node: Option<&Place<'_>>) -> Option<Span> {
        let range = frame.range.clone()?;
        if frame.template == NODE {
            return node.map(|place| place.span(range));
        }
        let item = self.shared.macros.get(&frame.template).filter(|item| item.package != BUILTIN)?;
        let callable = self.shared.macros.callable(&item.unique_id)?;
        Some(Place { file: item.span.file, offset: item.span.start, prepared: &callable.body }.span(range))
    }
}

/// Renders a node's code for what it says of itself; gives what went wrong.
fn read(environment: &Environment<'_>, prepared: &Prepared, rendering: &Arc<Rendering>) -> Option<Error> {
    let template = environment.template_from_named_str(NODE, &prepared.source);
    let outcome = template.and_then(|template| template.render(Scope::of_node(rendering)));
    outcome.err().filter(|error| returned(error).is_none())
}

/// Whether a node's own text, and no macro's, names what is not there.
fn is_undefined_in_node(error: &Error) -> bool {
    let failure = Failure::of(error);
    failure.diagnostic.code == Code::UndefinedName && failure.frames.first().is_some_and(|frame| frame.template == NODE)
}

/// Of a text that ends too early, the tag that is still open is what to look at.
fn point_at_the_unclosed_tag(diagnostic: Diagnostic, place: &Place<'_>) -> Box<Diagnostic> {
    let ends_early = diagnostic.code == Code::JinjaSyntax && diagnostic.message.starts_with("unexpected end of input");
    Box::new(match unclosed_tag(&place.prepared.source).filter(|_| ends_early) {
        Some((word, range)) => Diagnostic::error(Code::JinjaSyntax, format!("this `{{% {word} %}}` is never closed"))
            .at(place.span(range), "opened here")
            .help(format!("close it with `{{% end{word} %}}`")),
        None => diagnostic,
    })
}

/// The text of a docs block: a template without a name to use. COMPAT: so dbt 1.11 reads it; what it refuses
/// stands as it is written.
pub fn render_docs(text: &str) -> Cow<'_, str> {
    if !has_tags(text) {
        return Cow::Borrowed(text);
    }
    let rendered = new_environment().render_str(&prepare(text).source, ());
    rendered.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// An environment that finds the macros of a project.
fn environment_of(shared: &Arc<Shared>) -> Environment<'static> {
    let loader = Arc::clone(shared);
    let mut environment = new_environment();
    environment.set_loader(move |name| {
        Ok(loader.macros.callable(&UniqueId::new(name)).map(|callable| callable.body.source.clone()))
    });
    environment
}

/// Text without a tag: the same, without one closing line break, as Jinja2 has it.
fn as_it_stands(request: &RenderRequest<'_>) -> Rendered {
    let text = request.text.strip_suffix('\n').unwrap_or(request.text);
    let start = request.offset as usize;
    let span = Span::new(request.file, start, start + text.len());
    let whole = MappedRange { start: 0, end: text.len(), span, verbatim: true };
    Rendered { text: text.to_owned(), map: SourceMap::new(vec![whole]) }
}

fn source_map(spans: &[OutputSpan], place: &Place<'_>) -> SourceMap {
    let own = spans.iter().filter(|span| span.name() == NODE);
    SourceMap::new(
        own.map(|span| {
            let output = span.output_range();
            MappedRange {
                start: output.start,
                end: output.end,
                span: place.span(span.source_range()),
                verbatim: span.kind() == OutputSpanKind::Raw,
            }
        })
        .collect(),
    )
}
