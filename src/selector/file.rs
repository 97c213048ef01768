//! `selectors.yml`: named selections, each built from criteria, sets and selections named before it.

use std::path::Path;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::expr::{Criterion, Expr, Reach};
use super::method::Method;
use super::{Group, SetOperator};
use crate::config::yaml::{Yaml, YamlValue, parse};
use crate::config::{IndirectSelection, SettingRenderer};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::FileSystem;

/// Name of the file, beside the project file.
const FILE: &str = "selectors.yml";

/// The named selections of a project.
#[derive(Debug, Clone, Default)]
pub struct NamedSelections {
    selections: IndexMap<String, Named>,
    /// As the manifest shows them.
    pub normalized: JsonMap,
}

#[derive(Debug, Clone)]
struct Named {
    expr: Expr,
    is_default: bool,
}

impl NamedSelections {
    /// Reads a project's `selectors.yml`; without one there are none. Criteria without an
    /// `indirect_selection` of their own get `indirect`.
    pub fn read(
        root: &Path,
        fs: &dyn FileSystem,
        sources: &SourceSet,
        renderer: &SettingRenderer<'_>,
        indirect: IndirectSelection,
    ) -> (Self, Diagnostics) {
        let path = root.join(FILE);
        let Ok(text) = fs.read_to_string(&path) else { return (Self::default(), Diagnostics::new()) };
        let file = sources.get(sources.add(path, FILE, text));
        let (tree, mut problems) = file.map_or((None, Diagnostics::new()), |file| parse(&file));
        let rendered = tree.map(|tree| renderer.rendered(&tree, &mut problems));
        let mut found = Self::default();
        for item in rendered.iter().filter_map(|tree| tree.get("selectors")).flat_map(Yaml::items) {
            if let Err(problem) = found.define(item, indirect) {
                problems.push(*problem);
            }
        }
        (found, problems)
    }

    /// A selection by name.
    ///
    /// # Errors
    /// `invalid-selector` if none is called so.
    pub fn find(&self, name: &str) -> Result<&Expr, Box<Diagnostic>> {
        self.selections.get(name).map(|named| &named.expr).ok_or_else(|| {
            let names: Vec<&str> = self.selections.keys().map(String::as_str).collect();
            let problem = Diagnostic::error(Code::InvalidSelector, format!("could not find selector named {name}"));
            Box::new(match (closest(name, names.iter().copied()), names.is_empty()) {
                (Some(near), _) => problem.help(format!("did you mean `{near}`?")),
                (None, true) => problem.help(format!("`{FILE}` defines none")),
                (None, false) => problem.help(format!("`{FILE}` defines {}", names.join(", "))),
            })
        })
    }

    /// The one that counts when nothing is selected on the command line.
    pub fn default_selection(&self) -> Option<(&str, &Expr)> {
        self.selections.iter().find(|(_, named)| named.is_default).map(|(name, named)| (name.as_str(), &named.expr))
    }

    fn define(&mut self, item: &Yaml, indirect: IndirectSelection) -> Result<(), Box<Diagnostic>> {
        let name =
            item.get("name").and_then(Yaml::scalar_text).ok_or_else(|| refuse(item, "a selector has no `name`"))?;
        let written = item.get("definition").ok_or_else(|| refuse(item, "a selector has no `definition`"))?;
        let definition = Definition { earlier: self, indirect };
        let expr = definition.at_root(written)?;
        let mut entry = item.to_json_map();
        entry.insert("definition".to_owned(), definition.normalized(written));
        let default = item.get("default");
        let is_default = matches!(default.map(|flag| &flag.value), Some(YamlValue::Bool(true)));
        if let Some((other, _)) = self.default_selection().filter(|_| is_default) {
            let message = format!("two selectors say `default: true`: `{other}` and `{name}`");
            return Err(refuse(default.unwrap_or(item), &message));
        }
        self.normalized.insert(name.clone(), entry.into());
        self.selections.insert(name, Named { expr, is_default });
        Ok(())
    }
}

