//! `alerts:` of the project file or of a profile's output: whom to tell what went wrong.

use serde_json::Value;

use super::yaml::{Fields, Yaml};
use super::{SettingRenderer, Settings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::outcome::NodeStatus;

/// Environment variable with the address, without its prefix.
const VARIABLE: &str = "ALERT_WEBHOOK";

/// Statuses that may be told, by how they are written.
const TOLD: [(&str, &[NodeStatus]); 3] = [
    ("error", &[NodeStatus::Error, NodeStatus::RuntimeError, NodeStatus::PartialSuccess]),
    ("fail", &[NodeStatus::Fail]),
    ("warn", &[NodeStatus::Warn]),
];

/// Whom to tell of failures.
#[derive(Clone, PartialEq, Eq)]
pub struct Alerts {
    /// The address that takes the message. Whoever knows it can write there: it is not shown.
    pub webhook: String,
    /// What is told.
    pub on: Vec<NodeStatus>,
    /// An address to look at, such as the job's.
    pub link: Option<String>,
}

impl std::fmt::Debug for Alerts {
    /// Leaves the address out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alerts").field("on", &self.on).finish_non_exhaustive()
    }
}

impl Alerts {
    /// Whom to tell: the environment names the address, else the profile's output, else the project file.
    /// An address that is empty tells nobody.
    pub fn read(settings: &Settings, renderer: &SettingRenderer<'_>) -> (Option<Self>, Diagnostics) {
        let mut problems = Diagnostics::new();
        let rendered = settings
            .project
            .tree
            .get("alerts")
            .map(|alerts| renderer.with_secrets(true).rendered(alerts, &mut problems));
        let said = rendered.as_ref().and_then(|alerts| of_project(alerts, &mut problems));
        let output = settings.profile.output.get("alerts");
        let said = output.map_or(said.clone(), |output| match of_output(output, said) {
            Ok(alerts) => Some(alerts),
            Err(problem) => {
                problems.push(*problem);
                None
            }
        });
        let variable = settings.environment.flag(VARIABLE).map(str::to_owned);
        let mut alerts = said.unwrap_or_default();
        alerts.webhook = variable.or(alerts.webhook);
        let webhook = alerts.webhook.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
        let Some(webhook) = webhook else { return (None, problems) };
        if !(webhook.starts_with("https://") || webhook.starts_with("http://")) {
            let problem = Diagnostic::error(Code::InvalidValue, "`webhook` of `alerts` is no address");
            problems.push(problem.help("it begins with https:// or http://"));
            return (None, problems);
        }
        let on = alerts.on.unwrap_or_else(|| TOLD.iter().flat_map(|(_, statuses)| statuses.iter().copied()).collect());
        (Some(Self { webhook, on, link: alerts.link }), problems)
    }

    /// The part of the address that may be shown: where it leads, not the key behind it.
    pub fn shown(&self) -> String {
        let host = url::Url::parse(&self.webhook).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| "the webhook".to_owned())
    }
}

/// What one place says.
#[derive(Debug, Clone, Default)]
struct Said {
    webhook: Option<String>,
    on: Option<Vec<NodeStatus>>,
    link: Option<String>,
}

fn of_project(alerts: &Yaml, problems: &mut Diagnostics) -> Option<Said> {
    if alerts.is_null() {
        return None;
    }
    let mut fields = Fields::new("`alerts`", alerts, problems);
    fields.check_keys(&["webhook", "on", "link"]);
    let (webhook, link, words) = (fields.text("webhook"), fields.text("link"), fields.texts("on"));
    let on = words.map(|words| statuses(&words)).transpose();
    let on = on.unwrap_or_else(|word| {
        fields.report(unknown(&word).at(alerts.get("on").map_or(alerts.span, |on| on.span), ""));
        None
    });
    Some(Said { webhook, on, link })
}

/// What the output says goes before what the project says.
fn of_output(output: &Value, project: Option<Said>) -> Result<Said, Box<Diagnostic>> {
    let project = project.unwrap_or_default();
    let text = |key: &str| output.get(key).and_then(Value::as_str).map(str::to_owned);
    let words: Option<Vec<String>> = output.get("on").map(|on| match on {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    });
    let on = words.map(|words| statuses(&words)).transpose().map_err(|word| Box::new(unknown(&word)))?;
    Ok(Said {
        webhook: text("webhook").or(project.webhook),
        on: on.or(project.on),
        link: text("link").or(project.link),
    })
}

fn statuses(words: &[String]) -> Result<Vec<NodeStatus>, String> {
    let of_word = |word: &String| {
        let known = TOLD.iter().find(|(name, _)| name == word);
        known.map(|(_, statuses)| *statuses).ok_or_else(|| word.clone())
    };
    words.iter().map(of_word).collect::<Result<Vec<_>, _>>().map(|found| found.concat())
}

fn unknown(word: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, format!("`on` of `alerts` has `{word}`"))
        .help("known are `error` (what could not be built or run), `fail` and `warn` (tests)")
}
