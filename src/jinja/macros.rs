//! All macros of a project by name, and the order in which dbt looks for them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use minijinja::machinery::{Token, tokenize};

use super::EngineSettings;
use super::macro_file::Callable;
use crate::resource::{Macro, UniqueId};

/// The package of the engine's own macros.
pub(super) const BUILTIN: &str = "dbt";

/// All macros by package and name.
#[derive(Debug)]
pub(super) struct MacroIndex {
    root: String,
    by_package: HashMap<String, HashMap<String, UniqueId>>,
    callables: HashMap<UniqueId, (Arc<Macro>, OnceLock<Arc<Callable>>)>,
}

impl MacroIndex {
    pub(super) fn new(macros: &IndexMap<UniqueId, Arc<Macro>>, settings: &EngineSettings) -> Self {
        let mut by_package: HashMap<String, HashMap<String, UniqueId>> = HashMap::new();
        for package in settings.packages.iter().chain([&settings.root_package]) {
            by_package.entry(package.clone()).or_default();
        }
        for item in macros.values() {
            by_package.entry(item.package.clone()).or_default().insert(item.name.clone(), item.unique_id.clone());
        }
        let callables =
            macros.values().map(|item| (item.unique_id.clone(), (Arc::clone(item), OnceLock::new()))).collect();
        Self { root: settings.root_package.clone(), by_package, callables }
    }

    /// A macro made ready, at its first use.
    pub(super) fn callable(&self, id: &UniqueId) -> Option<Arc<Callable>> {
        let (item, callable) = self.callables.get(id)?;
        Some(Arc::clone(callable.get_or_init(|| Arc::new(Callable::new(&item.source)))))
    }

    /// A macro.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Macro>> {
        self.callables.get(id).map(|(item, _)| item)
    }

    /// The macro of one package.
    pub(super) fn of_package(&self, package: &str, name: &str) -> Option<&UniqueId> {
        self.by_package.get(package)?.get(name)
    }

    /// The user's macro of this name: of the node's package, the root project, or the package that
    /// the calling macro stands in.
    pub(super) fn of_users(&self, node_package: &str, own_package: &str, name: &str) -> Option<&UniqueId> {
        let packages = [node_package, &self.root, own_package];
        packages.into_iter().filter(|package| *package != BUILTIN).find_map(|package| self.of_package(package, name))
    }

    /// The engine's own macro of this name.
    pub(super) fn builtin(&self, name: &str) -> Option<&UniqueId> {
        self.of_package(BUILTIN, name)
    }

    /// The macro of this name in dbt's order of search.
    pub(super) fn find(&self, package: &str, name: &str) -> Option<&UniqueId> {
        self.of_users(package, package, name).or_else(|| self.builtin(name))
    }

    /// Whether a name is that of a package.
    pub(super) fn has_package(&self, name: &str) -> bool {
        self.by_package.contains_key(name)
    }

    /// The implementation of a dispatched macro: the first of `postgres__name`, `default__name` in
    /// each package to search.
    ///
    /// # Errors
    /// The names that were searched for.
    pub(super) fn dispatch(
        &self,
        settings: &EngineSettings,
        package: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> Result<&UniqueId, Vec<String>> {
        let mut prefixes = vec![settings.adapter_type.as_str()];
        prefixes.extend(settings.adapter_parents.iter().map(String::as_str));
        prefixes.push("default");
        let mut searched = Vec::new();
        for place in self.search_order(settings, namespace) {
            for prefix in &prefixes {
                let wanted = format!("{prefix}__{name}");
                let found = match &place {
                    Some(place) => self.of_package(place, &wanted),
                    None => self.find(package, &wanted),
                };
                if let Some(id) = found {
                    return Ok(id);
                }
                searched.push(place.as_ref().map_or_else(|| wanted.clone(), |place| format!("{place}.{wanted}")));
            }
        }
        Err(searched)
    }

    /// Whether a built-in macro of this name gives way to one of the user's, called from a package.
    pub(super) fn is_overridden(&self, settings: &EngineSettings, package: &str, name: &str) -> bool {
        let is_users = |id: &UniqueId| self.get(id.as_str()).is_some_and(|item| item.package != BUILTIN);
        self.of_users(package, package, name).is_some()
            || self.dispatch(settings, package, name, Some(BUILTIN)).is_ok_and(is_users)
    }

    /// Whether any package but the engine's own has a macro of this name.
    pub(super) fn is_overridden_by_name(&self, name: &str) -> bool {
        self.by_package.iter().any(|(package, macros)| package != BUILTIN && macros.contains_key(name))
    }

    /// Packages to search for a namespace; `None` is everywhere.
    fn search_order(&self, settings: &EngineSettings, namespace: Option<&str>) -> Vec<Option<String>> {
        let Some(namespace) = namespace else { return vec![None] };
        if let Some(order) = settings.dispatch.get(namespace) {
            return order.iter().cloned().map(Some).collect();
        }
        if self.has_package(namespace) && namespace != BUILTIN {
            return vec![Some(self.root.clone()), Some(namespace.to_owned())];
        }
        vec![None]
    }

    /// The nearest name, for messages.
    pub(super) fn closest(&self, package: &str, name: &str) -> Option<String> {
        let packages: HashSet<&str> = [package, &self.root, BUILTIN].into_iter().collect();
        let names = packages.iter().filter_map(|package| self.by_package.get(*package)).flat_map(HashMap::keys);
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        crate::diagnostic::closest(name, names).map(str::to_owned)
    }

    /// Macros that a macro's text calls by name, through `adapter.dispatch('name', 'package')` too.
    pub(super) fn calls_of(&self, item: &Macro, settings: &EngineSettings) -> Vec<UniqueId> {
        let mut found: Vec<UniqueId> = Vec::new();
        // Texts between the parentheses of a dispatch.
        let mut dispatched: Option<Vec<String>> = None;
        let mut path: Vec<&str> = Vec::new();
        let mut after_dot = false;
        for (token, _) in
            tokenize(&item.source, false, minijinja::syntax::SyntaxConfig::default()).map_while(Result::ok)
        {
            match token {
                Token::Str(text) if dispatched.is_some() => {
                    dispatched.iter_mut().for_each(|texts| texts.push(text.to_owned()));
                }
                Token::String(text) if dispatched.is_some() => {
                    dispatched.iter_mut().for_each(|texts| texts.push(text.to_string()));
                }
                Token::ParenClose => {
                    let texts = dispatched.take().unwrap_or_default();
                    let namespace = texts.get(1).map(String::as_str);
                    let id =
                        texts.first().and_then(|name| self.dispatch(settings, &item.package, name, namespace).ok());
                    if let Some(id) = id.filter(|id| !found.contains(id)) {
                        found.push(id.clone());
                    }
                    path.clear();
                    after_dot = false;
                }
                Token::Ident(word) => {
                    if !after_dot {
                        path.clear();
                    }
                    path.push(word);
                    after_dot = false;
                }
                Token::Dot => after_dot = true,
                Token::ParenOpen => {
                    if path.as_slice() == ["adapter", "dispatch"] {
                        dispatched = Some(Vec::new());
                    }
                    let id = match path.as_slice() {
                        [name] if *name != item.name => self.find(&item.package, name),
                        [package, name] => self.of_package(package, name),
                        _ => None,
                    };
                    if let Some(id) = id.filter(|id| !found.contains(id)) {
                        found.push(id.clone());
                    }
                    path.clear();
                }
                _ => {
                    path.clear();
                    after_dot = false;
                }
            }
        }
        found
    }
}