/// Reads one definition; `method: selector` finds those before it.
struct Definition<'a> {
    earlier: &'a NamedSelections,
    indirect: IndirectSelection,
}

impl Definition<'_> {
    fn at_root(&self, yaml: &Yaml) -> Result<Expr, Box<Diagnostic>> {
        let is_set = yaml.get("union").is_some() || yaml.get("intersection").is_some();
        if is_set && yaml.entries().len() > 1 {
            let message = "only a single `union` or `intersection` key is allowed in a root level selector definition";
            return Err(refuse(yaml, message));
        }
        self.any(yaml)
    }

    fn any(&self, yaml: &Yaml) -> Result<Expr, Box<Diagnostic>> {
        match (&yaml.value, yaml.get("union"), yaml.get("intersection")) {
            (YamlValue::Text(text), _, _) => {
                let criterion = Criterion::from_text(text, self.indirect).map_err(|problem| located(problem, yaml))?;
                Ok(Expr::Criterion(Box::new(Criterion { span: Some(yaml.span), ..criterion })))
            }
            (_, Some(parts), _) => self.set(SetOperator::Union, parts),
            (_, None, Some(parts)) => self.set(SetOperator::Intersection, parts),
            (YamlValue::Map(_), None, None) => self.mapping(yaml),
            _ => Err(refuse(yaml, "a selector's definition must be text or a mapping")),
        }
    }

    /// Several definitions combined, less those that `exclude:` among them means.
    fn set(&self, operator: SetOperator, parts: &Yaml) -> Result<Expr, Box<Diagnostic>> {
        let YamlValue::List(items) = &parts.value else { return Err(refuse(parts, "expected a list here")) };
        let (mut included, mut excluded) = (Vec::new(), None);
        for item in items {
            match item.get("exclude").filter(|_| item.get("method").is_none()) {
                Some(_) if excluded.is_some() => {
                    return Err(refuse(item, "only one `exclude` is allowed in a `union` or `intersection`"));
                }
                Some(list) => excluded = Some(self.excluded(list)?),
                None => included.push(self.any(item)?),
            }
        }
        let set = Expr::Group(Group::new(operator, included));
        Ok(excluded.map_or(set.clone(), |excluded| Expr::difference(set, excluded)))
    }

    fn excluded(&self, list: &Yaml) -> Result<Expr, Box<Diagnostic>> {
        let YamlValue::List(items) = &list.value else { return Err(refuse(list, "`exclude` must be a list")) };
        Ok(Expr::union(items.iter().map(|item| self.any(item)).collect::<Result<_, _>>()?))
    }

    fn mapping(&self, yaml: &Yaml) -> Result<Expr, Box<Diagnostic>> {
        if let [(key, value)] = yaml.entries() {
            let (method, arguments) =
                Method::from_name(&key.name, &key.name).map_err(|problem| located(problem, yaml))?;
            return self.criterion(yaml, (method, arguments), value, Reach::default());
        }
        let (Some(method), Some(value)) = (yaml.get("method").and_then(Yaml::as_str), yaml.get("value")) else {
            return Err(refuse(yaml, "a selector needs either one key, or `method` and `value`"));
        };
        if method == "selector" {
            let name = value.scalar_text().unwrap_or_default();
            return self.earlier.find(&name).cloned().map_err(|problem| {
                located(Box::new(problem.note("only selectors defined further up can be used")), value)
            });
        }
        let named = Method::from_name(method, method).map_err(|problem| located(problem, yaml))?;
        let base = self.criterion(yaml, named, value, reach(yaml)?)?;
        match yaml.get("exclude") {
            Some(list) => Ok(Expr::difference(base, self.excluded(list)?)),
            None => Ok(base),
        }
    }

    fn criterion(
        &self,
        yaml: &Yaml,
        (method, arguments): (&'static Method, Vec<String>),
        value: &Yaml,
        reach: Reach,
    ) -> Result<Expr, Box<Diagnostic>> {
        let raw = format!("{}:{}", method.name, value.scalar_text().unwrap_or_default());
        let indirect = indirect(yaml)?.unwrap_or(self.indirect);
        let span = Some(value.span);
        let criterion = Criterion { method, arguments, value: value.to_json(), reach, indirect, raw, span };
        Ok(Expr::Criterion(Box::new(criterion.checked()?)))
    }

    /// The definition as the manifest shows it: texts taken apart, inheritance carried out.
    fn normalized(&self, yaml: &Yaml) -> Value {
        let list = |parts: &Yaml| parts.items().iter().map(|part| self.normalized(part)).collect::<Value>();
        match (&yaml.value, yaml.entries()) {
            (YamlValue::Text(text), _) => from_text(text),
            (_, entries) if entries.iter().any(|(key, _)| key.name == "union" || key.name == "intersection") => {
                let set = entries.iter().find(|(key, _)| key.name == "union" || key.name == "intersection");
                set.map_or(Value::Null, |(key, parts)| json!({ key.name.as_str(): list(parts) }))
            }
            (_, [(key, parts)]) if key.name == "exclude" => json!({ "exclude": list(parts) }),
            (_, [(key, value)]) => json!({ "method": key.name, "value": value.to_json() }),
            (YamlValue::Map(_), _) if yaml.get("method").and_then(Yaml::as_str) == Some("selector") => {
                let name = yaml.get("value").and_then(Yaml::scalar_text).unwrap_or_default();
                let earlier = self.earlier.normalized.get(&name).and_then(|entry| entry.get("definition"));
                earlier.cloned().unwrap_or(Value::Null)
            }
            _ => yaml.to_json(),
        }
    }
}

