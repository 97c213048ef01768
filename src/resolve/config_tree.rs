use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::yaml::{Yaml, YamlValue};
use crate::config::{SettingRenderer, holds_jinja};
use crate::diagnostic::Diagnostics;
use crate::resource::ConfigMap;
use crate::source::Span;

/// A config tree of the project file (`models:`, `seeds:`, ...): what applies at each part of a
/// node's path of names.
///
/// A key with `+` is config; a key without is config too unless its value is a mapping, which is the
/// next level.
#[derive(Debug, Default)]
pub struct ConfigTree {
    /// Config of this level, rendered.
    pub config: ConfigMap,
    /// The same as written.
    pub unrendered: ConfigMap,
    levels: HashMap<String, ConfigTree>,
    used: AtomicBool,
    span: Option<Span>,
}

/// Hooks are rendered when they run.
const LATER: [&str; 4] = ["pre-hook", "post-hook", "pre_hook", "post_hook"];

impl ConfigTree {
    /// The tree of a section of the project file; its strings are rendered once, here.
    pub fn new(section: &Yaml, renderer: &SettingRenderer<'_>, diagnostics: &mut Diagnostics) -> Self {
        let mut tree = Self::default();
        for (key, value) in section.entries() {
            let is_map = matches!(value.value, YamlValue::Map(_));
            match key.name.strip_prefix('+') {
                None if is_map => {
                    let mut level = Self::new(value, renderer, diagnostics);
                    level.span = Some(key.span);
                    tree.levels.insert(key.name.clone(), level);
                }
                stripped => {
                    let name = stripped.unwrap_or(&key.name).trim().to_owned();
                    let written = value.to_json();
                    let rendered = match holds_jinja(&written) && !LATER.contains(&name.as_str()) {
                        true => renderer.rendered(value, diagnostics).to_json(),
                        false => written.clone(),
                    };
                    tree.config.insert(name.clone(), rendered);
                    tree.unrendered.insert(name, written);
                }
            }
        }
        tree
    }

    /// The levels that apply to a path of names, outermost first; they count as used from now on.
    pub fn levels<'a>(&'a self, fqn: &'a [String]) -> impl Iterator<Item = &'a ConfigTree> {
        let inner = fqn.iter().scan(self, |at, name| {
            *at = at.levels.get(name)?;
            Some(*at)
        });
        std::iter::once(self).chain(inner).inspect(|level| level.used.store(true, Ordering::Relaxed))
    }

    /// Paths of levels that hold config and applied to nothing, with their places.
    pub fn unused(&self) -> Vec<(String, Option<Span>)> {
        let mut unused = Vec::new();
        self.collect_unused("", &mut unused);
        unused.sort();
        unused
    }

    fn collect_unused(&self, path: &str, unused: &mut Vec<(String, Option<Span>)>) {
        for (name, level) in &self.levels {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !level.config.is_empty() && !level.used.load(Ordering::Relaxed) {
                unused.push((path.clone(), level.span));
            }
            level.collect_unused(&path, unused);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::SettingScope;
    use crate::config::yaml::parse;
    use crate::resource::JsonMap;
    use crate::source::SourceSet;

    #[test]
    fn each_part_of_the_path_adds_a_level_and_the_rest_is_unused() {
        let sources = SourceSet::new();
        let text = "+tags: [all]\nmaterialized: view\nshop:\n  +schema: \"{{ x }}\"\n  marts: {+materialized: table, +meta: {owner: ann}}\n  old: {+enabled: false}\n";
        let file = sources.get(sources.add("p.yml", "p.yml", text)).unwrap();
        let yaml = parse(&file).0.unwrap();
        let render = |text: &str, _: &SettingScope<'_>| Ok(json!(text.len()));
        let vars = JsonMap::new();
        let renderer = SettingRenderer::new(&render, SettingScope { vars: &vars, target: None, secrets: false });
        let tree = ConfigTree::new(&yaml, &renderer, &mut Vec::new());
        let fqn: Vec<String> = ["shop", "marts", "orders"].map(str::to_owned).to_vec();
        let levels: Vec<&ConfigMap> = tree.levels(&fqn).map(|level| &level.config).collect();
        assert_eq!(
            json!(levels),
            json!([
                { "tags": ["all"], "materialized": "view" },
                { "schema": 7 },
                { "materialized": "table", "meta": { "owner": "ann" } }
            ])
        );
        let unused: Vec<String> = tree.unused().into_iter().map(|(path, _)| path).collect();
        assert_eq!(unused, ["shop.old"]);
    }
}
