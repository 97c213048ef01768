//! Settings: project file, profile, flags and environment, merged by dbt's precedence.
//!
//! Command line > environment > `flags:` of the project file > default. The result is one frozen
//! [`Settings`]; nothing below asks the environment again. This module knows nothing of nodes.
//!
//! [`Arguments`] (what was typed) and [`ProjectFile`] (what was read) are [`Examined`] and become
//! [`Settings`] in [`Settings::load`]; every option stands once in [`options::OPTIONS`].

mod alerts;
mod arguments;
mod command;
mod env_file;
mod examine;
mod find;
mod flags;
mod flags_read;
mod invocation;
mod load;
pub mod options;
mod profile;
mod project_file;
mod project_load;
mod replay;
mod setting;
#[cfg(test)]
mod tests;
mod version;
mod warning_rules;
mod window;
pub mod yaml;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use crate::resource::{JsonMap, QuotingOverride};
use crate::source::FileId;
use crate::system::Environment;

pub use alerts::Alerts;
pub use arguments::{Arguments, Given, OptionSource, OptionValue, OptionValues, variable};
pub use command::Command;
pub use env_file::with_env_file;
pub use examine::{Examined, check_version};
pub use find::{Places, normalized};
pub use flags::{DepsFlags, DocsFlags, Flags, IndirectSelection, LogFormat, LogLevel, MaintainFlags, OutputFormat};
pub use profile::{PROFILES_FILE, ProfileRequest, ProfileSearch, profile_names};
pub use project_file::{ProjectPaths, ProjectSettings, ResourceConfigs};
pub use project_load::{PROJECT_FILES, ProjectFile, is_project_name};
pub use setting::{RenderSetting, SettingRenderer, SettingScope, has_jinja, holds_jinja};
pub use warning_rules::{WarningRule, WarningRules};
pub use window::EventWindow;

/// The dbt version whose contract is kept: `dbt_version` in Jinja and artifacts.
pub const DBT_VERSION: &str = "1.11.16";

/// The engine's own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Everything a command needs to know before it reads a single model.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The root project.
    pub project: Arc<ProjectSettings>,
    /// Installed packages, in the order of `packages.yml`.
    pub packages: Vec<Arc<ProjectSettings>>,
    /// Where to build; absent for commands that need no warehouse.
    pub profile: Profile,
    /// What was asked for, merged from all places.
    pub flags: Flags,
    /// `--vars`.
    pub vars: JsonMap,
    /// This run of the program.
    pub invocation: Invocation,
    /// The captured environment.
    pub environment: Arc<Environment>,
    /// `target/`, absolute.
    pub target_path: PathBuf,
    /// `logs/`, absolute.
    pub log_path: PathBuf,
}

/// One output of a profile, rendered.
#[derive(Clone)]
pub struct Profile {
    /// The profile's name.
    pub name: String,
    /// The output's name (`dev`).
    pub target_name: String,
    /// Its mapping, secrets included: for the adapter registry only.
    pub output: JsonMap,
    /// Its `type`.
    pub adapter_type: String,
    /// Adapters whose macros serve where there is none for this one; what the registry says of it.
    pub adapter_parents: Vec<String>,
    /// Default database (`dbname`; the lakehouse's catalog name).
    pub database: String,
    /// Default schema.
    pub schema: String,
    /// Number of nodes that may run at once (`--threads` wins).
    pub threads: usize,
    /// What Jinja's `target` shows: no secrets.
    pub context: JsonMap,
    /// Where it came from, for `debug` and the first line of a run.
    pub origin: ProfileOrigin,
    /// All outputs of the profile, as written; none without a file.
    pub written: Option<Arc<yaml::Yaml>>,
}

impl std::fmt::Debug for Profile {
    /// Leaves the output's values out: they may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.name)
            .field("target_name", &self.target_name)
            .field("adapter_type", &self.adapter_type)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// Where a profile was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileOrigin {
    /// A `profiles.yml`.
    File(PathBuf),
    /// None was found: the embedded lakehouse under the target folder.
    Embedded,
}

/// One run of the program.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Random id.
    pub id: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// The subcommand's name (`build`, `source freshness`).
    pub command: String,
    /// The command line as typed, after the program name, secrets scrubbed.
    pub command_line: String,
    /// `invocation_args_dict` and run_results' `args`.
    pub arguments: JsonMap,
}

/// `dispatch:` of the project file: macro namespace -> packages to search, in order.
pub type DispatchOrder = IndexMap<String, Vec<String>>;

/// Quoting of each part, as the project file says.
pub type Quoting = QuotingOverride;

/// A YAML file's id with its path relative to its package, for labels.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The file.
    pub file: FileId,
    /// Path as shown.
    pub display: String,
}
