//! Tests that compare with history: the test's query measures, and the rows it fails with are what is
//! unusual.

use std::sync::Arc;

use super::{Ended, Work};
use crate::compile::Compiled;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::SourceMap;
use crate::observe::{AnomalyTest, Expectations, Findings, judge_columns, judge_values, observed_key};
use crate::outcome::{NodeStatus, Observed};
use crate::run::failure::diagnose_sql;
use crate::sql::{RowsQuery, rows_query};

impl Work<'_> {
    /// Measures, compares with what earlier runs measured, and gives what is unusual as a query.
    pub(super) async fn measure(
        &self,
        test: AnomalyTest,
        compiled: &Compiled,
    ) -> Result<(Compiled, Observed, Option<String>), Box<Diagnostic>> {
        let expectations = self.expectations(test).await?;
        let measured = self.ask(&compiled.sql).await.map_err(|error| diagnose_sql(&error, self.node, compiled, 0))?;
        let key = observed_key(test, self.node, &expectations);
        let earlier = self.runner.options.lookback.of(&key, expectations.from);
        let judged = match test {
            AnomalyTest::Schema => judge_columns(&measured, &earlier, &expectations),
            _ => judge_values(&measured, &earlier, &expectations),
        };
        let Findings { columns, faults, observed, learning } = judged.map_err(|problem| self.unusable(&problem))?;
        let sql = rows_query(&RowsQuery { columns: &columns, rows: &faults });
        let faults = Compiled { sql, map: SourceMap::default(), ctes: Vec::new() };
        let needed = expectations.min_training;
        let learning = learning.map(|known| format!("Nothing is judged yet: {known} of {needed} values to learn from"));
        Ok((faults, Observed { key, ..observed }, learning))
    }

    /// Runs such a test.
    pub(super) async fn test_anomaly(
        &mut self,
        test: AnomalyTest,
        compiled: &Compiled,
    ) -> Result<Ended, Box<Diagnostic>> {
        let options = &self.runner.options;
        if options.empty || options.sample.is_some() {
            // What is not all there says nothing of what is usual.
            return Ok(Ended { failures: Some(0), ..Ended::with(NodeStatus::Pass) });
        }
        let (faults, observed, learning) = self.measure(test, compiled).await?;
        let faults = Arc::new(faults);
        let ended = match self.own_materialization() {
            Some(block) => self.test_by(&block, &faults).await,
            None => self.test(&faults).await,
        };
        let ended = ended?;
        Ok(Ended { observed: Some(observed), message: ended.message.clone().or(learning), ..ended })
    }

    async fn expectations(&self, test: AnomalyTest) -> Result<Expectations, Box<Diagnostic>> {
        let (compiler, node) = (Arc::clone(&self.runner.compiler), Arc::clone(self.node));
        let options = self.options();
        // An argument may ask the warehouse.
        let arguments = tokio::task::spawn_blocking(move || compiler.test_arguments(&node, &options)).await;
        let arguments = arguments.map_err(|error| super::lost(&error))??;
        let began = self.runner.compiler.engine().settings().invocation.started_at;
        Expectations::read(test, &arguments, began).map_err(|problem| self.unusable(&problem))
    }

    fn unusable(&self, problem: &str) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::error(Code::InvalidValue, format!("`{}`: {problem}", self.node.name))
                .at(self.first_line(), "")
                .help("docs/observability.md lists the arguments"),
        )
    }
}
