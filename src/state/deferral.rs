use std::collections::{HashMap, HashSet};

use super::manifest::EarlierManifest;
use crate::project::Project;
use crate::relation::Relation;
use crate::resource::{Node, UniqueId};

/// Which references are read from an earlier run's relations.
#[derive(Debug, Clone, Default)]
pub struct DeferralScope {
    /// The nodes that are built now.
    pub selected: HashSet<UniqueId>,
    /// `--favor-state`: nodes that are not selected are read from there even if they exist here.
    pub favors_state: bool,
}

/// Where the nodes of a project stood in an earlier run.
#[derive(Debug, Default)]
pub struct Deferral {
    relations: HashMap<UniqueId, Relation>,
    scope: DeferralScope,
}

impl Deferral {
    pub(super) fn new(manifest: &EarlierManifest, project: &Project, scope: DeferralScope) -> Self {
        let refable = project.nodes.values().filter(|node| node.resource_type().is_refable());
        let relations = refable.filter_map(|node| Some((node.unique_id.clone(), earlier_place(manifest, node)?)));
        Self { relations: relations.collect(), scope }
    }

    /// Where a node stood.
    pub fn relation(&self, id: &UniqueId) -> Option<&Relation> {
        self.relations.get(id)
    }

    /// The relation to read instead of a node's own, if it is to be: the node's own does not exist, or
    /// the earlier one is preferred.
    ///
    /// # Errors
    /// Those of finding out whether the node's own exists.
    pub fn stand_in<E>(&self, id: &UniqueId, exists: impl FnOnce() -> Result<bool, E>) -> Result<Option<&Relation>, E> {
        let Some(earlier) = self.relations.get(id) else { return Ok(None) };
        let preferred = self.scope.favors_state && !self.scope.selected.contains(id);
        Ok((preferred || !exists()?).then_some(earlier))
    }
}

/// Quoted as the node is now: the manifest does not say how it was.
fn earlier_place(manifest: &EarlierManifest, node: &Node) -> Option<Relation> {
    let entry = manifest.nodes.get(node.unique_id.as_str())?;
    if entry.within("config", "materialized") == "ephemeral" {
        return None;
    }
    let identifier = Some(entry.text("alias")).filter(|alias| !alias.is_empty()).unwrap_or(entry.text("name"));
    let place = Relation::new(entry.text("database"), entry.text("schema"), identifier);
    let quote = node.relation.as_ref().map(|now| now.quote).unwrap_or_default();
    Some(Relation { quote, ..place })
}
