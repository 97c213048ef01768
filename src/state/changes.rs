//! Which nodes of a project have changed since an earlier manifest was written.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::compare::Pair;
use super::contract;
use super::entry::Entry;
use super::manifest::EarlierManifest;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::Project;
use crate::resource::{Node, ResourceType, UniqueId};

/// A way to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    New,
    Old,
    Modified,
    Unmodified,
    Body,
    Configs,
    PersistedDescriptions,
    Relation,
    Macros,
    Contract,
}

const WAYS: [(&str, Way); 10] = [
    ("new", Way::New),
    ("old", Way::Old),
    ("modified", Way::Modified),
    ("unmodified", Way::Unmodified),
    ("modified.body", Way::Body),
    ("modified.configs", Way::Configs),
    ("modified.persisted_descriptions", Way::PersistedDescriptions),
    ("modified.relation", Way::Relation),
    ("modified.macros", Way::Macros),
    ("modified.contract", Way::Contract),
];

/// Nodes that differ in a way, with warnings about contracts.
pub(super) fn changed(
    manifest: &EarlierManifest,
    project: &Project,
    way: &str,
) -> Result<(HashSet<UniqueId>, Diagnostics), Diagnostics> {
    let Some((_, way)) = WAYS.iter().find(|(name, _)| *name == way) else { return Err(vec![unknown(way)]) };
    let mut comparison = Comparison::new(manifest, project);
    let nodes = project.nodes.values().filter(|node| comparison.differs(node, *way));
    let found = nodes.map(|node| node.unique_id.clone()).collect();
    if matches!(way, Way::Modified | Way::Unmodified | Way::Contract) {
        comparison.look_for_removed_contracts();
    }
    let problems = std::mem::take(comparison.problems.get_mut());
    if crate::diagnostic::has_errors(&problems) { Err(problems) } else { Ok((found, problems)) }
}

fn unknown(way: &str) -> Diagnostic {
    let names: Vec<String> = WAYS.iter().map(|(name, _)| format!("`state:{name}`")).collect();
    Diagnostic::error(Code::InvalidSelector, format!("`state:{way}`: there is no such way to differ"))
        .help(format!("there are {}", names.join(", ")))
}

struct Comparison<'a> {
    manifest: &'a EarlierManifest,
    project: &'a Project,
    changed_macros: HashSet<&'a UniqueId>,
    /// Macros looked at so far: whether one of those they call has changed.
    verdicts: RefCell<HashMap<&'a UniqueId, bool>>,
    problems: RefCell<Diagnostics>,
}

impl<'a> Comparison<'a> {
    fn new(manifest: &'a EarlierManifest, project: &'a Project) -> Self {
        let macros = project.macros.values().filter(|entry| !is_engines_own(&entry.package));
        let changed = macros.filter(|entry| {
            let earlier = manifest.macros.get(entry.unique_id.as_str());
            earlier.is_none_or(|earlier| earlier.macro_sql.trim() != entry.source.trim())
        });
        Self {
            manifest,
            project,
            changed_macros: changed.map(|entry| &entry.unique_id).collect(),
            verdicts: RefCell::default(),
            problems: RefCell::default(),
        }
    }

    fn differs(&self, node: &'a Node, way: Way) -> bool {
        let earlier = self.manifest.entry(node.unique_id.as_str());
        match way {
            Way::New => earlier.is_none(),
            Way::Old => earlier.is_some(),
            Way::Modified => self.is_modified(node, earlier),
            Way::Unmodified => !self.is_modified(node, earlier),
            Way::Macros => self.uses_changed_macro(node),
            Way::Contract => is_code(node) && self.compared(node, earlier, |pair| self.same_contract(pair)),
            Way::Body => is_code(node) && self.compared(node, earlier, |pair| pair.same_body()),
            Way::Configs => has_config(node) && self.compared(node, earlier, |pair| pair.same_config()),
            Way::PersistedDescriptions => {
                is_code(node) && self.compared(node, earlier, |pair| pair.same_persisted_description())
            }
            Way::Relation => {
                let stands = is_code(node) || node.resource_type() == ResourceType::Source;
                stands && self.compared(node, earlier, |pair| pair.same_place())
            }
        }
    }

    /// Whether the node is new or not the same in this respect.
    fn compared(&self, node: &Node, earlier: Option<&Entry>, same: impl Fn(&Pair<'_>) -> bool) -> bool {
        earlier.is_none_or(|old| !same(&Pair { node, new: Entry::of(node), old }))
    }

    fn is_modified(&self, node: &'a Node, earlier: Option<&Entry>) -> bool {
        use ResourceType::{Exposure, Metric, SavedQuery, SemanticModel, Source};
        let Some(old) = earlier else {
            // COMPAT: of these a new one is not a modified one (dbt 1.11).
            let quiet = matches!(node.resource_type(), Source | Exposure | Metric | SemanticModel | SavedQuery);
            return !quiet || self.uses_changed_macro(node);
        };
        let pair = Pair { node, new: Entry::of(node), old };
        let same_contract = self.same_contract(&pair);
        !pair.same_contents() || !same_contract || self.uses_changed_macro(node)
    }

    fn same_contract(&self, pair: &Pair<'_>) -> bool {
        let verdict = contract::compare(pair);
        self.problems.borrow_mut().extend(verdict.problem);
        verdict.same
    }

    /// Whether a macro has changed that the node uses, directly or through others.
    fn uses_changed_macro(&self, node: &'a Node) -> bool {
        !self.changed_macros.is_empty() && node.depends_on.macros.iter().any(|id| self.has_changed(id))
    }

    fn has_changed(&self, id: &'a UniqueId) -> bool {
        if let Some(known) = self.verdicts.borrow().get(id) {
            return *known;
        }
        // Macros may call each other in a circle: while one is looked at, it counts as unchanged.
        self.verdicts.borrow_mut().insert(id, false);
        let calls = || self.project.macros.get(id).map(|entry| entry.depends_on.as_slice()).unwrap_or_default();
        let changed = self.changed_macros.contains(id) || calls().iter().any(|called| self.has_changed(called));
        self.verdicts.borrow_mut().insert(id, changed);
        changed
    }

    /// Models with an enforced contract that are gone.
    fn look_for_removed_contracts(&self) {
        let gone = self.manifest.nodes.iter().filter(|(id, _)| !self.project.nodes.contains_key(id.as_str()));
        let mut gone: Vec<_> = gone.collect();
        gone.sort_by_key(|(id, _)| *id);
        for (id, entry) in gone {
            let disabled = self.project.disabled.contains_key(id.as_str());
            self.problems.borrow_mut().extend(contract::removed(id, entry, disabled));
        }
    }
}

/// Whether a package is the engine's, or dbt's: its macros come with the program, and an update of
/// the program is not a change of the project.
fn is_engines_own(package: &str) -> bool {
    matches!(package, "dbt" | "dbt_postgres" | "dbt_lakehouse" | "dbt_duckdb")
}

/// Whether the node stands among the manifest's `nodes` or `functions`.
fn is_code(node: &Node) -> bool {
    use ResourceType::{Analysis, Function, Model, Operation, Seed, Snapshot, SqlOperation, Test};
    matches!(node.resource_type(), Model | Seed | Snapshot | Test | Analysis | Operation | SqlOperation | Function)
}

fn has_config(node: &Node) -> bool {
    use ResourceType::{Exposure, Metric, Source};
    is_code(node) || matches!(node.resource_type(), Source | Exposure | Metric)
}
