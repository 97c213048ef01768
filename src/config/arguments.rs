//! What was typed, and what it means once environment, project file and defaults are asked too.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::options::{OPTIONS, OptionKind, OptionSpec, find};
use super::yaml::{Yaml, YamlValue, parse};
use super::{Command, EventWindow};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::Environment;

/// A command line, taken apart and not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// The subcommand.
    pub command: Command,
    /// Options by long name.
    pub given: BTreeMap<&'static str, Given>,
    /// The argument that is no option: `run-operation`'s macro, `init`'s project name.
    pub operand: Option<String>,
}

/// What was typed for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// `--x` or `--no-x`.
    Switch(bool),
    /// `--x value`, `--x a b`.
    Texts(Vec<String>),
}

/// An option's value.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// Of a switch or flag.
    Bool(bool),
    /// Of a number.
    Number(i64),
    /// Of a text, path or choice.
    Text(String),
    /// Of a list.
    Texts(Vec<String>),
    /// Of a YAML mapping.
    Map(JsonMap),
    /// Of a time.
    Time(DateTime<Utc>),
}

/// Who said an option's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionSource {
    /// The command line.
    CommandLine,
    /// This environment variable.
    Environment(String),
    /// `flags:` of the project file.
    ProjectFile,
    /// Nobody.
    Default,
}

/// Every option of a command with its value, where it has one, and who said it.
#[derive(Debug, Clone)]
pub struct OptionValues {
    command: Command,
    values: BTreeMap<&'static str, (OptionValue, OptionSource)>,
}

impl OptionValues {
    /// Asks the command line, then the environment, then the project's flags, then the default.
    pub fn resolve(
        arguments: &Arguments,
        environment: &Environment,
        project_flags: Option<&Yaml>,
        sources: &SourceSet,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut values = BTreeMap::new();
        for option in OPTIONS.iter().filter(|option| option.applies_to(arguments.command)) {
            let found = typed(option, arguments, sources)
                .or_else(|| from_environment(option, environment, sources))
                .or_else(|| from_project(option, project_flags))
                .or_else(|| default(option, sources));
            match found {
                Some(Ok((value, source))) => {
                    diagnostics.extend(old_variable(&source, option));
                    values.insert(option.name, (value, source));
                }
                Some(Err(problem)) => diagnostics.push(*problem),
                None => {}
            }
        }
        Self { command: arguments.command, values }
    }

    /// The command they belong to.
    pub fn command(&self) -> Command {
        self.command
    }

