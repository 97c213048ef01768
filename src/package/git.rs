//! Fetching one revision of a git repository with the system's `git`.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::system::{FileSystem, ProgramEnd, run_program};

/// A repository and what to take of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repository<'a> {
    pub(super) url: &'a str,
    pub(super) revision: Option<&'a str>,
    pub(super) subdirectory: Option<&'a str>,
}

/// A working copy.
#[derive(Debug, Clone)]
pub(super) struct Checkout {
    /// Folder of the project in it.
    pub(super) folder: PathBuf,
    /// The commit.
    pub(super) commit: String,
}

/// Puts a revision of a repository into a folder that does not exist yet.
///
/// # Errors
/// `download-failed` when git cannot, or what it fetched leads out of the folder.
pub(super) fn checkout(
    repository: Repository<'_>,
    folder: &Path,
    fs: &dyn FileSystem,
) -> Result<Checkout, Box<Diagnostic>> {
    let git = Git { repository, folder };
    git.clone_shallow()?;
    if let Some(revision) = repository.revision.filter(|revision| *revision != "HEAD") {
        git.go_to(revision)?;
    }
    let commit = git.run(&["rev-parse", "HEAD"])?.output;
    let escaping = fs.links_out_of(folder);
    if let Some(link) = escaping.first() {
        let link = link.strip_prefix(folder).unwrap_or(link).display().to_string();
        return Err(Box::new(git.failed(format!("it holds the link `{link}`, which leads out of it"))));
    }
    let inner = git.project_folder()?;
    let history = fs.remove_dir_all(&folder.join(".git"));
    history.map_err(|error| Box::new(git.failed(format!("`.git` cannot be removed: {error}"))))?;
    Ok(Checkout { folder: inner, commit })
}

struct Git<'a> {
    repository: Repository<'a>,
    folder: &'a Path,
}

impl Git<'_> {
    fn clone_shallow(&self) -> Result<(), Box<Diagnostic>> {
        let parent = self.folder.parent().unwrap_or(self.folder);
        let mut words = vec!["clone", "--depth", "1"];
        if self.repository.subdirectory.is_some() {
            words.extend(["--filter=blob:none", "--sparse"]);
        }
        let name = self.folder.file_name().and_then(|name| name.to_str()).unwrap_or("checkout");
        words.extend(["--", self.repository.url, name]);
        self.carried_out(self.start(&words, parent)?)?;
        if let Some(subdirectory) = self.repository.subdirectory {
            self.run(&["sparse-checkout", "set", "--", subdirectory])?;
        }
        Ok(())
    }

    /// A commit, a tag or a branch; a tag goes before a branch of the same name.
    fn go_to(&self, revision: &str) -> Result<(), Box<Diagnostic>> {
        if revision.starts_with('-') {
            return Err(Box::new(self.failed(format!("`{revision}` is not a revision"))));
        }
        let fetches = [format!("refs/tags/{revision}"), format!("refs/heads/{revision}"), revision.to_owned()];
        let fetched = fetches.iter().any(|name| {
            let ended = self.start(&["fetch", "--depth", "1", "origin", name], self.folder);
            ended.is_ok_and(|ended| ended.success)
        });
        if fetched {
            return self.run(&["reset", "--hard", "FETCH_HEAD"]).map(|_| ());
        }
        // Part of a commit's name, or a server that gives no single commits: only the history tells.
        self.run(&["fetch", "--unshallow", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"])?;
        self.run(&["reset", "--hard", revision]).map(|_| ())
    }

    fn project_folder(&self) -> Result<PathBuf, Box<Diagnostic>> {
        let Some(subdirectory) = self.repository.subdirectory else { return Ok(self.folder.to_owned()) };
        let inner = crate::config::normalized(&self.folder.join(subdirectory));
        if inner.starts_with(self.folder) {
            Ok(inner)
        } else {
            Err(Box::new(self.failed(format!("its subdirectory `{subdirectory}` leads out of it"))))
        }
    }

    fn run(&self, words: &[&str]) -> Result<ProgramEnd, Box<Diagnostic>> {
        self.carried_out(self.start(words, self.folder)?)
    }

    fn start(&self, words: &[&str], folder: &Path) -> Result<ProgramEnd, Box<Diagnostic>> {
        run_program("git", words, folder).map_err(|error| {
            Box::new(self.failed(error.to_string()).help("make sure that git is installed and on the PATH"))
        })
    }

    fn carried_out(&self, ended: ProgramEnd) -> Result<ProgramEnd, Box<Diagnostic>> {
        if ended.success { Ok(ended) } else { Err(Box::new(self.failed(ended.errors))) }
    }

    fn failed(&self, cause: String) -> Diagnostic {
        let Repository { url, revision, .. } = self.repository;
        let revision = revision.map(|revision| format!(" at revision `{revision}`")).unwrap_or_default();
        Diagnostic::error(Code::DownloadFailed, format!("the git package `{url}` cannot be fetched{revision}"))
            .caused_by(cause)
    }
}
