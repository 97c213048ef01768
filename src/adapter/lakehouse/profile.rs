//! The keys of a profile output of type `lakehouse`.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::bucket::Bucket;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::resource::JsonMap;

/// The database name of a lakehouse whose profile gives none.
pub(super) const DEFAULT_DATABASE: &str = "aquifer";
/// The schema of a profile that gives none.
const DEFAULT_SCHEMA: &str = "main";

/// What a profile output says, checked.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// The name that SQL calls the whole lakehouse by.
    pub(super) database: String,
    /// Where unqualified names are looked up.
    pub(super) schema: String,
    /// Where the tables stand.
    pub(super) home: Home,
    /// The same, as written.
    pub(super) path: String,
    /// The project's folder, absolute; external locations are relative to it.
    pub(super) project_root: PathBuf,
    /// The most statements at a time.
    pub(super) threads: usize,
    /// Bytes that running statements may hold before they spill to disk.
    pub(super) memory_limit: Option<usize>,
    /// Where they spill to; the system's folder for temporary files otherwise.
    pub(super) spill_path: Option<PathBuf>,
    /// Bytes that spilled files may take.
    pub(super) spill_limit: Option<u64>,
}

impl Profile {
    /// Reads the keys `path`, `schema`, `database`, `memory_limit`, `spill_path` and `spill_limit`.
    ///
    /// # Errors
    /// `Settings` for a missing or malformed key, `Unsupported` for a place that is not a folder.
    pub(super) fn read(output: &JsonMap, project_root: &Path, threads: usize) -> Result<Self, AdapterError> {
        let path = text(output, "path")?.ok_or_else(|| {
            let mut error = settings("the output has no `path`");
            error.hint = Some("give the folder that the tables stand in, such as `path: target/lakehouse`".to_owned());
            error
        })?;
        let project_root = absolute(project_root)?;
        Ok(Self {
            database: text(output, "database")?.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
            schema: text(output, "schema")?.unwrap_or_else(|| DEFAULT_SCHEMA.to_owned()),
            home: home(&path, &project_root, output)?,
            path,
            threads: threads.max(1),
            memory_limit: size(output, "memory_limit")?,
            spill_path: text(output, "spill_path")?.map(|path| absolute(&project_root.join(path))).transpose()?,
            spill_limit: size(output, "spill_limit")?.map(|bytes| bytes as u64),
            project_root,
        })
    }
}

/// Where the tables stand.
#[derive(Debug, Clone)]
pub(super) enum Home {
    /// A folder, absolute.
    Folder(PathBuf),
    /// A place in a bucket.
    Bucket(Bucket),
}

impl std::fmt::Display for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Bucket(bucket) => write!(f, "{bucket}"),
        }
    }
}

fn home(path: &str, project_root: &Path, output: &JsonMap) -> Result<Home, AdapterError> {
    let local = match path.split_once("://") {
        None => path,
        Some(("file", rest)) => rest,
        Some((scheme, rest)) => return Bucket::read(scheme, rest, output).map(Home::Bucket),
    };
    absolute(&project_root.join(local)).map(Home::Folder)
}

/// An absolute path without `.` and `..`, whether or not anything stands there.
fn absolute(path: &Path) -> Result<PathBuf, AdapterError> {
    let full = std::path::absolute(path)
        .map_err(|error| settings(format!("the path `{}` cannot be used: {error}", path.display())))?;
    let mut folder = PathBuf::new();
    for part in full.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                folder.pop();
            }
            other => folder.push(other),
        }
    }
    Ok(folder)
}

fn text(output: &JsonMap, key: &str) -> Result<Option<String>, AdapterError> {
    match output.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        Some(other) => Err(settings(format!("`{key}` must be text, not `{other}`"))),
    }
}

/// A key's number of bytes.
fn size(output: &JsonMap, key: &str) -> Result<Option<usize>, AdapterError> {
    let value = output.get(key).filter(|value| !value.is_null());
    value.map(|value| bytes(key, value)).transpose()
}

/// A number of bytes: `4GB`, `512 MB`, `1073741824`.
fn bytes(key: &str, value: &Value) -> Result<usize, AdapterError> {
    let refused = || settings(format!("`{key}` must be a size such as `4GB`, not `{value}`"));
    let text = match value {
        Value::String(text) => text.trim().to_ascii_lowercase(),
        Value::Number(number) => number.to_string(),
        _ => return Err(refused()),
    };
    let split = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.trim() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(refused()),
    };
    let number: f64 = number.parse().map_err(|_| refused())?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "parsed from digits, so not negative")]
    let size = (number * f64::from(2_u32).powi(shift)) as usize;
    if size == 0 { Err(refused()) } else { Ok(size) }
}

fn settings(message: impl Into<String>) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Settings, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(json: serde_json::Value) -> JsonMap {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn a_relative_path_is_relative_to_the_project() {
        let profile =
            Profile::read(&output(serde_json::json!({"path": "../shared/./lake"})), Path::new("/home/me/project"), 0)
                .unwrap();
        assert_eq!(profile.home.to_string(), "/home/me/shared/lake");
        assert_eq!((profile.schema.as_str(), profile.database.as_str(), profile.threads), ("main", "aquifer", 1));
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in [("4GB", 4 << 30), ("512 MB", 512 << 20), ("1.5k", 1536), ("77", 77)] {
            assert_eq!(bytes("memory_limit", &Value::from(text)).unwrap(), size, "{text}");
        }
        for text in ["", "GB", "4 bananas", "0"] {
            assert!(bytes("memory_limit", &Value::from(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let read = |json| Profile::read(&output(json), Path::new("/p"), 1).unwrap_err();
        assert_eq!(read(serde_json::json!({"path": "ftp://host/x"})).kind, AdapterErrorKind::Unsupported);
        assert_eq!(read(serde_json::json!({"path": "s3:///x"})).kind, AdapterErrorKind::Settings);
        assert_eq!(read(serde_json::json!({})).message, "the output has no `path`");
        assert_eq!(read(serde_json::json!({"path": 7})).message, "`path` must be text, not `7`");
    }
}
