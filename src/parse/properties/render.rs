use super::RenderProperty;
use crate::config::has_jinja;
use crate::config::yaml::{Key, Yaml, YamlValue};
use crate::diagnostic::Diagnostics;

/// Keys whose values are rendered later, or never. COMPAT: as dbt 1.11's `SchemaYamlRenderer`.
const LATER: [&str; 8] =
    ["tests", "data_tests", "description", "loaded_at_query", "pre_hook", "post_hook", "pre-hook", "post-hook"];

/// Renders the strings of an entry in place. One that cannot be rendered is reported and stays as
/// written.
pub(super) fn render(
    entry: &mut Yaml,
    section: &str,
    package: &str,
    render: RenderProperty<'_>,
    diagnostics: &mut Diagnostics,
) {
    let mut renderer = Renderer { section, package, render, diagnostics };
    renderer.value(entry, false);
}

struct Renderer<'a> {
    section: &'a str,
    package: &'a str,
    render: RenderProperty<'a>,
    diagnostics: &'a mut Diagnostics,
}

impl Renderer<'_> {
    /// Free properties (`meta`) have no keys of their own meaning.
    fn value(&mut self, yaml: &mut Yaml, free: bool) {
        match &mut yaml.value {
            YamlValue::Text(text) if has_jinja(text) => match (self.render)(self.package, text) {
                Ok(value) => yaml.value = YamlValue::from_json(value, yaml.span),
                Err(problem) => {
                    let place = yaml.span;
                    let problem = *problem;
                    let placed = problem.primary.is_some();
                    self.diagnostics.push(if placed { problem } else { problem.at(place, "in this value") });
                }
            },
            YamlValue::List(items) => items.iter_mut().for_each(|item| self.value(item, free)),
            YamlValue::Map(entries) => {
                for (key, value) in entries {
                    if free || !self.is_later(key) {
                        let free = free || matches!(key.name.as_str(), "meta" | "rows");
                        self.value(value, free);
                    }
                }
            }
            _ => {}
        }
    }

    fn is_later(&self, key: &Key) -> bool {
        let name = key.name.as_str();
        LATER.contains(&name)
            || match self.section {
                "macros" => name == "arguments",
                "metrics" => name == "filter",
                "saved_queries" => name == "where",
                _ => false,
            }
    }
}
