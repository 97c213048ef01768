use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::{EngineSettings, Harvest, HarvestRequest, MacroCall, RenderRequest, Rendered};
use crate::config::SettingScope;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resource::{Macro, UniqueId};
use crate::source::SourceFile;
use crate::system::Environment;

/// Finds what a `doc()` call means: its arguments are `name` or `package, name`.
pub type DocLookup<'a> = &'a (dyn Fn(&[String]) -> Result<String, Box<Diagnostic>> + Sync);

/// All macros of a project, compiled once; renders nodes' code and calls macros.
pub struct Engine {
    settings: EngineSettings,
    macros: Arc<IndexMap<UniqueId, Arc<Macro>>>,
}

impl Engine {
    /// An engine for these macros (the built-in ones included); macros with syntax errors are
    /// reported and left out. `depends_on` of the macros is filled in.
    pub fn new(macros: Vec<Macro>, settings: EngineSettings) -> (Self, Diagnostics) {
        let macros = macros.into_iter().map(|item| (item.unique_id.clone(), Arc::new(item))).collect();
        (Self { settings, macros: Arc::new(macros) }, Diagnostics::new())
    }

    /// All macros by id.
    pub fn macros(&self) -> &Arc<IndexMap<UniqueId, Arc<Macro>>> {
        &self.macros
    }

    /// What every template shares.
    pub fn settings(&self) -> &EngineSettings {
        &self.settings
    }

    /// Reads a node's code for what it refers to (`execute` false).
    ///
    /// # Errors
    /// `jinja-syntax`, `undefined-name`, `undefined-var`, `raised-by-user`, ... at the user's line.
    pub fn harvest(&self, _request: &HarvestRequest<'_>) -> Result<Harvest, Box<Diagnostic>> {
        Err(not_yet())
    }

    /// Renders a node's code.
    ///
    /// # Errors
    /// As [`Engine::harvest`].
    pub fn render(&self, _request: &RenderRequest<'_>) -> Result<Rendered, Box<Diagnostic>> {
        Err(not_yet())
    }

    /// Calls a macro and gives what it returns: a value, or its text.
    ///
    /// # Errors
    /// As [`Engine::harvest`]; `undefined-name` when there is no such macro.
    pub fn call_macro(&self, _call: &MacroCall<'_>) -> Result<Value, Box<Diagnostic>> {
        Err(not_yet())
    }

    /// Renders a string of a properties file (`var`, `env_var`, `target`, `doc`) to a value: a string
    /// that is one expression of another type keeps that type only through `as_number` and the like.
    ///
    /// # Errors
    /// As [`Engine::harvest`]; `unknown-doc` from the lookup.
    pub fn render_property(&self, _package: &str, _text: &str, _docs: DocLookup<'_>) -> Result<Value, Box<Diagnostic>> {
        Err(not_yet())
    }

    /// The macro that a call by this name in this package means: its own package, then the root
    /// project, then installed packages, then the built-in ones.
    pub fn find_macro(&self, _package: &str, _name: &str) -> Option<&Arc<Macro>> {
        None
    }

    /// The macro behind a generic test (`unique`, or `equality` of namespace `dbt_utils`).
    pub fn find_generic_test(&self, _package: &str, _namespace: Option<&str>, _name: &str) -> Option<&Arc<Macro>> {
        None
    }

    /// The user's own macro in place of a built-in one of this name (`generate_schema_name`), as
    /// called from a package; `None` when the built-in one is in force.
    pub fn override_of(&self, _package: &str, _name: &str) -> Option<&Arc<Macro>> {
        None
    }
}

fn not_yet() -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::Internal, "not yet"))
}

/// The engine's own macros: package `dbt`.
pub fn builtin_macros() -> Vec<Macro> {
    Vec::new()
}

/// The macros, generic tests and materializations of one file.
pub fn macros_of_file(_file: &SourceFile, _package: &str, _original_file_path: &str) -> (Vec<Macro>, Diagnostics) {
    (Vec::new(), Diagnostics::new())
}

/// Renders a string of a settings file to a value.
///
/// # Errors
/// `jinja-syntax`, `undefined-name`, `undefined-env-var`, `undefined-var`; without a place.
pub fn render_setting(
    _text: &str,
    _scope: &SettingScope<'_>,
    _environment: &Environment,
) -> Result<Value, Box<Diagnostic>> {
    Err(not_yet())
}
