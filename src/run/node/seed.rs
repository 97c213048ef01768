//! Seeds: a CSV file's rows as a table.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Ended, Work};
use crate::adapter::Load;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::{SeedRows, Standing, comments, parse_seed, table_options};
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Relation, RelationKind, RelationOp, TableOptions};
use crate::resource::NodeKind;
use crate::run::failure::diagnose;

impl Work<'_> {
    /// Loads the seed.
    pub(in crate::run) async fn load_seed(&mut self) -> Result<Ended, Box<Diagnostic>> {
        self.check_file_format()?;
        match self.own_materialization() {
            Some(block) => self.materialize_by(&block, &Arc::default()).await,
            None => self.load().await,
        }
    }

    /// Loads it the engine's own way.
    pub(super) async fn load(&self) -> Result<Ended, Box<Diagnostic>> {
        let target = self.node.relation.clone().ok_or_else(|| self.nowhere())?;
        let existing = self.runner.warehouse.relation(&target).await.map_err(|error| diagnose(&error))?;
        let existing = existing.and_then(|relation| relation.kind);
        self.refuse_view(existing)?;
        let seed = self.seed_rows()?;
        self.run_hooks_outside(&self.node.config.pre_hook).await?;
        self.begin().await?;
        let loaded = self.load_within(&target, existing, &seed).await;
        self.end(loaded.is_ok()).await?;
        if self.drops_dependents(existing) {
            // Views on the seed went with it.
            self.runner.warehouse.cache().forget();
        }
        let response = loaded?;
        self.warn_of_missing_columns(&target).await?;
        self.run_hooks_outside(&self.node.config.post_hook).await?;
        Ok(Ended::built(response))
    }

    /// COMPAT: a view is not replaced by a seed (dbt 1.11).
    fn refuse_view(&self, existing: Option<RelationKind>) -> Result<(), Box<Diagnostic>> {
        if existing != Some(RelationKind::View) {
            return Ok(());
        }
        let message = format!("cannot seed to `{}`: it is a view", self.node.name);
        let diagnostic = Diagnostic::error(Code::RelationConflict, message).at(self.node.origin.span, "");
        Err(Box::new(diagnostic.help("rename the seed, or drop the view")))
    }

    /// COMPAT: a full refresh drops the table and what depends on it (dbt 1.11).
    fn drops_dependents(&self, existing: Option<RelationKind>) -> bool {
        let capabilities = self.runner.warehouse.adapter().capabilities();
        existing.is_some() && self.full_refresh() && capabilities.views_bind_early
    }

    /// Columns and rows as a materialization's `load_agate_table()` reads them.
    pub(super) fn seed_for_templates(&self) -> Result<Value, Box<Diagnostic>> {
        let seed = self.seed_rows()?;
        let columns: Vec<(&str, &str)> =
            seed.columns.iter().map(|column| (column.name.as_str(), column.data_type.as_str())).collect();
        let rows: Vec<Vec<Option<&str>>> = (0..seed.rows.len()).map(|row| seed.rows.row(row).collect()).collect();
        Ok(json!([columns, rows]))
    }

    fn seed_rows(&self) -> Result<SeedRows, Box<Diagnostic>> {
        let NodeKind::Seed(seed) = &self.node.kind else { return Err(self.nowhere()) };
        let text = self.runner.files.open(&seed.file_path).map_err(|error| {
            let message = format!("the seed `{}` cannot be read", self.node.origin.original_file_path);
            Box::new(Diagnostic::error(Code::Io, message).caused_by(error))
        })?;
        let rows = parse_seed(self.node, self.node.origin.file, text, self.runner.warehouse.adapter().dialect());
        let mut rows = rows.map_err(|problem| self.with_text(problem, &seed.file_path))?;
        if self.runner.options.empty {
            rows.rows.clear();
        }
        Ok(rows)
    }

    /// Seeds are not kept in memory: only a broken one gets its text, so that its line can be shown.
    fn with_text(&self, mut problem: Box<Diagnostic>, path: &Path) -> Box<Diagnostic> {
        let Ok(text) = self.runner.files.read_to_string(path) else { return problem };
        let sources = &self.runner.compiler.project().sources;
        if let (Some(seed), Some(label)) = (sources.get(self.node.origin.file), problem.primary.as_mut()) {
            label.span.file = sources.add(seed.path.clone(), seed.display.clone(), text);
        }
        problem
    }

    async fn load_within(
        &self,
        target: &Relation,
        existing: Option<RelationKind>,
        seed: &SeedRows,
    ) -> Result<AdapterResponse, Box<Diagnostic>> {
        self.load_between_hooks(async {
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            let load = Load { target, columns: &seed.columns, rows: &seed.rows };
            let keeps_table = existing == Some(RelationKind::Table)
                && !self.full_refresh()
                && {
                    let standing = session.get().map_err(|error| diagnose(&error))?.columns(target).await;
                    same_names(&standing.map_err(|error| diagnose(&error))?, &seed.columns)
                }
                && self.runner.warehouse.adapter().capabilities().transactional_ddl;
            let standing = if keeps_table { Standing::Kept } else { Standing::New };
            let mut after: Vec<RelationOp> = comments(self.node, target).into_iter().collect();
            let response = if keeps_table {
                // What depends on the table, and its privileges, stay.
                session
                    .apply(&[RelationOp::Truncate(target.clone())])
                    .await
                    .map_err(|error| self.refused_seed(&error))?;
                session.get().map_err(|error| diagnose(&error))?.load(&load).await
            } else {
                let mut existing = existing;
                if self.drops_dependents(existing) {
                    let drop =
                        RelationOp::Drop { relation: target.clone().with_kind(RelationKind::Table), cascade: true };
                    session.apply(&[drop]).await.map_err(|error| self.refused_seed(&error))?;
                    existing = None;
                }
                let options = TableOptions { unlogged: false, ..table_options(&self.node.config) };
                session.get().map_err(|error| diagnose(&error))?.load_table(&load, existing, &options).await
            };
            let response = response.map_err(|error| self.refused_seed(&error))?;
            drop(session);
            after.extend(self.grants(target, standing).await?);
            if !after.is_empty() {
                let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
                session.apply(&after).await.map_err(|error| diagnose(&error))?;
            }
            Ok(response)
        })
        .await
        .inspect(|_| self.note_table(target, &seed.columns))
    }

    /// The work with the transaction's hooks around it.
    async fn load_between_hooks(
        &self,
        load: impl Future<Output = Result<AdapterResponse, Box<Diagnostic>>>,
    ) -> Result<AdapterResponse, Box<Diagnostic>> {
        let config = &self.node.config;
        self.run_hooks_inside(&config.pre_hook).await?;
        let response = load.await?;
        self.run_hooks_inside(&config.post_hook).await?;
        // COMPAT: dbt counts a seed's rows under these words (dbt 1.11).
        let rows = response.rows_affected.unwrap_or(0);
        let code = if self.full_refresh() { "CREATE" } else { "INSERT" };
        Ok(AdapterResponse { message: format!("{code} {rows}"), code: code.to_owned(), rows_affected: Some(rows) })
    }

    fn note_table(&self, target: &Relation, columns: &[Column]) {
        self.runner.warehouse.cache().note(&RelationOp::CreateEmptyTable {
            target: target.clone(),
            existing: None,
            columns: columns.to_vec(),
            options: TableOptions::default(),
        });
    }

    fn refused_seed(&self, error: &crate::adapter::AdapterError) -> Box<Diagnostic> {
        let mut diagnostic = diagnose(error);
        diagnostic.message = format!("`{}`: {}", self.node.origin.original_file_path, error.message);
        diagnostic
    }
}

fn same_names(standing: &[Column], wanted: &[Column]) -> bool {
    standing.len() == wanted.len() && standing.iter().zip(wanted).all(|(one, other)| one.name == other.name)
}
