//! Getting packages and what they say of themselves, each once a run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha1::{Digest, Sha1};

use super::archive::unpack;
use super::git::{Checkout, Repository, checkout};
use super::hub::{DEFAULT_HUB, HubPackage};
use crate::config::{ProjectFile, ProjectSettings, SettingRenderer, Settings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::report::{Event, Reporter};
use crate::source::SourceSet;
use crate::system::{FileSystem, Http};

/// Below the install folder: packages on their way in.
const STAGING: &str = ".incoming";

/// Fetches packages for one run of `deps`.
pub struct Fetcher<'a> {
    pub(super) settings: &'a Settings,
    pub(super) fs: &'a dyn FileSystem,
    pub(super) sources: &'a SourceSet,
    pub(super) renderer: SettingRenderer<'a>,
    pub(super) reporter: &'a dyn Reporter,
    http: Http,
    hub: String,
    asked: RefCell<HashMap<String, Rc<HubPackage>>>,
    here: RefCell<HashMap<String, Checkout>>,
}

impl<'a> Fetcher<'a> {
    /// A fetcher for a project.
    pub fn new(
        settings: &'a Settings,
        fs: &'a dyn FileSystem,
        sources: &'a SourceSet,
        renderer: SettingRenderer<'a>,
        reporter: &'a dyn Reporter,
    ) -> Self {
        let hub = settings.environment.flag("PACKAGE_HUB_URL").unwrap_or(DEFAULT_HUB).to_owned();
        let (asked, here) = (RefCell::default(), RefCell::default());
        Self { settings, fs, sources, renderer, reporter, http: Http::new(), hub, asked, here }
    }

    /// The install folder.
    pub(super) fn install_folder(&self) -> PathBuf {
        let project = &self.settings.project;
        project.root.join(&project.paths.packages_install)
    }

    /// Says something.
    pub(super) fn warn(&self, warning: Diagnostic) {
        self.reporter.report(&Event::Diagnostic(Box::new(warning)));
    }

    /// What the registry knows of a package.
    pub(super) fn hub(&self, package: &str) -> Result<Rc<HubPackage>, Box<Diagnostic>> {
        if let Some(known) = self.asked.borrow().get(package) {
            return Ok(Rc::clone(known));
        }
        let found = Rc::new(HubPackage::fetch(&self.http, &self.hub, package)?);
        if let Some(renamed) = found.renamed(package) {
            let message = format!("the `{package}` package is deprecated in favor of `{renamed}`");
            self.warn(
                Diagnostic::warning(Code::Deprecated, message)
                    .event("PackageRedirectDeprecation")
                    .help(format!("write `{renamed}` in `packages.yml`")),
            );
        }
        self.asked.borrow_mut().insert(package.to_owned(), Rc::clone(&found));
        Ok(found)
    }

    /// A revision of a git repository.
    pub(super) fn git(&self, repository: Repository<'_>) -> Result<Checkout, Box<Diagnostic>> {
        let Repository { url, revision, subdirectory } = repository;
        let key = |revision: &str| format!("{url}\n{revision}\n{}", subdirectory.unwrap_or_default());
        let found = self.once(&key(revision.unwrap_or_default()), |folder| {
            let parent = folder.parent().unwrap_or(folder);
            // git clones into a folder that stands already.
            let ready = self.fs.write(&parent.join(".keep"), b"");
            ready.map_err(|error| Box::new(not_written(parent, &error)))?;
            checkout(repository, folder, self.fs)
        })?;
        // Its commit is asked for next, when it is installed.
        self.here.borrow_mut().insert(key(&found.commit), found.clone());
        Ok(found)
    }

    /// An archive, unpacked. `sha1` is what the registry says of it.
    pub(super) fn archive(&self, url: &str, sha1: Option<&str>) -> Result<Checkout, Box<Diagnostic>> {
        self.once(url, |folder| {
            let missing = || Box::new(refused(url, "the server has no such file"));
            let content = self.http.get(url)?.ok_or_else(missing)?;
            let actual = hex::encode(Sha1::digest(&content));
            // COMPAT: archives that a forge makes on demand change without their content changing, so
            // this cannot be an error (dbt 1.11 does not look).
            if let Some(sha1) = sha1.filter(|sha1| !sha1.is_empty() && !sha1.eq_ignore_ascii_case(&actual)) {
                let message = format!("`{url}` is not the archive that the registry describes");
                self.warn(
                    Diagnostic::warning(Code::PackageChanged, message)
                        .note(format!("its SHA-1 is {actual}, the registry says {sha1}"))
                        .help("check what was installed before you trust it"),
                );
            }
            unpack(&content, folder, self.fs).map_err(|error| Box::new(refused(url, error)))?;
            Ok(Checkout { folder: folder.to_owned(), commit: actual })
        })
    }

    /// The project file of a fetched or local package.
    pub(super) fn project(&self, folder: &Path) -> Result<ProjectSettings, Diagnostics> {
        let shown = folder.strip_prefix(&self.settings.project.root).unwrap_or(folder).display();
        let (file, mut problems) = ProjectFile::read(self.fs, self.sources, folder, &format!("{shown}/"));
        let project = file.and_then(|file| ProjectSettings::understand(&file, &self.renderer, &mut problems));
        project.ok_or_else(|| problems.into_iter().filter(Diagnostic::is_error).collect())
    }

    /// Removes what is left of the way in.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn tidy_up(&self) -> std::io::Result<()> {
        self.fs.remove_dir_all(&self.install_folder().join(STAGING))
    }

    /// Fetches into a fresh folder what was not fetched yet.
    fn once(
        &self,
        key: &str,
        fetch: impl FnOnce(&Path) -> Result<Checkout, Box<Diagnostic>>,
    ) -> Result<Checkout, Box<Diagnostic>> {
        if let Some(known) = self.here.borrow().get(key) {
            return Ok(known.clone());
        }
        let number = self.here.borrow().len();
        let folder = self.install_folder().join(STAGING).join(number.to_string());
        self.fs.remove_dir_all(&folder).map_err(|error| Box::new(not_written(&folder, &error)))?;
        let found = fetch(&folder)?;
        self.here.borrow_mut().insert(key.to_owned(), found.clone());
        Ok(found)
    }
}

fn refused(url: &str, cause: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::DownloadFailed, format!("the archive `{url}` cannot be unpacked")).caused_by(cause)
}

/// A folder or file that the disk refuses.
pub(super) fn not_written(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::Io, format!("`{}` cannot be written", path.display())).caused_by(error)
}
