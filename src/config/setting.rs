use serde_json::Value;

use super::yaml::{Yaml, YamlValue};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::JsonMap;

/// Renders one string that holds Jinja to a value (`"{{ 1 | as_number }}"` is a number). Given from
/// above: settings know no template engine.
pub type RenderSetting<'a> = &'a dyn Fn(&str, &SettingScope<'_>) -> Result<Value, Box<Diagnostic>>;

/// What a setting's Jinja may see besides `env_var`.
#[derive(Debug, Clone, Copy)]
pub struct SettingScope<'a> {
    /// `--vars`, for `var()`.
    pub vars: &'a JsonMap,
    /// `target`, once the profile is known.
    pub target: Option<&'a JsonMap>,
    /// Whether `env_var('DBT_ENV_SECRET_...')` is allowed: in profiles and package lists only.
    pub secrets: bool,
}

/// Renders the settings of one file.
#[derive(Clone, Copy)]
pub struct SettingRenderer<'a> {
    render: RenderSetting<'a>,
    scope: SettingScope<'a>,
}

impl<'a> SettingRenderer<'a> {
    /// A renderer for strings that see `scope`.
    pub fn new(render: RenderSetting<'a>, scope: SettingScope<'a>) -> Self {
        Self { render, scope }
    }

    /// The same renderer for a file that may read secrets, or may not.
    #[must_use]
    pub fn with_secrets(self, secrets: bool) -> Self {
        Self { scope: SettingScope { secrets, ..self.scope }, ..self }
    }

    /// The same renderer once the profile is known.
    #[must_use]
    pub fn with_target(self, target: &'a JsonMap) -> Self {
        Self { scope: SettingScope { target: Some(target), ..self.scope }, ..self }
    }

    /// The value with every string in it rendered, each where it stands. A string that cannot be
    /// rendered is reported and left as written.
    pub fn rendered(&self, yaml: &Yaml, diagnostics: &mut Diagnostics) -> Yaml {
        let value = match &yaml.value {
            YamlValue::Text(text) if has_jinja(text) => match (self.render)(text, &self.scope) {
                Ok(value) => YamlValue::from_json(value, yaml.span),
                Err(problem) => {
                    diagnostics.push(at_least(*problem, yaml));
                    yaml.value.clone()
                }
            },
            YamlValue::List(items) => {
                YamlValue::List(items.iter().map(|item| self.rendered(item, diagnostics)).collect())
            }
            YamlValue::Map(entries) => {
                let render = |(key, value): &(_, Yaml)| (Clone::clone(key), self.rendered(value, diagnostics));
                YamlValue::Map(entries.iter().map(render).collect())
            }
            scalar => scalar.clone(),
        };
        Yaml { value, span: yaml.span }
    }
}

/// Whether a text needs rendering at all.
pub fn has_jinja(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Whether a text within a value needs rendering.
pub fn holds_jinja(value: &Value) -> bool {
    match value {
        Value::String(text) => has_jinja(text),
        Value::Array(items) => items.iter().any(holds_jinja),
        Value::Object(map) => map.values().any(holds_jinja),
        _ => false,
    }
}

/// The renderer knows only the text, so a problem without a place gets the setting's.
fn at_least(problem: Diagnostic, yaml: &Yaml) -> Diagnostic {
    match problem.primary {
        Some(_) => problem,
        None => problem.at(yaml.span, "in this setting"),
    }
}
