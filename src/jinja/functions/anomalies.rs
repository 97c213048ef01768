//! What tests that compare with history ask: the time that they measure.

use std::sync::Arc;

use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::python::{from_json, split_kwargs, text, to_json};
use crate::jinja::rendering::Rendering;
use crate::observe::{AnomalyTest, Bucket, Expectations};

/// `anomaly_window(test, ...)`: `bucket`, and the first and last moment of what a test measures, by its
/// arguments.
pub(super) fn anomaly_window(
    rendering: &Arc<Rendering>,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let name = positional.first().map(text).unwrap_or_default();
    let Some(test) = AnomalyTest::ALL.into_iter().find(|test| test.name() == name) else {
        return Err(fail(Code::InvalidValue, format!("`anomaly_window`: there is no test `{name}`")));
    };
    let Json::Object(arguments) = to_json(&named) else { return Ok(Value::from(())) };
    let began = rendering.shared.settings.invocation.started_at;
    let expected = Expectations::read(test, &arguments, began);
    let expected = expected.map_err(|problem| fail(Code::InvalidValue, format!("`{name}`: {problem}")))?;
    let shown = |moment: chrono::DateTime<chrono::Utc>| moment.format("%Y-%m-%d %H:%M:%S%.f").to_string();
    Ok(from_json(&serde_json::json!({
        "bucket": expected.bucket.map(Bucket::as_str),
        "from": shown(expected.from),
        "until": shown(expected.until),
        "as_of": shown(expected.as_of),
    })))
}
