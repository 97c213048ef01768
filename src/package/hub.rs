//! The package registry: `/api/v1/<namespace>/<name>.json` as hub.getdbt.com answers it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::version::{Requirement, Version};
use crate::config::DBT_VERSION;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::system::Http;

/// Where the registry is unless `DBT_PACKAGE_HUB_URL` says otherwise.
pub(super) const DEFAULT_HUB: &str = "https://hub.getdbt.com/";

/// What the registry knows of one package.
#[derive(Debug, Deserialize)]
pub(super) struct HubPackage {
    #[serde(default)]
    namespace: Option<String>,
    name: String,
    #[serde(default)]
    redirectnamespace: Option<String>,
    #[serde(default)]
    redirectname: Option<String>,
    pub(super) versions: BTreeMap<String, HubVersion>,
}

/// One version of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct HubVersion {
    /// The project's name: that of its folder too.
    pub(super) name: String,
    /// What it asks for, as in `packages.yml`.
    #[serde(default)]
    pub(super) packages: Vec<serde_json::Value>,
    #[serde(default)]
    require_dbt_version: Option<serde_json::Value>,
    pub(super) downloads: Downloads,
}

/// Where its archive is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Downloads {
    pub(super) tarball: String,
    #[serde(default)]
    pub(super) sha1: Option<String>,
}

impl HubPackage {
    /// Asks the registry.
    ///
    /// # Errors
    /// `unknown-package`, `download-failed`.
    pub(super) fn fetch(http: &Http, hub: &str, package: &str) -> Result<Self, Box<Diagnostic>> {
        let url = address(hub, package);
        let Some(content) = http.get(&url)? else { return Err(Box::new(unknown(http, hub, package))) };
        serde_json::from_slice(&content).map_err(|error| {
            let message = format!("the registry's answer about `{package}` is not understood");
            Box::new(Diagnostic::error(Code::DownloadFailed, message).note(format!("asked at {url}")).caused_by(error))
        })
    }

    /// The name it has now, if that is not `asked`.
    pub(super) fn renamed(&self, asked: &str) -> Option<String> {
        if self.redirectname.is_none() && self.redirectnamespace.is_none() {
            return None;
        }
        let own = asked.split('/').next().unwrap_or_default();
        let namespace = self.redirectnamespace.as_deref().or(self.namespace.as_deref()).unwrap_or(own);
        Some(format!("{namespace}/{}", self.redirectname.as_deref().unwrap_or(&self.name)))
    }

    /// Versions that may be installed, the earliest first.
    pub(super) fn installable(&self, prereleases: bool, check_dbt_version: bool) -> Vec<Version> {
        let mut versions: Vec<Version> = self
            .versions
            .iter()
            .filter(|(_, info)| !check_dbt_version || info.takes_dbt_version())
            .filter_map(|(text, _)| Version::parse(text))
            .filter(|version| prereleases || !version.is_prerelease())
            .collect();
        versions.sort_by(Version::order);
        versions
    }
}

impl HubVersion {
    /// Whether its `require-dbt-version` takes the kept contract; what cannot be read takes all.
    fn takes_dbt_version(&self) -> bool {
        let Some(own) = Version::parse(DBT_VERSION) else { return true };
        let wanted = match &self.require_dbt_version {
            Some(serde_json::Value::Array(items)) => items.iter().filter_map(|item| item.as_str()).collect(),
            Some(serde_json::Value::String(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        wanted.iter().flat_map(|text| text.split(',')).filter_map(Requirement::parse).all(|wanted| wanted.takes(&own))
    }
}

fn address(hub: &str, what: &str) -> String {
    format!("{}/api/v1/{what}.json", hub.trim_end_matches('/'))
}

fn unknown(http: &Http, hub: &str, package: &str) -> Diagnostic {
    let problem =
        Diagnostic::error(Code::UnknownPackage, format!("package {package} was not found in the package index"));
    // The index only serves to suggest a name: that it cannot be read is no further error.
    let index: Vec<String> = http
        .get(&address(hub, "index"))
        .ok()
        .flatten()
        .and_then(|content| serde_json::from_slice(&content).ok())
        .unwrap_or_default();
    match closest(package, index.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("hub packages are named `namespace/name`, for instance `dbt-labs/dbt_utils`"),
    }
}
