//! `deps`: what `packages.yml` asks for -> exact versions in `package-lock.yml` -> the install folder.

use super::session::{Ending, Session};
use crate::config::SettingScope;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
use crate::jinja::render_setting;
use crate::package::{Addition, Fetcher, LOCK_FILE, LockFile, add, declared, install, resolve};
use crate::report::{Event, PackageStep};

/// Installs packages, as the lock file has them unless it is out of date.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn deps(session: &Session) -> Result<Ending, Ending> {
    let settings = &session.settings;
    let environment = &settings.environment;
    let render = |text: &str, scope: &SettingScope<'_>| render_setting(text, scope, environment);
    let renderer = settings.renderer(&render).with_secrets(true);
    let (files, sources, reporter) = (&*session.files, &*session.sources, &*session.reporter);
    let fetcher = Fetcher::new(settings, files, sources, renderer, reporter);
    let done = add_package(session).and_then(|()| bring_in(session, &fetcher));
    let tidied = fetcher.tidy_up();
    done.map_err(|problems| session.refuse(problems))?;
    tidied.map_err(|error| {
        session.refuse(vec![Diagnostic::error(Code::Io, "the download folder stays").caused_by(error)])
    })?;
    Ok(session.end(Ending::Success))
}

fn add_package(session: &Session) -> Result<(), Diagnostics> {
    let flags = &session.settings.flags.deps;
    let Some(text) = &flags.add_package else { return Ok(()) };
    let addition = Addition::from_arguments(text, &flags.source).map_err(|problem| vec![*problem])?;
    add(&addition, &session.settings.project.root, &*session.files, &session.sources, &*session.reporter)
}

fn bring_in(session: &Session, fetcher: &Fetcher<'_>) -> Result<(), Diagnostics> {
    let say = |step| session.reporter.report(&Event::Package(step));
    let settings = &session.settings;
    let environment = &settings.environment;
    let render = |text: &str, scope: &SettingScope<'_>| render_setting(text, scope, environment);
    let renderer = settings.renderer(&render);
    let root = &settings.project.root;
    let (files, sources) = (&*session.files, &*session.sources);
    let (asked, problems) = declared(root, files, sources, &renderer);
    let refused = has_errors(&problems);
    if refused {
        return Err(problems);
    }
    problems.into_iter().for_each(|problem| session.reporter.report(&Event::Diagnostic(Box::new(problem))));
    if asked.is_empty() {
        say(PackageStep::NoneAsked);
    }
    let mut problems = Diagnostics::new();
    let known = LockFile::read(root, files, sources, &renderer, &mut problems);
    let current = known.filter(|lock| !settings.flags.deps.upgrade && lock.fits(&asked) && !has_errors(&problems));
    let lock = match current {
        Some(lock) => lock,
        None => {
            let lock = resolve(&asked, fetcher)?;
            write(session, &lock)?;
            lock
        }
    };
    if settings.flags.deps.lock { Ok(()) } else { install(&lock.packages, fetcher) }
}

/// Writes the lock file, secrets left out.
fn write(session: &Session, lock: &LockFile) -> Result<(), Diagnostics> {
    if lock.packages.is_empty() {
        return Ok(());
    }
    let path = session.settings.project.root.join(LOCK_FILE);
    let text = lock.to_text();
    let secrets = session.settings.environment.secrets();
    let scrubbed = secrets.iter().fold(text.clone(), |text, secret| text.replace(secret, "*****"));
    if scrubbed != text {
        let warning = Diagnostic::warning(Code::Deprecated, "a package's address holds a secret as written")
            .event("DepsScrubbedPackageName")
            .note(format!("`{LOCK_FILE}` has `*****` in its place, so installing from it will not work"))
            .help("write `{{ env_var('DBT_ENV_SECRET_...') }}` in `packages.yml` instead of the secret itself");
        session.reporter.report(&Event::Diagnostic(Box::new(warning)));
    }
    let written = session.files.write(&path, scrubbed.as_bytes());
    written.map_err(|error| {
        vec![Diagnostic::error(Code::Io, format!("`{}` cannot be written", path.display())).caused_by(error)]
    })?;
    session.reporter.report(&Event::Package(PackageStep::Locked(path.display().to_string())));
    Ok(())
}
