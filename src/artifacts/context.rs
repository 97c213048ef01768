//! What every artifact says about the run that wrote it.

use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;
use serde::Serialize;

use crate::config::{DBT_VERSION, Quoting, Settings};
use crate::resource::JsonMap;

/// Variables under this prefix are shown in every artifact's `metadata.env`, without the prefix.
const CUSTOM_ENV: &str = "DBT_ENV_CUSTOM_ENV_";

/// What the artifacts of one run have in common.
#[derive(Debug, Clone)]
pub struct ArtifactContext {
    /// Version of dbt whose shapes are kept.
    pub dbt_version: String,
    /// Id of the run of the program.
    pub invocation_id: String,
    /// When the program began.
    pub invocation_started_at: DateTime<Utc>,
    /// When the artifact is made.
    pub generated_at: DateTime<Utc>,
    /// What the user put into the environment for artifacts to carry.
    pub env: IndexMap<String, String>,
    /// The warehouse's type.
    pub adapter_type: String,
    /// `quoting:` of the root project.
    pub quoting: Quoting,
    /// The options of the run, secrets scrubbed: `args` of run results.
    pub arguments: JsonMap,
    /// `selectors.yml`, read: the manifest's `selectors`.
    pub selectors: JsonMap,
}

impl ArtifactContext {
    /// For artifacts made at this moment; without selectors.
    pub fn new(settings: &Settings, generated_at: DateTime<Utc>) -> Self {
        let variables = settings.environment.variables.iter();
        let env = variables
            .filter_map(|(name, value)| Some((name.strip_prefix(CUSTOM_ENV)?.to_owned(), value.clone())))
            .collect();
        Self {
            dbt_version: DBT_VERSION.to_owned(),
            invocation_id: settings.invocation.id.clone(),
            invocation_started_at: settings.invocation.started_at,
            generated_at,
            env,
            adapter_type: settings.profile.adapter_type.clone(),
            quoting: settings.project.quoting,
            arguments: settings.invocation.arguments.clone(),
            selectors: JsonMap::new(),
        }
    }

    /// `metadata` of run results.
    pub fn run_results_metadata(&self) -> serde_json::Value {
        serde_json::to_value(self.metadata("run-results", 6)).unwrap_or_default()
    }

    /// `metadata` of the artifact of this name and version.
    pub(super) fn metadata(&self, artifact: &str, version: u8) -> Metadata<'_> {
        Metadata {
            dbt_schema_version: format!("https://schemas.getdbt.com/dbt/{artifact}/v{version}.json"),
            dbt_version: &self.dbt_version,
            generated_at: timestamp(self.generated_at),
            invocation_id: &self.invocation_id,
            invocation_started_at: timestamp(self.invocation_started_at),
            env: &self.env,
        }
    }
}

/// `metadata`, as all artifacts have it.
#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    dbt_schema_version: String,
    dbt_version: &'a str,
    generated_at: String,
    invocation_id: &'a str,
    invocation_started_at: String,
    env: &'a IndexMap<String, String>,
}

/// A moment as artifacts write it: microseconds and `Z`.
pub(super) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A moment as artifacts write those that came out of the warehouse or of Python: microseconds unless
/// there are none, and `+00:00`.
pub(super) fn offset_timestamp(moment: DateTime<Utc>) -> String {
    let format = if moment.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    moment.to_rfc3339_opts(format, false)
}
