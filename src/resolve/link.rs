//! `ref()` and `source()` calls -> the nodes they mean.

use super::context::{Context, Draft};
use super::index::Targets;
use super::refs::{find_function, find_ref, find_source};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::resource::{Access, Node, RefCall, ResourceType, UniqueId};

impl Context<'_> {
    /// Looks up what a node refers to. A test of something that is missing or disabled is disabled
    /// too; for other nodes that is an error.
    pub fn link(&self, draft: &mut Draft, targets: &Targets) {
        let is_test = draft.node.resource_type() == ResourceType::Test;
        if let Some(test) = draft.node.as_data_test() {
            // COMPAT: a test belongs to the group of what it is declared on (dbt 1.11).
            let group = test.attached_node.as_ref().and_then(|id| targets.groups.get(id));
            draft.node.config.group = group.cloned().or(draft.node.config.group.take());
        }
        if !draft.node.config.enabled {
            return;
        }
        let root = self.root().name.clone();
        let mut found: Vec<UniqueId> = Vec::new();
        let mut problems = Vec::new();
        // COMPAT: sources come first (dbt 1.11).
        for call in &draft.node.sources {
            match find_source(&targets.refs, call, &draft.node.package) {
                Ok(id) => found.push(id.clone()),
                Err(problem) => {
                    let key = (call.source.clone(), call.table.clone());
                    problems.push(match targets.disabled_sources.contains(&key) {
                        true => Diagnostic::error(
                            Code::DisabledRef,
                            format!("source `{}.{}` is disabled", call.source, call.table),
                        )
                        .at_opt(call.span, "refers to it")
                        .help("enable it, or remove this reference"),
                        false => *problem,
                    });
                }
            }
        }
        for call in &draft.node.refs {
            match find_ref(&targets.refs, call, &draft.node.package, &root) {
                Ok(id) => match self.denied(&draft.node, id, call, targets) {
                    Some(problem) => problems.push(problem),
                    None => found.push(id.clone()),
                },
                Err(problem) => problems.push(*problem),
            }
        }
        for names in &draft.node.functions {
            match find_function(&targets.refs, names, &draft.node.package) {
                Ok(id) => found.push(id.clone()),
                Err(problem) => problems.push(*problem),
            }
        }
        for id in found {
            if !draft.node.depends_on.nodes.contains(&id) {
                draft.node.depends_on.nodes.push(id);
            }
        }
        // A node may name a thing more than once; each problem with it is told of once.
        problems.dedup_by(|later, earlier| later.message == earlier.message && later.primary == earlier.primary);
        for problem in problems {
            self.report(draft, problem, is_test);
        }
    }

    fn report(&self, draft: &mut Draft, problem: Diagnostic, is_test: bool) {
        let mut problem = named(problem, &draft.node);
        if problem.primary.is_none() {
            problem = problem.at(draft.place, "declared here");
        }
        if is_test && problem.code != Code::AccessDenied {
            draft.node.config.enabled = false;
            draft.node.config.values.insert("enabled".to_owned(), false.into());
            // COMPAT: of a disabled target dbt 1.11 says nothing, of a missing one it warns.
            if problem.code == Code::DisabledRef || draft.is_orphan {
                return;
            }
            problem.severity = Severity::Warning;
            problem = problem.note("the test is left out");
        }
        draft.problems.push(problem);
    }

    /// Whether a model is not for this node.
    fn denied(&self, node: &Node, id: &UniqueId, call: &RefCall, targets: &Targets) -> Option<Diagnostic> {
        let target = targets.models.get(id)?;
        let is_elsewhere = node.package != target.package;
        let restricted = || {
            let mut packages = std::iter::once(self.root()).chain(&self.settings.packages);
            is_elsewhere && packages.any(|package| package.name == target.package && package.restrict_access)
        };
        let has_groups = node.resource_type() != ResourceType::Exposure;
        let (word, scope) = match target.access {
            Access::Private if !has_groups || node.config.group != target.group || restricted() => {
                ("private", format!("group `{}`", target.group.as_deref().unwrap_or("none")))
            }
            Access::Protected if restricted() => ("protected", format!("package `{}`", target.package)),
            _ => return None,
        };
        let message = format!("{} `{}` refers to `{id}`, which is {word}", word_of(node), node.name);
        Some(
            Diagnostic::error(Code::AccessDenied, message)
                .at_opt(call.span, format!("only {scope} may refer to it"))
                .help(format!("put the node into {scope}, or give the model a wider `access`")),
        )
    }
}

/// The problem of a lookup with the name of the node that looked.
fn named(mut problem: Diagnostic, node: &Node) -> Diagnostic {
    for (ending, said) in [(" does not exist", "which does not exist"), (" is disabled", "which is disabled")] {
        if let Some(target) = problem.message.strip_suffix(ending) {
            problem.message = format!("{} `{}` refers to {target}, {said}", word_of(node), node.name);
            break;
        }
    }
    problem
}

fn word_of(node: &Node) -> &'static str {
    match node.resource_type() {
        ResourceType::UnitTest => "unit test",
        ResourceType::Operation => "hook",
        other => other.as_str(),
    }
}
