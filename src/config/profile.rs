//! `profiles.yml` -> the one output that is used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::yaml::{Fields, Yaml, YamlValue, parse};
use super::{Profile, ProfileOrigin, SettingRenderer};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, has_errors};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::FileSystem;

/// Name of the file.
pub const PROFILES_FILE: &str = "profiles.yml";

/// Database of a profile that names none: the lakehouse's catalog.
const DEFAULT_DATABASE: &str = "aquifer";

/// Schema of a profile that names none: the lakehouse's. Adapters that need one named say so.
const DEFAULT_SCHEMA: &str = "main";

/// Threads of a profile that says nothing.
// COMPAT: one thread unless the output says more (dbt 1.11).
const DEFAULT_THREADS: usize = 1;

/// Where profiles are looked for, the first place first.
#[derive(Debug, Clone)]
pub struct ProfileSearch {
    /// A folder the user named (`--profiles-dir`, `DBT_PROFILES_DIR`): then no other is looked at.
    pub named: Option<PathBuf>,
    /// Folders looked at otherwise: working directory, project, `~/.dbt`.
    pub usual: Vec<PathBuf>,
}

impl ProfileSearch {
    /// The folder whose `profiles.yml` counts.
    pub fn folder(&self, fs: &dyn FileSystem) -> Option<&Path> {
        let mut folders = self.named.iter().chain(if self.named.is_some() { &[][..] } else { &self.usual });
        folders.find(|folder| fs.is_file(&folder.join(PROFILES_FILE))).map(PathBuf::as_path)
    }

    /// The folder that is shown as `profiles_dir`: the one found, else the last one looked at.
    pub fn shown(&self, fs: &dyn FileSystem) -> PathBuf {
        let last = self.named.as_ref().or(self.usual.last());
        self.folder(fs).map(Path::to_owned).or_else(|| last.cloned()).unwrap_or_default()
    }
}

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub struct ProfileRequest {
    /// `--profile`, else the project's `profile:`.
    pub name: Option<String>,
    /// Where the project file names the profile, when the name comes from there.
    pub name_place: Option<crate::source::Span>,
    /// `--target`.
    pub target: Option<String>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// The project's name, for a profile where none was found.
    pub project: String,
    /// The project's folder: files in it are shown by their name.
    pub root: PathBuf,
}

impl Profile {
    /// Finds and renders the output to build into. Only that output is rendered, so that variables
    /// of others need not be set.
    pub fn load(
        fs: &dyn FileSystem,
        sources: &SourceSet,
        search: &ProfileSearch,
        request: &ProfileRequest,
        renderer: &SettingRenderer<'_>,
    ) -> (Option<Self>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let renderer = renderer.with_secrets(true);
        let profile = match search.folder(fs) {
            Some(folder) => {
                let path = folder.join(PROFILES_FILE);
                let tree = read(fs, sources, &path, &request.root, &mut diagnostics);
                tree.and_then(|tree| from_tree(&tree, &path, request, &renderer, &mut diagnostics))
            }
            None => without_file(search, request, &mut diagnostics),
        };
        (profile, diagnostics)
    }

    /// The lakehouse under the target folder that is used when no `profiles.yml` exists.
    pub fn embedded(request: &ProfileRequest) -> Self {
        let mut output = JsonMap::new();
        output.insert("type".to_owned(), json!("lakehouse"));
        output.insert("path".to_owned(), json!("target/lakehouse"));
        output.insert("schema".to_owned(), json!("main"));
        output.insert("threads".to_owned(), json!(4));
        let name = request.name.clone().unwrap_or_else(|| request.project.clone());
        Self::new(name, "dev".to_owned(), output, request.threads, ProfileOrigin::Embedded)
    }

    /// Values that must not be shown. One that stands under an open key too (the password `postgres` of
    /// the user `postgres`) hides nothing, and would blot its word out of every line.
    pub fn secrets(&self) -> Vec<String> {
        let is_open = |value: &str| self.output.iter().any(|(key, other)| !is_secret(key) && other == value);
        let secret = self.output.iter().filter(|(key, _)| is_secret(key)).filter_map(|(_, value)| value.as_str());
        secret.filter(|value| !is_open(value)).map(str::to_owned).collect()
    }

