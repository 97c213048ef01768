//! `package-lock.yml`: the exact versions of all packages, and from which request they came.

use std::path::Path;

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::declared::{DeclaredPackage, PackageSource, either};
use super::yaml_text::scalar;
use crate::config::yaml::{Fields, Yaml, parse};
use crate::config::{SettingRenderer, normalized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resource::JsonMap;
use crate::source::{SourceSet, Span};
use crate::system::FileSystem;

/// The lock file's name.
pub const LOCK_FILE: &str = "package-lock.yml";

/// Packages as they are to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// All of them, those asked for by others included.
    pub packages: Vec<LockedPackage>,
    /// Fingerprint of what the project asked for.
    pub sha1_hash: Option<String>,
}

/// One exact package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// The project's name, which is its folder's; lock files of dbt before 1.9 have none.
    pub name: Option<String>,
    /// Where it comes from: one version, one commit.
    pub source: PackageSource,
    /// Its address as written, before `env_var` put anything in.
    pub written: String,
    /// Where it is asked for.
    pub span: Span,
}

impl LockFile {
    /// Reads the lock file of a project; `None` if there is none, or none that can be read.
    pub fn read(
        root: &Path,
        fs: &dyn FileSystem,
        sources: &SourceSet,
        renderer: &SettingRenderer<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let path = root.join(LOCK_FILE);
        let text = fs.read_to_string(&path).ok()?;
        let file = sources.get(sources.add(path, LOCK_FILE, text))?;
        let (tree, found) = parse(&file);
        diagnostics.extend(found);
        let written = tree?;
        let rendered = renderer.with_secrets(true).rendered(&written, diagnostics);
        let entries = |tree: &Yaml| tree.get("packages").map(|list| list.items().to_vec()).unwrap_or_default();
        let entries = entries(&rendered).into_iter().zip(entries(&written));
        let packages = entries.filter_map(|(entry, written)| locked(&entry, &written, diagnostics)).collect();
        let sha1_hash = rendered.get("sha1_hash").and_then(Yaml::scalar_text);
        Some(Self { packages, sha1_hash })
    }

    /// Whether it was made for what is asked for now.
    pub fn fits(&self, asked: &[DeclaredPackage]) -> bool {
        self.sha1_hash.as_deref() == Some(&fingerprint(asked))
    }

    /// The file's text, as dbt writes it.
    pub fn to_text(&self) -> String {
        let mut text = String::from(if self.packages.is_empty() { "packages: []\n" } else { "packages:\n" });
        for package in &self.packages {
            let mut dash = "- ";
            for (key, value) in package.entries() {
                text.push_str(&format!("  {dash}{key}: {}\n", scalar(value)));
                dash = "  ";
            }
        }
        if let Some(hash) = &self.sha1_hash {
            text.push_str(&format!("sha1_hash: {}\n", scalar(hash)));
        }
        text
    }
}

