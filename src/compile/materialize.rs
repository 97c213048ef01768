//! User-written materializations: a block of the user's own in place of the engine's operations.

use std::sync::Arc;

use super::{CompileOptions, Compiled, Compiler};
use crate::diagnostic::Diagnostic;
use crate::jinja::{Introspect, MaterializeCall, Materialized};
use crate::resource::{JsonMap, Node, UniqueId};

/// What a user-written materialization is carried out with.
pub struct MaterializeOptions {
    /// The warehouse.
    pub introspect: Arc<dyn Introspect>,
    /// Further names for its block: `pre_hooks`, `post_hooks`.
    pub extra: JsonMap,
}

impl Compiler {
    /// Carries out a user-written materialization for a compiled node.
    ///
    /// # Errors
    /// Whatever its block raises.
    pub fn materialize(
        &self,
        node: &Node,
        materialization: &UniqueId,
        compiled: &Compiled,
        options: MaterializeOptions,
    ) -> Result<Materialized, Box<Diagnostic>> {
        let sql = serde_json::Value::from(compiled.sql.as_str());
        let mut options_of_node = CompileOptions { extra: options.extra, ..CompileOptions::default() };
        options_of_node.extra.insert("sql".to_owned(), sql.clone());
        options_of_node.extra.insert("compiled_code".to_owned(), sql.clone());
        let resolver = self.resolver(node, &options_of_node);
        let mut context = self.context(node, &options_of_node);
        let mut model = JsonMap::clone(&context.model);
        model.insert("compiled".to_owned(), true.into());
        model.insert("compiled_code".to_owned(), sql);
        Arc::make_mut(&mut context).model = model.into();
        self.engine.materialize(&MaterializeCall {
            materialization,
            node: &context,
            resolver,
            introspect: options.introspect,
        })
    }
}