    /// Another output of the same profile.
    ///
    /// # Errors
    /// `missing-target`, and what stands in the way of rendering it.
    pub fn other(&self, target: &str, renderer: &SettingRenderer<'_>) -> Result<Self, Diagnostics> {
        let Some(written) = &self.written else {
            let message = format!("there is no target `{target}`: no `profiles.yml` was found");
            let problem = Diagnostic::error(Code::MissingTarget, message);
            return Err(vec![problem.help("write a `profiles.yml` with that output beside the project file")]);
        };
        let mut problems = Diagnostics::new();
        match output(&self.name, written, target, renderer, &mut problems) {
            Some(output) => {
                let origin = self.origin.clone();
                Ok(Self::new(self.name.clone(), target.to_owned(), output, Some(self.threads), origin))
            }
            None if problems.is_empty() => Err(vec![missing_target(&self.name, target, written)]),
            None => Err(problems),
        }
    }

    fn new(name: String, target_name: String, output: JsonMap, threads: Option<usize>, origin: ProfileOrigin) -> Self {
        let text = |key: &str| output.get(key).and_then(Value::as_str).map(str::to_owned);
        let own_threads = output.get("threads").and_then(whole_number).and_then(|count| usize::try_from(count).ok());
        let mut profile = Self {
            adapter_type: text("type").unwrap_or_default(),
            adapter_parents: Vec::new(),
            database: text("database").or_else(|| text("dbname")).unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
            schema: text("schema").unwrap_or_else(|| DEFAULT_SCHEMA.to_owned()),
            threads: threads.or(own_threads).unwrap_or(DEFAULT_THREADS).max(1),
            context: JsonMap::new(),
            name,
            target_name,
            output,
            origin,
            written: None,
        };
        profile.context = target_context(&profile);
        profile
    }
}

/// Names of all profiles in the file that counts.
pub fn profile_names(search: &ProfileSearch, fs: &dyn FileSystem, sources: &SourceSet) -> Vec<String> {
    let path = search.folder(fs).map(|folder| folder.join(PROFILES_FILE));
    let tree = path.and_then(|path| read(fs, sources, &path, Path::new(""), &mut Diagnostics::new()));
    tree.iter().flat_map(names).map(str::to_owned).collect()
}

fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn read(
    fs: &dyn FileSystem,
    sources: &SourceSet,
    path: &Path,
    root: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<Yaml> {
    let text = match fs.read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("`{}` cannot be read", path.display());
            diagnostics.push(Diagnostic::error(Code::Io, message).caused_by(error));
            return None;
        }
    };
    let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let file = sources.get(sources.add(path, shown, text))?;
    let (tree, found) = parse(&file);
    diagnostics.extend(found);
    tree
}

