//! From what is asked for to exact versions: breadth first through all packages, requirements of
//! several askers combined.

use std::path::Path;

use super::declared::{DeclaredPackage, PackageSource, declared, declared_by_hub};
use super::fetch::Fetcher;
use super::git::Repository;
use super::lock::{LockFile, LockedPackage, fingerprint};
use super::version::{Requirement, Version};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};

/// Most rounds of packages asking for packages.
const MOST_ROUNDS: usize = 64;

/// Exact versions of everything that a project asks for, directly or through others.
///
/// # Errors
/// `package-conflict`, `unknown-package`, `download-failed`, and what is wrong with package files.
pub fn resolve(packages: &[DeclaredPackage], fetcher: &Fetcher<'_>) -> Result<LockFile, Diagnostics> {
    let root = &fetcher.settings.project.name;
    let mut all: Vec<Wanted> = Vec::new();
    let mut pending: Vec<Asked> =
        packages.iter().map(|package| Asked { by: root.clone(), package: package.clone() }).collect();
    for _ in 0..MOST_ROUNDS {
        let mut next = Vec::new();
        for asked in std::mem::take(&mut pending) {
            let wanted = incorporate(&mut all, asked)?;
            let found = wanted.find(fetcher)?;
            // What was followed once leads to nothing new.
            if wanted.followed.as_ref() != Some(&found.locked) {
                next.extend(found.asks()?);
                wanted.followed = Some(found.locked);
            }
        }
        if next.is_empty() {
            break;
        }
        pending = next;
    }
    let mut locked = Vec::with_capacity(all.len());
    for wanted in &all {
        locked.push(wanted.find(fetcher)?.locked);
    }
    check_names(&locked, root)?;
    Ok(LockFile { packages: locked, sha1_hash: Some(fingerprint(packages)) })
}

/// One request for a package.
#[derive(Debug, Clone)]
struct Asked {
    by: String,
    package: DeclaredPackage,
}

/// One package with all requests for it.
struct Wanted {
    first: Asked,
    more: Vec<Asked>,
    /// What it was when its own packages were asked for.
    followed: Option<LockedPackage>,
}

/// A package at the version that all requests take.
struct Found {
    locked: LockedPackage,
    asks: (Vec<DeclaredPackage>, Diagnostics),
}

impl Found {
    /// What it asks for itself.
    fn asks(&self) -> Result<Vec<Asked>, Diagnostics> {
        let (packages, problems) = &self.asks;
        if has_errors(problems) {
            return Err(problems.clone());
        }
        let by = self.locked.label().to_owned();
        Ok(packages.iter().map(|package| Asked { by: by.clone(), package: package.clone() }).collect())
    }
}

fn incorporate(all: &mut Vec<Wanted>, asked: Asked) -> Result<&mut Wanted, Diagnostics> {
    let wanted_as = identity(&asked.package.source);
    let position = all.iter().position(|wanted| identity(&wanted.first.package.source) == wanted_as);
    let position = match position {
        Some(position) => {
            all[position].more.push(asked.clone());
            position
        }
        None => {
            all.push(Wanted { first: asked.clone(), more: Vec::new(), followed: None });
            all.len() - 1
        }
    };
    let wanted = &mut all[position];
    if wanted.first.package.source.kind() != asked.package.source.kind() {
        return Err(vec![mixed_kinds(&wanted.first, &asked)]);
    }
    Ok(wanted)
}

/// What makes two requests mean one package.
fn identity(source: &PackageSource) -> String {
    let without_ending = |url: &str| url.trim_end_matches('/').trim_end_matches(".git").to_owned();
    match source {
        PackageSource::Git { url, subdirectory: Some(folder), .. } => format!("{}/{folder}", without_ending(url)),
        PackageSource::Git { url, .. } => without_ending(url),
        other => other.address().to_owned(),
    }
}

impl Wanted {
    fn asked(&self) -> impl Iterator<Item = &Asked> {
        std::iter::once(&self.first).chain(&self.more)
    }

