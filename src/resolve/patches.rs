//! Which properties belong to which code.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code as DiagnosticCode, Diagnostic, Diagnostics, closest};
use crate::project::parsed::{Code, CodeKind, FilePlace, Parsed, Patch, Properties, WrittenVersion};
use crate::resource::{ResourceType, VersionRef};

/// A piece of code by kind, package and name (of its file, or block).
type CodeKey<'p> = (ResourceType, &'p str, &'p str);

/// What a properties file says of one piece of code.
#[derive(Clone, Copy)]
pub(super) struct Assigned<'p> {
    pub patch: &'p Patch,
    pub file: &'p Properties,
    pub version: Option<&'p WrittenVersion>,
    pub latest: Option<&'p VersionRef>,
}

/// What properties files say, by code.
pub(super) struct PatchIndex<'p> {
    assigned: HashMap<CodeKey<'p>, Assigned<'p>>,
    known: HashMap<CodeKey<'p>, CodeKey<'p>>,
    by_name: HashMap<(ResourceType, &'p str), CodeKey<'p>>,
}

/// The resource type of a piece of code.
pub(super) fn resource_type(kind: CodeKind) -> ResourceType {
    match kind {
        CodeKind::Model => ResourceType::Model,
        CodeKind::Seed => ResourceType::Seed,
        CodeKind::Snapshot => ResourceType::Snapshot,
        CodeKind::SingularTest => ResourceType::Test,
        CodeKind::Analysis => ResourceType::Analysis,
        CodeKind::Function => ResourceType::Function,
    }
}

/// Snapshots that stand in properties files alone become code like any other.
pub(super) fn add_yaml_snapshots(parsed: &mut Parsed) {
    let mut more = Vec::new();
    for file in &parsed.properties {
        for patch in &file.patches {
            let Some((relation, _)) = patch.relation.as_ref().filter(|_| patch.kind == ResourceType::Snapshot) else {
                continue;
            };
            let place = FilePlace { path: format!("{}/{}.sql", file.place.path, patch.name), ..(*file.place).clone() };
            more.push(Code {
                kind: CodeKind::Snapshot,
                name: patch.name.clone(),
                place: Arc::new(place),
                span: patch.span,
                text: Arc::from(format!("select * from {{{{ {relation} }}}}")),
                checksum: file.checksum.clone(),
            });
        }
    }
    parsed.code.extend(more);
}

impl<'p> PatchIndex<'p> {
    pub fn new(parsed: &'p Parsed, problems: &mut Diagnostics) -> Self {
        let mut index = Self { assigned: HashMap::new(), known: HashMap::new(), by_name: HashMap::new() };
        for code in &parsed.code {
            let (kind, package, name) = (resource_type(code.kind), code.place.package.as_ref(), code.name.as_str());
            let key = (kind, package, name);
            index.known.insert(key, key);
            index.by_name.entry((kind, name)).or_insert(key);
        }
        for file in &parsed.properties {
            for patch in &file.patches {
                index.add(file, patch, problems);
            }
        }
        index
    }

    /// What is said of a piece of code.
    pub fn of(&self, kind: ResourceType, package: &str, name: &str) -> Option<Assigned<'p>> {
        self.assigned.get(&(kind, package, name)).copied()
    }

    /// Whether a patch, or one version of it, belongs to any code.
    pub fn has_target(&self, patch: &Patch, file: &Properties, version: Option<&WrittenVersion>) -> bool {
        let package = file.place.package.as_ref();
        match version {
            Some(version) => self.version_file(patch, package, version).is_some(),
            None => self.target(patch, package).is_some(),
        }
    }

    fn target(&self, patch: &Patch, package: &str) -> Option<CodeKey<'p>> {
        let own = self.known.get(&(patch.kind, package, patch.name.as_str())).copied();
        own.or_else(|| self.by_name.get(&(patch.kind, patch.name.as_str())).copied())
    }

    /// The file of a version. COMPAT: the latest may stand in a file without suffix (dbt 1.11).
    fn version_file(&self, patch: &Patch, package: &str, version: &WrittenVersion) -> Option<CodeKey<'p>> {
        let known = |name: &str| self.known.get(&(ResourceType::Model, package, name)).copied();
        let usual = version.defined_in.clone().unwrap_or_else(|| format!("{}_v{}", patch.name, version.version.text()));
        let is_latest = latest_of(patch).is_some_and(|latest| latest.text() == version.version.text());
        known(&usual).or_else(|| known(&patch.name).filter(|_| is_latest))
    }

    fn add(&mut self, file: &'p Properties, patch: &'p Patch, problems: &mut Diagnostics) {
        let package = file.place.package.as_ref();
        if patch.versions.is_empty() || patch.kind != ResourceType::Model {
            match self.target(patch, package) {
                Some(key) => self.assign(key, Assigned { patch, file, version: None, latest: None }, problems),
                None => problems.push(self.unused(patch, &patch.name, patch.span)),
            }
            return;
        }
        let latest = latest_of(patch);
        for version in &patch.versions {
            match self.version_file(patch, package, version) {
                Some(key) => self.assign(key, Assigned { patch, file, version: Some(version), latest }, problems),
                None => {
                    let wanted = format!("{}_v{}", patch.name, version.version.text());
                    problems.push(self.unused(patch, version.defined_in.as_deref().unwrap_or(&wanted), version.span));
                }
            }
        }
    }

    fn assign(&mut self, key: CodeKey<'p>, assigned: Assigned<'p>, problems: &mut Diagnostics) {
        if let Some(earlier) = self.assigned.get(&key) {
            problems.push(
                Diagnostic::error(
                    DiagnosticCode::DuplicateName,
                    format!(
                        "{} `{}` is described twice, in `{}` and `{}`",
                        key.0, assigned.patch.name, earlier.file.place.display, assigned.file.place.display
                    ),
                )
                .at(assigned.patch.span, "also described here")
                .and_at(earlier.patch.span, "first described here")
                .help("move both into one entry"),
            );
            return;
        }
        self.assigned.insert(key, assigned);
    }

    fn unused(&self, patch: &Patch, name: &str, place: crate::source::Span) -> Diagnostic {
        let kind = if patch.kind == ResourceType::Test { "data test" } else { patch.kind.as_str() };
        let problem = Diagnostic::warning(DiagnosticCode::UnusedPatch, format!("{kind} `{name}` does not exist"))
            .at(place, "described here, but there is no such file");
        const KINDS: [ResourceType; 3] = [ResourceType::Model, ResourceType::Seed, ResourceType::Snapshot];
        if let Some(other) = KINDS.into_iter().find(|other| self.by_name.contains_key(&(*other, name))) {
            return problem.help(format!("it is a {other}: describe it under `{other}s:`"));
        }
        let mut known: Vec<&str> =
            self.by_name.keys().filter(|(of, _)| *of == patch.kind).map(|(_, name)| *name).collect();
        known.sort_unstable();
        match closest(name, known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("remove the entry, or add the file"),
        }
    }
}

/// The version that an unversioned `ref()` means: the one named, else the newest.
pub(super) fn latest_of(patch: &Patch) -> Option<&VersionRef> {
    patch.latest_version.as_ref().or_else(|| {
        patch
            .versions
            .iter()
            .map(|version| &version.version)
            .reduce(|best, version| if version.is_newer_than(best) { version } else { best })
    })
}
