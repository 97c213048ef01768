//! Models and snapshots: their relations.

use super::overrides::Step;
use super::{Ended, Work};
use crate::adapter::AdapterError;
use crate::compile::Compiled;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::{Request, build, needs_columns};
use crate::relation::{Column, GrantChange, Relation, RelationOp};
use crate::run::failure::{diagnose, diagnose_sql};

impl Work<'_> {
    /// Builds the node's relation.
    pub(in crate::run) async fn materialize(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let compiled = self.compile().await?;
        match self.own_materialization() {
            Some(block) => self.materialize_by(&block, &compiled).await,
            None => self.build(&compiled).await,
        }
    }

    /// Builds it the engine's own way.
    pub(super) async fn build(&self, compiled: &Compiled) -> Result<Ended, Box<Diagnostic>> {
        let target = self.node.relation.clone().ok_or_else(|| self.nowhere())?;
        let existing = self.runner.warehouse.relation(&target).await.map_err(|error| diagnose(&error))?;
        self.run_hooks_outside(&self.node.config.pre_hook).await?;
        let steps = self.steps(&target, existing.as_ref(), compiled).await?;
        self.say_executed(self.script(steps.iter().flat_map(Step::ops)));
        let response = self.apply_between_hooks(&steps, compiled).await?;
        self.run_hooks_outside(&self.node.config.post_hook).await?;
        Ok(Ended::built(response))
    }

    /// What builds the relation.
    async fn steps(
        &self,
        target: &Relation,
        existing: Option<&Relation>,
        compiled: &Compiled,
    ) -> Result<Vec<Step>, Box<Diagnostic>> {
        let query = compiled.sql.trim_end().trim_end_matches(';');
        let mut request = Request {
            node: self.node,
            target,
            existing,
            query,
            full_refresh: self.full_refresh(),
            capabilities: self.runner.warehouse.adapter().capabilities(),
            existing_columns: None,
            query_columns: None,
            strategy_is_macro: self.strategy_is_overridden(),
        };
        let needed = needs_columns(&request);
        let (mut of_table, mut of_query): (Vec<Column>, Vec<Column>) = (Vec::new(), Vec::new());
        if needed.existing || needed.query {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            let session = session.get().map_err(|error| diagnose(&error))?;
            if let Some(existing) = existing.filter(|_| needed.existing) {
                of_table = session.columns(existing).await.map_err(|error| diagnose(&error))?;
            }
            if needed.query {
                of_query = session.describe(query).await.map_err(|error| self.refused(&error, compiled))?;
            }
        }
        request.existing_columns = needed.existing.then_some(of_table.as_slice());
        request.query_columns = needed.query.then_some(of_query.as_slice());
        let mut unit = build(&request)?;
        unit.extend(self.grants(target));
        let known: Vec<Column> = of_query.into_iter().chain(of_table).collect();
        self.with_overrides(unit, &known).await
    }

    /// Whether to build from scratch: the node's own config wins over the command line.
    pub(super) fn full_refresh(&self) -> bool {
        self.node.config.full_refresh.unwrap_or(self.runner.options.full_refresh)
    }

    /// The privileges that the node's config asks for.
    pub(super) fn grants(&self, target: &Relation) -> Option<RelationOp> {
        let grants = self.node.config.grants.as_ref().filter(|grants| !grants.is_empty())?;
        let can = self.runner.warehouse.adapter().capabilities().grants;
        can.then(|| {
            RelationOp::Grant(GrantChange {
                relation: target.clone(),
                grant: grants.clone(),
                revoke: indexmap::IndexMap::new(),
            })
        })
    }

    /// The SQL of operations.
    pub(super) fn script<'o>(&self, ops: impl IntoIterator<Item = &'o RelationOp>) -> String {
        let dialect = self.runner.warehouse.adapter().dialect();
        ops.into_iter().map(|op| dialect.render(op).sql).collect::<Vec<String>>().join(";\n\n")
    }

    pub(super) fn refused(&self, error: &AdapterError, compiled: &Compiled) -> Box<Diagnostic> {
        diagnose_sql(error, self.node, compiled, 0)
    }

    pub(super) fn nowhere(&self) -> Box<Diagnostic> {
        let message = format!("`{}` has no place in the warehouse", self.node.unique_id);
        Box::new(Diagnostic::error(Code::Internal, message))
    }
}
