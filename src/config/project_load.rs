//! `project.yml` as text -> [`ProjectSettings`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::yaml::{Fields, Key, Yaml, YamlValue, parse};
use super::{ConfigFile, DispatchOrder, ProjectPaths, ProjectSettings, Quoting, ResourceConfigs, SettingRenderer};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::FileSystem;

/// Names of the project file, the preferred one first.
pub const PROJECT_FILES: [&str; 2] = ["project.yml", "dbt_project.yml"];

/// Variables in a file of their own.
const VARS_FILE: &str = "vars.yml";

/// Every key of a project file, as the documentation spells it.
const KEYS: [&str; 42] = [
    "name",
    "version",
    "config-version",
    "profile",
    "model-paths",
    "seed-paths",
    "snapshot-paths",
    "analysis-paths",
    "macro-paths",
    "test-paths",
    "docs-paths",
    "asset-paths",
    "function-paths",
    "packages-install-path",
    "target-path",
    "log-path",
    "clean-targets",
    "require-dbt-version",
    "restrict-access",
    "query-comment",
    "quoting",
    "dispatch",
    "on-run-start",
    "on-run-end",
    "vars",
    "alerts",
    "flags",
    "models",
    "seeds",
    "snapshots",
    "data_tests",
    "unit_tests",
    "sources",
    "exposures",
    "metrics",
    "semantic-models",
    "saved-queries",
    "functions",
    "analyses",
    "dbt-cloud",
    "project-root",
    "packages",
];

/// Old spellings with what they are called now, and whether they are deprecated.
const OLD_KEYS: [(&str, &str, bool); 3] =
    // COMPAT: `tests` gives no warning (dbt 1.11).
    [("source-paths", "model-paths", true), ("data-paths", "seed-paths", true), ("tests", "data_tests", false)];

/// A project file that was read and not yet understood: enough to know which profile to load.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    /// Folder it stands in, absolute.
    pub root: PathBuf,
    /// The file.
    pub file: ConfigFile,
    /// Its content with keys spelled as documented.
    pub tree: Arc<Yaml>,
}

impl ProjectFile {
    /// Reads the project file of a folder; `shown` is the folder's path in messages, with a slash at
    /// its end unless empty.
    pub fn read(fs: &dyn FileSystem, sources: &SourceSet, root: &Path, shown: &str) -> (Option<Self>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let present: Vec<&str> = PROJECT_FILES.into_iter().filter(|name| fs.is_file(&root.join(name))).collect();
        let Some(name) = present.first() else {
            diagnostics.push(
                Diagnostic::error(Code::NoProject, format!("`{}` has no project file", root.display()))
                    .help("a project has a `project.yml` or `dbt_project.yml`; `aquifer init` writes one"),
            );
            return (None, diagnostics);
        };
        let path = root.join(name);
        let text = match fs.read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("`{}` cannot be read", path.display());
                diagnostics.push(Diagnostic::error(Code::Io, message).caused_by(error));
                return (None, diagnostics);
            }
        };
        let display = format!("{shown}{name}");
        let id = sources.add(path, display.clone(), text);
        let (tree, found) = sources.get(id).map_or((None, Vec::new()), |file| parse(&file));
        diagnostics.extend(found);
        let Some(tree) = tree else { return (None, diagnostics) };
        if present.len() > 1 {
            diagnostics.push(Diagnostic {
                severity: crate::diagnostic::Severity::Note,
                ..Diagnostic::warning(Code::Deprecated, "`project.yml` is used, `dbt_project.yml` is not")
                    .help("keep one of the two files")
            });
        }
        let tree = spelled_as_documented(tree, &mut diagnostics);
        let tree = Arc::new(with_vars_file(tree, fs, sources, root, shown, &mut diagnostics));
        let project = Self { root: root.to_owned(), file: ConfigFile { file: id, display }, tree };
        (Some(project), diagnostics)
    }

    /// The profile it names, rendered.
    pub fn profile(&self, renderer: &SettingRenderer<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
        let rendered = renderer.rendered(self.tree.get("profile")?, diagnostics);
        rendered.scalar_text()
    }
}

/// The project file with the `vars:` of a `vars.yml` beside it, as dbt 1.12 reads it.
fn with_vars_file(
    mut tree: Yaml,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    root: &Path,
    shown: &str,
    diagnostics: &mut Diagnostics,
) -> Yaml {
    let path = root.join(VARS_FILE);
    let Ok(text) = fs.read_to_string(&path) else { return tree };
    let file = sources.get(sources.add(path, format!("{shown}{VARS_FILE}"), text));
    let (vars, found) = file.map_or((None, Diagnostics::new()), |file| parse(&file));
    diagnostics.extend(found);
    let Some(entry) = vars.as_ref().and_then(|vars| vars.entry("vars")).cloned() else { return tree };
    if let Some((own, _)) = tree.entry("vars") {
        diagnostics.push(
            Diagnostic::error(Code::InvalidValue, format!("`vars` are given in the project file and in `{VARS_FILE}`"))
                .at(entry.0.span, "also given here")
                .and_at(own.span, "first given here")
                .help("keep one of the two"),
        );
    } else if let YamlValue::Map(entries) = &mut tree.value {
        entries.push(entry);
    }
    tree
}

