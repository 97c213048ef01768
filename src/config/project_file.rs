use std::path::PathBuf;
use std::sync::Arc;

use super::yaml::Yaml;
use super::{ConfigFile, DispatchOrder, Quoting};
use crate::resource::JsonMap;

/// `project.yml` (or `dbt_project.yml`) of the root project or of a package.
#[derive(Debug, Clone)]
pub struct ProjectSettings {
    /// Project name.
    pub name: String,
    /// Its version, as written.
    pub version: Option<String>,
    /// The profile it names.
    pub profile: Option<String>,
    /// Folder the project file stands in, absolute.
    pub root: PathBuf,
    /// The project file itself.
    pub file: ConfigFile,
    /// Its content with places, for diagnostics about what it says.
    pub tree: Arc<Yaml>,
    /// Where resources are looked for.
    pub paths: ProjectPaths,
    /// `vars:` as written.
    pub vars: JsonMap,
    /// `models:`, `seeds:`, ... as written, before Jinja.
    pub configs: ResourceConfigs,
    /// `dispatch:`
    pub dispatch: DispatchOrder,
    /// `on-run-start:`, before Jinja.
    pub on_run_start: Vec<String>,
    /// `on-run-end:`, before Jinja.
    pub on_run_end: Vec<String>,
    /// `quoting:`
    pub quoting: Quoting,
    /// `query-comment:` as written; `None` when the key is absent.
    pub query_comment: Option<serde_json::Value>,
    /// `require-dbt-version:`
    pub require_dbt_version: Vec<String>,
    /// `flags:` as written.
    pub flags: JsonMap,
    /// `clean-targets:`, relative to the root.
    pub clean_targets: Vec<String>,
    /// `restrict-access:`
    pub restrict_access: bool,
    /// `target-path:`
    pub target_path: Option<String>,
    /// `log-path:`
    pub log_path: Option<String>,
}

/// Resource folders, relative to the project root.
#[derive(Debug, Clone, Default)]
pub struct ProjectPaths {
    /// `model-paths` (`models`).
    pub models: Vec<String>,
    /// `seed-paths` (`seeds`).
    pub seeds: Vec<String>,
    /// `snapshot-paths` (`snapshots`).
    pub snapshots: Vec<String>,
    /// `analysis-paths` (`analyses`).
    pub analyses: Vec<String>,
    /// `macro-paths` (`macros`).
    pub macros: Vec<String>,
    /// `test-paths` (`tests`).
    pub tests: Vec<String>,
    /// `docs-paths`; by default all the others.
    pub docs: Vec<String>,
    /// `asset-paths` (none).
    pub assets: Vec<String>,
    /// `function-paths` (`functions`).
    pub functions: Vec<String>,
    /// `packages-install-path` (`dbt_packages`).
    pub packages_install: String,
}

impl ProjectPaths {
    /// All folders that hold resources, each once.
    pub fn sources(&self) -> Vec<String> {
        let kinds =
            [&self.models, &self.seeds, &self.snapshots, &self.analyses, &self.macros, &self.tests, &self.functions];
        let mut all: Vec<String> = Vec::new();
        for path in kinds.into_iter().flatten().map(|path| path.trim_end_matches('/')) {
            if !all.iter().any(|earlier| earlier == path) {
                all.push(path.to_owned());
            }
        }
        all
    }
}

impl ProjectSettings {
    /// Whether `require-dbt-version` takes this version.
    ///
    /// # Errors
    /// The requirement that cannot be read.
    pub fn takes_dbt_version(&self, version: &str) -> Result<bool, String> {
        super::version::satisfies(version, &self.require_dbt_version)
    }
}

/// Config trees of the project file, per resource type, before Jinja.
#[derive(Debug, Clone, Default)]
pub struct ResourceConfigs {
    /// `models:`
    pub models: JsonMap,
    /// `seeds:`
    pub seeds: JsonMap,
    /// `snapshots:`
    pub snapshots: JsonMap,
    /// `data_tests:` (or `tests:`)
    pub data_tests: JsonMap,
    /// `unit_tests:`
    pub unit_tests: JsonMap,
    /// `sources:`
    pub sources: JsonMap,
    /// `exposures:`
    pub exposures: JsonMap,
    /// `metrics:`
    pub metrics: JsonMap,
    /// `semantic-models:`
    pub semantic_models: JsonMap,
    /// `saved-queries:`
    pub saved_queries: JsonMap,
    /// `functions:`
    pub functions: JsonMap,
    /// `analyses:`
    pub analyses: JsonMap,
}
