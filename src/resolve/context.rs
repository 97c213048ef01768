//! What resolving any resource needs to know: settings, templates, config trees, docs.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::config_tree::ConfigTree;
use super::configs::merge_config;
use super::defaults::defaults;
use super::docs::DocIndex;
use crate::config::yaml::Yaml;
use crate::config::{ProjectSettings, Settings};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::jinja::{Engine, EngineSettings, VarScopes, render_setting};
use crate::resource::{ConfigMap, JsonMap, Node, ResourceType};
use crate::source::{SourceSet, Span};

/// What resolving any resource needs to know.
pub(super) struct Context<'a> {
    pub settings: &'a Settings,
    pub engine: &'a Engine,
    pub docs: DocIndex,
    /// Checksums of project files by package.
    pub checksums: HashMap<String, String>,
    packages: HashMap<String, PackageContext>,
}

/// What is particular to a package.
struct PackageContext {
    trees: HashMap<ResourceType, ConfigTree>,
    /// Whether a user's macro makes up databases, schemas and aliases.
    names_overridden: [bool; 3],
}

/// A node that was made of one resource alone: what it refers to is not looked up yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub node: Node,
    /// Where its name stands, or its code.
    pub place: Span,
    /// Path of its file as shown.
    pub display: String,
    /// What is wrong with it.
    pub problems: Diagnostics,
    /// The node a generic test is declared on does not exist: somebody else says so.
    pub is_orphan: bool,
}

/// Merged config, as values and as written.
pub(super) struct Merged {
    pub values: ConfigMap,
    pub unrendered: JsonMap,
}

/// Macros that make up names, with what they make up.
pub(super) const NAME_MACROS: [&str; 3] = ["generate_database_name", "generate_schema_name", "generate_alias_name"];

const TREES: [(ResourceType, &str); 11] = [
    (ResourceType::Model, "models"),
    (ResourceType::Seed, "seeds"),
    (ResourceType::Snapshot, "snapshots"),
    (ResourceType::Test, "data_tests"),
    (ResourceType::UnitTest, "unit_tests"),
    (ResourceType::Source, "sources"),
    (ResourceType::Exposure, "exposures"),
    (ResourceType::Metric, "metrics"),
    (ResourceType::SemanticModel, "semantic-models"),
    (ResourceType::SavedQuery, "saved-queries"),
    (ResourceType::Function, "functions"),
];

impl<'a> Context<'a> {
    pub fn new(
        settings: &'a Settings,
        engine: &'a Engine,
        docs: DocIndex,
        sources: &SourceSet,
        problems: &mut Diagnostics,
    ) -> Self {
        let packages = std::iter::once(&settings.project)
            .chain(&settings.packages)
            .map(|package| (package.name.clone(), package_context(package, settings, engine, problems)))
            .collect();
        let checksum = |package: &Arc<ProjectSettings>| {
            let text = sources.text(package.file.file);
            (package.name.clone(), hex::encode(Sha256::digest(text.trim().as_bytes())))
        };
        let checksums = std::iter::once(&settings.project).chain(&settings.packages).map(checksum).collect();
        Self { settings, engine, docs, checksums, packages }
    }

    pub fn root(&self) -> &Arc<ProjectSettings> {
        &self.settings.project
    }

    /// Whether the user's own macro of [`NAME_MACROS`] is in force in a package.
    pub fn is_overridden(&self, package: &str, which: usize) -> bool {
        self.packages.get(package).and_then(|package| package.names_overridden.get(which)).copied().unwrap_or(false)
    }

    /// Config of project files and of the resource's properties; a package's own project file comes
    /// before. What the code says of itself, and [`Context::finish`], come after.
    pub fn merged(&self, kind: ResourceType, package: &str, fqn: &[String], patch: &ConfigMap) -> Merged {
        let mut merged = Merged { values: defaults(kind).clone(), unrendered: JsonMap::new() };
        self.add_levels(&mut merged, kind, package, fqn);
        merged.add(patch);
        merged
    }

    /// Adds what the code says, and for a package's node what the root project says of it.
    /// COMPAT: the root project file has the last word on packages (dbt 1.11).
    pub fn finish(&self, merged: &mut Merged, kind: ResourceType, package: &str, fqn: &[String], code: &ConfigMap) {
        merged.add(code);
        if package != self.root().name {
            self.add_levels(merged, kind, &self.root().name, fqn);
        }
    }

