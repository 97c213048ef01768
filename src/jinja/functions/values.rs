//! Values from outside (`var`, `env_var`), and small functions over values.

use std::sync::Arc;

use minijinja::value::{Tuple, ValueIter};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::{Code, Diagnostic, closest};
use crate::jinja::failure::{Returned, fail, fail_with_help, raise};
use crate::jinja::objects::{MutableList, Namespace, Run};
use crate::jinja::prepare::has_tags;
use crate::jinja::python::{from_json, repr, split_kwargs, text, to_mutable};
use crate::jinja::rendering::Rendering;

/// `var`: called for a value, asked with `has_var`.
pub(super) fn var_value(rendering: &Arc<Rendering>) -> Value {
    const METHODS: &[(&str, Run)] = &[("has_var", has_var)];
    Namespace::new("var", METHODS, rendering).callable(var).value()
}

fn known_var(rendering: &Rendering, name: &str) -> Option<Value> {
    let overridden = rendering.node.overrides.get("vars").and_then(|vars| vars.get(name));
    overridden.or_else(|| rendering.shared.settings.vars.get(&rendering.node.package, name)).map(from_json)
}

fn has_var(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(args.first().is_some_and(|name| known_var(rendering, &text(name)).is_some())))
}

/// `var('name', default)`. A variable's text may be a template: the project file leaves it for this moment.
pub(super) fn var(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let name = positional.first().map(text).unwrap_or_default();
    let default =
        positional.get(1).cloned().or_else(|| named.get_attr("default").ok().filter(|value| !value.is_undefined()));
    if let Some(value) = known_var(rendering, &name) {
        let is_template = value.as_str().is_some_and(has_tags);
        return if is_template { super::text::render(rendering, state, &[value]) } else { Ok(value) };
    }
    if let Some(value) = default {
        return Ok(value);
    }
    let vars = &rendering.shared.settings.vars;
    let package = vars.packages.get(&rendering.node.package);
    let names =
        vars.command_line.keys().chain(package.into_iter().flat_map(|vars| vars.keys())).chain(vars.global.keys());
    let near = closest(&name, names.map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    Err(fail_with_help(
        Code::UndefinedVar,
        format!("the variable `{name}` is not set and has no default"),
        near.unwrap_or_else(|| format!("set it under `vars:` in the project file, or with `--vars '{name}: ...'`")),
    ))
}

/// `env_var('NAME', default)`.
pub(super) fn env_var(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.first().map(text).unwrap_or_default();
    if name.starts_with("DBT_ENV_SECRET") {
        return Err(fail_with_help(
            Code::UndefinedEnvVar,
            format!("`{name}` is secret: it may be used in profiles and package lists only"),
            "use a variable without the prefix `DBT_ENV_SECRET`",
        ));
    }
    let overridden = rendering.node.overrides.get("env_vars").and_then(|vars| vars.get(&name)).map(from_json);
    let value =
        overridden.or_else(|| rendering.shared.settings.environment.get(&name).map(Value::from)).or_else(|| {
            args.get(1).map(|default| if default.is_none() { default.clone() } else { Value::from(text(default)) })
        });
    value.ok_or_else(|| missing_env_var(&name))
}

/// The error for a variable that is not in the environment.
pub(in crate::jinja) fn missing_env_var(name: &str) -> Error {
    raise(Box::new(
        Diagnostic::error(Code::UndefinedEnvVar, format!("the environment variable `{name}` is not set"))
            .help(format!("set it, or give a default: `env_var('{name}', 'default')`")),
    ))
}

/// `return(value)`.
pub(super) fn give_back(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let value = args.first().cloned().unwrap_or_else(|| Value::from(()));
    Err(Error::new(ErrorKind::InvalidOperation, "`return` outside of a macro").with_source(Returned(value)))
}

/// `set(values)`: each value once; the default for what is no list.
pub(super) fn set(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let default = positional.get(1).cloned().or_else(|| named.get_attr("default").ok());
    match positional.first().filter(|items| is_listed(items)) {
        Some(items) => once(items),
        None => Ok(default.filter(|value| !value.is_undefined()).unwrap_or_else(|| Value::from(()))),
    }
}

/// `set_strict(values)`: as `set`, an error for what is no list.
pub(super) fn set_strict(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    match args.first() {
        Some(items) if is_listed(items) => once(items),
        other => Err(not_iterable(other)),
    }
}

fn is_listed(value: &Value) -> bool {
    !value.is_none() && !value.is_undefined() && value.try_iter().is_ok()
}

fn not_iterable(value: Option<&Value>) -> Error {
    fail(Code::JinjaError, format!("{} is not iterable", value.map(repr).unwrap_or_default()))
}

fn once(items: &Value) -> Result<Value, Error> {
    let mut seen: Vec<Value> = Vec::new();
    for item in items.try_iter()? {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    Ok(MutableList::value(seen))
}

/// `zip(one, other, ...)`; the default when one of them is no list.
pub(super) fn zip(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    if positional.iter().all(is_listed) {
        return zipped(positional);
    }
    let default = named.get_attr("default").ok().filter(|value| !value.is_undefined());
    Ok(default.unwrap_or_else(|| Value::from(())))
}

/// `zip_strict(one, other, ...)`: an error when one of them is no list.
pub(super) fn zip_strict(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    match args.iter().find(|list| !is_listed(list)) {
        Some(other) => Err(not_iterable(Some(other))),
        None => zipped(args),
    }
}

fn zipped(lists: &[Value]) -> Result<Value, Error> {
    let mut lists: Vec<ValueIter> = lists.iter().map(Value::try_iter).collect::<Result<_, Error>>()?;
    let mut rows: Vec<Value> = Vec::new();
    // One of them may have no end.
    while !lists.is_empty() {
        let row: Option<Vec<Value>> = lists.iter_mut().map(Iterator::next).collect();
        let Some(row) = row else { break };
        rows.push(Value::from(Tuple::from(row)));
    }
    Ok(MutableList::value(rows))
}

/// The entries of one dict of lists that are not in another.
pub(super) fn diff_of_two_dicts(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [one, other] = args else {
        return Err(fail(Code::JinjaError, "`diff_of_two_dicts` takes two dicts"));
    };
    let mut left = indexmap::IndexMap::new();
    for key in one.try_iter()? {
        let wanted = text(&key).to_lowercase();
        let same = other.try_iter()?.find(|known| text(known).to_lowercase() == wanted);
        let known: Vec<String> = match same {
            Some(same) => other.get_item(&same)?.try_iter()?.map(|item| text(&item).to_lowercase()).collect(),
            None => Vec::new(),
        };
        let rest: Vec<Value> =
            one.get_item(&key)?.try_iter()?.filter(|item| !known.contains(&text(item).to_lowercase())).collect();
        if !rest.is_empty() {
            left.insert(key, MutableList::value(rest));
        }
    }
    Ok(crate::jinja::objects::MutableMap::value(left))
}

/// `try_or_compiler_error(message, function, ...)`.
pub(super) fn try_or_compiler_error(
    _: &Arc<Rendering>,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [message, function, rest @ ..] = args else {
        return Err(fail(Code::JinjaError, "`try_or_compiler_error` takes a message and a function"));
    };
    function.call(state, rest).map_err(|_| fail(Code::RaisedByUser, text(message)))
}

/// A list literal.
pub(super) fn list(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(args.first().map(to_mutable).unwrap_or_default())
}

/// A dict literal.
pub(super) fn dict(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(args.first().map(to_mutable).unwrap_or_default())
}

/// `dbt_metadata_envs`: `DBT_ENV_CUSTOM_ENV_X` under the name `X`.
pub(super) fn metadata_envs(rendering: &Arc<Rendering>) -> Value {
    const PREFIX: &str = "DBT_ENV_CUSTOM_ENV_";
    let variables = rendering.shared.settings.environment.variables.iter();
    Value::from_pairs(
        variables.filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value.clone()))),
    )
}
