//! `clone`: the relation of an earlier run, copied or pointed to.

use super::{Ended, Work};
use crate::config::LogLevel;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::changes_in_place;
use crate::outcome::{AdapterResponse, NodeStatus};
use crate::relation::{Relation, RelationKind, RelationOp};
use crate::report::Event;
use crate::run::failure::diagnose;

impl Work<'_> {
    /// Makes the node's relation a copy of where it stood in the earlier run: of a table's rows where
    /// the warehouse copies without reading them, else a view on it.
    pub(in crate::run) async fn clone_earlier(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let target = self.node.relation.clone().ok_or_else(|| self.nowhere())?;
        let deferral = self.runner.compiler.references().deferral.clone();
        let Some(source) = deferral.as_ref().and_then(|deferral| deferral.relation(&self.node.unique_id)) else {
            return Ok(self.not_cloned(format!("No relation found in state manifest for {}", self.node.unique_id)));
        };
        let existing = self.runner.warehouse.relation(&target).await.map_err(|error| diagnose(&error))?;
        if existing.is_some() && !self.runner.options.full_refresh {
            return Ok(self.not_cloned(format!("Relation {target} already exists")));
        }
        let Some(earlier) = self.runner.warehouse.relation(source).await.map_err(|error| diagnose(&error))? else {
            return Err(self.gone(source));
        };
        if target.same_place(source) {
            return Ok(self.not_cloned(format!(
                "Target relation and defer relation are the same, skipping clone for relation: {target}"
            )));
        }
        let op = self.clone_op(target.clone(), existing.as_ref().and_then(|found| found.kind), &earlier);
        let mut unit = vec![RelationOp::CreateSchema(target.schema_ref()), op];
        let standing = changes_in_place(&unit, existing.as_ref());
        unit.extend(self.grants(&target, standing).await?);
        self.say_executed(self.script(&unit));
        Ok(Ended::built(self.apply_unit(&unit).await?))
    }

    fn gone(&self, source: &Relation) -> Box<Diagnostic> {
        let message = format!("`{}` cannot be cloned: {source} does not exist", self.node.name);
        let help = "the state says that it stands there: was it built, and can this target's user see it?";
        Box::new(Diagnostic::error(Code::SqlError, message).at(self.node.origin.span, "").help(help))
    }

    fn clone_op(&self, target: Relation, existing: Option<RelationKind>, source: &Relation) -> RelationOp {
        let copies = self.runner.warehouse.adapter().capabilities().clones_tables;
        if copies && source.kind == Some(RelationKind::Table) {
            return RelationOp::Clone { target, existing, source: source.clone() };
        }
        RelationOp::ReplaceView { target, existing, query: format!("select * from {source}") }
    }

    async fn apply_unit(&self, unit: &[RelationOp]) -> Result<AdapterResponse, Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        session.apply(unit).await.map_err(|error| {
            let mut diagnostic = diagnose(&error);
            diagnostic.message = format!("`{}` cannot be cloned: {}", self.node.name, error.message);
            diagnostic
        })
    }

    fn not_cloned(&self, text: String) -> Ended {
        self.runner.reporter.report(&Event::Message { level: LogLevel::Info, text });
        // COMPAT: dbt counts it as built, with this word.
        Ended { message: Some("No-op".to_owned()), ..Ended::with(NodeStatus::Success) }
    }
}
