//! What snapshot strategies ask `adapter` and `api.Relation`.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::adapter::argument;
use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::objects::MutableList;
use crate::jinja::rendering::Rendering;

/// `adapter.get_hard_deletes_behavior(config)`: `hard_deletes` of the node at hand, or what
/// `invalidate_hard_deletes` means.
pub(super) fn hard_deletes_behavior(
    rendering: &Arc<Rendering>,
    _: &mut State<'_, '_>,
    _: &[Value],
) -> Result<Value, Error> {
    let config = &rendering.node.config;
    let chosen = config.get("hard_deletes").and_then(serde_json::Value::as_str);
    let old = config.get("invalidate_hard_deletes").and_then(serde_json::Value::as_bool);
    match (chosen, old) {
        (Some(_), Some(_)) => {
            Err(fail(Code::InvalidValue, "a snapshot cannot have both `hard_deletes` and `invalidate_hard_deletes`"))
        }
        (Some(word @ ("ignore" | "invalidate" | "new_record")), None) => Ok(Value::from(word)),
        (Some(word), None) => Err(fail(Code::InvalidValue, format!("there is no `hard_deletes: {word}`"))),
        (None, Some(true)) => Ok(Value::from("invalidate")),
        (None, _) => Ok(Value::from("ignore")),
    }
}

/// `api.Relation.scd_args(unique_key, updated_at)`: what names one version of a row.
pub(super) fn scd_args(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let key = argument(args, 0, "primary_key").unwrap_or_default();
    let mut parts: Vec<Value> = match key.as_str() {
        Some(_) => vec![key.clone()],
        None => key.try_iter()?.collect(),
    };
    parts.extend(argument(args, 1, "updated_at"));
    Ok(MutableList::value(parts))
}
