//! What a node refers to, and its config.

use std::sync::Arc;

use minijinja::{Error, State, Value};
use serde_json::json;

use crate::diagnostic::Code;
use crate::jinja::failure::{fail, fail_with_help, raise};
use crate::jinja::objects::{Namespace, RelationValue, Run};
use crate::jinja::python::{from_json, split_kwargs, text, to_json};
use crate::jinja::rendering::{Phase, Rendering};
use crate::relation::Relation;
use crate::resource::{RefCall, SourceCall, VersionRef};

/// `ref('name')`, `ref('package', 'name')`, with `version=` or `v=`.
pub(super) fn reference(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let version = ["version", "v"]
        .iter()
        .filter_map(|key| named.get_attr(key).ok())
        .find(|value| !value.is_undefined() && !value.is_none());
    let (package, name) = match positional {
        [name] => (None, text(name)),
        [package, name] => (Some(text(package)), text(name)),
        _ => {
            return Err(fail_with_help(
                Code::JinjaError,
                format!("`ref` takes one or two names, but is called with {}", positional.len()),
                "write `ref('model')` or `ref('package', 'model')`",
            ));
        }
    };
    let version = version.map(|version| VersionRef(to_json(&version)));
    let call = RefCall { name, package, version, span: None };
    if let Some(mut harvest) = rendering.harvest() {
        let shown = placeholder(rendering, &call.name);
        harvest.refs.push(call);
        return Ok(shown);
    }
    let Phase::Execute { resolver, .. } = &rendering.phase else { return Ok(Value::UNDEFINED) };
    let target = resolver.reference(&call).map_err(raise)?;
    Ok(RelationValue::shown_as(target.relation, target.text))
}

/// `builtins.ref`. COMPAT: packages find the run's settings at its `config` (dbt 1.11).
pub(in crate::jinja) fn builtin_ref(rendering: &Arc<Rendering>) -> Value {
    Namespace::new("ref", &[], rendering).with_made("config", runtime_config).callable(reference).value()
}

fn runtime_config(rendering: &Arc<Rendering>) -> Option<Value> {
    let settings = &rendering.shared.settings;
    let project = |name: &String| json!({ "project_name": name, "version": settings.versions.get(name) });
    let dependencies: serde_json::Map<String, serde_json::Value> = [&settings.root_package]
        .into_iter()
        .chain(&settings.packages)
        .map(|name| (name.clone(), project(name)))
        .collect();
    Some(from_json(&json!({
        "project_name": settings.root_package,
        "version": settings.versions.get(&settings.root_package),
        "cli_vars": settings.vars.command_line,
        "vars": settings.vars.global,
        "args": settings.invocation.arguments,
        "dependencies": dependencies,
    })))
}

/// `source('source', 'table')`.
pub(super) fn source(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [source, table] = args else {
        return Err(fail_with_help(
            Code::JinjaError,
            format!("`source` takes two names, but is called with {}", args.len()),
            "write `source('source', 'table')`",
        ));
    };
    let call = SourceCall { source: text(source), table: text(table), span: None };
    if let Some(mut harvest) = rendering.harvest() {
        let shown = placeholder(rendering, &call.table);
        harvest.sources.push(call);
        return Ok(shown);
    }
    let Phase::Execute { resolver, .. } = &rendering.phase else { return Ok(Value::UNDEFINED) };
    let target = resolver.source(&call).map_err(raise)?;
    Ok(RelationValue::shown_as(target.relation, target.text))
}

/// What a reference shows while nothing is resolved yet: the node's own place, as in dbt.
fn placeholder(rendering: &Arc<Rendering>, name: &str) -> Value {
    let relation = rendering.node.this.as_ref().map_or_else(|| Relation::new("", "", name), |this| this.renamed(name));
    RelationValue::value(relation)
}

/// `metric('name')`.
pub(super) fn metric(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let names: Vec<String> = args.iter().map(text).collect();
    if let Some(mut harvest) = rendering.harvest() {
        harvest.metrics.push(names.clone());
    }
    Ok(Value::from(names.last().cloned().unwrap_or_default()))
}

/// `function('name')`, `function('package', 'name')`.
pub(super) fn function(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let names: Vec<String> = args.iter().map(text).collect();
    if let Some(mut harvest) = rendering.harvest() {
        let shown = placeholder(rendering, names.last().map(String::as_str).unwrap_or_default());
        harvest.functions.push(names);
        return Ok(shown);
    }
    let Phase::Execute { resolver, .. } = &rendering.phase else { return Ok(Value::UNDEFINED) };
    let target = resolver.function(&names).map_err(raise)?;
    Ok(RelationValue::shown_as(target.relation, target.text))
}

/// `doc('name')`, for descriptions.
pub(super) fn doc(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if let Some(mark) = rendering.note_doc(args.iter().map(text).collect()) {
        return Ok(Value::from(mark));
    }
    Err(fail_with_help(
        Code::JinjaError,
        "`doc` is for descriptions in YAML files only",
        "move the text to the model's `description:`",
    ))
}