impl ProjectSettings {
    /// Reads the project file of a folder; config trees, hooks and vars stay as written.
    pub fn load(
        fs: &dyn FileSystem,
        sources: &SourceSet,
        root: &Path,
        renderer: &SettingRenderer<'_>,
    ) -> (Option<Self>, Diagnostics) {
        let (file, mut diagnostics) = ProjectFile::read(fs, sources, root, "");
        let Some(file) = file else { return (None, diagnostics) };
        let settings = Self::understand(&file, renderer, &mut diagnostics);
        (settings, diagnostics)
    }

    /// What a project file means; `None` when a project cannot be made of it.
    pub fn understand(
        file: &ProjectFile,
        renderer: &SettingRenderer<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut found = Diagnostics::new();
        let tree = rendered_where_due(&file.tree, renderer, &mut found);
        let mut fields = Fields::new("the project file", &tree, &mut found);
        fields.check_keys(&KEYS);
        let name = fields.required_text("name");
        let paths = paths(&mut fields);
        let target_path = fields.text("target-path");
        let default_clean = target_path.clone().unwrap_or_else(|| "target".to_owned());
        let settings = Self {
            name: name.clone().unwrap_or_default(),
            version: fields.text("version"),
            profile: fields.text("profile"),
            root: file.root.clone(),
            file: file.file.clone(),
            tree: file.tree.clone(),
            paths,
            vars: json(&mut fields, "vars"),
            configs: configs(&mut fields),
            dispatch: dispatch(&mut fields),
            on_run_start: fields.texts("on-run-start").unwrap_or_default(),
            on_run_end: fields.texts("on-run-end").unwrap_or_default(),
            quoting: quoting(&mut fields),
            query_comment: fields.entry("query-comment").map(|(_, value)| value.to_json()),
            require_dbt_version: fields.texts("require-dbt-version").unwrap_or_default(),
            flags: json(&mut fields, "flags"),
            clean_targets: fields.texts("clean-targets").unwrap_or_else(|| vec![default_clean]),
            restrict_access: fields.flag("restrict-access").unwrap_or(false),
            target_path,
            log_path: fields.text("log-path"),
        };
        check_name(name.as_deref(), &tree, &mut found);
        let broken = has_errors(&found);
        diagnostics.append(&mut found);
        (!broken).then_some(settings)
    }
}

/// The tree with `model_paths` as `model-paths`, `unit-tests` as `unit_tests`, old names as today's.
fn spelled_as_documented(tree: Yaml, diagnostics: &mut Diagnostics) -> Yaml {
    let YamlValue::Map(entries) = tree.value else { return tree };
    let mut kept: Vec<(Key, Yaml)> = Vec::with_capacity(entries.len());
    for (mut key, value) in entries {
        let name = documented_name(&key.name).to_owned();
        if let Some((old, new, _)) = OLD_KEYS.iter().find(|(old, _, warn)| *warn && *old == key.name.replace('_', "-"))
        {
            diagnostics.push(
                Diagnostic::warning(Code::Deprecated, format!("`{old}` is now called `{new}`"))
                    .event(if *old == "data-paths" {
                        "ConfigDataPathDeprecation"
                    } else {
                        "ConfigSourcePathDeprecation"
                    })
                    .at(key.span, format!("write `{new}`")),
            );
        }
        if let Some((earlier, _)) = kept.iter().find(|(earlier, _)| earlier.name == name) {
            diagnostics.push(
                Diagnostic::error(Code::InvalidValue, format!("`{name}` is given under two names"))
                    .at(key.span, "also given here")
                    .and_at(earlier.span, "first given here")
                    .help("keep one of them"),
            );
        }
        key.name = name;
        kept.push((key, value));
    }
    Yaml { value: YamlValue::Map(kept), span: tree.span }
}

fn documented_name(written: &str) -> &str {
    let same = |known: &&str| {
        known.len() == written.len()
            && known.bytes().zip(written.bytes()).all(|(a, b)| a == b || (b"-_".contains(&a) && b"-_".contains(&b)))
    };
    let renamed = OLD_KEYS.iter().find(|(old, _, _)| same(old)).map(|(_, new, _)| *new);
    renamed.or_else(|| KEYS.iter().copied().find(|known| same(known))).unwrap_or(written)
}

