//! `pre_hook` and `post_hook`: what they refer to.

use std::sync::Arc;

use super::code_node::add_unplaced;
use super::context::Context;
use super::relation_names::{facts, this_so_far};
use crate::config::has_jinja;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::jinja::{Harvest, HarvestRequest, ModelFacts};
use crate::resource::{Node, NodeKind};

impl Context<'_> {
    /// What hooks refer to, their node refers to. COMPAT: they are rendered while parsing (dbt 1.11).
    pub(super) fn harvest_hooks(&self, node: &mut Node, problems: &mut Diagnostics) {
        let hooks: Vec<String> = node
            .config
            .pre_hook
            .iter()
            .chain(&node.config.post_hook)
            .map(|hook| hook.sql.clone())
            .filter(|sql| has_jinja(sql))
            .collect();
        if hooks.is_empty() {
            return;
        }
        let (model, config) = (ModelFacts::from(facts(node)), Arc::new(node.config.values.clone()));
        for sql in hooks {
            let request = HarvestRequest {
                package: &node.package,
                file: node.origin.file,
                offset: 0,
                code: &sql,
                model: model.clone(),
                this: Some(this_so_far(node)),
                config: Arc::clone(&config),
            };
            match self.engine.harvest(&request) {
                Ok(harvest) if refuses_references(node, &harvest) => problems.push(seed_that_refers(node, &harvest)),
                Ok(harvest) => {
                    let warning = self.undefined(&node.package, harvest.undefined.as_deref());
                    problems.extend(warning.map(|warning| at_node(node, warning)));
                    add_unplaced(node, harvest);
                }
                Err(problem) => problems.push(at_node(node, *problem)),
            }
        }
    }
}

/// The hook's text stands in no known place: the node does.
fn at_node(node: &Node, mut problem: Diagnostic) -> Diagnostic {
    problem.primary = None;
    problem.secondary.clear();
    problem.at(node.origin.span, "in a hook of this node")
}

fn refuses_references(node: &Node, harvest: &Harvest) -> bool {
    matches!(node.kind, NodeKind::Seed(_)) && !(harvest.refs.is_empty() && harvest.sources.is_empty())
}

/// COMPAT: the first sentence is dbt's (dbt 1.11).
fn seed_that_refers(node: &Node, harvest: &Harvest) -> Diagnostic {
    let name = harvest.refs.first().map(|call| &call.name).or(harvest.sources.first().map(|call| &call.table));
    Diagnostic::error(Code::Unsupported, "Seeds cannot depend on other nodes".to_owned())
        .at(node.origin.span, format!("a hook of this seed refers to `{}`", name.map_or("", String::as_str)))
        .help("name the relation by `target.schema` and its identifier, or move the hook to a model")
}
