use std::path::{Path, PathBuf};

use crate::config::yaml::{Fields, Yaml, parse};
use crate::config::{SettingRenderer, normalized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
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
    /// A git repository; `private:` ones too.
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
}

impl DeclaredPackage {
    /// What to call it in messages.
    pub fn label(&self) -> &str {
        match (&self.name, &self.source) {
            (Some(name), _) => name,
            (None, PackageSource::Registry { package, .. }) => package,
            (None, PackageSource::Git { url, .. } | PackageSource::Tarball { url }) => url,
            (None, PackageSource::Local { path }) => path,
        }
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
    let listed = match (list(&packages), list(&dependencies)) {
        (Some(one), Some(other)) => {
            diagnostics.push(
                Diagnostic::error(
                    Code::InvalidValue,
                    "`packages` is given in `packages.yml` and in `dependencies.yml`",
                )
                .at(other.0.span, "also given here")
                .and_at(one.0.span, "first given here")
                .help("keep one of the two"),
            );
            None
        }
        // COMPAT: `dependencies.yml` is not rendered (dbt 1.11).
        (None, Some((_, list))) => Some(list),
        (Some((_, list)), None) => Some(renderer.rendered(&list, &mut diagnostics)),
        (None, None) => None,
    };
    let entries = listed.iter().flat_map(Yaml::items);
    let found = entries.filter_map(|entry| understand(entry, &mut diagnostics)).collect();
    (found, diagnostics)
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

fn understand(entry: &Yaml, diagnostics: &mut Diagnostics) -> Option<DeclaredPackage> {
    let mut fields = Fields::new("a package", entry, diagnostics);
    let source = if let Some(package) = fields.text("package") {
        let versions = fields.texts("version").unwrap_or_default();
        let install_prerelease = either(&mut fields, "install-prerelease", "install_prerelease").unwrap_or(false);
        PackageSource::Registry { package, versions, install_prerelease }
    } else if let Some(url) = fields.text("git").or_else(|| fields.text("private")) {
        let (revision, subdirectory) = (fields.text("revision"), fields.text("subdirectory"));
        let warn_unpinned = either(&mut fields, "warn-unpinned", "warn_unpinned").unwrap_or(true);
        PackageSource::Git { url, revision, subdirectory, warn_unpinned }
    } else if let Some(path) = fields.text("local") {
        PackageSource::Local { path }
    } else if let Some(url) = fields.text("tarball") {
        PackageSource::Tarball { url }
    } else {
        let span = fields.span();
        fields.report(
            Diagnostic::error(Code::MissingKey, "a package does not say where it comes from")
                .at(span, "one of `package`, `git`, `local`, `tarball` is required")
                .help("for instance `- package: dbt-labs/dbt_utils` with `version: 1.3.0`"),
        );
        return None;
    };
    let name = fields.text("name");
    Some(DeclaredPackage { source, name, span: first_line(entry) })
}

fn either(fields: &mut Fields<'_>, one: &str, other: &str) -> Option<bool> {
    fields.flag(one).or_else(|| fields.flag(other))
}

/// An entry is shown by its first value: `dbt-labs/dbt_utils`.
fn first_line(entry: &Yaml) -> Span {
    entry.entries().first().map_or(entry.span, |(_, value)| value.span)
}
