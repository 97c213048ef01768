//! `clean`: removes the folders that `clean-targets` names.

use std::path::{Path, PathBuf};

use crate::config::{LogLevel, Settings, normalized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::report::{Event, Reporter};
use crate::source::Span;
use crate::system::FileSystem;

/// Removes every clean target, or nothing if one of them must not be removed.
///
/// # Errors
/// `invalid-value` for a target that holds sources, is the project itself, or stands outside of it
/// (`--no-clean-project-files-only` allows the last); `io`.
pub fn clean(settings: &Settings, fs: &dyn FileSystem, reporter: &dyn Reporter) -> Result<(), Diagnostics> {
    let targets = targets(settings);
    let refused: Diagnostics = targets.iter().filter_map(|target| refusal(target, settings)).collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let mut failed = Diagnostics::new();
    for target in &targets {
        let standing = fs.is_dir(&target.path);
        if let Err(error) = fs.remove_dir_all(&target.path) {
            let message = format!("`{}` cannot be removed", target.path.display());
            failed.push(Diagnostic::error(Code::Io, message).caused_by(error));
        } else if standing {
            let text = format!("Cleaned {}", target.path.display());
            reporter.report(&Event::Message { level: LogLevel::Info, text });
        }
    }
    if failed.is_empty() {
        reporter.report(&Event::Message { level: LogLevel::Info, text: "Finished cleaning all paths.".to_owned() });
        Ok(())
    } else {
        Err(failed)
    }
}

struct Target {
    path: PathBuf,
    place: Option<Span>,
}

/// `clean-targets`, or the target folder when the project file names none.
fn targets(settings: &Settings) -> Vec<Target> {
    let project = &settings.project;
    let Some(list) = project.tree.get("clean-targets").filter(|list| !list.is_null()) else {
        return vec![Target { path: settings.target_path.clone(), place: None }];
    };
    let places = list.items().iter().map(|item| item.span).chain([list.span]);
    let path = |written: &String| normalized(&project.root.join(written));
    project
        .clean_targets
        .iter()
        .zip(places)
        .map(|(written, place)| Target { path: path(written), place: Some(place) })
        .collect()
}

fn refusal(target: &Target, settings: &Settings) -> Option<Diagnostic> {
    let project = &settings.project;
    let holds = |folder: &Path| folder.starts_with(&target.path);
    let sources = project.paths.sources();
    let refuse = |why: String, label: &str| {
        Diagnostic::error(Code::InvalidValue, format!("`{}` is not cleaned: {why}", target.path.display()))
            .at_opt(target.place, label)
            .help("take it out of `clean-targets`; nothing was removed")
    };
    if holds(&project.root) {
        Some(refuse("the project itself stands in it".to_owned(), "holds the project"))
    } else if let Some(source) = sources.iter().find(|source| holds(&normalized(&project.root.join(source)))) {
        Some(refuse(format!("`{source}` holds the project's own files"), "holds sources"))
    } else if !target.path.starts_with(&project.root) && settings.flags.clean_project_files_only {
        let problem = refuse("it stands outside the project".to_owned(), "outside the project");
        Some(problem.help("`--no-clean-project-files-only` removes it all the same"))
    } else {
        None
    }
}
