//! What an entry says before its Jinja is rendered: a value that depends on the environment is compared
//! by its text (`state:modified`).

use serde_json::Value;

use crate::config::holds_jinja;
use crate::config::yaml::Yaml;
use crate::project::parsed::{Patch, Properties};
use crate::resource::ConfigMap;

/// The parts of an entry that are kept as written.
pub(super) struct Written {
    config: ConfigMap,
    versions: Vec<(Value, ConfigMap)>,
    database: Option<String>,
    schema: Option<String>,
    counts: (usize, usize),
}

impl Written {
    /// Of an entry that is not rendered yet, and goes into these properties.
    pub(super) fn of(entry: &Yaml, into: &Properties) -> Self {
        let text = |key: &str| entry.get(key).and_then(Yaml::scalar_text).filter(|text| !text.is_empty());
        let versions = entry.get("versions").map_or(&[][..], Yaml::items);
        let versions = versions.iter().filter_map(|version| Some((version.get("v")?.to_json(), config(version))));
        Self {
            config: config(entry),
            versions: versions.filter(|(_, config)| !config.is_empty()).collect(),
            database: text("database"),
            schema: text("schema"),
            counts: (into.patches.len(), into.sources.len()),
        }
    }

    /// Puts it with what was read of the entry.
    pub(super) fn keep(self, into: &mut Properties) {
        let (patches, sources) = self.counts;
        for patch in into.patches.iter_mut().skip(patches) {
            self.keep_config(patch);
        }
        for source in into.sources.iter_mut().skip(sources) {
            source.written_database.clone_from(&self.database);
            source.written_schema.clone_from(&self.schema);
        }
    }

    fn keep_config(&self, patch: &mut Patch) {
        patch.written = self.config.clone();
        for version in &mut patch.versions {
            let own = self.versions.iter().find(|(v, _)| *v == version.version.0);
            version.written = own.map(|(_, config)| config.clone()).unwrap_or_default();
        }
    }
}

/// The keys of `config:` whose values hold Jinja.
fn config(entry: &Yaml) -> ConfigMap {
    let Some(config) = entry.get("config") else { return ConfigMap::new() };
    config.to_json_map().into_iter().filter(|(_, value)| holds_jinja(value)).collect()
}
