//! `debug`: shows what was found, checks it, and tries the connection.

use std::future::Future;
use std::path::{Path, PathBuf};

use crate::config::{DBT_VERSION, Examined, LogLevel, PROFILES_FILE, Profile, ProfileOrigin, VERSION};
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors};
use crate::report::{Event, Reporter};

/// What a try at connecting gave.
#[derive(Debug)]
pub struct Connection {
    /// What to show of it, secrets left out.
    pub facts: Vec<(String, String)>,
    /// Whether a statement could be run.
    pub result: Result<(), Box<Diagnostic>>,
}

/// Checks everything and says whether all is well. `connect` opens the profile's adapter (paths in it
/// are relative to the folder given) and runs a statement.
pub async fn debug<C, F>(examined: &Examined, reporter: &dyn Reporter, connect: C) -> bool
where
    C: FnOnce(Profile, PathBuf) -> F,
    F: Future<Output = Connection>,
{
    let say = |text: String| reporter.report(&Event::Message { level: LogLevel::Info, text });
    if examined.flags.config_dir {
        folders(examined).into_iter().for_each(say);
        return true;
    }
    let mut problems: Diagnostics = examined.option_problems.clone();
    if examined.flags.connection_only {
        say("Skipping steps before connection verification".to_owned());
    } else {
        configuration(examined).into_iter().for_each(say);
        problems.extend(examined.project_problems.iter().cloned());
    }
    problems.extend(examined.profile_problems.iter().cloned());
    match &examined.profile {
        None => say("Connection test skipped, since no profile was found".to_owned()),
        Some(profile) => {
            let root = examined.places.project.clone().unwrap_or_default();
            let connection = connect(profile.clone(), root).await;
            say("Connection:".to_owned());
            connection.facts.iter().for_each(|(label, value)| say(format!("  {label}: {value}")));
            say(format!(
                "  Connection test: [{}]",
                if connection.result.is_ok() { "OK connection ok" } else { "ERROR" }
            ));
            problems.extend(connection.result.err().map(|problem| *problem));
        }
    }
    let failed = has_errors(&problems) || examined.profile.is_none();
    problems.into_iter().for_each(|problem| reporter.report(&Event::Diagnostic(Box::new(problem))));
    say(if failed { "Some checks failed.".to_owned() } else { "All checks passed!".to_owned() });
    !failed
}

fn configuration(examined: &Examined) -> Vec<String> {
    let mut lines =
        vec![format!("aquifer version: {VERSION}"), format!("dbt version whose behaviour is kept: {DBT_VERSION}")];
    lines.extend(folders(examined));
    let project_file = examined.places.project.as_ref().ok().zip(examined.project.as_ref());
    if let Some((root, project)) = project_file {
        lines.push(format!("Using project file at {}", root.join(&project.file.display).display()));
    }
    lines.push("Configuration:".to_owned());
    lines.push(format!("  project file [{}]", project_state(examined)));
    match &examined.profile {
        Some(profile) => {
            let origin = match &profile.origin {
                ProfileOrigin::File(path) => path.display().to_string(),
                ProfileOrigin::Embedded => "none found: the embedded lakehouse is used".to_owned(),
            };
            lines.push(format!("  profiles.yml [{}] {origin}", state(true, &examined.profile_problems)));
            lines.push(format!("  profile: {}", profile.name));
            lines.push(format!("  target: {} ({})", profile.target_name, profile.adapter_type));
        }
        None => lines.push(format!("  profiles.yml [{}]", state(false, &examined.profile_problems))),
    }
    lines
}

fn project_state(examined: &Examined) -> &'static str {
    match examined.places.project {
        Ok(_) => state(examined.project.is_some(), &examined.project_problems),
        Err(_) => "ERROR not found",
    }
}

fn state(found: bool, problems: &[Diagnostic]) -> &'static str {
    match (found, has_errors(problems)) {
        (true, false) => "OK found and valid",
        (false, false) => "ERROR not found",
        (_, true) => "ERROR invalid",
    }
}

/// Where `profiles.yml` is looked for, the first place first.
fn folders(examined: &Examined) -> Vec<String> {
    let search = &examined.places.profiles;
    let shown = |folder: &Path| folder.join(PROFILES_FILE).display().to_string();
    let places: Vec<String> = match &search.named {
        Some(folder) => vec![shown(folder)],
        None => search.usual.iter().map(|folder| shown(folder)).collect(),
    };
    vec![format!("Profiles are looked for in {}", places.join(", then "))]
}