/// `config`: called, it sets values; its methods read them.
pub(super) fn config_value(rendering: &Arc<Rendering>) -> Value {
    const METHODS: &[(&str, Run)] = &[
        ("get", config_get),
        ("require", config_require),
        ("meta_get", meta_get),
        ("meta_require", meta_require),
        ("set", config_set),
        ("persist_relation_docs", persist_relation_docs),
        ("persist_column_docs", persist_column_docs),
    ];
    Namespace::new("config", METHODS, rendering)
        .callable(config)
        .with_made("model", |rendering| rendering.node.model.get("config").map(from_json))
        .value()
}

fn config(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let Some(mut harvest) = rendering.harvest() else { return Ok(Value::from("")) };
    let (positional, named) = split_kwargs(args);
    refuse_both_spellings(positional.iter().chain([&named]))?;
    for source in positional.iter().chain([&named]) {
        let Ok(keys) = source.try_iter() else {
            return Err(fail_with_help(
                Code::JinjaError,
                "`config` takes values by name",
                "write `config(materialized='table')`",
            ));
        };
        for key in keys {
            let value = to_json(&source.get_item(&key)?);
            add_config(&mut harvest.config, text(&key), value);
        }
    }
    Ok(Value::from(""))
}

/// A hook given twice, under either spelling, would be a matter of luck.
fn refuse_both_spellings<'a>(sources: impl Iterator<Item = &'a Value>) -> Result<(), Error> {
    let keys: Vec<String> =
        sources.filter_map(|source| source.try_iter().ok()).flatten().map(|key| text(&key)).collect();
    for (name, other) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
        if [name, other].iter().all(|wanted| keys.iter().any(|key| key == wanted)) {
            return Err(fail_with_help(
                Code::JinjaError,
                format!("`config` is given both `{name}` and `{other}`"),
                format!("keep one of them, say `{name}`, and give it a list"),
            ));
        }
    }
    Ok(())
}

/// Several calls in one file: lists of hooks and tags grow, other values are replaced.
fn add_config(config: &mut crate::resource::ConfigMap, key: String, value: serde_json::Value) {
    use serde_json::Value as Json;
    let key = match key.as_str() {
        "pre_hook" => "pre-hook".to_owned(),
        "post_hook" => "post-hook".to_owned(),
        _ => key,
    };
    let grows = matches!(key.as_str(), "pre-hook" | "post-hook" | "tags");
    match config.get_mut(&key) {
        Some(known) if grows => {
            let listed = |value: Json| match value {
                Json::Array(items) => items,
                other => vec![other],
            };
            let mut all = listed(known.take());
            all.extend(listed(value));
            *known = Json::Array(all);
        }
        _ => {
            config.insert(key, value);
        }
    }
}

/// `config.set(name, value)`: counts while parsing, as a call of `config` does.
fn config_set(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if let (Some(mut harvest), [name, value, ..]) = (rendering.harvest(), args) {
        add_config(&mut harvest.config, text(name), to_json(value));
    }
    Ok(Value::from(""))
}

fn config_get(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    // COMPAT: while parsing, every value is empty text (dbt 1.11).
    if rendering.harvest().is_some() {
        return Ok(Value::from(""));
    }
    let (positional, named) = split_kwargs(args);
    let name = positional.first().map(text).unwrap_or_default();
    let default =
        positional.get(1).cloned().or_else(|| named.get_attr("default").ok().filter(|value| !value.is_undefined()));
    if name == "snapshot_table_column_names"
        && let Some(written) = rendering.node.config.get("snapshot_meta_column_names")
    {
        return Ok(from_json(&snapshot_columns(written)));
    }
    let known = rendering.node.config.get(&name).filter(|value| !value.is_null());
    Ok(known.map(from_json).or(default).unwrap_or_else(|| Value::from(())))
}

/// All columns that a snapshot adds, under the names they have there. COMPAT: macros ask for it (dbt 1.11).
fn snapshot_columns(written: &serde_json::Value) -> serde_json::Value {
    const COLUMNS: [&str; 5] = ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];
    let name = |column: &str| written.get(column).and_then(|name| name.as_str()).unwrap_or(column).to_owned();
    COLUMNS.into_iter().map(|column| (column, name(column))).collect()
}

fn config_require(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let value = config_get(rendering, state, args)?;
    if value.is_none() {
        let name = args.first().map(text).unwrap_or_default();
        return Err(fail(Code::MissingKey, format!("the config `{name}` is required and not set")));
    }
    Ok(value)
}

fn meta_get(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.first().map(text).unwrap_or_default();
    let known = rendering.node.config.get("meta").and_then(|meta| meta.get(&name));
    Ok(known.map(from_json).or_else(|| args.get(1).cloned()).unwrap_or_else(|| Value::from(())))
}

fn meta_require(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let value = meta_get(rendering, state, args)?;
    if value.is_none() && rendering.harvest().is_none() {
        let name = args.first().map(text).unwrap_or_default();
        return Err(fail(Code::MissingKey, format!("`meta.{name}` is required and not set")));
    }
    Ok(value)
}

fn persists(rendering: &Arc<Rendering>, part: &str) -> bool {
    let docs = rendering.node.config.get("persist_docs");
    docs.and_then(|docs| docs.get(part)).and_then(serde_json::Value::as_bool).unwrap_or(false)
}

fn persist_relation_docs(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(persists(rendering, "relation")))
}

fn persist_column_docs(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(persists(rendering, "columns")))
}