fn from_tree(
    tree: &Yaml,
    path: &Path,
    request: &ProfileRequest,
    renderer: &SettingRenderer<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Profile> {
    let Some(name) = &request.name else {
        diagnostics.push(no_profile_named(tree, path));
        return None;
    };
    let Some((key, profile)) = tree.entry(name).filter(|(_, profile)| !profile.is_null()) else {
        diagnostics.push(missing_profile(name, tree, path, request));
        return None;
    };
    let target = target_name(profile, request, renderer, diagnostics)?;
    let origin = ProfileOrigin::File(path.to_owned());
    match output(name, profile, &target, renderer, diagnostics) {
        Some(output) => {
            let written = Some(Arc::new(profile.clone()));
            Some(Profile { written, ..Profile::new(name.clone(), target, output, request.threads, origin) })
        }
        None => {
            let has_it = profile.get("outputs").is_some_and(|outputs| outputs.get(&target).is_some());
            if !has_it {
                diagnostics.push(missing_target(name, &target, profile).at(key.span, "this profile"));
            }
            None
        }
    }
}

/// An output of a profile, rendered and looked over. One that is not there is for the caller to report.
fn output(
    name: &str,
    profile: &Yaml,
    target: &str,
    renderer: &SettingRenderer<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<JsonMap> {
    let output = profile.get("outputs").and_then(|outputs| outputs.get(target))?;
    let owner = format!("output `{target}` of profile `{name}`");
    let mut found = Diagnostics::new();
    let rendered = rendered_output(output, renderer, &mut found);
    let mut fields = Fields::new(&owner, &rendered, &mut found);
    fields.required_text("type");
    fields.text("schema");
    fields.integer("threads");
    let broken = has_errors(&found);
    diagnostics.append(&mut found);
    (!broken).then(|| rendered.to_json_map())
}

fn target_name(
    profile: &Yaml,
    request: &ProfileRequest,
    renderer: &SettingRenderer<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    if request.target.is_some() {
        return request.target.clone();
    }
    // COMPAT: a profile without `target` means the output `default` (dbt 1.11).
    let Some(target) = profile.get("target").filter(|target| !target.is_null()) else {
        return Some("default".to_owned());
    };
    let before = diagnostics.len();
    let rendered = renderer.rendered(target, diagnostics);
    (diagnostics.len() == before).then(|| rendered.scalar_text()).flatten()
}

/// The output, rendered. A password that only looks like Jinja is taken as written.
fn rendered_output(output: &Yaml, renderer: &SettingRenderer<'_>, diagnostics: &mut Diagnostics) -> Yaml {
    let YamlValue::Map(entries) = &output.value else { return renderer.rendered(output, diagnostics) };
    let render = |(key, value): &(super::yaml::Key, Yaml)| {
        let mut found = Diagnostics::new();
        let rendered = renderer.rendered(value, &mut found);
        let forgiven = matches!(key.name.as_str(), "password" | "pass")
            && found.iter().all(|problem| problem.code == Code::JinjaSyntax);
        if !forgiven {
            diagnostics.append(&mut found);
        }
        (key.clone(), rendered)
    };
    Yaml { value: YamlValue::Map(entries.iter().map(render).collect()), span: output.span }
}

/// No `profiles.yml` anywhere: the embedded lakehouse, unless something was asked for by name.
fn without_file(search: &ProfileSearch, request: &ProfileRequest, diagnostics: &mut Diagnostics) -> Option<Profile> {
    let places = search.named.iter().chain(if search.named.is_some() { &[][..] } else { &search.usual });
    let places: Vec<String> = places.map(|folder| format!("`{}`", folder.display())).collect();
    let problem = if search.named.is_some() {
        "the folder given for profiles has no `profiles.yml`".to_owned()
    } else if let Some(target) = &request.target {
        format!("there is no target `{target}`: no `profiles.yml` was found")
    } else if cfg!(feature = "lakehouse") {
        return Some(Profile::embedded(request));
    } else {
        "no `profiles.yml` was found, and this build has no embedded lakehouse".to_owned()
    };
    diagnostics.push(
        Diagnostic::error(Code::MissingProfile, problem)
            .note(format!("looked in {}", places.join(", ")))
            .help("write a `profiles.yml` beside the project file, or name its folder with `--profiles-dir`"),
    );
    None
}

fn no_profile_named(tree: &Yaml, path: &Path) -> Diagnostic {
    Diagnostic::error(Code::MissingProfile, "the project names no profile")
        .note(format!("`{}` has {}", path.display(), listed(tree)))
        .help("add `profile: <name>` to the project file, or use `--profile`")
}

fn missing_profile(name: &str, tree: &Yaml, path: &Path, request: &ProfileRequest) -> Diagnostic {
    // COMPAT: the sentence of dbt 1.11, which people look for.
    let problem = Diagnostic::error(Code::MissingProfile, format!("Could not find profile named '{name}'"))
        .at_opt(request.name_place, "named here")
        .note(format!("`{}` has {}", path.display(), listed(tree)));
    match closest(name, names(tree)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("add a profile `{name}` there, or a `profiles.yml` beside the project file")),
    }
}

fn missing_target(name: &str, target: &str, profile: &Yaml) -> Diagnostic {
    let Some(outputs) = profile.get("outputs") else {
        return Diagnostic::error(Code::MissingTarget, format!("profile `{name}` has no `outputs`"))
            .help("add `outputs:` with one entry per target");
    };
    // COMPAT: the sentence of dbt 1.11, which people look for.
    let message = format!("The profile '{name}' does not have a target named '{target}'.");
    let problem = Diagnostic::error(Code::MissingTarget, message).note(format!("it has {}", listed(outputs)));
    match closest(target, names(outputs)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("choose one of them with `--target`, or add it under `outputs`"),
    }
}

fn names(tree: &Yaml) -> impl Iterator<Item = &str> {
    tree.entries().iter().map(|(key, _)| key.name.as_str()).filter(|name| *name != "config")
}

fn listed(tree: &Yaml) -> String {
    let names: Vec<String> = names(tree).map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// What Jinja's `target` shows: scalars of the output without secrets, and what dbt adds.
fn target_context(profile: &Profile) -> JsonMap {
    let shown = |(key, value): &(&String, &Value)| !is_secret(key) && !value.is_object() && !value.is_array();
    let mut context: JsonMap =
        profile.output.iter().filter(shown).map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut set = |key: &str, value: Value| context.insert(key.to_owned(), value);
    set("type", json!(profile.adapter_type));
    set("database", json!(profile.database));
    set("dbname", json!(profile.database));
    set("schema", json!(profile.schema));
    set("threads", json!(profile.threads));
    set("name", json!(profile.target_name));
    set("target_name", json!(profile.target_name));
    set("profile_name", json!(profile.name));
    context
}

/// Whether a key of an output holds something that must not be shown.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let marks = ["pass", "secret", "token", "credential", "private", "api_key", "access_key", "account_key", "webhook"];
    key == "key" || marks.iter().any(|mark| key.contains(mark))
}
