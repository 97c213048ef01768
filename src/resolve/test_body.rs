//! What the macro of a generic test says in its own body: `config()`, `ref()` and `source()`.

use std::sync::Arc;

use super::configs::merge_config;
use super::context::Context;
use super::data_test::{Target, TargetKind};
use super::python;
use super::relation_names::{facts, this_so_far};
use crate::jinja::{Harvest, HarvestRequest};
use crate::resource::{ConfigMap, Macro, Node};

impl Context<'_> {
    /// What the body of a test's macro says. Most say nothing, and are not rendered.
    pub fn test_body(&self, node: &Node, target: &Target<'_>) -> Harvest {
        let Some(metadata) = node.as_data_test().and_then(|test| test.metadata.as_ref()) else {
            return Harvest::default();
        };
        if !self.test_macro(node).is_some_and(|found| found.package != "dbt" && may_speak(found)) {
            return Harvest::default();
        }
        let argument = |(key, value): (&String, &serde_json::Value)| {
            if key == "model" {
                return format!("model=get_where_subquery({})", target.call());
            }
            let mut text = format!("{key}=");
            python::write_repr(value, &mut text);
            text
        };
        let arguments: Vec<String> = metadata.kwargs.iter().map(argument).collect();
        let prefix = metadata.namespace.as_ref().map(|namespace| format!("{namespace}.")).unwrap_or_default();
        let code = format!("{{{{ {prefix}test_{}({}) }}}}", metadata.name, arguments.join(", "));
        let request = HarvestRequest {
            package: &node.package,
            file: node.origin.file,
            offset: 0,
            code: &code,
            model: facts(node).into(),
            this: Some(this_so_far(node)),
            config: Arc::default(),
        };
        // A body that cannot be rendered yet is told of when the test is compiled.
        let mut harvest = self.engine.harvest(&request).unwrap_or_default();
        // The first of these is what the test is declared on, which is known already.
        match target.of {
            TargetKind::Node(..) => drop(harvest.refs.drain(..harvest.refs.len().min(1))),
            TargetKind::Source(_) => drop(harvest.sources.drain(..harvest.sources.len().min(1))),
        }
        harvest
    }

    /// A test's own config with that of its macro's body. COMPAT: it is said again behind the body, so
    /// that it has the last word and its tags stand there twice (dbt 1.11).
    pub fn said_of_test(&self, node: &Node, own: &ConfigMap, body: &ConfigMap) -> ConfigMap {
        let mut all = own.clone();
        if self.test_macro(node).is_some_and(|found| !is_never_rendered(found.unique_id.as_str())) {
            merge_config(&mut all, body);
            merge_config(&mut all, own);
        }
        all
    }

    fn test_macro(&self, node: &Node) -> Option<&Macro> {
        let metadata = node.as_data_test()?.metadata.as_ref()?;
        let namespace = metadata.namespace.as_deref();
        self.engine.find_generic_test(&node.package, namespace, &metadata.name).map(|found| &**found)
    }
}

/// Whether a macro's body, or one it hands over to, may call `config()`, `ref()` or `source()`, or say something.
fn may_speak(test: &Macro) -> bool {
    let is_called = |word: &str| test.source.split(word).skip(1).any(|rest| rest.trim_start().starts_with('('));
    ["config", "ref", "source", "dispatch", "log", "print", "warn"].into_iter().any(is_called)
        || test.depends_on.iter().any(|called| !called.as_str().starts_with("macro.dbt."))
}

/// COMPAT: the two tests that dbt 1.11 takes apart without rendering them.
pub(super) fn is_never_rendered(test: &str) -> bool {
    matches!(test, "macro.dbt.test_not_null" | "macro.dbt.test_unique")
}
