//! Snapshots whose changes a macro of the project or a package recognises.

use serde_json::{Value, json};

use super::Work;
use crate::compile::Compiled;
use crate::diagnostic::Diagnostic;
use crate::jinja::Engine;
use crate::materialization::SnapshotStrategy;
use crate::resource::{Materialization, Node};

/// Macros that the engine's own strategies are made of: where one is overridden, the macros decide.
const PARTS: [&str; 4] =
    ["snapshot_hash_arguments", "snapshot_get_time", "snapshot_check_all_get_existing_columns", "get_true_sql"];

impl Work<'_> {
    /// What the project's own macro says of a snapshot's changes; `None` where the engine's own
    /// strategies are in force.
    pub(super) async fn snapshot_strategy(
        &self,
        compiled: &Compiled,
        target_exists: bool,
    ) -> Result<Option<SnapshotStrategy>, Box<Diagnostic>> {
        if self.node.config.materialized != Materialization::Snapshot {
            return Ok(None);
        }
        let engine = self.runner.compiler.engine();
        let Some(name) = strategy_macro(engine, self.node) else { return Ok(None) };
        let mut model = crate::artifacts::jinja_model(self.node);
        model.insert("compiled_code".to_owned(), Value::from(compiled.sql.as_str()));
        let config = Value::Object(self.node.config.values.clone());
        let args = vec![
            Value::Object(model),
            json!("snapshotted_data"),
            json!("source_data"),
            config,
            Value::Bool(target_exists),
        ];
        let given = self.call(&name, args).await?;
        SnapshotStrategy::of_macro(self.node, &given).map(Some)
    }
}

/// The macro that recognises a snapshot's changes, if it or what it is made of is the user's, or if it has
/// to ask the warehouse what is checked.
fn strategy_macro(engine: &Engine, node: &Node) -> Option<String> {
    let strategy = node.config.text("strategy")?;
    let qualified = match strategy.split_once('.') {
        Some((package, name)) => format!("{package}.snapshot_{name}_strategy"),
        None => format!("snapshot_{strategy}_strategy"),
    };
    let is_users = strategy.contains('.') || engine.is_overridden(&node.package, &qualified);
    let is_users = is_users || PARTS.iter().any(|part| engine.is_overridden(&node.package, part));
    (is_users || checks_expressions(node)).then_some(qualified)
}

/// Whether `check_cols` has more than names: the columns that expressions give are known to the warehouse.
fn checks_expressions(node: &Node) -> bool {
    let is_expression = |name: &str| !name.starts_with('"') && name.contains(['(', ')', ':', '|', '\'']);
    let names = node.config.get("check_cols").and_then(Value::as_array).into_iter().flatten();
    node.config.text("strategy") == Some("check") && names.filter_map(Value::as_str).any(is_expression)
}
