use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::context::{Context, Draft};
use super::data_test::{Target, TargetKind};
use super::docs::DocIndex;
use super::index::Targets;
use super::patches::{PatchIndex, add_yaml_snapshots, resource_type};
use super::{check, macros, primary_key, semantic, unit_test};
use crate::config::Settings;
use crate::diagnostic::{Diagnostics, has_errors};
use crate::graph::Dag;
use crate::jinja::Engine;
use crate::project::Project;
use crate::project::parsed::{Parsed, Patch, Properties};
use crate::resource::{Group, Node, ResourceType, UniqueId};
use crate::source::SourceSet;

/// A project of what its files say. `None` when errors make it unusable.
pub fn project(
    settings: &Settings,
    engine: &Engine,
    mut parsed: Parsed,
    sources: &Arc<SourceSet>,
) -> (Option<Project>, Diagnostics) {
    let mut problems = Diagnostics::new();
    add_yaml_snapshots(&mut parsed);
    let docs = check::docs(&parsed, &mut problems);
    let context = Context::new(settings, engine, DocIndex::new(docs.values()), sources, &mut problems);
    let mut drafts = drafts(&context, &parsed, &mut problems);
    let targets = Targets::new(&drafts, &settings.project.name);
    let fixtures = unit_test::fixtures(&parsed);
    for file in &parsed.properties {
        let tests = file.unit_tests.iter();
        drafts.extend(tests.flat_map(|test| context.unit_test_nodes(file, test, &targets, &fixtures)));
    }
    let groups = groups(&parsed, &context, &mut problems);
    drafts.par_iter_mut().for_each(|draft| context.link(draft, &targets));
    semantic::link(&mut drafts);
    unit_test::place(&mut drafts);
    primary_key::infer(&mut drafts);
    check::doubles(&drafts, &mut problems);
    let group_names: Vec<String> = groups.values().map(|group| group.name.clone()).collect();
    check::groups(&drafts, &group_names, &mut problems);
    check::unused_config(&context, &mut problems);
    let macros = macros::described(&context, &parsed, &mut problems);
    let created_at = settings.invocation.started_at.timestamp_micros() as f64 / 1e6;
    let (nodes, disabled) = freeze(drafts, created_at, &mut problems);
    let graph = Dag::new(nodes.iter().map(|(id, node)| (id, node.depends_on.nodes.as_slice())));
    check::cycle(&graph, &nodes, &mut problems);
    if has_errors(&problems) {
        return (None, problems);
    }
    let project = Project {
        root: settings.project.clone(),
        nodes,
        disabled,
        macros,
        docs,
        groups,
        graph,
        sources: sources.clone(),
        refs: targets.refs,
    };
    (Some(project), problems)
}

/// A node for each resource but the unit tests, whose models must be known.
fn drafts(context: &Context<'_>, parsed: &Parsed, problems: &mut Diagnostics) -> Vec<Draft> {
    let patches = PatchIndex::new(parsed, problems);
    let mut drafts: Vec<Draft> = parsed
        .code
        .par_iter()
        .map(|code| context.code_node(code, patches.of(resource_type(code.kind), &code.place.package, &code.name)))
        .collect();
    let declared: Vec<Vec<Draft>> =
        parsed.properties.par_iter().map(|file| of_properties(context, file, &patches)).collect();
    drafts.extend(declared.into_iter().flatten());
    for package in std::iter::once(context.root()).chain(&context.settings.packages) {
        drafts.extend(context.hook_nodes(package));
    }
    drafts
}

fn of_properties(context: &Context<'_>, file: &Properties, patches: &PatchIndex<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for patch in &file.patches {
        drafts.extend(tests_of_patch(context, file, patch, patches));
    }
    for source in &file.sources {
        drafts.extend(context.source_nodes(file, source));
    }
    drafts.extend(file.exposures.iter().map(|exposure| context.exposure_node(file, exposure)));
    for written in &file.passthrough {
        let draft = context.passthrough_node(file, written);
        let more = context.measure_metrics(file, written, &draft);
        drafts.push(draft);
        drafts.extend(more);
    }
    drafts
}

fn tests_of_patch(context: &Context<'_>, file: &Properties, patch: &Patch, patches: &PatchIndex<'_>) -> Vec<Draft> {
    if !matches!(patch.kind, ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot) {
        return Vec::new();
    }
    let target = |version| Target {
        place: &file.place,
        name: &patch.name,
        of: TargetKind::Node(patch.kind, version),
        quote_columns: patch.quote_columns,
        tags: &[],
        exists: true,
    };
    if patch.versions.is_empty() {
        let exists = patches.has_target(patch, file, None);
        let target = Target { exists, ..target(None) };
        return context.tests_of(&target, patch.columns.iter(), &patch.tests);
    }
    let mut drafts = Vec::new();
    for version in &patch.versions {
        let exists = patches.has_target(patch, file, Some(version));
        let target = Target { exists, ..target(Some(&version.version)) };
        let inherited = patch.columns.iter().filter(|column| version.inherits.takes(&column.spec.name));
        let own = version.tests.as_ref().unwrap_or(&patch.tests);
        drafts.extend(context.tests_of(&target, inherited.chain(&version.columns), own));
    }
    drafts
}

fn groups(parsed: &Parsed, context: &Context<'_>, problems: &mut Diagnostics) -> IndexMap<UniqueId, Group> {
    let mut groups: IndexMap<UniqueId, Group> = IndexMap::new();
    for (group, span) in parsed.properties.iter().flat_map(|file| &file.groups) {
        if let Some(twin) = groups.get(&group.unique_id) {
            problems.push(
                crate::diagnostic::Diagnostic::error(
                    crate::diagnostic::Code::DuplicateName,
                    format!(
                        "two groups are called `{}`: in `{}` and `{}`",
                        group.name, twin.original_file_path, group.original_file_path
                    ),
                )
                .at(*span, "this one")
                .help("rename one of them"),
            );
            continue;
        }
        groups.insert(group.unique_id.clone(), context.configured(group));
    }
    groups
}

type Frozen = (IndexMap<UniqueId, Arc<Node>>, IndexMap<UniqueId, Vec<Arc<Node>>>);

/// Enabled and disabled nodes, kind by kind in the order of the files.
fn freeze(mut drafts: Vec<Draft>, created_at: f64, problems: &mut Diagnostics) -> Frozen {
    drafts.sort_by_key(|draft| rank(draft.node.resource_type()));
    let mut nodes = IndexMap::with_capacity(drafts.len());
    let mut disabled: IndexMap<UniqueId, Vec<Arc<Node>>> = IndexMap::new();
    for mut draft in drafts {
        problems.append(&mut draft.problems);
        draft.node.created_at = created_at;
        let (id, node) = (draft.node.unique_id.clone(), Arc::new(draft.node));
        if node.config.enabled {
            nodes.insert(id, node);
        } else {
            disabled.entry(id).or_default().push(node);
        }
    }
    (nodes, disabled)
}

fn rank(kind: ResourceType) -> u8 {
    match kind {
        ResourceType::Model => 0,
        ResourceType::Seed => 1,
        ResourceType::Snapshot => 2,
        ResourceType::Analysis => 3,
        ResourceType::Test => 4,
        ResourceType::Operation => 5,
        ResourceType::Source => 6,
        ResourceType::Exposure => 7,
        ResourceType::UnitTest => 9,
        _ => 8,
    }
}