    fn add_levels(&self, merged: &mut Merged, kind: ResourceType, of: &str, fqn: &[String]) {
        let kind = match kind {
            ResourceType::Analysis | ResourceType::Operation | ResourceType::SqlOperation => ResourceType::Model,
            other => other,
        };
        let Some(tree) = self.packages.get(of).and_then(|package| package.trees.get(&kind)) else { return };
        // COMPAT: what project files say of these is not among what was written (dbt 1.11).
        let shown = !matches!(kind, ResourceType::SemanticModel | ResourceType::SavedQuery);
        for level in tree.levels(fqn) {
            merge_config(&mut merged.values, &level.config);
            if shown {
                merged.unrendered.extend(level.unrendered.clone());
            }
        }
    }

    /// What the package's project file, and then the root project's, say of models under a path of names.
    pub fn levels_of_models(&self, package: &str, fqn: &[String]) -> Vec<ConfigMap> {
        let root = self.root().name.as_str();
        let projects = [Some(package), Some(root).filter(|root| *root != package)];
        let trees =
            projects.into_iter().flatten().filter_map(|name| self.packages.get(name)?.trees.get(&ResourceType::Model));
        trees.flat_map(|tree| tree.levels(fqn).map(|level| level.config.clone()).collect::<Vec<_>>()).collect()
    }

    /// Levels of the root project's config trees that applied to nothing.
    pub fn unused_levels(&self) -> Vec<(String, Option<Span>)> {
        let Some(root) = self.packages.get(&self.root().name) else { return Vec::new() };
        let of_tree = |(kind, section): &(ResourceType, &str)| {
            let unused = root.trees.get(kind).map(ConfigTree::unused).unwrap_or_default();
            unused.into_iter().map(|(path, span)| (format!("{section}.{path}"), span)).collect::<Vec<_>>()
        };
        TREES.iter().flat_map(of_tree).collect()
    }
}

impl Merged {
    /// Puts another level over what is there.
    pub fn add(&mut self, level: &ConfigMap) {
        if !level.is_empty() {
            merge_config(&mut self.values, level);
            self.unrendered.extend(level.clone());
        }
    }
}

fn package_context(
    package: &ProjectSettings,
    settings: &Settings,
    engine: &Engine,
    problems: &mut Diagnostics,
) -> PackageContext {
    let render =
        |text: &str, scope: &crate::config::SettingScope<'_>| render_setting(text, scope, &settings.environment);
    let renderer = settings.renderer(&render);
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut tree = |section: &str| -> Option<ConfigTree> {
        let yaml: &Yaml = package.tree.get(section)?;
        Some(ConfigTree::new(yaml, &renderer, &mut found))
    };
    let trees = TREES.iter().filter_map(|(kind, section)| Some((*kind, tree(section)?))).collect();
    problems.append(&mut found);
    let names_overridden = NAME_MACROS.map(|name| engine.is_overridden(&package.name, name));
    PackageContext { trees, names_overridden }
}

/// What every template of this run shares.
pub fn engine_settings(settings: &Settings) -> EngineSettings {
    EngineSettings {
        root_package: settings.project.name.clone(),
        packages: settings.packages.iter().map(|package| package.name.clone()).collect(),
        versions: std::iter::once(&settings.project)
            .chain(&settings.packages)
            .filter_map(|project| Some((project.name.clone(), project.version.clone()?)))
            .collect(),
        adapter_type: settings.profile.adapter_type.clone(),
        adapter_parents: settings.profile.adapter_parents.clone(),
        dispatch: settings.project.dispatch.clone(),
        vars: var_scopes(settings),
        target: settings.profile.context.clone(),
        flags: settings.jinja_flags(),
        invocation: settings.invocation.clone(),
        environment: settings.environment.clone(),
    }
}

/// Variables by package. COMPAT: what the root project says, even to all, beats what a package says
/// to itself (dbt 1.11).
fn var_scopes(settings: &Settings) -> VarScopes {
    let root = &settings.project;
    let scoped = |project: &ProjectSettings, package: &str| match project.vars.get(package) {
        Some(serde_json::Value::Object(scope)) => scope.clone(),
        _ => JsonMap::new(),
    };
    let mut packages = indexmap::IndexMap::new();
    packages.insert(root.name.clone(), scoped(root, &root.name));
    for package in &settings.packages {
        let mut vars = package.vars.clone();
        vars.extend(scoped(package, &package.name));
        vars.extend(root.vars.clone());
        vars.extend(scoped(root, &package.name));
        packages.insert(package.name.clone(), vars);
    }
    VarScopes { command_line: settings.vars.clone(), packages, global: root.vars.clone() }
}
