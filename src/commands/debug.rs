//! `debug`: shows what was found, checks it, and tries the connection.

use std::future::Future;
use std::path::{Path, PathBuf};

use crate::config::{DBT_VERSION, Examined, LogLevel, PROFILES_FILE, Profile, ProfileOrigin, VERSION};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
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
    if examined.flags.connection_only {
        say("Skipping steps before connection verification".to_owned());
    } else {
        configuration(examined).into_iter().for_each(say);
    }
    let mut failed = failed_checks(examined);
    match &examined.profile {
        None => say("Connection test skipped since no profile was found".to_owned()),
        Some(profile) => {
            let root = examined.places.project.clone().unwrap_or_default();
            let connection = connect(profile.clone(), root).await;
            say("Connection:".to_owned());
            connection.facts.iter().for_each(|(label, value)| say(format!("  {label}: {value}")));
            let verdict = if connection.result.is_ok() { "OK connection ok" } else { "ERROR" };
            say(format!("  Connection test: [{verdict}]"));
            let refused = |problem: Box<Diagnostic>| {
                ("dbt was unable to connect to the specified database.".to_owned(), vec![*problem])
            };
            failed.extend(connection.result.err().map(refused));
        }
    }
    if failed.is_empty() {
        let warnings = examined.option_problems.iter().chain(&examined.project_problems);
        warnings.for_each(|problem| reporter.report(&Event::Diagnostic(Box::new(problem.clone()))));
        say("All checks passed!".to_owned());
        return true;
    }
    // COMPAT: the sentences of dbt 1.11, which people and tools look for.
    say(format!("{} check{} failed:", failed.len(), if failed.len() == 1 { "" } else { "s" }));
    for (reason, problems) in failed {
        say(reason);
        problems.into_iter().for_each(|problem| reporter.report(&Event::Diagnostic(Box::new(problem))));
    }
    false
}

/// A check that failed: what to say of it, and what was wrong.
type FailedCheck = (String, Diagnostics);

/// What is wrong with profile, project and options. Where only the connection counts, the project
/// does not.
fn failed_checks(examined: &Examined) -> Vec<FailedCheck> {
    let mut failed = Vec::new();
    let profile = &examined.profile_problems;
    if has_errors(profile) || examined.profile.is_none() {
        let reason = match lacks_file(examined) {
            Some(place) => format!("dbt looked for a profiles.yml file in {place}, but did not find one."),
            None => "Profile loading failed for the following reason:".to_owned(),
        };
        failed.push((reason, profile.clone()));
    }
    if has_errors(&examined.project_problems) && !examined.flags.connection_only {
        let reason = "Project loading failed for the following reason:".to_owned();
        failed.push((reason, examined.project_problems.clone()));
    }
    if has_errors(&examined.option_problems) {
        failed.push(("Options cannot be understood:".to_owned(), examined.option_problems.clone()));
    }
    failed
}

/// The folder named for profiles, as it was typed, if it holds none.
fn lacks_file(examined: &Examined) -> Option<String> {
    let named = examined.values.path("profiles-dir")?;
    (!examined.profiles_found).then(|| named.join(PROFILES_FILE).display().to_string())
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
    lines.push(format!("  {} file [{}]", project_file_name(examined), project_state(examined)));
    match &examined.profile {
        Some(profile) => {
            let origin = match &profile.origin {
                ProfileOrigin::File(path) => path.display().to_string(),
                ProfileOrigin::Embedded => "none found: the embedded lakehouse is used".to_owned(),
            };
            lines.push(format!("  profiles.yml file [{}] {origin}", profiles_state(examined)));
            lines.push(format!("  profile: {}", profile.name));
            lines.push(format!("  target: {} ({})", profile.target_name, profile.adapter_type));
        }
        None => lines.push(format!("  profiles.yml file [{}]", profiles_state(examined))),
    }
    lines
}

fn project_file_name(examined: &Examined) -> &str {
    examined.project.as_ref().map_or("dbt_project.yml", |project| project.file.display.as_str())
}

fn profiles_state(examined: &Examined) -> &'static str {
    let names_none = |problem: &Diagnostic| problem.code == Code::MissingProfile && problem.primary.is_none();
    // A project that cannot be understood says not which profile is meant: that is no fault of the file.
    if examined.profiles_found && examined.project.is_none() && examined.profile_problems.iter().all(names_none) {
        return "OK found";
    }
    state(examined.profile.is_some(), &examined.profile_problems)
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
