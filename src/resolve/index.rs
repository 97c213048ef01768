//! Which nodes can be referred to, and by whom.

use std::collections::{HashMap, HashSet};

use super::context::Draft;
use crate::project::{RefCandidate, RefIndex};
use crate::resource::{Access, NodeKind, ResourceType, UniqueId};

/// What `ref()` and `source()` calls are looked up in.
pub(super) struct Targets {
    pub refs: RefIndex,
    /// Sources that are switched off.
    pub disabled_sources: HashSet<(String, String)>,
    /// Access, group and package of models.
    pub models: HashMap<UniqueId, ModelAccess>,
    /// Groups of all nodes that have one.
    pub groups: HashMap<UniqueId, String>,
}

/// Who may refer to a model.
pub(super) struct ModelAccess {
    pub access: Access,
    pub group: Option<String>,
    pub package: String,
}

impl Targets {
    pub fn new(drafts: &[Draft], root: &str) -> Self {
        let mut targets = Self {
            refs: RefIndex::default(),
            disabled_sources: HashSet::new(),
            models: HashMap::new(),
            groups: HashMap::new(),
        };
        for draft in drafts {
            targets.add(draft);
        }
        for candidates in targets.refs.by_name.values_mut() {
            candidates.sort_by_key(|candidate| candidate.package != root);
        }
        for candidates in targets.refs.sources.values_mut().chain(targets.refs.functions.values_mut()) {
            candidates.sort_by_key(|(package, _)| package != root);
        }
        targets
    }

    fn add(&mut self, draft: &Draft) {
        let node = &draft.node;
        let enabled = node.config.enabled;
        if let Some(group) = &node.config.group {
            self.groups.insert(node.unique_id.clone(), group.clone());
        }
        match &node.kind {
            NodeKind::Source(source) => {
                let key = (source.source_name.clone(), node.name.clone());
                if enabled {
                    let found = (node.package.clone(), node.unique_id.clone());
                    self.refs.sources.entry(key).or_default().push(found);
                } else {
                    self.disabled_sources.insert(key);
                }
                return;
            }
            NodeKind::Model(model) => {
                let facts = ModelAccess {
                    access: model.access,
                    group: node.config.group.clone(),
                    package: node.package.clone(),
                };
                self.models.insert(node.unique_id.clone(), facts);
            }
            NodeKind::Passthrough(resource) if resource.resource_type == ResourceType::Function => {
                if enabled {
                    let found = (node.package.clone(), node.unique_id.clone());
                    self.refs.functions.entry(node.name.clone()).or_default().push(found);
                }
                return;
            }
            NodeKind::Seed(_) | NodeKind::Snapshot(_) => {}
            _ => return,
        }
        let model = node.as_model();
        let version = model.and_then(|model| model.version.as_ref()).map(|version| version.text());
        let latest = model.and_then(|model| model.latest_version.as_ref()).map(|version| version.text());
        self.refs.by_name.entry(node.name.clone()).or_default().push(RefCandidate {
            package: node.package.clone(),
            is_latest: version.is_some() && version == latest,
            version,
            id: node.unique_id.clone(),
            disabled: !enabled,
        });
    }
}
