//! How references are read: as they are, without rows, a window of them, from an earlier run's
//! relations.

use std::sync::Arc;

use super::Replacements;
use crate::config::EventWindow;
use crate::jinja::Introspect;
use crate::relation::Relation;
use crate::resource::{Materialization, Node, NodeKind, UniqueId};
use crate::state::Deferral;

/// How all references of a run are read.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// `--empty`: without rows.
    pub empty: bool,
    /// `--sample`: rows of this window, where they have an event time.
    pub sample: Option<EventWindow>,
    /// `--defer`: what is not built here is read from where it stood.
    pub deferral: Option<Arc<Deferral>>,
}

impl References {
    /// The window that a node's references are cut to. COMPAT: only models and snapshots have one; a
    /// batch lies within the sample (dbt 1.11).
    pub(super) fn window(&self, node: &Node, batch: Option<EventWindow>) -> Option<EventWindow> {
        if !matches!(node.kind, NodeKind::Model(_) | NodeKind::Snapshot(_)) {
            return None;
        }
        match (self.sample, batch) {
            (Some(sample), Some(batch)) => Some(batch.within(sample)),
            (sample, batch) => sample.or(batch),
        }
    }

    /// What is read for a relation: itself, or a subquery. COMPAT: the texts of dbt 1.11, alias included.
    pub(super) fn text(&self, node: &Node, relation: &Relation, window: Option<EventWindow>) -> Option<String> {
        let name = &relation.identifier;
        let is_cte = relation.kind == Some(crate::relation::RelationKind::Cte);
        let shown = if is_cte { name.clone() } else { relation.render() };
        let limited = self.empty.then(|| format!("(select * from {shown} where false limit 0) _dbt_limit_subq_{name}"));
        let filtered = window.zip(event_time(node)).map(|(window, column)| {
            let of = limited.as_deref().unwrap_or(&shown);
            format!("(select * from {of} where {}) _dbt_et_filter_subq_{name}", window.condition(&column))
        });
        filtered.or(limited)
    }
}

/// What a resolver is for.
pub(super) struct ResolverScope {
    pub(super) package: String,
    /// The node that refers, where its references were found while parsing and order the run.
    pub(super) referrer: Option<Referrer>,
    pub(super) window: Option<EventWindow>,
    pub(super) replacements: Replacements,
    pub(super) introspect: Option<Arc<dyn Introspect>>,
}

/// A node whose references are known beforehand.
pub(super) struct Referrer {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) parents: Vec<UniqueId>,
}

impl Referrer {
    /// A node as one; `None` where nothing follows from what it refers to.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let kind = node.resource_type().as_str();
        let parents = node.depends_on.nodes.clone();
        let is_ordered = !matches!(node.kind, NodeKind::Operation { .. });
        is_ordered.then(|| Self { name: node.name.clone(), kind, parents })
    }
}

/// The column that says when a row happened, quoted where its description says so.
fn event_time(node: &Node) -> Option<String> {
    let can_have =
        matches!(node.kind, NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot(_) | NodeKind::Source(_));
    let column = node.config.text("event_time").filter(|_| can_have)?;
    let quoted = node.columns.get(column).and_then(|described| described.quote).unwrap_or(false);
    Some(if quoted { format!("\"{column}\"") } else { column.to_owned() })
}

/// Whether a node is inlined where it is used.
pub(super) fn is_ephemeral(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Model(_)) && node.config.materialized == Materialization::Ephemeral
}