impl LockedPackage {
    /// What to call it in messages.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.written)
    }

    /// What `deps` calls it while it works: as it was asked for.
    pub(super) fn asked_as(&self) -> String {
        match &self.source {
            PackageSource::Git { subdirectory: Some(folder), .. } => format!("{}/{folder}", self.written),
            PackageSource::Tarball { .. } => self.label().to_owned(),
            _ => self.written.clone(),
        }
    }

    /// Keys of its entry, in order of the alphabet.
    pub(super) fn entries(&self) -> Vec<(&'static str, &str)> {
        let name = self.name.iter().map(|name| ("name", name.as_str()));
        let own = match &self.source {
            PackageSource::Registry { package, versions, .. } => {
                vec![("package", package.as_str()), ("version", versions.first().map_or("", String::as_str))]
            }
            PackageSource::Git { revision, subdirectory, .. } => {
                let revision = revision.iter().map(|revision| ("revision", revision.as_str()));
                let subdirectory = subdirectory.iter().map(|folder| ("subdirectory", folder.as_str()));
                [("git", self.written.as_str())].into_iter().chain(revision).chain(subdirectory).collect()
            }
            PackageSource::Local { path } => vec![("local", path.as_str())],
            PackageSource::Tarball { .. } => vec![("tarball", self.written.as_str())],
            PackageSource::Private { name, .. } => vec![("private", name.as_str())],
        };
        let mut all: Vec<(&str, &str)> = name.chain(own).collect();
        all.sort_unstable();
        all
    }

    /// Where it came from, as messages say it: `version 1.3.0`.
    pub(super) fn version_in_words(&self) -> String {
        match &self.source {
            PackageSource::Registry { versions, .. } => format!("version {}", versions.join(", ")),
            PackageSource::Git { revision: Some(revision), .. } => format!("revision {revision}"),
            PackageSource::Git { revision: None, .. } => "HEAD (default revision)".to_owned(),
            PackageSource::Local { path } => format!("<local @ {path}>"),
            PackageSource::Tarball { .. } => format!("tarball (url: {})", self.written),
            PackageSource::Private { name, .. } => name.clone(),
        }
    }

    /// The folder of a local package.
    pub(super) fn local_folder(&self, root: &Path) -> Option<std::path::PathBuf> {
        match &self.source {
            PackageSource::Local { path } => Some(normalized(&root.join(path))),
            _ => None,
        }
    }
}

fn locked(entry: &Yaml, written: &Yaml, diagnostics: &mut Diagnostics) -> Option<LockedPackage> {
    let mut fields = Fields::new("a locked package", entry, diagnostics);
    let source = super::declared::source(&mut fields)?;
    let name = fields.text("name");
    let is_folder_name = |name: &String| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    if let Some(name) = name.as_ref().filter(|name| !is_folder_name(name)) {
        let span = fields.get("name").map_or(entry.span, |name| name.span);
        fields.report(
            Diagnostic::error(Code::InvalidValue, format!("`{name}` cannot be a package's folder"))
                .at(span, "leads out of the install folder")
                .help(format!("remove `{LOCK_FILE}` and run `aquifer deps`")),
        );
        return None;
    }
    let address = ["git", "tarball"].iter().find_map(|key| written.get(key)).and_then(Yaml::scalar_text);
    let written = address.unwrap_or_else(|| source.address().to_owned());
    Some(LockedPackage { name, source, written, span: entry.span })
}

/// Fingerprint of what a project asks for, as dbt computes it.
///
/// # Source
/// dbt 1.11: SHA-1 over the sorted JSON of each entry, unset keys as null and the unrendered entry
/// under `unrendered`.
pub(super) fn fingerprint(declared: &[DeclaredPackage]) -> String {
    let mut entries: Vec<String> = declared.iter().map(|package| python_json(&contract(package))).collect();
    entries.sort_unstable();
    hex::encode(Sha1::digest(entries.join("\n")))
}

/// An entry with all the keys that its kind has.
fn contract(package: &DeclaredPackage) -> Value {
    let entry = &package.entry;
    let mut all = JsonMap::new();
    let keys: &[&str] = match &package.source {
        PackageSource::Registry { .. } => &["package", "version"],
        PackageSource::Git { .. } => &["git", "revision", "subdirectory"],
        PackageSource::Local { .. } => &["local"],
        PackageSource::Tarball { .. } => &["tarball"],
        PackageSource::Private { .. } => &["private", "provider", "revision", "subdirectory"],
    };
    for key in keys {
        all.insert((*key).to_owned(), entry.get(*key).cloned().unwrap_or(Value::Null));
    }
    match &package.source {
        PackageSource::Registry { .. } => {
            let prereleases = either(entry, "install-prerelease", "install_prerelease");
            all.insert("install_prerelease".to_owned(), prereleases.unwrap_or(Value::Bool(false)));
        }
        PackageSource::Git { .. } | PackageSource::Private { .. } => {
            let warn = either(entry, "warn-unpinned", "warn_unpinned");
            all.insert("warn-unpinned".to_owned(), warn.unwrap_or(Value::Null));
        }
        _ => {}
    }
    if let Some(name) = entry.get("name").filter(|name| !name.is_null()) {
        all.insert("name".to_owned(), name.clone());
    }
    all.insert("unrendered".to_owned(), package.unrendered.clone().into());
    all.into()
}

