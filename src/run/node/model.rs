//! Models and snapshots: their relations.

use std::collections::HashMap;

use super::overrides::Step;
use super::{Ended, Work};
use crate::adapter::AdapterError;
use crate::compile::Compiled;
use crate::config::LogLevel;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::{
    Request, build, changes_in_place, check_file_format, configuration_warning, needs_columns,
};
use crate::outcome::NodeStatus;
use crate::relation::{Column, Relation, RelationKind, RelationOp};
use crate::report::Event;
use crate::run::failure::{diagnose, diagnose_sql};

impl Work<'_> {
    /// Builds the node's relation, and copies it to where it is published.
    pub(in crate::run) async fn materialize(&mut self) -> Result<Ended, Box<Diagnostic>> {
        self.check_file_format()?;
        let publishing = self.publishing()?;
        let ended = self.materialize_here().await?;
        if ended.status == NodeStatus::Success {
            self.point_to_latest().await?;
        }
        match publishing {
            Some(publishing) if ended.status == NodeStatus::Success => self.publish(publishing, ended).await,
            _ => Ok(ended),
        }
    }

    /// Refuses files that the engine's own materializations do not write.
    pub(super) fn check_file_format(&self) -> Result<(), Box<Diagnostic>> {
        match self.own_materialization() {
            Some(_) => Ok(()),
            None => check_file_format(self.node, self.runner.warehouse.adapter().capabilities()),
        }
    }

    async fn materialize_here(&mut self) -> Result<Ended, Box<Diagnostic>> {
        if self.has_batches() {
            return self.build_batches().await;
        }
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
        let (unit, known) = self.unit(&target, existing.as_ref(), compiled).await?;
        self.say_what_is_applied(&unit, existing.as_ref());
        let changes_nothing = unit.is_empty();
        let steps = self.with_overrides(unit, &known).await?;
        self.say_executed(self.script(steps.iter().flat_map(Step::ops)));
        let mut response = self.apply_between_hooks(&steps, compiled).await?;
        if changes_nothing {
            // COMPAT: dbt's answer where a changed configuration is left alone (dbt 1.11).
            response.message = format!("skip {target}");
            response.code = "skip".to_owned();
        }
        self.warn_of_missing_columns(&target).await?;
        self.run_hooks_outside(&self.node.config.post_hook).await?;
        Ok(Ended::built(response))
    }

    /// The operations that build the relation, and the columns known on the way there.
    async fn unit(
        &self,
        target: &Relation,
        existing: Option<&Relation>,
        compiled: &Compiled,
    ) -> Result<(Vec<RelationOp>, Vec<Column>), Box<Diagnostic>> {
        let query = compiled.sql.trim_end().trim_end_matches(';');
        let foreign_keys = self.foreign_keys()?;
        let mut request = Request {
            node: self.node,
            target,
            existing,
            query,
            full_refresh: self.full_refresh(),
            capabilities: self.runner.warehouse.adapter().capabilities(),
            foreign_keys: &foreign_keys,
            existing_columns: None,
            existing_indexes: None,
            query_columns: None,
            batch: self.batch.map(|batch| batch.window),
            strategy_is_macro: self.strategy_is_overridden(),
            snapshot_strategy: None,
        };
        let needed = needs_columns(&request);
        let (mut of_table, mut of_query): (Vec<Column>, Vec<Column>) = (Vec::new(), Vec::new());
        if let Some(existing) = existing.filter(|_| needed.existing) {
            of_table = self.columns(existing).await?;
        }
        if needed.query {
            of_query = self.describe(query).await.map_err(|error| self.refused(&error, compiled))?;
        }
        let indexes = match existing {
            Some(existing) if needed.indexes => Some(self.indexes(existing).await?),
            _ => None,
        };
        request.existing_columns = needed.existing.then_some(of_table.as_slice());
        request.existing_indexes = indexes.as_deref();
        request.query_columns = needed.query.then_some(of_query.as_slice());
        let strategy = self.snapshot_strategy(compiled, existing.is_some()).await?;
        request.snapshot_strategy = strategy.as_ref();
        if self.node.config.contract_enforced {
            self.check_contract(&of_query).await?;
        }
        let warning = configuration_warning(&request);
        warning.into_iter().for_each(|warning| self.runner.reporter.report(&Event::Diagnostic(Box::new(warning))));
        let mut unit = build(&request)?;
        let standing = changes_in_place(&unit, existing);
        unit.extend(self.grants(target, standing).await?);
        Ok((unit, of_query.into_iter().chain(of_table).collect()))
    }

    /// The columns a query would give, behind the node's `sql_header`.
    pub(super) async fn describe(&self, query: &str) -> Result<Vec<Column>, AdapterError> {
        let mut session = self.session.take().await?;
        let session = session.get()?;
        if let Some(header) = self.node.config.text("sql_header") {
            session.execute(header).await?;
        }
        session.describe(query).await
    }

    /// The columns of a relation.
    pub(super) async fn columns(&self, relation: &Relation) -> Result<Vec<Column>, Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let session = session.get().map_err(|error| diagnose(&error))?;
        session.columns(relation).await.map_err(|error| diagnose(&error))
    }

    async fn indexes(&self, relation: &Relation) -> Result<Vec<(String, crate::relation::IndexSpec)>, Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let session = session.get().map_err(|error| diagnose(&error))?;
        session.indexes(relation).await.map_err(|error| diagnose(&error))
    }

    /// Where foreign keys point, by how the constraints write it.
    fn foreign_keys(&self) -> Result<HashMap<String, Relation>, Box<Diagnostic>> {
        let of_columns = self.node.columns.values().flat_map(|column| &column.constraints);
        let of_table = self.node.as_model().into_iter().flat_map(|model| &model.constraints);
        let written = of_columns.chain(of_table).filter_map(|constraint| constraint.to.clone());
        let compiler = &self.runner.compiler;
        written
            .filter_map(|to| Some((compiler.relation_of_call(self.node, &to)?, to)))
            .map(|(found, to)| found.map(|relation| (to, relation)))
            .collect()
    }

    /// Whether to build from scratch: the node's own config wins over the command line.
    pub(super) fn full_refresh(&self) -> bool {
        let adds = self.batch.is_some_and(|batch| batch.adds);
        !adds && self.node.config.full_refresh.unwrap_or(self.runner.options.full_refresh)
    }

    /// COMPAT: the lines that dbt logs of materialized views (dbt 1.11).
    fn say_what_is_applied(&self, unit: &[RelationOp], existing: Option<&Relation>) {
        let quiet = existing.and_then(|relation| relation.kind) != Some(RelationKind::MaterializedView);
        for op in unit {
            let text = match op {
                RelationOp::ReplaceMaterializedView { target, existing: None, .. } => {
                    format!("Applying CREATE to: {target}")
                }
                RelationOp::ReplaceMaterializedView { target, .. } => format!("Applying REPLACE to: {target}"),
                RelationOp::Refresh(target) => format!("Applying REFRESH to: {target}"),
                RelationOp::AlterIndexes { relation, .. } => format!("Applying UPDATE INDEXES to: {relation}"),
                RelationOp::ReplaceTable { target, .. } | RelationOp::ReplaceView { target, .. } if !quiet => {
                    format!("Applying REPLACE to: {target}")
                }
                _ => continue,
            };
            self.runner.reporter.report(&Event::Message { level: LogLevel::Debug, text });
        }
    }

    /// The SQL of operations, each statement closed.
    pub(super) fn script<'o>(&self, ops: impl IntoIterator<Item = &'o RelationOp>) -> String {
        let dialect = self.runner.warehouse.adapter().dialect();
        let mut script = String::new();
        for sql in ops.into_iter().map(|op| dialect.render(op).sql).filter(|sql| !sql.trim().is_empty()) {
            let sql = sql.trim_end();
            script.push_str(if script.is_empty() { "" } else { "\n\n" });
            script.push_str(sql);
            script.push_str(if sql.ends_with(';') { "" } else { ";" });
        }
        script
    }

    pub(super) fn refused(&self, error: &AdapterError, compiled: &Compiled) -> Box<Diagnostic> {
        diagnose_sql(error, self.node, compiled, 0)
    }

    pub(super) fn nowhere(&self) -> Box<Diagnostic> {
        let message = format!("`{}` has no place in the warehouse", self.node.unique_id);
        Box::new(Diagnostic::error(Code::Internal, message))
    }
}
