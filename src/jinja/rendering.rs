//! One rendering: what a node's template and every macro it calls share, and how they find names.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Environment, Error, State, Value};

use super::call_block;
use super::failure::{self, Failure};
use super::forgiving::Unknown;
use super::functions;
use super::macro_file::Callable;
use super::macros::MacroIndex;
use super::objects::{Function, Namespace};
use super::said::{Heard, Said};
use super::{EngineSettings, Harvest, Introspect, NodeContext, Resolver};
use crate::diagnostic::Code;
use crate::resource::UniqueId;

/// What all renderings of an engine share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: EngineSettings,
    pub(super) macros: MacroIndex,
    /// Ids of the nodes that the command runs, once they are known.
    pub(super) selected: OnceLock<Vec<String>>,
    /// `graph` of everything that runs: packages keep things in it from one node to the next.
    pub(super) graph: OnceLock<Value>,
    /// What was said where there was no warehouse.
    pub(super) heard: Heard,
}

/// One rendering.
pub(super) struct Rendering {
    pub(super) shared: Arc<Shared>,
    pub(super) node: Arc<NodeContext>,
    pub(super) phase: Phase,
    /// Results of statements by name.
    pub(super) results: Mutex<HashMap<String, Value>>,
    kept: Mutex<HashMap<String, Value>>,
    /// Whether statements begin the node's transaction.
    pub(super) is_materialization: bool,
    /// Whether the node's own text may name what is not there; these names the environment knows.
    forgiving: Option<HashSet<String>>,
    /// Macros called by the node's own text, in order of first call.
    called: Mutex<Vec<UniqueId>>,
    depth: AtomicUsize,
    /// What was said and is not told yet.
    said: Mutex<Vec<Said>>,
    /// Names given by `context.update`.
    updated: Mutex<HashMap<String, Value>>,
    model: OnceLock<Value>,
    graph: OnceLock<Value>,
}

/// Whether templates are read or carried out.
pub(super) enum Phase {
    /// `execute` is false: calls are noted.
    Parse(Box<Mutex<Harvest>>),
    /// A string of a properties file: `doc` calls are noted.
    Property(Mutex<Vec<Vec<String>>>),
    /// `execute` is true where there is a warehouse.
    Execute {
        /// Other nodes.
        resolver: Arc<dyn Resolver>,
        /// The warehouse.
        introspect: Option<Arc<dyn Introspect>>,
    },
}

/// The deepest nesting of macro calls: what never ends must not use up the stack.
const DEEPEST: usize = 120;

impl std::fmt::Debug for Rendering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendering").field("package", &self.node.package).finish_non_exhaustive()
    }
}

impl Rendering {
    pub(super) fn new(shared: &Arc<Shared>, node: Arc<NodeContext>, phase: Phase) -> Arc<Self> {
        Arc::new(Self::with(shared, node, phase, false))
    }

    /// A rendering whose statements are part of the node's transaction.
    pub(super) fn of_materialization(shared: &Arc<Shared>, node: Arc<NodeContext>, phase: Phase) -> Arc<Self> {
        Arc::new(Self::with(shared, node, phase, true))
    }

    /// A rendering that takes what is unknown to the node's own text for nothing.
    pub(super) fn forgiving(shared: &Arc<Shared>, node: Arc<NodeContext>, globals: HashSet<String>) -> Arc<Self> {
        let plain = Self::with(shared, node, Phase::Parse(Box::default()), false);
        Arc::new(Self { forgiving: Some(globals), ..plain })
    }

    fn with(shared: &Arc<Shared>, node: Arc<NodeContext>, phase: Phase, is_materialization: bool) -> Self {
        Self {
            shared: Arc::clone(shared),
            node,
            phase,
            results: Mutex::default(),
            kept: Mutex::default(),
            is_materialization,
            forgiving: None,
            called: Mutex::default(),
            depth: AtomicUsize::new(0),
            said: Mutex::default(),
            updated: Mutex::default(),
            model: OnceLock::new(),
            graph: OnceLock::new(),
        }
    }

    /// What is taken for a method that is not there, if that is forgiven.
    pub(super) fn unknown(&self) -> Option<Value> {
        self.forgiving.is_some().then(Unknown::value)
    }

    /// Whether a template gives a value and not text: strings of YAML files.
    pub(super) fn is_native(&self) -> bool {
        matches!(self.phase, Phase::Property(_))
    }

    /// Whether the warehouse is there.
    pub(super) fn executes(&self) -> bool {
        self.introspect().is_some()
    }

