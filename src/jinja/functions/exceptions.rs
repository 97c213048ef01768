//! `exceptions`: what templates raise.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use crate::diagnostic::Code;
use crate::jinja::Said;
use crate::jinja::failure::{fail, fail_with_help};
use crate::jinja::objects::{Namespace, Run};
use crate::jinja::python::text;
use crate::jinja::rendering::Rendering;

const FUNCTIONS: &[(&str, Run)] = &[
    ("raise_compiler_error", raise),
    ("raise_parsing_error", raise),
    ("raise_database_error", raise),
    ("raise_not_implemented", raise),
    ("raise_fail_fast_error", raise),
    ("raise_contract_error", raise),
    ("missing_config", missing_config),
    ("missing_materialization", raise),
    ("missing_relation", raise),
    ("relation_wrong_type", raise),
    ("raise_invalid_property_yml_version", raise),
    ("column_type_missing", raise),
    ("warn", warn),
    ("warn_snapshot_timestamp_data_types", nothing),
];

/// `exceptions`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    Namespace::new("exceptions", FUNCTIONS, rendering).value()
}

fn raise(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Err(fail(Code::RaisedByUser, args.first().map(text).unwrap_or_default()))
}

fn missing_config(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.get(1).or(args.first()).map(text).unwrap_or_default();
    Err(fail(Code::MissingKey, format!("the config `{name}` is required and not set")))
}

fn warn(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    rendering.say(Said::Warning(args.first().map(text).unwrap_or_default()))?;
    Ok(Value::from(""))
}

fn nothing(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(""))
}

/// `submit_python_job`.
pub(super) fn no_python(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    Err(fail_with_help(Code::Unsupported, "models in Python cannot be run", "write the model in SQL"))
}
