//! Which nodes a command works on.

use super::session::{Ending, Session};
use super::state;
use crate::diagnostic::{Code, Diagnostic, has_errors};
use crate::project::Project;
use crate::report::Event;
use crate::selector::{Expr, Scope, Selection, Selector};

/// The nodes that `--select`, `--exclude` and `--resource-type` mean, or those that `retry` takes up
/// again. An empty selection is reported.
///
/// # Errors
/// Nothing more is to be said: it was.
pub(super) fn select(session: &Session, project: &Project) -> Result<Selection, Ending> {
    let selection = match &session.retried {
        Some(retried) => Selection::of(project, retried.nodes.iter().cloned()),
        None => asked_for(session, project)?,
    };
    if selection.is_empty() {
        session.reporter.report(&Event::NothingToDo);
    }
    Ok(selection)
}

fn asked_for(session: &Session, project: &Project) -> Result<Selection, Ending> {
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
    let state = state::previous(session)?;
    let scope = Scope::of_command(&session.settings.invocation.command, flags);
    let (selection, problems) = Selector::new(project, state.as_ref()).select(&expr, &scope);
    if has_errors(&problems) {
        return Err(session.refuse(problems));
    }
    problems.into_iter().for_each(|problem| session.reporter.report(&Event::Diagnostic(Box::new(problem))));
    Ok(selection)
}

/// How a command ends that has nothing to do.
pub(super) fn nothing_to_do(session: &Session) -> Ending {
    session.end(Ending::of(!session.settings.flags.fail_on_empty))
}

/// Options that are understood and not carried out yet: better an error than the wrong nodes.
fn unsupported(session: &Session) -> Vec<Diagnostic> {
    let asked = [(session.settings.flags.selector.is_some(), "--selector")];
    let refuse = |name: &str| {
        Diagnostic::error(Code::Unsupported, format!("`{name}` is not supported yet"))
            .help("leave it out; docs/compatibility.md says what is supported")
    };
    asked.into_iter().filter(|(given, _)| *given).map(|(_, name)| refuse(name)).collect()
}