/// A criterion typed as on the command line, as a mapping.
fn from_text(text: &str) -> Value {
    let Ok(criterion) = Criterion::from_text(text, IndirectSelection::Eager) else { return Value::Null };
    let Reach { parents, children, childrens_parents } = criterion.reach;
    let mut map = JsonMap::new();
    let mut put = |key: String, value: Value| map.insert(key, value);
    // dbt's order of keys: as the parts stand in the text.
    let around = |key: &str, depth: Option<Option<usize>>| {
        let steps = depth.flatten().map(|steps| (format!("{key}_depth"), json!(steps.to_string())));
        depth.map(|_| (key.to_owned(), json!(true))).into_iter().chain(steps)
    };
    if childrens_parents {
        put("childrens_parents".to_owned(), json!(true));
    }
    around("parents", parents).for_each(|(key, value)| drop(put(key, value)));
    let method = std::iter::once(criterion.method.name).chain(criterion.arguments.iter().map(String::as_str));
    put("method".to_owned(), json!(method.collect::<Vec<_>>().join(".")));
    put("value".to_owned(), criterion.value);
    around("children", children).for_each(|(key, value)| drop(put(key, value)));
    map.into()
}

fn reach(yaml: &Yaml) -> Result<Reach, Box<Diagnostic>> {
    let flag = |key: &str| match yaml.get(key).map(|flag| &flag.value) {
        None | Some(YamlValue::Null) => Ok(false),
        Some(YamlValue::Bool(on)) => Ok(*on),
        Some(_) => Err(refuse(yaml.get(key).unwrap_or(yaml), &format!("`{key}` must be `true` or `false`"))),
    };
    let depth = |key: &str| {
        let Some(written) = yaml.get(&format!("{key}_depth")).filter(|depth| !depth.is_null()) else { return Ok(None) };
        let steps = written.scalar_text().and_then(|text| text.parse().ok());
        steps.map(Some).ok_or_else(|| refuse(written, &format!("`{key}_depth` must be a whole number")))
    };
    let around = |key: &str| if flag(key)? { depth(key).map(Some) } else { Ok(None) };
    Ok(Reach {
        parents: around("parents")?,
        children: around("children")?,
        childrens_parents: flag("childrens_parents")?,
    })
}

