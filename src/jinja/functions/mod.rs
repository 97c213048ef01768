//! The functions and objects that every template can name, by what they are about.

mod adapter;
mod anomalies;
mod api;
mod changes;
mod constraints;
mod exceptions;
mod modules;
mod node;
mod regex;
mod snapshots;
mod text;
mod values;
mod warehouse;

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;

use super::objects::{DateTimeValue, MutableList, MutableMap, Namespace, RelationValue, Run};
use super::python::from_json;
use super::rendering::{Rendering, builtins, function};
use crate::config::DBT_VERSION;

pub(super) use node::builtin_ref;
pub(super) use text::{NATIVE, add_filters};
pub(super) use values::missing_env_var;

/// Functions by name.
const FUNCTIONS: &[(&str, Run)] = &[
    ("ref", node::reference),
    ("source", node::source),
    ("metric", node::metric),
    ("function", node::function),
    ("doc", node::doc),
    ("var", values::var),
    ("env_var", values::env_var),
    ("return", values::give_back),
    ("anomaly_window", anomalies::anomaly_window),
    ("set", values::set),
    ("set_strict", values::set_strict),
    ("zip", values::zip),
    ("zip_strict", values::zip_strict),
    ("diff_of_two_dicts", values::diff_of_two_dicts),
    ("try_or_compiler_error", values::try_or_compiler_error),
    ("__list", values::list),
    ("__dict", values::dict),
    ("fromjson", text::from_json_text),
    ("tojson", text::to_json_text),
    ("fromyaml", text::from_yaml_text),
    ("toyaml", text::to_yaml_text),
    ("local_md5", text::local_md5),
    ("render", text::render),
    ("log", text::log),
    ("print", text::print),
    ("statement", warehouse::statement),
    ("run_query", warehouse::run_query),
    ("load_result", warehouse::load_result),
    ("store_result", warehouse::store_result),
    ("load_agate_table", warehouse::load_agate_table),
    ("store_raw_result", warehouse::store_raw_result),
    ("write", warehouse::write),
    ("debug", text::nothing),
    ("submit_python_job", exceptions::no_python),
];

/// `results` of a run. COMPAT: a result's node is an object, whose config answers to any name (dbt 1.11).
fn results(json: &serde_json::Value) -> Value {
    let results = from_json(json);
    for result in results.try_iter().into_iter().flatten() {
        let Ok(node) = result.get_attr("node") else { continue };
        if let Some(node) = node.downcast_object_ref::<MutableMap>() {
            node.open_up("config");
        }
    }
    results
}

/// What a name means to every template, macros aside.
pub(super) fn context_value(rendering: &Arc<Rendering>, name: &str) -> Option<Value> {
    if let Some(value) = rendering.node.extra.get(name) {
        return Some(rendering.keep(name, || if name == "results" { results(value) } else { from_json(value) }));
    }
    if let Some((name, run)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
        return Some(match *name {
            "var" => values::var_value(rendering),
            name => function(rendering, name, *run),
        });
    }
    let settings = &rendering.shared.settings;
    Some(match name {
        text::NATIVE => Value::from(rendering.is_native()),
        "execute" => Value::from(rendering.executes()),
        "this" => RelationValue::value(rendering.node.this.clone()?),
        // COMPAT: a node knows these names before there is anything to say (dbt 1.11).
        "sql" | "compiled_code" if !rendering.node.model.is_empty() => Value::from(()),
        "model" => rendering.model(),
        "config" => node::config_value(rendering),
        "graph" => rendering.graph(),
        "target" => from_json(&serde_json::Value::Object(settings.target.clone())),
        "flags" => from_json(&serde_json::Value::Object(settings.flags.clone())),
        "adapter" => adapter::value(rendering),
        "api" => api::value(rendering),
        "exceptions" => exceptions::value(rendering),
        "selected_resources" => {
            let ids = rendering.shared.selected.get().map(Vec::as_slice).unwrap_or_default();
            MutableList::value(ids.iter().map(|id| Value::from(id.as_str())).collect())
        }
        // COMPAT: `validation.any[...]` stands where a validator is accepted and not looked at (dbt 1.11).
        "validation" => {
            Namespace::new("validation", &[], rendering).with("any", MutableMap::value(IndexMap::new())).value()
        }
        "modules" => modules::value(rendering),
        "builtins" => builtins(rendering),
        "invocation_id" => Value::from(settings.invocation.id.as_str()),
        "invocation_args_dict" => {
            let made = || from_json(&serde_json::Value::Object(settings.invocation.arguments.clone()));
            rendering.keep(name, made)
        }
        "run_started_at" => DateTimeValue::utc(settings.invocation.started_at),
        "dbt_version" => Value::from(DBT_VERSION),
        "project_name" => Value::from(settings.root_package.as_str()),
        "thread_id" => Value::from("MainThread"),
        "dbt_metadata_envs" => values::metadata_envs(rendering),
        "database" | "schema" => from_json(rendering.node.model.get(name).or_else(|| settings.target.get(name))?),
        _ => return None,
    })
}
