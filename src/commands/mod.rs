//! One file per command: the flow from settings to what is shown.

mod alerts;
mod assets;
mod build;
mod clean;
mod compile;
mod counts;
mod debug;
mod deps;
mod docs;
mod execution;
mod external;
mod history;
mod init;
mod inline;
mod interrupt;
mod list;
mod maintain;
mod parse;
mod progress;
mod project_hooks;
mod report;
mod results;
mod retry;
mod run_folder;
mod run_operation;
mod selection;
mod session;
mod show;
mod state;
mod summary;
mod team_history;
#[cfg(test)]
mod tests;
mod warnings;

use std::path::PathBuf;
use std::sync::Arc;

use crate::adapter::registry;
use crate::config::{Arguments, Command, Examined, Flags, Profile, SettingScope, with_env_file};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::render_setting;
use crate::plan::Goal;
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem};

pub use session::{Ending, Exit, Session};

/// Carries out a command.
pub async fn run(arguments: &Arguments, environment: &Arc<Environment>, files: &Arc<dyn FileSystem>) -> Ending {
    let environment = &Arc::new(with_env_file(environment, &**files));
    match arguments.command {
        Command::Init => return begin_project(arguments, environment, files),
        Command::Debug => return examine(arguments, environment, files).await,
        Command::DocsGenerate if arguments.given.contains_key("artifacts") => {
            return site_of_artifacts(arguments, environment, files);
        }
        _ => {}
    }
    let session = match arguments.command {
        Command::Retry => retry::take_up(arguments, environment, files),
        _ => Session::begin(arguments, environment, files),
    };
    match session {
        Ok(session) => carry_out(&session).await.unwrap_or_else(|ending| session.end(ending)),
        Err(ending) => ending,
    }
}

async fn carry_out(session: &Session) -> Result<Ending, Ending> {
    match session.command {
        Command::Build => build::build(session, Goal::Build).await,
        Command::Run => build::build(session, Goal::Run).await,
        Command::Test => build::build(session, Goal::Test).await,
        Command::Seed => build::build(session, Goal::Seed).await,
        Command::Snapshot => build::build(session, Goal::Snapshot).await,
        Command::SourceFreshness => build::build(session, Goal::Freshness).await,
        Command::Compile => compile::compile(session).await,
        Command::Show => show::show(session).await,
        Command::List => list::list(session),
        Command::Parse => parse::parse(session),
        Command::RunOperation => run_operation::run_operation(session).await,
        Command::DocsGenerate => docs::generate(session).await,
        Command::DocsServe => docs::serve_site(session).await,
        Command::Report => report::report(session).await,
        Command::Clone => build::build(session, Goal::Clone).await,
        Command::Maintain => maintain::maintain(session).await,
        Command::History => history::history(session).await,
        Command::Clean => remove_targets(session),
        Command::Deps => tokio::task::block_in_place(|| deps::deps(session)),
        other => Err(session.refuse(vec![unsupported(other)])),
    }
}

fn unsupported(command: Command) -> Diagnostic {
    Diagnostic::error(Code::Unsupported, format!("`aquifer {}` is not there yet", command.name()))
        .help("docs/compatibility.md says what is")
}

fn begin_project(arguments: &Arguments, environment: &Environment, files: &Arc<dyn FileSystem>) -> Ending {
    let sources = Arc::new(SourceSet::new());
    let reporter = session::early_reporter(&Flags::default(), environment, Command::Init, &sources);
    match init::init(arguments, environment, &**files, &sources, &*reporter) {
        Ok(()) => Ending::Success,
        Err(problems) => session::refuse(&*reporter, problems),
    }
}

async fn examine(arguments: &Arguments, environment: &Arc<Environment>, files: &Arc<dyn FileSystem>) -> Ending {
    let sources = Arc::new(SourceSet::new());
    let render = |text: &str, scope: &SettingScope<'_>| render_setting(text, scope, environment);
    let examined = Examined::new(arguments, environment, &**files, &sources, &render);
    let reporter = session::early_reporter(&examined.flags, environment, Command::Debug, &sources);
    if let Some(folder) = examined.values.path("project-dir").filter(|_| examined.places.project.is_err())
        && !files.is_dir(&environment.working_directory.join(&folder))
    {
        // COMPAT: a folder that does not exist is a mistake of the command line, not a failed check (dbt 1.11).
        let problem = Diagnostic::error(Code::Usage, format!("`--project-dir`: `{}` does not exist", folder.display()));
        return session::refuse(&*reporter, vec![problem]);
    }
    Ending::of(debug::debug(&examined, &*reporter, connect).await)
}

/// `docs generate --artifacts`: needs neither project nor profile.
fn site_of_artifacts(arguments: &Arguments, environment: &Arc<Environment>, files: &Arc<dyn FileSystem>) -> Ending {
    let sources = Arc::new(SourceSet::new());
    let render = |text: &str, scope: &SettingScope<'_>| render_setting(text, scope, environment);
    let flags = Examined::new(arguments, environment, &**files, &sources, &render).flags;
    let reporter = session::early_reporter(&flags, environment, Command::DocsGenerate, &sources);
    let folder = environment.working_directory.join(flags.docs.artifacts.unwrap_or_default());
    docs::generate_from(files, &folder, &*reporter)
}

/// Opens a profile's warehouse and asks it for one row.
async fn connect(profile: Profile, root: PathBuf) -> debug::Connection {
    let adapter = match registry::open(&profile.output, &root, 1) {
        Ok(adapter) => adapter,
        Err(error) => {
            return debug::Connection { facts: Vec::new(), result: Err(Box::new(Diagnostic::from(&error))) };
        }
    };
    let facts = adapter.connection_facts();
    let tried = match adapter.session().await {
        Ok(mut session) => session.query("select 1 as id").await.map(|_| ()),
        Err(error) => Err(error),
    };
    debug::Connection { facts, result: tried.map_err(|error| Box::new(Diagnostic::from(&error))) }
}

fn remove_targets(session: &Session) -> Result<Ending, Ending> {
    match clean::clean(&session.settings, &*session.files, &*session.reporter) {
        Ok(()) => Ok(session.end(Ending::Success)),
        Err(problems) => Err(session.refuse(problems)),
    }
}
