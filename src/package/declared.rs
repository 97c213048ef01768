use std::path::{Path, PathBuf};

use crate::config::yaml::{Fields, Key, Yaml, parse};
use crate::config::{SettingRenderer, normalized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resource::JsonMap;
use crate::source::{SourceSet, Span};
use crate::system::FileSystem;

/// One entry of `packages.yml` or `dependencies.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredPackage {
    /// Where it comes from.
    pub source: PackageSource,
    /// `name:`, where given.
    pub name: Option<String>,
    /// Where the entry stands.
    pub span: Span,
    /// The entry, rendered.
    pub(super) entry: JsonMap,
    /// The entry as written.
    pub(super) unrendered: JsonMap,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// The package registry.
    Registry {
        /// `namespace/name`.
        package: String,
        /// Versions or ranges, all of which must hold.
        versions: Vec<String>,
        /// Whether versions before a release count.
        install_prerelease: bool,
    },
    /// A git repository.
    Git {
        /// Its address.
        url: String,
        /// Branch, tag or commit.
        revision: Option<String>,
        /// Folder of the project in it.
        subdirectory: Option<String>,
        /// Whether to warn when no revision is given.
        warn_unpinned: bool,
    },
    /// A folder on this disk, relative to the project.
    Local {
        /// The folder.
        path: String,
    },
    /// An archive.
    Tarball {
        /// Its address.
        url: String,
    },
    /// A repository that only the integration of a hosted service can reach.
    Private {
        /// `organisation/repository`.
        name: String,
    },
}

impl PackageSource {
    /// Its name in the registry, its URL or its path.
    pub fn address(&self) -> &str {
        match self {
            Self::Registry { package, .. } => package,
            Self::Git { url, .. } | Self::Tarball { url } => url,
            Self::Local { path } => path,
            Self::Private { name } => name,
        }
    }

    /// What kind of package it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Registry { .. } => "a hub package",
            Self::Git { .. } => "a git package",
            Self::Local { .. } => "a local package",
            Self::Tarball { .. } => "an archive",
            Self::Private { .. } => "a private package",
        }
    }
}

impl DeclaredPackage {
    /// What to call it in messages.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.source.address())
    }

    /// Whether an installed folder may be this package: folders are called like their projects.
    pub(super) fn may_stand_in(&self, folder: &Path) -> bool {
        let folder = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        same_name(&self.guessed_name(), folder)
    }

    /// Whether the project's name is known without reading it.
    pub(super) fn name_is_certain(&self) -> bool {
        self.name.is_some() || matches!(self.source, PackageSource::Local { .. })
    }

    /// The folder of a local package.
    pub(super) fn local_folder(&self, root: &Path) -> Option<PathBuf> {
        match &self.source {
            PackageSource::Local { path } => Some(normalized(&root.join(path))),
            _ => None,
        }
    }

    fn guessed_name(&self) -> String {
        let label = self.label().trim_end_matches('/').trim_end_matches(".git").trim_end_matches(".tar.gz");
        label.rsplit(['/', ':']).next().unwrap_or(label).to_owned()
    }
}

fn same_name(one: &str, other: &str) -> bool {
    let fold = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    one.chars().map(fold).eq(other.chars().map(fold))
}

/// What a project asks for. `env_var` may give secrets here.
pub fn declared(
    root: &Path,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    renderer: &SettingRenderer<'_>,
) -> (Vec<DeclaredPackage>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let renderer = renderer.with_secrets(true);
    let packages = read("packages.yml", root, fs, sources, &mut diagnostics);
    let dependencies = read("dependencies.yml", root, fs, sources, &mut diagnostics);
    let list = |tree: &Option<Yaml>| tree.as_ref().and_then(|tree| tree.entry("packages")).cloned();
    let (written, rendered) = match (list(&packages), list(&dependencies)) {
        (Some(one), Some(other)) => {
            diagnostics.push(given_twice(&one, &other));
            (None, None)
        }
        // COMPAT: `dependencies.yml` is not rendered (dbt 1.11).
        (None, Some((_, list))) => (Some(list.clone()), Some(list)),
        (Some((_, list)), None) => {
            let rendered = renderer.rendered(&list, &mut diagnostics);
            (Some(list), Some(rendered))
        }
        (None, None) => (None, None),
    };
    let entries = rendered.iter().flat_map(Yaml::items).zip(written.iter().flat_map(Yaml::items));
    let found = entries.filter_map(|(entry, written)| understand(entry, written, &mut diagnostics)).collect();
    (found, diagnostics)
}