    /// An option's value.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.values.get(name).map(|(value, _)| value)
    }

    /// Who said an option's value.
    pub fn source(&self, name: &str) -> Option<&OptionSource> {
        self.values.get(name).map(|(_, source)| source)
    }

    /// Whether anybody said it.
    pub fn is_given(&self, name: &str) -> bool {
        self.source(name).is_some_and(|source| *source != OptionSource::Default)
    }

    /// All options with their values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static OptionSpec, &OptionValue)> {
        self.values.iter().filter_map(|(name, (value, _))| Some((find(self.command, name)?, value)))
    }

    /// A switch; off when the command has no such option.
    pub fn flag(&self, name: &str) -> bool {
        self.flag_if_said(name).unwrap_or(false)
    }

    /// A switch without default.
    pub fn flag_if_said(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(OptionValue::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// A text, path or choice.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A path as typed.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(OptionValue::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A list; absent is empty.
    pub fn texts(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(OptionValue::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// A mapping.
    pub fn map(&self, name: &str) -> Option<&JsonMap> {
        match self.get(name) {
            Some(OptionValue::Map(map)) => Some(map),
            _ => None,
        }
    }

    /// A time.
    pub fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        match self.get(name) {
            Some(OptionValue::Time(time)) => Some(*time),
            _ => None,
        }
    }
}

/// The first variable that is set and not empty among `AQUIFER_<name>`, `DBT_ENGINE_<name>`,
/// `DBT_<name>`.
pub fn variable<'a>(environment: &'a Environment, name: &str) -> Option<(String, &'a str)> {
    ["AQUIFER_", "DBT_ENGINE_", "DBT_"].iter().find_map(|prefix| {
        let variable = format!("{prefix}{name}");
        let value = environment.get(&variable).filter(|value| !value.is_empty())?;
        Some((variable, value))
    })
}

/// Variables that begin with `DBT_ENGINE_` and mean nothing.
pub(super) fn unknown_variables(environment: &Environment) -> Diagnostics {
    let known: Vec<&str> = OPTIONS.iter().filter_map(|option| option.variable).chain(OTHER_VARIABLES).collect();
    let unknown = |name: &&str| !known.contains(name);
    environment
        .variables
        .keys()
        .filter_map(|name| name.strip_prefix("DBT_ENGINE_"))
        .filter(unknown)
        .map(|name| {
            let warning =
                Diagnostic::warning(Code::UnknownKey, format!("the variable `DBT_ENGINE_{name}` is not known"))
                    .event("EnvironmentVariableNamespaceDeprecation");
            match crate::diagnostic::closest(name, known.iter().copied()) {
                Some(near) => warning.help(format!("did you mean `DBT_ENGINE_{near}`?")),
                None => warning.help("names that begin with `DBT_ENGINE_` are the engine's own"),
            }
        })
        .collect()
}

const OTHER_VARIABLES: [&str; 3] = ["INVOCATION_ENV", "PACKAGE_HUB_URL", "DOWNLOAD_DIR"];

/// Older variables with the option they set, and whether they say its opposite.
const OLD_VARIABLES: [(&str, &str, bool); 4] = [
    ("DBT_NO_PRINT", "print", true),
    ("DBT_DEFER_TO_STATE", "defer", false),
    ("DBT_FAVOR_STATE_MODE", "favor-state", false),
    ("DBT_ARTIFACT_STATE_PATH", "state", false),
];

/// A deprecation, if an older variable had its say.
fn old_variable(source: &OptionSource, option: &OptionSpec) -> Option<Diagnostic> {
    let OptionSource::Environment(said) = source else { return None };
    OLD_VARIABLES.iter().find(|(name, _, _)| name == said)?;
    let message = format!("the variable `{said}` is now called `DBT_{}`", option.variable?);
    Some(Diagnostic::warning(Code::Deprecated, message).event("EnvironmentVariableRenamed"))
}

type Found = Option<Result<(OptionValue, OptionSource), Box<Diagnostic>>>;

fn typed(option: &OptionSpec, arguments: &Arguments, sources: &SourceSet) -> Found {
    let value = match arguments.given.get(option.name)? {
        Given::Switch(on) => Ok(OptionValue::Bool(*on)),
        Given::Texts(texts) => read(option, texts, &format!("--{}", option.name), sources),
    };
    Some(value.map(|value| (value, OptionSource::CommandLine)))
}

fn from_environment(option: &OptionSpec, environment: &Environment, sources: &SourceSet) -> Found {
    let old = || {
        let (name, _, opposite) = OLD_VARIABLES.iter().find(|(_, of, _)| *of == option.name)?;
        let value = environment.get(name).filter(|value| !value.is_empty())?;
        Some(((*name).to_owned(), value, *opposite))
    };
    let today = option.variable.and_then(|name| variable(environment, name)).map(|(name, value)| (name, value, false));
    let (name, text, opposite) = today.or_else(old)?;
    let value = read(option, &[text.to_owned()], &name, sources).map(|value| match value {
        OptionValue::Bool(on) => OptionValue::Bool(on != opposite),
        other => other,
    });
    Some(value.map(|value| (value, OptionSource::Environment(name))))
}

fn from_project(option: &OptionSpec, flags: Option<&Yaml>) -> Found {
    let key = option.key();
    let value = flags?.get(&key).filter(|value| !value.is_null())?;
    let wrong = |wanted: &str| {
        Box::new(
            Diagnostic::error(Code::InvalidValue, format!("the flag `{key}` must be {wanted}"))
                .at(value.span, format!("this is {}", value.kind())),
        )
    };
    let found = match (&option.kind, &value.value) {
        (OptionKind::Switch | OptionKind::Flag, YamlValue::Bool(on)) => Ok(OptionValue::Bool(*on)),
        (OptionKind::Switch | OptionKind::Flag, _) => Err(wrong("`true` or `false`")),
        (OptionKind::Mapping, YamlValue::Map(_)) => Ok(OptionValue::Map(value.to_json_map())),
        (OptionKind::Mapping, _) => Err(wrong("a mapping")),
        (OptionKind::Number, YamlValue::Int(number)) => Ok(OptionValue::Number(*number)),
        (OptionKind::Number, _) => Err(wrong("a whole number")),
        (OptionKind::Choice(words), YamlValue::Text(text)) => {
            choice(words, text).map(OptionValue::Text).ok_or_else(|| wrong(&format!("one of {}", quoted(words))))
        }
        (_, YamlValue::Text(text)) => Ok(OptionValue::Text(text.clone())),
        _ => Err(wrong("text")),
    };
    Some(found.map(|value| (value, OptionSource::ProjectFile)))
}

fn default(option: &OptionSpec, sources: &SourceSet) -> Found {
    let value = match (option.default, option.kind) {
        (Some("{}"), OptionKind::Mapping) => Ok(OptionValue::Map(JsonMap::new())),
        (Some(text), _) => read(option, &[text.to_owned()], option.name, sources),
        (None, OptionKind::Texts(_) | OptionKind::Choices(_)) => Ok(OptionValue::Texts(Vec::new())),
        (None, _) => return None,
    };
    Some(value.map(|value| (value, OptionSource::Default)))
}

/// Reads what was typed as the kind of value the option takes; `place` names option or variable.
fn read(
    option: &OptionSpec,
    texts: &[String],
    place: &str,
    sources: &SourceSet,
) -> Result<OptionValue, Box<Diagnostic>> {
    let text = texts.last().map(String::as_str).unwrap_or_default();
    let wrong =
        |wanted: String| Box::new(Diagnostic::error(Code::Usage, format!("`{place}` must be {wanted}, not `{text}`")));
    match option.kind {
        OptionKind::Switch | OptionKind::Flag => {
            truth(text).map(OptionValue::Bool).ok_or_else(|| wrong("true or false".to_owned()))
        }
        OptionKind::Number => {
            text.trim().parse().map(OptionValue::Number).map_err(|_| wrong("a whole number".to_owned()))
        }
        OptionKind::Choice(words) => {
            choice(words, text).map(OptionValue::Text).ok_or_else(|| wrong(format!("one of {}", quoted(words))))
        }
        OptionKind::Choices(words) => {
            let unknown = |text: &str| {
                let message = format!("`{place}` must be some of {}, not `{text}`", quoted(words));
                Box::new(Diagnostic::error(Code::Usage, message))
            };
            let chosen: Result<_, _> =
                split(texts).map(|text| choice(words, text).ok_or_else(|| unknown(text))).collect();
            chosen.map(OptionValue::Texts)
        }
        OptionKind::Texts(_) => Ok(OptionValue::Texts(split(texts).map(str::to_owned).collect())),
        OptionKind::Text(_) | OptionKind::Path => Ok(OptionValue::Text(text.to_owned())),
        OptionKind::Mapping => mapping(text, place, sources).map(OptionValue::Map),
        OptionKind::Window => match EventWindow::parse(text, Utc::now()) {
            Some(_) => Ok(OptionValue::Text(text.to_owned())),
            None => Err(wrong(
                "`3 days` or the like (hours, days, months, years), or `{start: 2026-01-01, end: 2026-02-01}`"
                    .to_owned(),
            )),
        },
        OptionKind::Time => time(text)
            .map(OptionValue::Time)
            .ok_or_else(|| wrong("a date or time such as `2026-01-31` or `2026-01-31T08:00:00`".to_owned())),
    }
}

/// Several selectors may stand in one word: `--select "a b"`.
fn split(texts: &[String]) -> impl Iterator<Item = &str> {
    texts.iter().flat_map(|text| text.split_whitespace())
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

fn choice(words: &[&str], text: &str) -> Option<String> {
    words.iter().find(|word| word.eq_ignore_ascii_case(text)).map(|word| (*word).to_owned())
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn mapping(text: &str, place: &str, sources: &SourceSet) -> Result<JsonMap, Box<Diagnostic>> {
    let name = format!("<{place}>");
    let id = sources.add(name.clone(), name, text);
    let tree = sources.get(id).and_then(|file| parse(&file).0);
    match tree {
        Some(tree) if matches!(tree.value, YamlValue::Map(_)) => Ok(tree.to_json_map()),
        _ => Err(Box::new(
            Diagnostic::error(Code::Usage, format!("`{place}` must be a YAML mapping, not `{text}`"))
                .help(format!("for instance {place} '{{key: value, other: 1}}'")),
        )),
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let exact = || {
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    date().or_else(exact).map(|time| time.and_utc())
}