/// Renders the plain settings; configs, hooks, vars and comments are rendered per node, later.
fn rendered_where_due(tree: &Yaml, renderer: &SettingRenderer<'_>, diagnostics: &mut Diagnostics) -> Yaml {
    const LATER: [&str; 5] = ["vars", "on-run-start", "on-run-end", "query-comment", "flags"];
    let render = |(key, value): &(Key, Yaml)| {
        let later = LATER.contains(&key.name.as_str()) || CONFIG_TREES.contains(&key.name.as_str());
        let value = if later { value.clone() } else { renderer.rendered(value, diagnostics) };
        (key.clone(), value)
    };
    match &tree.value {
        YamlValue::Map(entries) => {
            Yaml { value: YamlValue::Map(entries.iter().map(render).collect()), span: tree.span }
        }
        _ => tree.clone(),
    }
}

fn paths(fields: &mut Fields<'_>) -> ProjectPaths {
    let mut read = |key: &str, default: &str| fields.texts(key).unwrap_or_else(|| vec![default.to_owned()]);
    let mut paths = ProjectPaths {
        models: read("model-paths", "models"),
        seeds: read("seed-paths", "seeds"),
        snapshots: read("snapshot-paths", "snapshots"),
        analyses: read("analysis-paths", "analyses"),
        macros: read("macro-paths", "macros"),
        tests: read("test-paths", "tests"),
        functions: read("function-paths", "functions"),
        docs: Vec::new(),
        assets: fields.texts("asset-paths").unwrap_or_default(),
        packages_install: fields.text("packages-install-path").unwrap_or_else(|| "dbt_packages".to_owned()),
    };
    paths.docs = fields.texts("docs-paths").unwrap_or_else(|| paths.sources());
    paths
}

const CONFIG_TREES: [&str; 12] = [
    "models",
    "seeds",
    "snapshots",
    "data_tests",
    "unit_tests",
    "sources",
    "exposures",
    "metrics",
    "semantic-models",
    "saved-queries",
    "functions",
    "analyses",
];

fn configs(fields: &mut Fields<'_>) -> ResourceConfigs {
    ResourceConfigs {
        models: json(fields, "models"),
        seeds: json(fields, "seeds"),
        snapshots: json(fields, "snapshots"),
        data_tests: json(fields, "data_tests"),
        unit_tests: json(fields, "unit_tests"),
        sources: json(fields, "sources"),
        exposures: json(fields, "exposures"),
        metrics: json(fields, "metrics"),
        semantic_models: json(fields, "semantic-models"),
        saved_queries: json(fields, "saved-queries"),
        functions: json(fields, "functions"),
        analyses: json(fields, "analyses"),
    }
}

fn json(fields: &mut Fields<'_>, key: &str) -> JsonMap {
    fields.map(key).map(Yaml::to_json_map).unwrap_or_default()
}

fn dispatch(fields: &mut Fields<'_>) -> DispatchOrder {
    let items = fields.list("dispatch");
    let mut order = DispatchOrder::new();
    for item in items {
        let mut entry = Diagnostics::new();
        let mut rule = Fields::new("a `dispatch` rule", item, &mut entry);
        let namespace = rule.required_text("macro_namespace");
        let search = rule.texts("search_order").unwrap_or_default();
        if let Some(namespace) = namespace {
            order.insert(namespace, search);
        }
        entry.into_iter().for_each(|problem| fields.report(problem));
    }
    order
}

fn quoting(fields: &mut Fields<'_>) -> Quoting {
    let Some(map) = fields.map("quoting") else { return Quoting::default() };
    let mut found = Diagnostics::new();
    let mut parts = Fields::new("`quoting`", map, &mut found);
    parts.check_keys(&["database", "schema", "identifier", "project", "snowflake_ignore_case"]);
    let quoting = Quoting {
        database: parts.flag("database").or_else(|| parts.flag("project")),
        schema: parts.flag("schema"),
        identifier: parts.flag("identifier"),
    };
    found.into_iter().for_each(|problem| fields.report(problem));
    quoting
}

/// Whether a project may be called so.
pub fn is_project_name(name: &str) -> bool {
    let starts_well = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn check_name(name: Option<&str>, tree: &Yaml, diagnostics: &mut Diagnostics) {
    let Some((name, place)) = name.zip(tree.get("name")) else { return };
    if !is_project_name(name) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidValue, format!("`{name}` cannot be a project's name"))
                .at(place.span, "only letters, digits and underscores, and no digit first")
                .help(format!("for instance `{}`", name.replace(|c: char| !c.is_alphanumeric(), "_"))),
        );
    }
}
