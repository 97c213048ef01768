//! Which nodes a command works on.

use super::session::{Ending, Session};
use super::state;
use crate::config::{LogLevel, WarningRule, WarningRules};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
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
        nothing_selected(session)?;
    }
    Ok(selection)
}

fn asked_for(session: &Session, project: &Project) -> Result<Selection, Ending> {
    let flags = &session.settings.flags;
    let expr = expression(session).map_err(|problems| session.refuse(problems))?;
    let state = state::previous(session)?;
    let scope = Scope::of_command(&session.settings.invocation.command, flags);
    let (selection, problems) = Selector::new(project, state.as_ref()).select(&expr, &scope);
    session.tell(problems)?;
    Ok(selection)
}

/// `--selector`; else `--select` and `--exclude`; else the default of `selectors.yml`; else everything.
fn expression(session: &Session) -> Result<Expr, Diagnostics> {
    let flags = &session.settings.flags;
    let named = &session.selections;
    if let Some(name) = &flags.selector {
        return named.find(name).cloned().map_err(|problem| vec![*problem]);
    }
    if flags.select.is_empty()
        && flags.exclude.is_empty()
        && let Some((name, expr)) = named.default_selection()
    {
        let text = format!("Using default selector {name}");
        session.reporter.report(&Event::Message { level: LogLevel::Info, text });
        return Ok(expr.clone());
    }
    Expr::from_arguments(&flags.select, &flags.exclude, flags.indirect_selection, named)
}

/// Says so. COMPAT: a warning that `--warn-error` makes an error (dbt 1.11).
fn nothing_selected(session: &Session) -> Result<(), Ending> {
    if WarningRules::new(&session.settings.flags).rule("NothingToDo") == WarningRule::Error {
        let problem = Diagnostic::error(Code::EmptySelection, "nothing to do: no node is selected");
        return Err(session.refuse(vec![problem.note("a warning that `--warn-error` makes an error")]));
    }
    session.reporter.report(&Event::NothingToDo);
    Ok(())
}

/// How a command ends that has nothing to do.
pub(super) fn nothing_to_do(session: &Session) -> Ending {
    session.end(Ending::of(!session.settings.flags.fail_on_empty))
}
