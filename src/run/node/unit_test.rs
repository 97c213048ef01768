//! Unit tests: given rows in place of a model's inputs, expected rows against what it then gives.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::unit_test_diff::{Rows, difference};
use super::{Ended, Work};
use crate::compile::{CompileOptions, Compiled, Replacements};
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::{AdapterResponse, NodeStatus};
use crate::relation::{Column, Relation, Scalar, Table};
use crate::resource::{JsonMap, Node, NodeKind, RefCall, SourceCall, UniqueId, UnitTest, UnitTestRows};
use crate::run::failure::diagnose;
use crate::sql::{Cte, RowsQuery, rows_query};

impl Work<'_> {
    /// Builds the tested model's query over the given rows and compares what comes out.
    pub(in crate::run) async fn run_unit_test(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let NodeKind::UnitTest(test) = &self.node.kind else { return Err(self.nowhere()) };
        let model = self.tested_model(test)?;
        let compiled = self.compile_tested(test, &model).await?;
        let found = self.columns_of_query(&compiled.sql).await.map_err(|problem| self.in_unit_test(problem))?;
        let (columns, wanted) = self.expected(test, found)?;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        if self.overrides(&["get_unit_test_sql"]) {
            let args = vec![compiled.sql.clone().into(), wanted.into(), names.into()];
            let query = self.text_of("get_unit_test_sql", args).await?;
            self.say_executed(query.clone());
            let both = self.ask(&query).await.map_err(|error| self.in_unit_test(diagnose(&error)))?;
            return Ok(self.compare(&columns, side(&both, "actual"), side(&both, "expected")));
        }
        let actual = format!("select {} from (\n{}\n) as actual", names.join(", "), compiled.sql.trim_end());
        let wanted = format!("select {} from (\n{wanted}\n) as expected", names.join(", "));
        self.say_executed(format!("{actual};\n\n{wanted}"));
        let actual = self.ask(&actual).await.map_err(|error| self.in_unit_test(diagnose(&error)))?;
        let wanted = self.ask(&wanted).await.map_err(|error| self.in_unit_test(diagnose(&error)))?;
        Ok(self.compare(&columns, cells(&actual), cells(&wanted)))
    }

    /// The columns that count, and a query that gives the expected rows.
    fn expected(&self, test: &UnitTest, found: Vec<Column>) -> Result<(Vec<Column>, String), Box<Diagnostic>> {
        let rows = match &test.expect {
            UnitTestRows::Sql(sql) => return Ok((found, sql.trim_end().trim_end_matches(';').to_owned())),
            UnitTestRows::Dict(rows) => rows.clone(),
            UnitTestRows::Csv(text) => csv_rows(text),
        };
        let columns = self.compared(&rows, &found)?;
        let query = rows_query(&RowsQuery { columns: &columns, rows: &rows });
        Ok((columns, query))
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
        let rows = match rows {
            UnitTestRows::Sql(sql) => return Ok(sql.clone()),
            UnitTestRows::Dict(rows) => rows.clone(),
            UnitTestRows::Csv(text) => csv_rows(text),
        };
        let node = id.and_then(|id| self.runner.compiler.project().node(id)).map_or(model, |node| node.as_ref());
        let columns = self.input_columns(node, input).await?;
        self.require_columns(&rows, &columns, input)?;
        Ok(rows_query(&RowsQuery { columns: &columns, rows: &rows }))
    }

    /// The columns of an input: of its relation, or, where none stands, of the model's query.
    async fn input_columns(&self, node: &Node, input: &str) -> Result<Vec<Column>, Box<Diagnostic>> {
        let is_model = node.as_model().is_some();
        if is_model && node.config.materialized == crate::resource::Materialization::Ephemeral {
            return self.columns_of_model(node).await;
        }
        let relation = node.relation.as_ref().ok_or_else(|| self.nowhere())?;
        let columns = {
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
            columns
        };
        if !columns.is_empty() {
            return Ok(columns);
        }
        match self.columns_of_model(node).await {
            Ok(columns) if is_model => Ok(columns),
            _ => Err(self.unbuilt(input, relation)),
        }
    }

    /// The columns that a model's own query gives.
    async fn columns_of_model(&self, node: &Node) -> Result<Vec<Column>, Box<Diagnostic>> {
        let (compiler, node) = (Arc::clone(&self.runner.compiler), Arc::new(node.clone()));
        let options = CompileOptions { introspect: self.introspect(), ..CompileOptions::default() };
        let compiled = tokio::task::spawn_blocking(move || compiler.compile(&node, &options)).await;
        self.columns_of_query(&compiled.map_err(|error| super::lost(&error))??.sql).await
    }

    fn unbuilt(&self, input: &str, relation: &Relation) -> Box<Diagnostic> {
        // COMPAT: the sentence of dbt 1.11, which people look for.
        let message = format!(
            "Not able to get columns for unit test '{}' from relation {relation} because the relation doesn't exist",
            self.node.name
        );
        Box::new(
            Diagnostic::error(Code::InvalidValue, message)
                .at(self.node.origin.span, "")
                .note(format!("it is the input `{input}`"))
                .help("build it first; `run --empty` builds it without rows"),
        )
    }

    async fn columns_of_query(&self, sql: &str) -> Result<Vec<Column>, Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let session = session.get().map_err(|error| diagnose(&error))?;
        session.describe(sql).await.map_err(|error| diagnose(&error))
    }

    /// A column that does not exist is an error.
    fn require_columns(&self, rows: &[JsonMap], columns: &[Column], place: &str) -> Result<(), Box<Diagnostic>> {
        let known = |name: &String| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        match rows.iter().flat_map(JsonMap::keys).find(|name| !known(name)) {
            Some(unknown) => Err(self.unknown_column(unknown, place, columns)),
            None => Ok(()),
        }
    }

    fn unknown_column(&self, name: &str, place: &str, columns: &[Column]) -> Box<Diagnostic> {
        let names = columns.iter().map(|column| column.name.as_str());
        let shown = if place == "expect" { "expected output".to_owned() } else { format!("'{}'", input_name(place)) };
        // COMPAT: the sentence of dbt 1.11, which people look for.
        let message = format!("Invalid column name: '{name}' in unit test fixture for {shown}.");
        let listed: Vec<String> = names.clone().map(|name| format!("'{name}'")).collect();
        let diagnostic = Diagnostic::error(Code::InvalidValue, message)
            .at(self.node.origin.span, "")
            .note(format!("Accepted columns for {shown} are: [{}]", listed.join(", ")));
        Box::new(match crate::diagnostic::closest(name, names) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
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

    fn compare(&self, columns: &[Column], actual: Rows, wanted: Rows) -> Ended {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        // COMPAT: dbt selects both sides at once (dbt 1.11).
        let rows = actual.len() + wanted.len();
        let response = AdapterResponse {
            message: format!("SELECT {rows}"),
            code: "SELECT".to_owned(),
            rows_affected: u64::try_from(rows).ok(),
        };
        let Some(difference) = difference(&names, wanted, actual) else {
            return Ended { message: None, failures: Some(0), response, ..Ended::with(NodeStatus::Pass) };
        };
        // COMPAT: the sentence of dbt 1.11, which people look for.
        let message = format!("\n\nactual differs from expected:\n\n{difference}\n");
        let diagnostic = Diagnostic::error(Code::UnitTestFailed, "actual differs from expected")
            .at(self.node.origin.span, "")
            .note(difference)
            .help("`→` is expected→actual, `---` is expected and missing, `+++` came out and was not expected");
        Ended {
            message: Some(message),
            failures: Some(1),
            response,
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

/// `orders` of `ref('orders')`, `raw.orders` of `source('raw', 'orders')`.
fn input_name(input: &str) -> String {
    let words: Vec<&str> = input.split(['\'', '"']).skip(1).step_by(2).collect();
    if words.is_empty() { input.to_owned() } else { words.join(".") }
}

/// Of rows of both sides, marked by `actual_or_expected`, those of one.
fn side(both: &Table, name: &str) -> Rows {
    let mark = both.column_names().iter().position(|column| column.eq_ignore_ascii_case("actual_or_expected"));
    let Some(mark) = mark else { return Rows::default() };
    let of_side = cells(both).into_iter().filter(|row| row.get(mark).is_some_and(|cell| cell == name));
    let unmarked =
        of_side.map(|row| row.into_iter().enumerate().filter(|(at, _)| *at != mark).map(|(_, cell)| cell).collect());
    unmarked.collect()
}

/// Rows as shown cells.
fn cells(table: &Table) -> Rows {
    let cell = |value: &Scalar| match value {
        Scalar::Null => "NULL".to_owned(),
        other => other.to_string(),
    };
    let rows = table.rows().unwrap_or_default();
    rows.iter().map(|row| row.iter().map(cell).collect()).collect()
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
