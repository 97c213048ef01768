//! `init`: begins a project that builds at once.
//!
//! It asks nothing, so that it works the same in a terminal and in a script, and it never overwrites
//! a file.

use std::path::{Path, PathBuf};

use crate::config::{
    Arguments, LogLevel, OptionValues, PROFILES_FILE, Places, ProjectFile, is_project_name, profile_names,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::report::{Event, Reporter};
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem};

/// Files of a new project; `{project}` is its name, `{profile}` its profile's.
const STARTER: [(&str, &str); 9] = [
    ("project.yml", include_str!("starter/project.yml")),
    ("README.md", include_str!("starter/README.md")),
    (".gitignore", include_str!("starter/gitignore")),
    ("seeds/raw_orders.csv", include_str!("starter/raw_orders.csv")),
    ("seeds/_seeds.yml", include_str!("starter/_seeds.yml")),
    ("models/staging/stg_orders.sql", include_str!("starter/stg_orders.sql")),
    ("models/staging/_staging.yml", include_str!("starter/_staging.yml")),
    ("models/marts/customer_orders.sql", include_str!("starter/customer_orders.sql")),
    ("models/marts/_marts.yml", include_str!("starter/_marts.yml")),
];

/// Profile of a new project.
const PROFILES: &str = include_str!("starter/profiles.yml");

/// Writes a new project below the working directory; within a project, a missing `profiles.yml` only.
///
/// # Errors
/// `usage` without a usable name, `io` when something stands in the way or cannot be written,
/// `missing-profile` for `--profile` with a name that is not there.
pub fn init(
    arguments: &Arguments,
    environment: &Environment,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    reporter: &dyn Reporter,
) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::new();
    let values = OptionValues::resolve(arguments, environment, None, sources, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let places = Places::find(&values, environment, fs);
    let says_no_profile = values.flag("skip-profile-setup");
    let written = match (&arguments.operand, &places.project) {
        (Some(name), _) => new_project(name, &values, &places, environment, fs, sources),
        (None, Ok(root)) if !says_no_profile => profile_only(root, &places, fs, sources),
        (None, Ok(_)) => Ok(Vec::new()),
        (None, Err(_)) => Err(refused(Code::Usage, "a new project needs a name", "for instance `aquifer init shop`")),
    };
    let written = written.map_err(|problem| vec![*problem])?;
    report(&written, arguments, environment, reporter);
    Ok(())
}

/// A file to be written, shown by its path from the working directory.
type Files = Vec<(PathBuf, String)>;

fn new_project(
    name: &str,
    values: &OptionValues,
    places: &Places,
    environment: &Environment,
    fs: &dyn FileSystem,
    sources: &SourceSet,
) -> Result<Files, Box<Diagnostic>> {
    if !is_project_name(name) {
        let message = format!("`{name}` cannot be a project's name");
        return Err(refused(Code::Usage, message, "use letters, digits and underscores, and no digit first"));
    }
    let root = environment.working_directory.join(name);
    if fs.is_file(&root) || fs.is_dir(&root) {
        let message = format!("`{name}` exists already; nothing was written");
        return Err(refused(Code::Io, message, "choose another name, or remove the folder"));
    }
    let own_profile = values.text("profile");
    if let Some(profile) = own_profile {
        existing_profile(profile, places, fs, sources)?;
    }
    let profile = own_profile.unwrap_or(name);
    let filled = |text: &str| filled(text, name, profile);
    let mut files: Files = STARTER.iter().map(|(path, text)| (root.join(path), filled(text))).collect();
    if own_profile.is_none() && !values.flag("skip-profile-setup") {
        files.push((root.join(PROFILES_FILE), filled(PROFILES)));
    }
    write(&files, fs)?;
    Ok(files)
}

/// `--profile` means one that exists.
fn existing_profile(
    name: &str,
    places: &Places,
    fs: &dyn FileSystem,
    sources: &SourceSet,
) -> Result<(), Box<Diagnostic>> {
    let known = profile_names(&places.profiles, fs, sources);
    if known.iter().any(|profile| profile == name) {
        return Ok(());
    }
    let known: Vec<String> = known.iter().map(|profile| format!("`{profile}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let message = format!("there is no profile `{name}`; there is {known}");
    Err(refused(Code::MissingProfile, message, "leave `--profile` out to get a new one"))
}

fn profile_only(
    root: &Path,
    places: &Places,
    fs: &dyn FileSystem,
    sources: &SourceSet,
) -> Result<Files, Box<Diagnostic>> {
    if let Some(folder) = places.profiles.folder(fs) {
        let path = folder.join(PROFILES_FILE);
        let message = format!("`{}` exists already; nothing was written", path.display());
        return Err(refused(Code::Io, message, "edit it, or give a name to begin a new project: `aquifer init shop`"));
    }
    let (file, _) = ProjectFile::read(fs, sources, root, "");
    let said = |key: &str| file.as_ref()?.tree.get(key)?.scalar_text();
    let name = said("name").unwrap_or_else(|| "main".to_owned());
    let profile = said("profile").unwrap_or_else(|| name.clone());
    let files = vec![(root.join(PROFILES_FILE), filled(PROFILES, &name, &profile))];
    write(&files, fs)?;
    Ok(files)
}

fn refused(code: Code, message: impl Into<String>, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message).help(help))
}

fn filled(text: &str, project: &str, profile: &str) -> String {
    let target = if cfg!(feature = "lakehouse") { "lakehouse" } else { "postgres" };
    text.replace("{project}", project).replace("{profile}", profile).replace("{target}", target)
}

fn write(files: &Files, fs: &dyn FileSystem) -> Result<(), Box<Diagnostic>> {
    for (path, text) in files {
        fs.write(path, text.as_bytes()).map_err(|error| {
            let message = format!("`{}` cannot be written", path.display());
            Box::new(Diagnostic::error(Code::Io, message).caused_by(error))
        })?;
    }
    Ok(())
}

fn report(written: &Files, arguments: &Arguments, environment: &Environment, reporter: &dyn Reporter) {
    let say = |text: String| reporter.report(&Event::Message { level: LogLevel::Info, text });
    for (path, _) in written {
        let shown = path.strip_prefix(&environment.working_directory).unwrap_or(path);
        say(format!("Wrote {}", shown.display()));
    }
    match &arguments.operand {
        Some(name) => say(format!("Your project `{name}` is ready: cd {name} && aquifer build")),
        None => say("The project is ready: aquifer build".to_owned()),
    }
}
