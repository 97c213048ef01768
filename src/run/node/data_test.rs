//! Data tests: a query whose rows are faults.

use serde_json::Value;

use super::{Ended, Work};
use crate::compile::Compiled;
use crate::config::WarningRule;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::{DataTestQuery, DataTestVerdict, data_test_query, judge, limited_failures};
use crate::observe::AnomalyTest;
use crate::outcome::NodeStatus;
use crate::relation::{Relation, RelationKind, RelationOp, Table, TableOptions, TableShape};
use crate::run::failure::{diagnose, diagnose_sql};
use crate::source::Span;

/// Rows shown of those that a test found.
const SHOWN: usize = 5;

impl Work<'_> {
    /// Counts the rows that the test finds, and says what that means.
    pub(in crate::run) async fn run_data_test(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let compiled = self.compile().await?;
        if let Some(test) = AnomalyTest::of(self.node) {
            return self.test_anomaly(test, &compiled).await;
        }
        match self.own_materialization() {
            Some(block) => self.test_by(&block, &compiled).await,
            None => self.test(&compiled).await,
        }
    }

    /// Tests the engine's own way.
    pub(super) async fn test(&self, compiled: &Compiled) -> Result<Ended, Box<Diagnostic>> {
        let stored = self.store_failures(compiled).await?;
        let shown = stored.as_ref().map(Relation::render);
        let mut query = data_test_query(&self.node.config, &compiled.sql, shown.as_deref());
        if self.overrides(&["get_test_sql"]) {
            let rows = shown.as_ref().map_or_else(|| compiled.sql.clone(), |stored| format!("select * from {stored}"));
            query.count = self.text_of("get_test_sql", self.test_arguments(rows)).await?;
            query.sql_offset = usize::MAX;
        }
        self.say_executed(query.count.clone());
        let before = if stored.is_some() { usize::MAX } else { query.sql_offset };
        let counts = self.ask(&query.count).await.map_err(|error| self.refused_test(&error, compiled, before))?;
        let verdict = judge(self.node, &counts).ok_or_else(|| self.unreadable())?;
        let mut ended = self.judged(&verdict, shown.as_deref());
        ended.counts = Some(counts);
        if ended.diagnostic.is_some() {
            ended.sample = self.sample(&query).await;
        }
        Ok(ended)
    }

    /// What `get_test_sql` is called with.
    fn test_arguments(&self, rows: String) -> Vec<Value> {
        let config = &self.node.config;
        let text = |name: &str, default: &str| Value::from(config.text(name).unwrap_or(default));
        let limit = config.get("limit").cloned().unwrap_or(Value::Null);
        vec![rows.into(), text("fail_calc", "count(*)"), text("warn_if", "!= 0"), text("error_if", "!= 0"), limit]
    }

    /// How a test ends by its verdict.
    pub(super) fn judged(&self, verdict: &DataTestVerdict, stored_in: Option<&str>) -> Ended {
        let mut verdict = verdict.clone();
        let warns = verdict.status == NodeStatus::Warn;
        if warns && self.runner.options.warnings.rule("LogTestResult") == WarningRule::Error {
            verdict.status = NodeStatus::Fail;
        }
        let failed = matches!(verdict.status, NodeStatus::Fail | NodeStatus::Warn);
        Ended {
            response: counts_response(),
            failures: Some(verdict.failures),
            message: verdict.message.clone(),
            diagnostic: failed.then(|| self.failed(&verdict, stored_in)),
            ..Ended::with(verdict.status)
        }
    }

    /// `store_failures`: the rows as a table or view, which is then what is counted.
    async fn store_failures(&self, compiled: &Compiled) -> Result<Option<Relation>, Box<Diagnostic>> {
        let Some(kept_as) = self.kept_as()? else { return Ok(None) };
        let Some(target) = self.node.relation.clone() else { return Ok(None) };
        let existing = self.runner.warehouse.relation(&target).await.map_err(|error| diagnose(&error))?;
        let existing = existing.and_then(|relation| relation.kind);
        let query = limited_failures(&self.node.config, &compiled.sql);
        let op = if kept_as == RelationKind::View {
            RelationOp::ReplaceView { target: target.clone(), existing, query }
        } else {
            let (shape, options) = (TableShape::default(), TableOptions::default());
            RelationOp::ReplaceTable { target: target.clone(), existing, query, shape, options }
        };
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let done = session.apply(&[RelationOp::CreateSchema(target.schema_ref()), op]).await;
        done.map_err(|error| diagnose_sql(&error, self.node, compiled, 0))?;
        Ok(Some(target))
    }

    /// What the rows are kept as; `None` if they are not.
    fn kept_as(&self) -> Result<Option<RelationKind>, Box<Diagnostic>> {
        let config = &self.node.config;
        match config.text("store_failures_as") {
            None => {
                let stores = config.flag("store_failures").unwrap_or(self.runner.options.store_failures);
                Ok(stores.then_some(RelationKind::Table))
            }
            Some("table") => Ok(Some(RelationKind::Table)),
            Some("view") => Ok(Some(RelationKind::View)),
            Some("ephemeral") => Ok(None),
            Some(other) => {
                // COMPAT: the sentence of dbt 1.11, which people look for.
                let message = format!(
                    "'{other}' is not a valid value for `store_failures_as`. Accepted values are: ['ephemeral', 'table', 'view']"
                );
                Err(Box::new(Diagnostic::error(Code::InvalidValue, message).at(self.first_line(), "")))
            }
        }
    }

    /// Runs a query and gives its rows.
    pub(super) async fn ask(&self, sql: &str) -> Result<Table, crate::adapter::AdapterError> {
        let mut session = self.session.take().await?;
        Ok(session.get()?.query(sql).await?.0)
    }

    /// Some of the rows found; none if they cannot be had: the count is what matters.
    async fn sample(&self, query: &DataTestQuery) -> Option<Table> {
        self.ask(&format!("{}\nlimit {SHOWN}", query.rows)).await.ok()
    }

    fn refused_test(
        &self,
        error: &crate::adapter::AdapterError,
        compiled: &Compiled,
        before: usize,
    ) -> Box<Diagnostic> {
        diagnose_sql(error, self.node, compiled, before)
    }

    pub(super) fn unreadable(&self) -> Box<Diagnostic> {
        let message = format!("`{}`: the test gives no number of failures", self.node.name);
        Box::new(
            Diagnostic::error(Code::InvalidValue, message)
                .at(self.node.origin.span, "")
                .help("`fail_calc` must give a number, `warn_if` and `error_if` must be comparisons"),
        )
    }

    /// The line that declares the test, or the first of its file.
    pub(super) fn first_line(&self) -> Span {
        let span = self.node.origin.span;
        let text = self.runner.compiler.project().sources.text(span.file);
        let rest = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let (start, line) = rest
            .split_inclusive('\n')
            .scan(0, |at, line| {
                *at += line.len();
                Some((*at - line.len(), line.trim_end()))
            })
            .find(|(_, line)| !line.is_empty())
            .unwrap_or((0, ""));
        let start = span.start as usize + start;
        Span::new(span.file, start, start + line.len())
    }

    fn failed(&self, verdict: &DataTestVerdict, stored_in: Option<&str>) -> Box<Diagnostic> {
        let message = verdict.message.clone().unwrap_or_default();
        let diagnostic = match verdict.status {
            NodeStatus::Warn => Diagnostic::warning(Code::TestFailed, message),
            _ => Diagnostic::error(Code::TestFailed, message),
        };
        let diagnostic = diagnostic.at(self.first_line(), "");
        Box::new(match stored_in {
            Some(relation) => diagnostic.note(format!("the rows are kept: select * from {relation}")),
            None => diagnostic.help("`--store-failures` keeps the rows in a table"),
        })
    }
}

/// COMPAT: dbt's answer to a test is that of one selected row.
fn counts_response() -> crate::outcome::AdapterResponse {
    crate::outcome::AdapterResponse {
        message: "SELECT 1".to_owned(),
        code: "SELECT".to_owned(),
        rows_affected: Some(1),
    }
}
