//! Telling a webhook what went wrong.

use super::session::Session;
use crate::config::Alerts;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::render_setting;
use crate::outcome::RunResults;
use crate::project::Project;
use crate::report::{AlertContext, Event, NodeLabel, alert};
use crate::system::Http;

/// Whom to tell; mistakes in how that is written end the command before it begins.
pub(super) fn alerts(session: &Session) -> Result<Option<Alerts>, super::Ending> {
    let settings = &session.settings;
    let environment = &settings.environment;
    let render = |text: &str, scope: &crate::config::SettingScope<'_>| render_setting(text, scope, environment);
    let (alerts, problems) = Alerts::read(settings, &settings.renderer(&render));
    session.tell(problems)?;
    Ok(alerts)
}

/// Sends what is to be told. That nobody hears it is a warning, not a failure of the run.
pub(super) async fn send_alert(session: &Session, alerts: &Alerts, project: &Project, results: &RunResults) {
    let settings = &session.settings;
    let nodes = results.outcomes.iter().filter_map(|outcome| project.node(&outcome.unique_id));
    let labels: Vec<NodeLabel> = nodes.map(|node| NodeLabel::of(node)).collect();
    let context = AlertContext {
        project: &settings.project.name,
        target: &settings.profile.target_name,
        command: &settings.invocation.command,
        invocation_id: &settings.invocation.id,
        link: alerts.link.as_deref(),
    };
    let Some(message) = alert(&context, results, &labels, &alerts.on) else { return };
    let webhook = alerts.webhook.clone();
    let sent = tokio::task::spawn_blocking(move || Http::new().post(&webhook, &message)).await;
    let problem = match sent {
        Ok(Ok(())) => return,
        Ok(Err(problem)) => problem,
        Err(error) => error.to_string(),
    };
    let warning = Diagnostic::warning(Code::AlertNotSent, format!("the alert could not be sent to {}", alerts.shown()))
        .caused_by(problem)
        .help("the run is not affected; `alerts` of the project file or profile says where alerts go");
    session.reporter.report(&Event::Diagnostic(Box::new(warning)));
}