    /// The warehouse, if it is there.
    pub(super) fn introspect(&self) -> Option<&Arc<dyn Introspect>> {
        match &self.phase {
            Phase::Execute { introspect, .. } => introspect.as_ref(),
            Phase::Parse(_) | Phase::Property(_) => None,
        }
    }

    /// `log()`, `print()` and `exceptions.warn()`: told at once where there is a warehouse.
    pub(super) fn say(&self, said: Said) -> Result<(), Error> {
        let Some(introspect) = self.introspect() else {
            self.said.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(said);
            return Ok(());
        };
        match said {
            Said::Log { text, info } => introspect.say(&text, info, false),
            Said::Print(text) => introspect.say(&text, true, true),
            Said::Warning(text) => introspect.warn(&text).map_err(failure::raise)?,
        }
        Ok(())
    }

    /// Keeps what was said until the project is read.
    pub(super) fn be_heard(&self) {
        let said = std::mem::take(&mut *self.said.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        self.shared.heard.add(&self.node, said);
    }

    /// Where calls are noted while parsing.
    pub(super) fn harvest(&self) -> Option<MutexGuard<'_, Harvest>> {
        match &self.phase {
            Phase::Parse(harvest) => Some(harvest.lock().unwrap_or_else(|poisoned| poisoned.into_inner())),
            Phase::Execute { .. } | Phase::Property(_) => None,
        }
    }

    /// Notes a `doc` call; its text is put where the mark stands. `None` where `doc` means nothing.
    pub(super) fn note_doc(&self, call: Vec<String>) -> Option<String> {
        let Phase::Property(calls) = &self.phase else { return None };
        let mut calls = calls.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        calls.push(call);
        Some(doc_mark(calls.len() - 1))
    }

