//! User-written materializations: which block is in force, and carrying it out.

use std::sync::Arc;

use minijinja::Value;
use serde_json::Value as Json;

use super::engine::Engine;
use super::failure::fail;
use super::objects::{RelationValue, ResponseValue};
use super::python::{repr, to_json};
use super::rendering::{Phase, Rendering};
use super::{MaterializeCall, Materialized};
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::Relation;
use crate::resource::{JsonMap, Macro};

/// Whether a package's block takes the place of a built-in one without the root project saying so.
const PACKAGES_NEED_LEAVE: &str = "REQUIRE_EXPLICIT_PACKAGE_OVERRIDES_FOR_BUILTIN_MATERIALIZATIONS";

impl Engine {
    /// The block of a project or package that materializes as `name`; `None` where the engine's own
    /// way is in force, or there is none at all.
    ///
    /// COMPAT: blocks for the warehouse beat those for all; of these the root project's beats a
    /// package's, which beats the built-in one only by leave (dbt 1.11).
    pub fn find_materialization(&self, name: &str) -> Option<&Arc<Macro>> {
        let (settings, macros) = (&self.shared.settings, &self.shared.macros);
        let builtin_exists = macros.builtin(&format!("materialization_{name}_default")).is_some();
        let by_leave = settings.flags.get(PACKAGES_NEED_LEAVE).and_then(Json::as_bool).unwrap_or(true);
        let imported = settings.packages.iter().filter(|_| !(builtin_exists && by_leave));
        let packages: Vec<&String> = [&settings.root_package].into_iter().chain(imported).collect();
        let warehouses = [&settings.adapter_type].into_iter().chain(&settings.adapter_parents).map(String::as_str);
        let found = warehouses.chain(["default"]).find_map(|warehouse| {
            let wanted = format!("materialization_{name}_{warehouse}");
            packages.iter().find_map(|package| macros.of_package(package, &wanted))
        });
        found.and_then(|id| self.macros().get(id))
    }

    /// Carries out a block for a node.
    ///
    /// # Errors
    /// Whatever its text raises; `jinja-error` when it has no main statement or names no relations.
    pub fn materialize(&self, call: &MaterializeCall<'_>) -> Result<Materialized, Box<Diagnostic>> {
        let introspect = Some(Arc::clone(&call.introspect));
        let phase = Phase::Execute { resolver: Arc::clone(&call.resolver), introspect };
        let rendering = Rendering::of_materialization(&self.shared, Arc::clone(call.node), phase);
        let mut state = self.environment.empty_state();
        let returned = rendering.call(call.materialization, &mut state, &[]);
        let returned = returned.map_err(|error| self.located(&error, None))?;
        let relations = relations_of(&returned).map_err(|message| self.at_block(call, message))?;
        let main = rendering.results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get("main").cloned();
        let main = main.ok_or_else(|| self.at_block(call, "it has no `statement('main')`".to_owned()))?;
        let response = main.get_attr("response").map(|value| ResponseValue::read(&value)).unwrap_or_default();
        Ok(Materialized { relations, response, rows: rows_of(&main) })
    }

    /// What is wrong with a block as a whole.
    fn at_block(&self, call: &MaterializeCall<'_>, message: String) -> Box<Diagnostic> {
        let id = call.materialization;
        let error = fail(Code::JinjaError, format!("the materialization `{id}`: {message}"));
        let diagnostic = self.located(&error, None);
        match self.macros().get(id) {
            Some(block) => Box::new(diagnostic.at(block.span, "").help(
                "end it with `{{ return({'relations': [target_relation]}) }}`, and run the statement that makes the relation as `{% call statement('main') %}`",
            )),
            None => diagnostic,
        }
    }
}

fn relations_of(returned: &Value) -> Result<Vec<Relation>, String> {
    if returned.as_str().is_some() {
        return Err("it does not return the relations it has made".to_owned());
    }
    let listed = returned.get_attr("relations").ok().and_then(|relations| relations.try_iter().ok());
    let listed = listed.ok_or_else(|| format!("it returns {} and not a dict with `relations`", repr(returned)))?;
    listed
        .map(|relation| {
            let known = relation.downcast_object_ref::<RelationValue>().map(|value| value.relation.clone());
            known.ok_or_else(|| format!("{} among its `relations` is no relation", repr(&relation)))
        })
        .collect()
}

/// The rows of a statement's result, each by column name.
fn rows_of(result: &Value) -> Vec<JsonMap> {
    let table = result.get_attr("table").unwrap_or_default();
    let names: Vec<Value> =
        table.get_attr("column_names").ok().and_then(|names| names.try_iter().ok()).into_iter().flatten().collect();
    let rows = table.try_iter().into_iter().flatten();
    rows.map(|row| {
        let cell = |name: &Value| Some((name.as_str()?.to_owned(), to_json(&row.get_item(name).ok()?)));
        names.iter().filter_map(cell).collect()
    })
    .collect()
}
