use serde_json::{Value, json};

use super::line::{Line, Stamp};
use super::wording;
use crate::config::LogLevel;

/// What every JSON line says of this run of the program.
#[derive(Debug, Clone)]
pub(super) struct RunIdentity {
    /// `invocation_id`.
    pub(super) invocation_id: String,
    /// Process id.
    pub(super) process_id: u32,
}

/// One JSON object on one line, keys sorted, without colours and line end.
pub(super) fn json_line(line: &Line, stamp: &Stamp, run: &RunIdentity) -> String {
    let mut object = json!({
        "data": line.data,
        "info": {
            "category": "",
            "code": line.code,
            "extra": {},
            "invocation_id": run.invocation_id,
            "level": level_word(line.level),
            "msg": wording::plain(&line.text),
            "name": line.name,
            "pid": run.process_id,
            "thread": stamp.thread,
            "ts": stamp.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        },
    });
    if line.data.is_empty()
        && let Some(data) = object.get_mut("data")
    {
        *data = json!({ "msg": wording::plain(&line.text) });
    }
    Value::sort_all_objects(&mut object);
    object.to_string()
}

/// `debug`, `info`, `warn`, `error`.
pub(super) const fn level_word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error | LogLevel::None => "error",
    }
}