    /// The `doc` calls, each with its mark.
    pub(super) fn take_docs(&self) -> Vec<(String, Vec<String>)> {
        let Phase::Property(calls) = &self.phase else { return Vec::new() };
        let calls = std::mem::take(&mut *calls.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        calls.into_iter().enumerate().map(|(index, call)| (doc_mark(index), call)).collect()
    }

    /// Macros that the node's own text called.
    pub(super) fn take_called(&self) -> Vec<UniqueId> {
        std::mem::take(&mut *self.called.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// `model`.
    pub(super) fn model(&self) -> Value {
        let build = || super::python::from_json(&serde_json::Value::Object(serde_json::Map::clone(&self.node.model)));
        self.model.get_or_init(build).clone()
    }

    /// What a name means, made once: what a template puts into it stays there.
    pub(super) fn keep(&self, name: &str, make: impl FnOnce() -> Value) -> Value {
        let mut kept = self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(value) = kept.get(name) {
            return value.clone();
        }
        let value = make();
        kept.insert(name.to_owned(), value.clone());
        value
    }

    /// `graph`; empty while parsing.
    pub(super) fn graph(&self) -> Value {
        let build = || match &self.phase {
            Phase::Parse(_) | Phase::Property(_) => super::python::from_json(&serde_json::json!({})),
            Phase::Execute { resolver, .. } => super::python::from_json(&resolver.graph()),
        };
        let kept = if self.executes() { &self.shared.graph } else { &self.graph };
        kept.get_or_init(build).clone()
    }

    /// `context.update({...})`: names that everything called from here on sees otherwise.
    fn update_context(&self, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = super::python::split_kwargs(args);
        let mut updated = self.updated.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for source in positional.iter().chain([&named]) {
            for name in source.try_iter()? {
                let value = source.get_item(&name)?;
                updated.insert(super::python::text(&name), value);
            }
        }
        Ok(Value::from(()))
    }

    /// What `context.update` made of a name.
    pub(super) fn updated(&self, name: &str) -> Option<Value> {
        self.updated.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(name).cloned()
    }

    /// What a name means to the node's own text or to a macro of `package`.
    pub(super) fn lookup(self: &Arc<Self>, name: &str, package: &str) -> Option<Value> {
        if let Some(replaced) = self.overridden_macro(name).or_else(|| self.updated(name)) {
            return Some(replaced);
        }
        let macros = &self.shared.macros;
        if let Some(id) = macros.of_users(&self.node.package, package, name) {
            return Some(self.macro_value(id));
        }
        functions::context_value(self, name).or_else(|| macros.builtin(name).map(|id| self.macro_value(id))).or_else(
            || {
                macros
                    .has_package(name)
                    .then(|| Value::from_object(Package { name: name.to_owned(), rendering: Arc::clone(self) }))
            },
        )
    }

    /// A macro as a value that can be called.
    pub(super) fn macro_value(self: &Arc<Self>, id: &UniqueId) -> Value {
        Value::from_object(MacroValue { id: id.clone(), rendering: Arc::clone(self) })
    }

    /// A unit test may say what a macro returns.
    fn overridden_macro(self: &Arc<Self>, name: &str) -> Option<Value> {
        let value = self.node.overrides.get("macros")?.get(name)?;
        Some(Value::from_object(Constant(super::python::from_json(value))))
    }

    /// Calls a macro: its body with its arguments as names.
    pub(super) fn call(
        self: &Arc<Self>,
        id: &UniqueId,
        state: &mut State<'_, '_>,
        args: &[Value],
    ) -> Result<Value, Error> {
        let Some(callable) = self.shared.macros.callable(id) else {
            return Err(failure::fail(Code::Internal, format!("the macro `{id}` is not loaded")));
        };
        let depth = self.depth.fetch_add(1, Ordering::Relaxed);
        if depth == 0 {
            let mut called = self.called.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if !called.contains(id) {
                called.push(id.clone());
            }
        }
        let result = if depth >= DEEPEST {
            Err(failure::fail_with_help(
                Code::JinjaError,
                format!("macros call each other more than {DEEPEST} deep; the last one is `{id}`"),
                "look for a macro that calls itself without an end",
            ))
        } else {
            self.call_body(id, &callable, state, args)
        };
        self.depth.fetch_sub(1, Ordering::Relaxed);
        result
    }

    fn call_body(
        self: &Arc<Self>,
        id: &UniqueId,
        callable: &Callable,
        state: &mut State<'_, '_>,
        args: &[Value],
    ) -> Result<Value, Error> {
        let (positional, named) = super::python::split_kwargs(args);
        let block = named.get_attr("caller").ok().filter(|caller| !caller.is_undefined());
        match block {
            Some(block) if !call_block::is_handed_on(&block) => call_block::with_block(state, &block, |env, caller| {
                self.render_body(env, id, bind(id, callable, (positional, &named), Some(caller))?)
            }),
            handed_on => {
                let arguments = bind(id, callable, (positional, &named), handed_on)?;
                self.render_body(state.env(), id, arguments)
            }
        }
    }

    fn render_body(
        self: &Arc<Self>,
        environment: &Environment<'_>,
        id: &UniqueId,
        arguments: HashMap<String, Value>,
    ) -> Result<Value, Error> {
        let package = id.as_str().split('.').nth(1).unwrap_or_default().to_owned();
        let scope = Value::from_object(Scope { arguments, package, rendering: Arc::clone(self), is_macro: true });
        let body = environment.get_template(id.as_str()).and_then(|template| template.render(scope));
        match body {
            Ok(text) => Ok(Value::from(text)),
            Err(error) => match failure::returned(&error) {
                Some(value) => Ok(value),
                None => Err(Failure::of(&error).into_error()),
            },
        }
    }
}

/// Characters of Unicode's private use around a number: no text of a user's has them.
fn doc_mark(index: usize) -> String {
    format!("\u{e000}{index}\u{e001}")
}

/// Arguments by the names of the parameters, `varargs`, `kwargs` and `caller` among them. Missing
/// ones are undefined, so that no name from outside shows through.
fn bind(
    id: &UniqueId,
    callable: &Callable,
    (positional, named): (&[Value], &Value),
    caller: Option<Value>,
) -> Result<HashMap<String, Value>, Error> {
    let name = id.as_str().rsplit('.').next().unwrap_or_default();
    let mut bound: HashMap<String, Value> = HashMap::with_capacity(callable.parameters.len() + 2);
    for (index, parameter) in callable.parameters.iter().enumerate() {
        bound.insert(parameter.clone(), positional.get(index).cloned().unwrap_or(Value::UNDEFINED));
    }
    let more = positional.get(callable.parameters.len()..).unwrap_or_default();
    if !more.is_empty() && !callable.takes_varargs {
        let takes = callable.parameters.len();
        return Err(failure::fail(
            Code::JinjaError,
            format!("macro `{name}` takes {takes} argument(s), but is called with {}", positional.len()),
        ));
    }
    let mut others: Vec<(String, Value)> = Vec::new();
    for key in named.try_iter()? {
        let key = key.as_str().unwrap_or_default().to_owned();
        let value = named.get_attr(&key)?;
        match bound.get_mut(&key) {
            Some(slot) => *slot = value,
            None if key == "caller" => {}
            None if callable.takes_kwargs => others.push((key, value)),
            None => {
                let known = callable.parameters.join("`, `");
                return Err(failure::fail_with_help(
                    Code::JinjaError,
                    format!("macro `{name}` has no argument `{key}`"),
                    format!("its arguments are `{known}`"),
                ));
            }
        }
    }
    bound.extend(caller.map(|caller| ("caller".to_owned(), caller)));
    bound.insert("varargs".to_owned(), Value::from(more.to_vec()));
    bound.insert("kwargs".to_owned(), super::python::to_mutable(&Value::from_pairs(others)));
    Ok(bound)
}

/// A function that always gives the same.
#[derive(Debug)]
struct Constant(Value);

impl Object for Constant {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(self.0.clone())
    }
}

/// A macro as a value.
#[derive(Debug)]
struct MacroValue {
    id: UniqueId,
    rendering: Arc<Rendering>,
}

impl Object for MacroValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = self.id.as_str().rsplit('.').next().unwrap_or_default();
        (key.as_str() == Some("name")).then(|| Value::from(name))
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.rendering.call(&self.id, state, args)
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            // COMPAT: packages call the materialization they build on this way (dbt 1.11).
            "call_macro" => self.rendering.call(&self.id, state, args),
            _ => Err(Error::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<macro {}>", self.id)
    }
}

/// The macros of a package by name: `dbt_utils.star`.
#[derive(Debug)]
struct Package {
    name: String,
    rendering: Arc<Rendering>,
}

impl Object for Package {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let id = self.rendering.shared.macros.of_package(&self.name, key.as_str()?);
        match id {
            Some(id) => Some(self.rendering.macro_value(id)),
            // `dbt.run_query` and the like are no macros here.
            None if self.name == "dbt" => functions::context_value(&self.rendering, key.as_str()?),
            None => None,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match self.get_value(&Value::from(name)) {
            Some(found) => found.call(state, args),
            None => self.rendering.unknown().ok_or_else(|| {
                failure::fail_with_help(
                    Code::UndefinedName,
                    format!("`{}.{name}` is undefined", self.name),
                    format!("the package `{}` has no macro of this name", self.name),
                )
            }),
        }
    }
}

/// The names that a template sees: a macro's arguments first.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) arguments: HashMap<String, Value>,
    pub(super) package: String,
    pub(super) rendering: Arc<Rendering>,
    /// Whether these are the names of a macro, and not of a node's own text.
    pub(super) is_macro: bool,
}

