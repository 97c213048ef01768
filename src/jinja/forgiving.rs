//! A node's code read a second time, where the first time something in it was unknown.
//!
//! COMPAT: dbt 1.11 notices that a macro is missing when the node is compiled. While it reads the code, an
//! unknown name is nothing at all, whatever is asked of it; only macros are held to what is there.

use std::collections::HashSet;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters};

use super::python;

/// What an unknown name is: it can be called, asked and looped over, prints nothing and is false.
#[derive(Debug)]
pub(super) struct Unknown;

impl Unknown {
    pub(super) fn value() -> Value {
        Value::from_object(Self)
    }

    fn is(value: &Value) -> bool {
        value.is_undefined() || value.downcast_object_ref::<Self>().is_some()
    }
}

impl Object for Unknown {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Self::value())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(Self::value())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, _: &str, _: &[Value]) -> Result<Value, Error> {
        Ok(Self::value())
    }

    fn render(self: &Arc<Self>, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

/// Makes an environment take what is unknown for nothing.
pub(super) fn forgive(environment: &mut Environment<'_>) {
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_unknown_method_callback(method);
    environment.add_test("defined", |value: Value| !Unknown::is(&value));
    environment.add_test("undefined", |value: Value| Unknown::is(&value));
    for name in ["default", "d"] {
        environment.add_filter(name, |state: &State<'_, '_>, value: Value, more: Rest<Value>| {
            filters::default(state, if Unknown::is(&value) { &Value::UNDEFINED } else { &value }, more)
        });
    }
}

/// Names that an environment itself knows.
pub(super) fn globals(environment: &Environment<'_>) -> HashSet<String> {
    environment.globals().map(|(name, _)| name.to_owned()).collect()
}

fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    // What stands under the name may be called yet.
    let holds =
        |value: &Value| value.kind() == ValueKind::Map && value.get_attr(name).is_ok_and(|item| !item.is_undefined());
    match python::method(state, value, name, args) {
        Err(error) if error.kind() == ErrorKind::UnknownMethod && !holds(value) => Ok(Unknown::value()),
        outcome => outcome,
    }
}
