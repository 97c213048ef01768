//! Unit tests: given rows in place of a model's inputs, expected rows against what it then gives.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Ended, Work};
use crate::compile::{CompileOptions, Compiled, Replacements};
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::NodeStatus;
use crate::relation::{Column, Table};
use crate::resource::{JsonMap, Node, NodeKind, RefCall, SourceCall, UniqueId, UnitTest, UnitTestRows};
use crate::run::failure::diagnose;
use crate::sql::{Cte, RowsQuery, rows_query};

impl Work<'_> {
    /// Builds the tested model's query over the given rows and compares what comes out.
    pub(in crate::run) async fn run_unit_test(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let NodeKind::UnitTest(test) = &self.node.kind else { return Err(self.nowhere()) };
        let model = self.tested_model(test)?;
        let compiled = self.compile_tested(test, &model).await?;
        let expected = self.rows_of(&test.expect, None, "expect")?;
        let found = self.columns_of_query(&compiled.sql).await.map_err(|problem| self.in_unit_test(problem))?;
        let columns = self.compared(&expected, &found)?;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let actual = format!("select {} from (\n{}\n) as actual", names.join(", "), compiled.sql.trim_end());
        let wanted = RowsQuery { columns: &columns, rows: &expected };
        let wanted = format!("select {} from ({}) as expected", names.join(", "), rows_query(&wanted));
        self.say_executed(format!("{actual};\n\n{wanted}"));
        let actual = self.ask(&actual).await.map_err(|error| self.in_unit_test(diagnose(&error)))?;
        let wanted = self.ask(&wanted).await.map_err(|error| self.in_unit_test(diagnose(&error)))?;
        Ok(self.compare(&columns, &actual, &wanted))
    }

    fn tested_model(&self, test: &UnitTest) -> Result<Arc<Node>, Box<Diagnostic>> {
        let project = self.runner.compiler.project();
        let parents = self.node.depends_on.nodes.iter().filter_map(|id| project.node(id));
        let model = parents.filter(|node| node.as_model().is_some()).find(|node| node.name == test.model);
        model.cloned().ok_or_else(|| {
            let message = format!("the unit test `{}` is of `{}`, which does not exist", self.node.name, test.model);
            Box::new(Diagnostic::error(Code::UnknownRef, message).at(self.node.origin.span, ""))
        })
    }

    /// The tested model's SQL over the given rows.
    async fn compile_tested(&mut self, test: &UnitTest, model: &Arc<Node>) -> Result<Arc<Compiled>, Box<Diagnostic>> {
        let mut fixtures = Vec::new();
        let mut replaced: HashMap<UniqueId, String> = HashMap::new();
        let mut this = None;
        for (input, rows) in &test.given {
            let (id, name) = self.input(model, input)?;
            let cte = format!("__dbt__cte__{name}");
            fixtures.push(Cte { name: cte.clone(), query: self.fixture(id.as_ref(), rows, input, model).await? });
            match id {
                Some(id) => {
                    replaced.insert(id, cte);
                }
                None => this = Some(cte),
            }
        }
        let mut model = Node::clone(model);
        if let (Some(cte), Some(relation)) = (this, &model.relation) {
            let mut shown = relation.renamed(cte);
            shown.database.clear();
            shown.schema.clear();
            shown.quote.identifier = false;
            model.relation = Some(shown);
        }
        let options = CompileOptions {
            introspect: self.introspect(),
            replacements: Replacements::new(replaced),
            fixtures,
            overrides: test.overrides.clone(),
            ..CompileOptions::default()
        };
        let unit_test = self.node;
        let model = Arc::new(model);
        let (compiler, tested) = (Arc::clone(&self.runner.compiler), Arc::clone(&model));
        let compiled = tokio::task::spawn_blocking(move || compiler.compile(&tested, &options)).await;
        let compiled = Arc::new(compiled.map_err(|error| super::lost(&error))??);
        self.compiled_at = Some(chrono::Utc::now());
        self.compiled = Some(Arc::clone(&compiled));
        let event = crate::report::Event::Compiled {
            node: crate::report::NodeLabel::of(unit_test),
            sql: Arc::from(compiled.sql.as_str()),
        };
        self.runner.reporter.report(&event);
        Ok(compiled)
    }

    /// The node that `ref('x')`, `source('a', 'b')` or `this` means, and a name for its rows.
    fn input(&self, model: &Node, input: &str) -> Result<(Option<UniqueId>, String), Box<Diagnostic>> {
        let words: Vec<String> = input.split(['\'', '"']).skip(1).step_by(2).map(str::to_owned).collect();
        let project = self.runner.compiler.project();
        let (found, name) = match (input.trim(), words.as_slice()) {
            ("this", _) => return Ok((None, model.name.clone())),
            (text, [source, table]) if text.starts_with("source") => {
                let call = SourceCall { source: source.clone(), table: table.clone(), span: None };
                (crate::resolve::find_source(&project.refs, &call, &model.package), format!("{source}__{table}"))
            }
            (text, [.., name]) if text.starts_with("ref") => {
                let package = (words.len() > 1).then(|| words.first().cloned()).flatten();
                let call = RefCall { name: name.clone(), package, version: None, span: None };
                (crate::resolve::find_ref(&project.refs, &call, &model.package, project.name()), name.clone())
            }
            _ => {
                let message = format!("`{input}` of the unit test `{}` is no input", self.node.name);
                return Err(Box::new(
                    Diagnostic::error(Code::InvalidValue, message)
                        .at(self.node.origin.span, "")
                        .help("write `ref('model')`, `source('source', 'table')` or `this`"),
                ));
            }
        };
        match found {
            Ok(id) => Ok((Some(id.clone()), name)),
            Err(problem) => Err(Box::new(problem.at(self.node.origin.span, "given here"))),
        }
    }

    /// The rows of an input as a query, each value of the column's type in the warehouse.
    async fn fixture(
        &self,
        id: Option<&UniqueId>,
        rows: &UnitTestRows,
        input: &str,
        model: &Node,
    ) -> Result<String, Box<Diagnostic>> {
        if let UnitTestRows::Sql(sql) = rows {
            return Ok(sql.clone());
        }
        let node = id.and_then(|id| self.runner.compiler.project().node(id)).map_or(model, |node| node.as_ref());
        let columns = self.input_columns(node, input).await?;
        let rows = self.rows_of(rows, Some(&columns), input)?;
        Ok(rows_query(&RowsQuery { columns: &columns, rows: &rows }))
    }

    /// The columns of an input: of its relation, or of an ephemeral model's query.
    async fn input_columns(&self, node: &Node, input: &str) -> Result<Vec<Column>, Box<Diagnostic>> {
        if node.config.materialized == crate::resource::Materialization::Ephemeral && node.as_model().is_some() {
            let (compiler, node) = (Arc::clone(&self.runner.compiler), Arc::new(node.clone()));
            let options = self.options();
            let compiled = tokio::task::spawn_blocking(move || compiler.compile(&node, &options)).await;
            return self.columns_of_query(&compiled.map_err(|error| super::lost(&error))??.sql).await;
        }
        let relation = node.relation.as_ref().ok_or_else(|| self.nowhere())?;
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let session = session.get().map_err(|error| diagnose(&error))?;
        let mut columns = session.columns(relation).await.map_err(|error| diagnose(&error))?;
        // What is not built here may stand where the run defers to.
        let deferral = self.runner.compiler.references().deferral.as_ref();
        if let Some(earlier) = deferral.and_then(|deferral| deferral.relation(&node.unique_id))
            && columns.is_empty()
        {
            columns = session.columns(earlier).await.map_err(|error| diagnose(&error))?;
        }
        if columns.is_empty() {
            let message =
                format!("the unit test `{}` needs the columns of `{input}`, which is not built", self.node.name);
            return Err(Box::new(
                Diagnostic::error(Code::UnitTestFailed, message)
                    .at(self.node.origin.span, "")
                    .help("build it first; `aquifer run --empty` builds it without rows"),
            ));
        }
        Ok(columns)
    }

    async fn columns_of_query(&self, sql: &str) -> Result<Vec<Column>, Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let session = session.get().map_err(|error| diagnose(&error))?;
        session.describe(sql).await.map_err(|error| diagnose(&error))
    }

    /// Rows as maps; a column that does not exist is an error.
    fn rows_of(
        &self,
        rows: &UnitTestRows,
        columns: Option<&[Column]>,
        place: &str,
    ) -> Result<Vec<JsonMap>, Box<Diagnostic>> {
        let rows = match rows {
            UnitTestRows::Dict(rows) => rows.clone(),
            UnitTestRows::Csv(text) => csv_rows(text),
            UnitTestRows::Sql(_) => {
                let message = format!("`{place}` of the unit test `{}` cannot be SQL yet", self.node.name);
                let help = "write the rows as dicts or CSV";
                return Err(Box::new(
                    Diagnostic::error(Code::Unsupported, message).at(self.node.origin.span, "").help(help),
                ));
            }
        };
        if let Some(columns) = columns {
            let known = |name: &String| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
            if let Some(unknown) = rows.iter().flat_map(JsonMap::keys).find(|name| !known(name)) {
                return Err(self.unknown_column(unknown, place, columns));
            }
        }
        Ok(rows)
    }

    fn unknown_column(&self, name: &str, place: &str, columns: &[Column]) -> Box<Diagnostic> {
        let names = columns.iter().map(|column| column.name.as_str());
        let message = format!("`{place}` has no column `{name}` (unit test `{}`)", self.node.name);
        let diagnostic = Diagnostic::error(Code::InvalidValue, message).at(self.node.origin.span, "");
        Box::new(match crate::diagnostic::closest(name, names.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("its columns are {}", names.collect::<Vec<_>>().join(", "))),
        })
    }

    /// The columns that the expected rows name, with the types of the model's query.
    fn compared(&self, expected: &[JsonMap], found: &[Column]) -> Result<Vec<Column>, Box<Diagnostic>> {
        let Some(first) = expected.first() else { return Ok(found.to_vec()) };
        first
            .keys()
            .map(|name| {
                let column = found.iter().find(|column| column.name.eq_ignore_ascii_case(name));
                column.cloned().ok_or_else(|| self.unknown_column(name, "expect", found))
            })
            .collect()
    }

    fn compare(&self, columns: &[Column], actual: &Table, wanted: &Table) -> Ended {
        let (actual, wanted) = (lines(actual), lines(wanted));
        if actual == wanted {
            return Ended { message: None, failures: Some(0), ..Ended::with(NodeStatus::Pass) };
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let difference = similar::TextDiff::from_lines(joined(&wanted).as_str(), joined(&actual).as_str())
            .unified_diff()
            .context_radius(3)
            .header("expected", "actual")
            .to_string();
        let message = format!("the rows differ from those expected ({})\n{difference}", names.join(" | "));
        let diagnostic =
            Diagnostic::error(Code::UnitTestFailed, "the rows that came out are not those expected".to_owned())
                .at(self.node.origin.span, "")
                .note(format!("columns: {}\n{}", names.join(" | "), difference.trim_end()))
                .help("lines with `-` are expected and missing, lines with `+` came out and were not expected");
        Ended {
            message: Some(message),
            failures: Some(1),
            diagnostic: Some(Box::new(diagnostic)),
            ..Ended::with(NodeStatus::Fail)
        }
    }

    fn in_unit_test(&self, mut problem: Box<Diagnostic>) -> Box<Diagnostic> {
        problem.message = format!("the unit test `{}`: {}", self.node.name, problem.message);
        if problem.primary.is_none() {
            *problem = problem.at(self.node.origin.span, "");
        }
        problem
    }
}

/// Rows as lines, in order: tables have none of their own.
fn lines(table: &Table) -> Vec<String> {
    let rows = table.rows().unwrap_or_default();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cell = |value: &crate::relation::Scalar| match value {
                crate::relation::Scalar::Null => "null".to_owned(),
                other => other.to_string(),
            };
            row.iter().map(cell).collect::<Vec<String>>().join(" | ")
        })
        .collect();
    lines.sort_unstable();
    lines
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn csv_rows(text: &str) -> Vec<JsonMap> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.trim().as_bytes());
    let names: Vec<String> =
        reader.headers().map(|names| names.iter().map(str::to_owned).collect()).unwrap_or_default();
    let row = |record: csv::StringRecord| {
        let value = |field: &str| if field.is_empty() { Value::Null } else { Value::from(field) };
        names.iter().cloned().zip(record.iter().map(value)).collect::<JsonMap>()
    };
    reader.records().filter_map(Result::ok).map(row).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