impl Scope {
    /// The names of a node's own text.
    pub(super) fn of_node(rendering: &Arc<Rendering>) -> Value {
        let package = rendering.node.package.clone();
        let rendering = Arc::clone(rendering);
        Value::from_object(Self { arguments: HashMap::new(), package, rendering, is_macro: false })
    }

    fn forgiven(&self, name: &str) -> Option<Value> {
        let globals = self.rendering.forgiving.as_ref().filter(|_| !self.is_macro)?;
        (!globals.contains(name)).then(Unknown::value)
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        match self.arguments.get(name) {
            Some(value) => Some(value.clone()),
            None if name == "context" => Some(Value::from_object(Self {
                arguments: self.arguments.clone(),
                package: self.package.clone(),
                rendering: Arc::clone(&self.rendering),
                is_macro: true,
            })),
            None => self.rendering.lookup(name, &self.package).or_else(|| self.forgiven(name)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match self.get_value_by_str(name) {
            Some(found) => found.call(state, args),
            None if name == "update" => self.rendering.update_context(args),
            None => Err(Error::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}

/// `builtins`: the engine's own functions, whatever macros of the same name there are.
pub(super) fn builtins(rendering: &Arc<Rendering>) -> Value {
    let names = ["ref", "source", "config", "metric", "function"];
    let namespace = Namespace::new("builtins", &[], rendering);
    let known = |namespace: Namespace, name: &'static str| match functions::context_value(rendering, name) {
        Some(_) if name == "ref" => namespace.with(name, functions::builtin_ref(rendering)),
        Some(value) => namespace.with(name, value),
        None => namespace,
    };
    names.into_iter().fold(namespace, known).value()
}

/// A function of the engine's as a value.
pub(super) fn function(rendering: &Arc<Rendering>, name: &'static str, run: super::objects::Run) -> Value {
    Function::value(name, run, rendering)
}