    fn find(&self, fetcher: &Fetcher<'_>) -> Result<Found, Diagnostics> {
        let first = &self.first.package;
        let located = |problem: Box<Diagnostic>| vec![located(*problem, first)];
        match &first.source {
            PackageSource::Registry { package, .. } => self.of_hub(package, fetcher).map_err(located),
            PackageSource::Git { url, subdirectory, .. } => self.of_git(url, subdirectory.as_deref(), fetcher),
            PackageSource::Tarball { url } => {
                let archive = fetcher.archive(url, None).map_err(located)?;
                self.of_folder(&archive.folder, first.source.clone(), fetcher)
            }
            PackageSource::Local { path } => {
                // COMPAT: a package's own local packages are looked for from the root project (dbt 1.11).
                let folder = crate::config::normalized(&fetcher.settings.project.root.join(path));
                self.of_folder(&folder, first.source.clone(), fetcher)
            }
            PackageSource::Private { name } => Err(vec![
                Diagnostic::error(Code::Unsupported, format!("the private package `{name}` cannot be fetched"))
                    .at(first.span, "needs a hosted service's access to the repository")
                    .help("name the repository's address under `git:` instead"),
            ]),
        }
    }

    fn of_hub(&self, package: &str, fetcher: &Fetcher<'_>) -> Result<Found, Box<Diagnostic>> {
        let known = fetcher.hub(package)?;
        let requirements = self.requirements()?;
        let prereleases = self
            .asked()
            .any(|asked| matches!(asked.package.source, PackageSource::Registry { install_prerelease: true, .. }))
            || requirements.iter().any(|(_, requirement)| requirement.names_prerelease());
        let versions = known.installable(prereleases, fetcher.settings.flags.version_check);
        let fits = |version: &&Version| requirements.iter().all(|(_, requirement)| requirement.takes(version));
        let Some(version) = versions.iter().rev().find(fits) else {
            return Err(Box::new(self.conflict(package, &requirements, &versions, fetcher)));
        };
        let version = version.as_str().to_owned();
        let info = known.versions.get(&version).ok_or_else(|| self.conflict(package, &requirements, &[], fetcher))?;
        let source =
            PackageSource::Registry { package: package.to_owned(), versions: vec![version], install_prerelease: false };
        let locked = self.locked(Some(info.name.clone()), source);
        Ok(Found { locked, asks: declared_by_hub(package, &info.packages, fetcher.sources) })
    }

    /// Every condition on the version with who sets it.
    fn requirements(&self) -> Result<Vec<(&Asked, Requirement)>, Box<Diagnostic>> {
        let mut all = Vec::new();
        for asked in self.asked() {
            let PackageSource::Registry { package, versions, .. } = &asked.package.source else { continue };
            if versions.is_empty() {
                let message = format!("`{package}` has no version");
                let problem = Diagnostic::error(Code::MissingKey, message)
                    .at(asked.package.span, "`version:` is required for hub packages");
                return Err(Box::new(problem.help("for instance `version: [\">=1.0.0\", \"<2.0.0\"]`")));
            }
            for text in versions {
                let requirement = Requirement::parse(text).ok_or_else(|| Box::new(no_version(text, &asked.package)))?;
                all.push((asked, requirement));
            }
        }
        Ok(all)
    }

    fn conflict(
        &self,
        package: &str,
        requirements: &[(&Asked, Requirement)],
        versions: &[Version],
        fetcher: &Fetcher<'_>,
    ) -> Diagnostic {
        let mut problem =
            Diagnostic::error(Code::PackageConflict, format!("no version of `{package}` is what everyone asks for"));
        for (asked, requirement) in requirements {
            problem = problem.note(format!("`{}` asks for {requirement}", asked.by));
        }
        let shown: Vec<&str> = versions.iter().rev().take(12).map(Version::as_str).collect();
        problem = match shown.as_slice() {
            [] => problem.note("no version may be installed at all"),
            some => problem.note(format!("the newest that may be installed: {}", some.join(", "))),
        };
        let problem = problem.help("change a `version:` so that the ranges meet");
        if fetcher.settings.flags.version_check {
            problem.help("`--no-version-check` takes versions that ask for another version of dbt too")
        } else {
            problem
        }
    }

    fn of_git(&self, url: &str, subdirectory: Option<&str>, fetcher: &Fetcher<'_>) -> Result<Found, Diagnostics> {
        let first = &self.first.package;
        let mut revisions: Vec<&str> = Vec::new();
        let mut warn = true;
        for asked in self.asked() {
            let PackageSource::Git { revision, warn_unpinned, .. } = &asked.package.source else { continue };
            warn &= warn_unpinned;
            revisions.extend(revision.as_deref().filter(|revision| !revisions.contains(revision)));
        }
        if revisions.len() > 1 {
            return Err(vec![self.several_revisions(url)]);
        }
        let revision = revisions.first().copied();
        let checkout = fetcher
            .git(Repository { url, revision, subdirectory })
            .map_err(|problem| vec![located(*problem, first)])?;
        let is_moving = matches!(revision, None | Some("HEAD" | "main" | "master"));
        if self.followed.is_none() && is_moving && warn {
            fetcher.warn(unpinned(url, revision, first));
        }
        let source = PackageSource::Git {
            url: url.to_owned(),
            revision: Some(checkout.commit),
            subdirectory: subdirectory.map(str::to_owned),
            warn_unpinned: true,
        };
        self.of_folder(&checkout.folder, source, fetcher)
    }

