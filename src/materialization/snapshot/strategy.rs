//! How a snapshot recognises changes: dbt's two strategies, or what a project's own macro gives.

use serde_json::Value;

use super::Request;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::Column;
use crate::resource::{JsonMap, Node};

/// What happens to rows that are gone from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HardDeletes {
    /// Nothing.
    Ignore,
    /// Their version is closed.
    Invalidate,
    /// Their version is closed, and one that says so is added.
    NewRecord,
}

/// How changes are recognised, as SQL over two relations: `snapshotted_data`, the current versions,
/// and `source_data`, the rows of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotStrategy {
    /// Columns or expressions that name a row.
    pub unique_key: Vec<String>,
    /// When a row changed.
    pub updated_at: String,
    /// Whether a row differs from its current version.
    pub row_changed: String,
    /// Identity of one version of a row.
    pub scd_id: String,
    /// What happens to rows that are gone.
    pub hard_deletes: HardDeletes,
}

/// COMPAT: the time of the run, as dbt-postgres's `snapshot_get_time` has it (dbt 1.11).
pub(super) const NOW: &str = "cast(current_timestamp as timestamp)";

impl SnapshotStrategy {
    /// The strategy that the config asks for.
    pub(super) fn of(request: &Request<'_>) -> Result<Self, Box<Diagnostic>> {
        let node = request.node;
        let unique_key = node.config.text_list("unique_key");
        if unique_key.is_empty() {
            return Err(Box::new(lacks(node, "unique_key")));
        }
        let valid_from = &super::snapshot_columns(&node.config).valid_from;
        let configured = node.config.text("updated_at").map(str::to_owned);
        let (updated_at, row_changed) = match node.config.text("strategy") {
            Some("timestamp") => {
                let updated_at = configured.ok_or_else(|| Box::new(lacks(node, "updated_at")))?;
                // The version's own time: the table need not have the column that is named now.
                let changed = format!("snapshotted_data.{valid_from} < source_data.{valid_from}");
                (updated_at, changed)
            }
            Some("check") => (configured.unwrap_or_else(|| NOW.to_owned()), checked(request)?),
            Some(other) => return Err(Box::new(unknown(node, other))),
            None => return Err(Box::new(lacks(node, "strategy"))),
        };
        let scd_id = version_id(unique_key.iter().map(String::as_str).chain([updated_at.as_str()]));
        Ok(Self { unique_key, updated_at, row_changed, scd_id, hard_deletes: hard_deletes(node)? })
    }

    /// What a macro `snapshot_<name>_strategy` gave.
    ///
    /// # Errors
    /// `invalid-value` when it is not a mapping with `unique_key`, `updated_at`, `row_changed` and
    /// `scd_id`.
    pub fn of_macro(node: &Node, given: &Value) -> Result<Self, Box<Diagnostic>> {
        let empty = JsonMap::new();
        let map = given.as_object().unwrap_or(&empty);
        let part = |name: &str| match map.get(name) {
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            _ => Err(Box::new(incomplete(node, name))),
        };
        let unique_key: Vec<String> = match map.get("unique_key") {
            Some(Value::Array(keys)) => keys.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(key)) => vec![key.clone()],
            _ => Vec::new(),
        };
        if unique_key.is_empty() {
            return Err(Box::new(incomplete(node, "unique_key")));
        }
        let hard_deletes = match map.get("hard_deletes").and_then(Value::as_str) {
            Some(word) => named_hard_deletes(node, word)?,
            None if map.get("invalidate_hard_deletes").and_then(Value::as_bool) == Some(true) => {
                HardDeletes::Invalidate
            }
            None => hard_deletes(node)?,
        };
        Ok(Self {
            unique_key,
            updated_at: part("updated_at")?,
            row_changed: part("row_changed")?,
            scd_id: part("scd_id")?,
            hard_deletes,
        })
    }
}

/// A hash of expressions that name a version.
pub(super) fn version_id<'a>(expressions: impl Iterator<Item = &'a str>) -> String {
    let parts: Vec<String> =
        expressions.map(|expression| format!("coalesce(cast({expression} as varchar), '')")).collect();
    format!("md5({})", parts.join(" || '|' || "))
}

