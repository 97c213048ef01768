//! The ground that all templates are rendered on.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::functions::add_filters;
use super::{filters, python};

/// An environment that prints values as Python does and knows dbt's filters.
pub(super) fn new_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(false);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_formatter(python::write_value);
    environment.set_unknown_method_callback(python::method);
    environment.remove_global("debug");
    filters::add_to(&mut environment);
    add_filters(&mut environment);
    environment
}