    fn several_revisions(&self, url: &str) -> Diagnostic {
        let message = format!("the git package `{url}` is asked for at several revisions");
        let mut problem = Diagnostic::error(Code::PackageConflict, message);
        for asked in self.asked() {
            if let PackageSource::Git { revision, .. } = &asked.package.source {
                let revision = revision.as_deref().unwrap_or("HEAD");
                problem = problem.note(format!("`{}` asks for `{revision}`", asked.by));
            }
        }
        located(problem, &self.first.package).help("agree on one revision")
    }

    /// A package whose project file can be read now.
    fn of_folder(&self, folder: &Path, source: PackageSource, fetcher: &Fetcher<'_>) -> Result<Found, Diagnostics> {
        let first = &self.first.package;
        let project = fetcher
            .project(folder)
            .map_err(|problems| problems.into_iter().map(|problem| located(problem, first)).collect::<Diagnostics>())?;
        // COMPAT: an archive is called as the asker calls it, whatever its project file says (dbt 1.11).
        let given = first.name.clone().filter(|_| matches!(source, PackageSource::Tarball { .. }));
        let locked = self.locked(Some(given.unwrap_or(project.name)), source);
        let asks = declared(folder, fetcher.fs, fetcher.sources, &fetcher.renderer);
        Ok(Found { locked, asks })
    }

    fn locked(&self, name: Option<String>, source: PackageSource) -> LockedPackage {
        let first = &self.first.package;
        let key = if matches!(source, PackageSource::Tarball { .. }) { "tarball" } else { "git" };
        let written = first.unrendered.get(key).and_then(serde_json::Value::as_str);
        let written = written.unwrap_or_else(|| source.address()).to_owned();
        LockedPackage { name, source, written, span: first.span }
    }
}

/// A problem without a place stands where the package is asked for.
fn located(problem: Diagnostic, package: &DeclaredPackage) -> Diagnostic {
    match problem.primary {
        Some(_) => problem,
        None => problem.at(package.span, "asked for here"),
    }
}

fn no_version(text: &str, package: &DeclaredPackage) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, format!("`{text}` is not a valid semantic version"))
        .at(package.span, "the version of this package")
        .help("a version has three numbers; write for instance `1.3.0` or `[\">=1.3.0\", \"<2.0.0\"]`")
}

fn unpinned(url: &str, revision: Option<&str>, package: &DeclaredPackage) -> Diagnostic {
    let how = match revision {
        Some(branch @ ("main" | "master")) => format!("pinned to the \"{branch}\" branch"),
        _ => "not pinned, using HEAD (default branch)".to_owned(),
    };
    Diagnostic::warning(Code::UnpinnedPackage, format!("the git package `{url}` is {how}"))
        .at(package.span, "may change without a warning")
        .help("name a tag or commit under `revision:`, or say `warn-unpinned: false`")
}

fn mixed_kinds(first: &Asked, other: &Asked) -> Diagnostic {
    let label = first.package.source.address();
    Diagnostic::error(Code::PackageConflict, format!("`{label}` is asked for in two ways"))
        .note(format!("`{}` asks for {}", first.by, first.package.source.kind()))
        .note(format!("`{}` asks for {}", other.by, other.package.source.kind()))
        .at(first.package.span, "asked for here")
}

fn check_names(packages: &[LockedPackage], root: &str) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::new();
    for (index, package) in packages.iter().enumerate() {
        let twin = packages[..index].iter().find(|earlier| earlier.name == package.name);
        let label = package.label();
        let problem = |message| Diagnostic::error(Code::DuplicateName, message).at(package.span, "asked for here");
        if label == root {
            problems.push(
                problem(format!("a package has the same name as the root project `{root}`"))
                    .help("package names must be unique in a project: rename one of the two"),
            );
        } else if let Some(twin) = twin {
            problems.push(
                problem(format!("found duplicate project `{label}`"))
                    .note(format!("it comes from `{}` and from `{}`", twin.source.address(), package.source.address()))
                    .help("ask for it in one way only"),
            );
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