/// JSON as Python writes it: keys sorted, a blank behind colons and commas, ASCII only.
fn python_json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", python_text(key), python_json(value));
            format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(python_json).collect::<Vec<_>>().join(", ")),
        Value::String(text) => python_text(text),
        scalar => scalar.to_string(),
    }
}

fn python_text(text: &str) -> String {
    let json = Value::from(text).to_string();
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            let mut units = [0; 2];
            letter.encode_utf16(&mut units).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::SettingScope;
    use crate::system::MemoryFileSystem;

    fn asked(text: &str) -> Vec<DeclaredPackage> {
        let fs = MemoryFileSystem::new([("/p/packages.yml", text)]);
        let render = |text: &str, _: &SettingScope<'_>| Ok(json!(text.replace("{{ env_var('X_TOKEN') }}", "abc")));
        let vars = JsonMap::new();
        let scope = SettingScope { vars: &vars, target: None, secrets: false };
        let renderer = SettingRenderer::new(&render, scope);
        super::super::declared(Path::new("/p"), &fs, &SourceSet::new(), &renderer).0
    }

    /// The fingerprints are those that dbt 1.11 wrote for the same files.
    #[test]
    fn fingerprints_are_those_of_dbt() {
        let hub = "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n  - package: a/b\n    version: [\">=0.7.0\", \"<0.9.0\"]\n    install_prerelease: true\n  - package: a/c\n    version: 1.0\n    install_prerelease: true\n  - package: a/d\n    version: [1.0, 2]\n  - package: a/é\n    version: \"{{ env_var('X_TOKEN') }}\"\n";
        assert_eq!(fingerprint(&asked(hub)), "2ffe71799467f648b5e10e3b8d880778524609f1");
        let others = "packages:\n  - git: \"https://{{ env_var('X_TOKEN') }}@github.com/x/y.git\"\n    revision: 1.0\n    warn-unpinned: false\n    subdirectory: sub\n  - git: https://a\n    revision: 0.1.0\n    warn-unpinned: false\n  - git: https://b\n  - local: ../x\n  - local: ../z\n    name: zed\n  - tarball: https://t/x.tar.gz\n    name: tt\n  - private: a/b\n    provider: github\n    revision: main\n";
        assert_eq!(fingerprint(&asked(others)), "ab7c37c0567a66fc9c5615c9b1f86731167cd3c3");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = "packages:\n  - name: a\n    package: x/a\n    version: 1.0.0\n  - git: https://x.org/b\n    name: b\n    revision: '1234'\n    subdirectory: s\n  - local: ../c\n    name: c\nsha1_hash: 2ffe71799467f648b5e10e3b8d880778524609f1\n";
        let read = |text: &str| {
            let fs = MemoryFileSystem::new([("/p/package-lock.yml", text)]);
            let render = |text: &str, _: &SettingScope<'_>| Ok(json!(text));
            let vars = JsonMap::new();
            let renderer = SettingRenderer::new(&render, SettingScope { vars: &vars, target: None, secrets: false });
            let mut problems = Diagnostics::new();
            let lock = LockFile::read(Path::new("/p"), &fs, &SourceSet::new(), &renderer, &mut problems);
            (lock.unwrap().to_text(), problems.iter().map(|problem| problem.message.clone()).collect::<String>())
        };
        assert_eq!(read(text), (text.to_owned(), String::new()));
        let escaping = "packages:\n  - name: ../../a\n    package: x/a\n    version: 1.0.0\n";
        assert_eq!(read(escaping), ("packages: []\n".to_owned(), "`../../a` cannot be a package's folder".to_owned()));
    }
}
