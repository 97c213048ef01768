//! What is wrong with a project as a whole: doubles, cycles, groups, config that applies to nothing.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::{Context, Draft};
use super::relation_names::is_relational;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::graph::Dag;
use crate::project::parsed::Parsed;
use crate::resource::{DocsBlock, Node, ResourceType, UniqueId};
use crate::source::Span;

/// Nodes with the same id, refable nodes with the same name, nodes with the same relation.
pub(super) fn doubles(drafts: &[Draft], problems: &mut Diagnostics) {
    let mut ids: HashMap<&UniqueId, &Draft> = HashMap::new();
    let mut names: HashMap<(&str, &str, Option<String>), &Draft> = HashMap::new();
    let mut relations: HashMap<String, &Draft> = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.node.config.enabled) {
        let node = &draft.node;
        if let Some(twin) = ids.insert(&node.unique_id, draft) {
            problems.push(same_name(twin, draft));
            continue;
        }
        if node.resource_type().is_refable() {
            let version = node.as_model().and_then(|model| model.version.as_ref()).map(|version| version.text());
            if let Some(twin) = names.insert((&node.package, &node.name, version), draft) {
                problems.push(same_name(twin, draft));
                continue;
            }
        }
        let Some(relation) = node.relation.as_ref().filter(|_| is_relational(node)) else { continue };
        if let Some(twin) = relations.insert(relation.render(), draft) {
            problems.push(
                Diagnostic::error(
                    Code::DuplicateRelation,
                    format!("`{}` and `{}` would both be built as {relation}", twin.node.unique_id, node.unique_id),
                )
                .at(start_of(draft.place), format!("one of them: {}", draft.display))
                .and_at(start_of(twin.place), format!("the other: {}", twin.display))
                .help("give one of them another `alias` or `schema`"),
            );
        }
    }
}

fn same_name(twin: &Draft, draft: &Draft) -> Diagnostic {
    let (one, other) = (twin.node.resource_type(), draft.node.resource_type());
    let what = if one == other { format!("two {one}s are") } else { format!("a {one} and a {other} are both") };
    Diagnostic::error(
        Code::DuplicateName,
        format!("{what} called `{}`: in `{}` and `{}`", draft.node.name, twin.display, draft.display),
    )
    .at(start_of(draft.place), "this one")
    .and_at(start_of(twin.place), "and this one")
    .help("rename one of them, or disable it with `enabled: false`")
}

/// A piece of code is shown by its beginning.
fn start_of(place: Span) -> Span {
    Span { end: place.end.min(place.start.saturating_add(1)), ..place }
}

/// Docs blocks with the same id.
pub(super) fn docs(parsed: &Parsed, problems: &mut Diagnostics) -> indexmap::IndexMap<UniqueId, DocsBlock> {
    let mut docs: indexmap::IndexMap<UniqueId, DocsBlock> = indexmap::IndexMap::with_capacity(parsed.docs.len());
    let mut places: HashMap<UniqueId, Span> = HashMap::new();
    for (block, span) in &parsed.docs {
        if let Some(earlier) = docs.insert(block.unique_id.clone(), block.clone()) {
            let problem = Diagnostic::error(
                Code::DuplicateName,
                format!(
                    "two docs blocks are called `{}`: in `{}` and `{}`",
                    block.name, earlier.original_file_path, block.original_file_path
                ),
            )
            .at(start_of(*span), "this one")
            .help("rename one of them");
            problems.push(match places.get(&block.unique_id) {
                Some(earlier) => problem.and_at(start_of(*earlier), "and this one"),
                None => problem,
            });
        }
        places.insert(block.unique_id.clone(), *span);
    }
    docs
}

/// A circle of references.
pub(super) fn cycle(graph: &Dag, nodes: &indexmap::IndexMap<UniqueId, Arc<Node>>, problems: &mut Diagnostics) {
    let Err(path) = graph.order() else { return };
    let around = path.iter().chain(path.first()).map(|id| nodes.get(id).map_or(id.as_str(), |node| node.name.as_str()));
    let around: Vec<String> = around.map(|name| format!("`{name}`")).collect();
    let mut problem =
        Diagnostic::error(Code::Cycle, format!("these models depend on each other: {}", around.join(" -> ")));
    for (at, id) in path.iter().enumerate() {
        let next = path.get((at + 1) % path.len().max(1)).and_then(|id| nodes.get(id));
        let (Some(node), Some(next)) = (nodes.get(id), next) else { continue };
        // The path leads from what is used to what uses it.
        let call = next.refs.iter().find(|call| call.name == node.name).and_then(|call| call.span);
        let place = call.unwrap_or(start_of(next.origin.span));
        let said = format!("`{}` refers to `{}`", next.name, node.name);
        problem = if problem.primary.is_none() { problem.at(place, said) } else { problem.and_at(place, said) };
    }
    problems.push(problem.help("take one of these references out"));
}

/// Groups that nobody declares.
pub(super) fn groups(drafts: &[Draft], known: &[String], problems: &mut Diagnostics) {
    for draft in drafts.iter().filter(|draft| draft.node.config.enabled) {
        let node = &draft.node;
        if node.resource_type() == ResourceType::Test {
            continue;
        }
        let Some(group) = node.config.group.as_ref().filter(|group| !known.contains(group)) else { continue };
        let place = node.origin.patch_span.unwrap_or(start_of(draft.place));
        let problem = Diagnostic::error(
            Code::InvalidValue,
            format!("{} `{}` is in the group `{group}`, which does not exist", node.resource_type(), node.name),
        )
        .at(place, "no YAML file declares this group");
        problems.push(match closest(group, known.iter().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("declare it under `groups:` in a YAML file"),
        });
    }
}

/// Config of the root project file that applied to nothing.
pub(super) fn unused_config(context: &Context<'_>, problems: &mut Diagnostics) {
    for (path, span) in context.unused_levels() {
        problems.push(
            Diagnostic::warning(Code::UnusedConfig, format!("the config under `{path}` applies to nothing"))
                .at_opt(span, "no resource stands here")
                .help("remove it, or check the names of package and folders"),
        );
    }
}