fn indirect(yaml: &Yaml) -> Result<Option<IndirectSelection>, Box<Diagnostic>> {
    let Some(written) = yaml.get("indirect_selection").filter(|mode| !mode.is_null()) else { return Ok(None) };
    match written.as_str().and_then(IndirectSelection::from_word) {
        Some(mode) => Ok(Some(mode)),
        None => Err(refuse(written, "`indirect_selection` is one of eager, cautious, buildable, empty")),
    }
}

fn refuse(yaml: &Yaml, message: &str) -> Box<Diagnostic> {
    let problem = Diagnostic::error(Code::InvalidSelector, message).at(yaml.span, "in this definition");
    Box::new(
        problem
            .help(format!("see the `{FILE}` of dbt's documentation: union, intersection, exclude, method and value")),
    )
}

fn located(problem: Box<Diagnostic>, yaml: &Yaml) -> Box<Diagnostic> {
    match problem.primary {
        Some(_) => problem,
        None => Box::new(problem.at(yaml.span, "in this definition")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SettingScope;
    use crate::system::MemoryFileSystem;

    fn read(text: &str) -> (NamedSelections, String) {
        let fs = MemoryFileSystem::new([("/p/selectors.yml", text)]);
        let render = |text: &str, _: &SettingScope<'_>| Ok(json!(text));
        let vars = JsonMap::new();
        let renderer = SettingRenderer::new(&render, SettingScope { vars: &vars, target: None, secrets: false });
        let (found, problems) =
            NamedSelections::read(Path::new("/p"), &fs, &SourceSet::new(), &renderer, IndirectSelection::Eager);
        (found, problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn definitions_are_normalized_as_dbt_does() {
        let text = "selectors:\n  - name: a\n    default: true\n    definition:\n      union:\n        - method: tag\n          value: x\n          children: true\n        - intersection: ['config.materialized:table', '2+m+']\n        - exclude: [{resource_type: seed}]\n  - name: b\n    definition: {union: [{method: selector, value: a}, '@y']}\n";
        let (found, problems) = read(text);
        assert_eq!(problems, "");
        let a = json!({ "union": [
            { "method": "tag", "value": "x", "children": true },
            { "intersection": [
                { "method": "config.materialized", "value": "table" },
                { "parents": true, "parents_depth": "2", "method": "fqn", "value": "m", "children": true },
            ] },
            { "exclude": [{ "method": "resource_type", "value": "seed" }] },
        ] });
        assert_eq!(found.normalized["a"]["definition"], a);
        let b = json!({ "union": [a, { "childrens_parents": true, "method": "fqn", "value": "y" }] });
        assert_eq!(found.normalized["b"]["definition"], b);
        assert_eq!(found.default_selection().map(|(name, _)| name), Some("a"));
        assert!(found.find("c").unwrap_err().help[0].contains("a, b"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |definition: &str| read(&format!("selectors:\n  - name: a\n    definition: {definition}\n")).1;
        assert_eq!(refused("{method: selector, value: later}"), "could not find selector named later");
        assert_eq!(refused("{tags: x}"), "`tags`: `tags` is not a selector method");
        assert_eq!(
            refused("{union: [x], extra: 1}"),
            "only a single `union` or `intersection` key is allowed in a root level selector definition"
        );
        assert_eq!(
            refused("{method: tag, value: x, children_depth: far, children: true}"),
            "`children_depth` must be a whole number"
        );
        assert_eq!(
            refused("{union: [{exclude: [x]}, {exclude: [y]}]}"),
            "only one `exclude` is allowed in a `union` or `intersection`"
        );
        let twice =
            "selectors:\n  - {name: a, default: true, definition: x}\n  - {name: b, default: true, definition: y}\n";
        assert_eq!(read(twice).1, "two selectors say `default: true`: `a` and `b`");
    }
}
