use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Code;
use crate::jinja::failure::fail_with_help;
use crate::jinja::rendering::Rendering;

/// What a function of the engine does.
pub(in crate::jinja) type Run = fn(&Arc<Rendering>, &mut State<'_, '_>, &[Value]) -> Result<Value, Error>;

/// A function that templates call by a name.
#[derive(Debug)]
pub(in crate::jinja) struct Function {
    name: &'static str,
    run: Run,
    rendering: Arc<Rendering>,
}

impl Function {
    /// A function as a value.
    pub(in crate::jinja) fn value(name: &'static str, run: Run, rendering: &Arc<Rendering>) -> Value {
        Value::from_object(Self { name, run, rendering: Arc::clone(rendering) })
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.run)(&self.rendering, state, args)
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

/// A value under a name.
enum Attribute {
    Known(Value),
    /// Made when a template looks at it.
    Made(fn(&Arc<Rendering>) -> Option<Value>),
}

/// A thing with functions and attributes: `adapter`, `exceptions`, `modules.re`.
pub(in crate::jinja) struct Namespace {
    name: &'static str,
    functions: &'static [(&'static str, Run)],
    attributes: Vec<(&'static str, Attribute)>,
    /// What calling the thing itself does.
    call: Option<Run>,
    rendering: Arc<Rendering>,
}

impl std::fmt::Debug for Namespace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{}>", self.name)
    }
}

impl Namespace {
    /// A namespace of functions.
    pub(in crate::jinja) fn new(
        name: &'static str,
        functions: &'static [(&'static str, Run)],
        rendering: &Arc<Rendering>,
    ) -> Self {
        Self { name, functions, attributes: Vec::new(), call: None, rendering: Arc::clone(rendering) }
    }

    /// The same with a value under a name.
    #[must_use]
    pub(in crate::jinja) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.attributes.push((name, Attribute::Known(value)));
        self
    }

    /// The same with a value that costs something, under a name that few templates use.
    #[must_use]
    pub(in crate::jinja) fn with_made(
        mut self,
        name: &'static str,
        make: fn(&Arc<Rendering>) -> Option<Value>,
    ) -> Self {
        self.attributes.push((name, Attribute::Made(make)));
        self
    }

    /// The same that can be called itself.
    #[must_use]
    pub(in crate::jinja) fn callable(mut self, run: Run) -> Self {
        self.call = Some(run);
        self
    }

    /// As a value.
    pub(in crate::jinja) fn value(self) -> Value {
        Value::from_object(self)
    }

    fn function(&self, name: &str) -> Option<(&'static str, Run)> {
        self.functions.iter().find(|(known, _)| *known == name).copied()
    }

    fn unknown_function(&self, name: &str) -> Error {
        let known = self.functions.iter().map(|(known, _)| *known).filter(|known| !known.starts_with('_'));
        let help = match crate::diagnostic::closest(name, known.collect::<Vec<&str>>()) {
            Some(near) => format!("did you mean `{}.{near}`?", self.name),
            None => format!("`{}` has no function of this name", self.name),
        };
        fail_with_help(Code::UndefinedName, format!("`{}.{name}` is undefined", self.name), help)
    }
}

impl Object for Namespace {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let attribute = self.attributes.iter().find(|(known, _)| *known == name).map(|(_, attribute)| attribute);
        let value = match attribute {
            Some(Attribute::Known(value)) => Some(value.clone()),
            Some(Attribute::Made(make)) => make(&self.rendering),
            None => None,
        };
        value.or_else(|| self.function(name).map(|(name, run)| Function::value(name, run, &self.rendering)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.functions.iter().map(|(name, _)| *name).chain(self.attributes.iter().map(|(name, _)| *name));
        Enumerator::Values(names.map(Value::from).collect())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match self.call {
            Some(run) => run(&self.rendering, state, args),
            None => Err(Error::new(ErrorKind::InvalidOperation, format!("`{}` is not a function", self.name))),
        }
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        if let Some((_, run)) = self.function(name) {
            return run(&self.rendering, state, args);
        }
        if self.attributes.iter().any(|(known, _)| *known == name) {
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        self.rendering.unknown().ok_or_else(|| self.unknown_function(name))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{}>", self.name)
    }
}
