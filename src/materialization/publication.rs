//! `publish:` of a model: its rows are copied to another target, or into files.

use indexmap::IndexMap;
use serde_json::Value;

use super::options::index_specs;
use crate::adapter::{ExportFormat, FileExport};
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::relation::{Grants, IndexSpec};
use crate::resource::{JsonMap, Materialization, Node};

const KEYS: [&str; 8] =
    ["target", "relation", "indexes", "grants", "enabled", "location", "file_format", "partition_by"];

/// Where a model's rows are copied to.
#[derive(Debug, Clone, PartialEq)]
pub enum Publication {
    /// A table of another target.
    Table(PublishedTable),
    /// Files.
    Files(FileExport),
}

/// A table of another target that rows are copied to.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedTable {
    /// The target of the profile.
    pub target: String,
    /// The table as written; `None` follows the model's name.
    pub relation: Option<String>,
    /// Indexes of the table.
    pub indexes: Vec<IndexSpec>,
    /// Privileges on the table; `None` leaves those that are there.
    pub grants: Option<Grants>,
}

/// What a node's config says of publishing it, if it is published.
///
/// # Errors
/// `missing-key`, `unknown-key`, `invalid-value`.
pub fn publication(node: &Node) -> Result<Option<Publication>, Box<Diagnostic>> {
    let wrong = |code: Code, message: String| {
        Box::new(
            Diagnostic::error(code, format!("`publish` of `{}`: {message}", node.name))
                .at(node.origin.configured(), ""),
        )
    };
    let written = match node.config.get("publish") {
        None | Some(Value::Bool(false)) => return Ok(None),
        Some(Value::Object(written)) => written,
        Some(_) => {
            let problem = wrong(Code::InvalidValue, "it must be a mapping".to_owned());
            return Err(Box::new(
                problem.help("write `publish: {target: <output of the profile>, relation: <table>}`"),
            ));
        }
    };
    if let Some(key) = written.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let problem = wrong(Code::UnknownKey, format!("there is no key `{key}`"));
        return Err(Box::new(match closest(key, KEYS) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("known are {}", KEYS.join(", "))),
        }));
    }
    match written.get("enabled") {
        None | Some(Value::Null | Value::Bool(true)) => {}
        Some(Value::Bool(false)) => return Ok(None),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => {}
        Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => return Ok(None),
        Some(other) => {
            return Err(wrong(Code::InvalidValue, format!("`enabled` must be true or false, not `{other}`")));
        }
    }
    if node.config.materialized == Materialization::Ephemeral {
        let problem = wrong(Code::InvalidValue, "an ephemeral model has no rows of its own to copy".to_owned());
        return Err(Box::new(problem.help("materialize it as a view or a table")));
    }
    let invalid = |message: String| wrong(Code::InvalidValue, message);
    let (target, location) = (text(written, "target").map_err(invalid)?, text(written, "location").map_err(invalid)?);
    match (target, location) {
        (Some(target), None) => {
            let relation = text(written, "relation").map_err(invalid)?;
            let grants = grants(written.get("grants")).map_err(invalid)?;
            let indexes = index_specs(written.get("indexes"));
            Ok(Some(Publication::Table(PublishedTable { target, relation, indexes, grants })))
        }
        (None, Some(location)) => {
            files(written, location).map(|files| Some(Publication::Files(files))).map_err(invalid)
        }
        (Some(_), Some(_)) => Err(invalid("it names both a `target` and a `location`".to_owned())),
        (None, None) => {
            let problem = wrong(Code::MissingKey, "it names no `target`".to_owned());
            Err(Box::new(problem.help("name an output of the profile, or a `location` for files")))
        }
    }
}

/// Files: the format is said or follows the ending.
fn files(written: &JsonMap, location: String) -> Result<FileExport, String> {
    let said = text(written, "file_format")?;
    let ending = location.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    let format = said.or(ending).unwrap_or_default();
    let format = ExportFormat::from_name(&format)
        .ok_or_else(|| "`file_format` must be `csv`, `json` or `parquet`, or `location` end so".to_owned())?;
    let partition_by = match written.get("partition_by") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(column)) => vec![column.clone()],
        Some(Value::Array(columns)) => columns.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(other) => return Err(format!("`partition_by` must be a list of columns, not `{other}`")),
    };
    Ok(FileExport { location, format, partition_by })
}

fn text(written: &JsonMap, key: &str) -> Result<Option<String>, String> {
    match written.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        Some(other) => Err(format!("`{key}` must be text, not `{other}`")),
    }
}

/// Privilege -> grantees, one or several.
fn grants(written: Option<&Value>) -> Result<Option<Grants>, String> {
    let refused = || "`grants` must name grantees by privilege, such as `{select: [reporting]}`".to_owned();
    let written = match written {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(written)) => written,
        Some(_) => return Err(refused()),
    };
    let mut grants: Grants = IndexMap::new();
    for (privilege, grantees) in written {
        let grantees: Option<Vec<String>> = match grantees {
            Value::String(grantee) => Some(vec![grantee.clone()]),
            Value::Array(grantees) => grantees.iter().map(|grantee| grantee.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        grants.insert(privilege.clone(), grantees.ok_or_else(refused)?);
    }
    Ok(Some(grants))
}
