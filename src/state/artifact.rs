//! Reading artifacts, written by this engine or by dbt.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::diagnostic::{Code, Diagnostic};
use crate::system::FileSystem;

/// A kind of file that can be read.
pub(super) trait Artifact: DeserializeOwned {
    /// Its name in `dbt_schema_version`.
    const NAME: &'static str;
    /// The versions that can be read.
    const VERSIONS: std::ops::RangeInclusive<u32>;
    /// Its `metadata`.
    fn metadata(&self) -> &Metadata;
}

/// The part of `metadata` that says what a file is.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) dbt_schema_version: String,
    #[serde(default)]
    pub(super) generated_at: Option<String>,
    #[serde(default)]
    pub(super) invocation_started_at: Option<String>,
}

/// Reads a file; `None` if it is not there.
pub(super) fn read<A: Artifact>(files: &dyn FileSystem, path: &Path) -> Result<Option<A>, Box<Diagnostic>> {
    if !files.is_file(path) {
        return Ok(None);
    }
    let shown = path.display();
    let invalid = |message: String| {
        Box::new(
            Diagnostic::error(Code::InvalidArtifact, message)
                .help("write it again with the command that made it, or name another folder"),
        )
    };
    let bytes = files.read(path).map_err(|error| invalid(format!("`{shown}` cannot be read: {error}")))?;
    let artifact: A = serde_json::from_slice(&bytes)
        .map_err(|error| invalid(format!("`{shown}` is not a {} artifact: {error}", A::NAME)))?;
    let said = &artifact.metadata().dbt_schema_version;
    match version(said, A::NAME) {
        Some(version) if A::VERSIONS.contains(&version) => Ok(Some(artifact)),
        Some(version) => {
            let (first, last) = (A::VERSIONS.start(), A::VERSIONS.end());
            Err(invalid(format!("`{shown}` has version {version}; versions {first} to {last} can be read")))
        }
        None => Err(invalid(format!("`{shown}` is not a {} artifact: its schema is `{said}`", A::NAME))),
    }
}

/// The number in `https://schemas.getdbt.com/dbt/manifest/v12.json`.
fn version(schema: &str, name: &str) -> Option<u32> {
    let (_, rest) = schema.split_once(&format!("/{name}/v"))?;
    rest.strip_suffix(".json")?.parse().ok()
}
