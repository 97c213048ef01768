//! Which nodes a command works on.

use super::session::{Ending, Session};
use crate::diagnostic::{Code, Diagnostic, has_errors};
use crate::project::Project;
use crate::report::Event;
use crate::selector::{Expr, Scope, Selection, Selector};

/// The nodes that `--select`, `--exclude` and `--resource-type` mean. An empty selection is reported.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn select(session: &Session, project: &Project) -> Result<Selection, Ending> {
    let flags = &session.settings.flags;
    let mut problems = unsupported(session);
    let expr = match Expr::from_arguments(&flags.select, &flags.exclude, flags.indirect_selection) {
        Ok(expr) => Some(expr),
        Err(found) => {
            problems.extend(found);
            None
        }
    };
    let (Some(expr), false) = (expr, has_errors(&problems)) else { return Err(session.refuse(problems)) };
    let scope = Scope::of_command(&session.settings.invocation.command, flags);
    let (selection, problems) = Selector::new(project, None).select(&expr, &scope);
    if has_errors(&problems) {
        return Err(session.refuse(problems));
    }
    problems.into_iter().for_each(|problem| session.reporter.report(&Event::Diagnostic(Box::new(problem))));
    if selection.is_empty() {
        session.reporter.report(&Event::NothingToDo);
    }
    Ok(selection)
}

/// How a command ends that has nothing to do.
pub(super) fn nothing_to_do(session: &Session) -> Ending {
    session.end(Ending::of(!session.settings.flags.fail_on_empty))
}

/// Options that are understood and not carried out yet: better an error than the wrong nodes.
fn unsupported(session: &Session) -> Vec<Diagnostic> {
    let flags = &session.settings.flags;
    let asked = [
        (flags.selector.is_some(), "--selector"),
        (flags.defer, "--defer"),
        (flags.state.is_some(), "--state"),
        (flags.sample.is_some(), "--sample"),
    ];
    let refuse = |name: &str| {
        Diagnostic::error(Code::Unsupported, format!("`{name}` is not supported yet"))
            .help("leave it out; docs/compatibility.md says what is supported")
    };
    asked.into_iter().filter(|(given, _)| *given).map(|(_, name)| refuse(name)).collect()
}