/// What a hub package asks for, as the registry tells it.
pub(super) fn declared_by_hub(
    package: &str,
    list: &[serde_json::Value],
    sources: &SourceSet,
) -> (Vec<DeclaredPackage>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    // JSON is YAML, and with a text to point into its problems are shown like those of any file.
    let text = serde_json::to_string_pretty(list).unwrap_or_default();
    let shown = format!("{package} (packages of the registry)");
    let file = sources.get(sources.add(PathBuf::from(&shown), shown, text));
    let (tree, found) = file.map_or((None, Diagnostics::new()), |file| parse(&file));
    diagnostics.extend(found);
    let entries = tree.iter().flat_map(Yaml::items);
    let found = entries.filter_map(|entry| understand(entry, entry, &mut diagnostics)).collect();
    (found, diagnostics)
}

fn given_twice(one: &(Key, Yaml), other: &(Key, Yaml)) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, "`packages` is given in `packages.yml` and in `dependencies.yml`")
        .at(other.0.span, "also given here")
        .and_at(one.0.span, "first given here")
        .help("keep one of the two")
}

fn read(
    name: &str,
    root: &Path,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    diagnostics: &mut Diagnostics,
) -> Option<Yaml> {
    let path = root.join(name);
    let text = fs.read_to_string(&path).ok()?;
    let file = sources.get(sources.add(path, name, text))?;
    let (tree, found) = parse(&file);
    diagnostics.extend(found);
    tree
}

fn understand(entry: &Yaml, written: &Yaml, diagnostics: &mut Diagnostics) -> Option<DeclaredPackage> {
    let mut fields = Fields::new("a package", entry, diagnostics);
    let source = source(&mut fields)?;
    let name = fields.text("name");
    Some(DeclaredPackage {
        source,
        name,
        span: first_line(entry),
        entry: entry.to_json_map(),
        unrendered: written.to_json_map(),
    })
}

/// Where an entry of `packages.yml` or of the lock file says that a package comes from.
pub(super) fn source(fields: &mut Fields<'_>) -> Option<PackageSource> {
    let flag = |fields: &mut Fields<'_>, one, other| fields.flag(one).or_else(|| fields.flag(other));
    if let Some(package) = fields.text("package") {
        let versions = fields.texts("version").unwrap_or_default();
        let install_prerelease = flag(fields, "install-prerelease", "install_prerelease").unwrap_or(false);
        Some(PackageSource::Registry { package, versions, install_prerelease })
    } else if let Some(url) = fields.text("git") {
        let (revision, subdirectory) = (fields.text("revision"), fields.text("subdirectory"));
        let warn_unpinned = flag(fields, "warn-unpinned", "warn_unpinned").unwrap_or(true);
        Some(PackageSource::Git { url, revision, subdirectory, warn_unpinned })
    } else if let Some(path) = fields.text("local") {
        Some(PackageSource::Local { path })
    } else if let Some(url) = fields.text("tarball") {
        Some(PackageSource::Tarball { url })
    } else if let Some(name) = fields.text("private") {
        Some(PackageSource::Private { name })
    } else {
        let span = fields.span();
        fields.report(
            Diagnostic::error(Code::MissingKey, "a package does not say where it comes from")
                .at(span, "one of `package`, `git`, `local`, `tarball` is required")
                .help("for instance `- package: dbt-labs/dbt_utils` with `version: 1.3.0`"),
        );
        None
    }
}

/// The value under one of two spellings.
pub(super) fn either(entry: &JsonMap, one: &str, other: &str) -> Option<serde_json::Value> {
    entry.get(one).or_else(|| entry.get(other)).cloned()
}

/// An entry is shown by its first value: `dbt-labs/dbt_utils`.
fn first_line(entry: &Yaml) -> Span {
    entry.entries().first().map_or(entry.span, |(_, value)| value.span)
}