/// Whether one of `check_cols` has another value. A column that is new in the source counts as
/// changed: all rows get a new version.
fn checked(request: &Request<'_>) -> Result<String, Box<Diagnostic>> {
    let node = request.node;
    let found = request.query_columns.unwrap_or_default();
    let wanted: Vec<String> = match node.config.get("check_cols") {
        Some(Value::String(all)) if all == "all" => found.iter().map(|column| column.name.clone()).collect(),
        Some(Value::Array(names)) if !names.is_empty() => {
            let names = names.iter().filter_map(Value::as_str);
            names.map(|name| column_of_query(request, name, found)).collect::<Result<_, _>>()?
        }
        None => return Err(Box::new(lacks(node, "check_cols"))),
        Some(other) => return Err(Box::new(invalid_check_cols(node, other))),
    };
    let Some(existing) = request.existing_columns else { return Ok("false".to_owned()) };
    if wanted.iter().any(|name| !existing.iter().any(|column| column.name == *name)) {
        return Ok("true".to_owned());
    }
    let differs = |name: &String| {
        let name = quoted(name);
        format!("snapshotted_data.{name} is distinct from source_data.{name}")
    };
    Ok(wanted.iter().map(differs).collect::<Vec<String>>().join(" or "))
}

/// The query's column that a name of `check_cols` means, in any case and with or without quotes.
fn column_of_query(request: &Request<'_>, name: &str, found: &[Column]) -> Result<String, Box<Diagnostic>> {
    let bare = name.trim().trim_matches('"');
    let exact = found.iter().find(|column| column.name == bare);
    let column = exact.or_else(|| found.iter().find(|column| column.name.eq_ignore_ascii_case(bare)));
    column.map(|column| column.name.clone()).ok_or_else(|| {
        let message =
            format!("snapshot `{}` checks the column `{bare}`, which its query does not give", request.node.name);
        let names = found.iter().map(|column| column.name.as_str());
        let diagnostic = Diagnostic::error(Code::InvalidValue, message).at(request.node.origin.configured(), "");
        Box::new(match crate::diagnostic::closest(bare, names) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("take it out of `check_cols`, or select it"),
        })
    })
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn hard_deletes(node: &Node) -> Result<HardDeletes, Box<Diagnostic>> {
    let old = node.config.flag("invalidate_hard_deletes");
    match node.config.text("hard_deletes") {
        Some(_) if old.is_some() => Err(Box::new(
            Diagnostic::error(
                Code::InvalidValue,
                format!("snapshot `{}` has both `hard_deletes` and `invalidate_hard_deletes`", node.name),
            )
            .at(node.origin.configured(), "")
            .help("`hard_deletes: invalidate` says it all: take `invalidate_hard_deletes` out"),
        )),
        Some(word) => named_hard_deletes(node, word),
        None if old == Some(true) => Ok(HardDeletes::Invalidate),
        None => Ok(HardDeletes::Ignore),
    }
}

fn named_hard_deletes(node: &Node, word: &str) -> Result<HardDeletes, Box<Diagnostic>> {
    match word {
        "ignore" => Ok(HardDeletes::Ignore),
        "invalidate" => Ok(HardDeletes::Invalidate),
        "new_record" => Ok(HardDeletes::NewRecord),
        other => Err(Box::new(
            Diagnostic::error(Code::InvalidValue, format!("snapshot `{}` has `hard_deletes: {other}`", node.name))
                .at(node.origin.configured(), "")
                .help("use `ignore`, `invalidate` or `new_record`"),
        )),
    }
}

fn lacks(node: &Node, key: &str) -> Diagnostic {
    Diagnostic::error(Code::MissingKey, format!("snapshot `{}` has no `{key}`", node.name))
        .at(node.origin.configured(), "")
        .help(format!("add `{key}` to its config"))
}

fn unknown(node: &Node, strategy: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, format!("snapshot `{}` has the unknown strategy `{strategy}`", node.name))
        .at(node.origin.configured(), "")
        .help(format!("use `timestamp` or `check`, or write the macro `snapshot_{strategy}_strategy`"))
}

fn incomplete(node: &Node, part: &str) -> Diagnostic {
    let message = format!("the strategy of snapshot `{}` gives no `{part}`", node.name);
    Diagnostic::error(Code::InvalidValue, message)
        .at(node.origin.configured(), "")
        .help("its macro must return a mapping with `unique_key`, `updated_at`, `row_changed` and `scd_id`")
}

fn invalid_check_cols(node: &Node, value: &Value) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, format!("snapshot `{}` has `check_cols: {value}`", node.name))
        .at(node.origin.configured(), "")
        .help("use `all`, or a list of columns")
}
