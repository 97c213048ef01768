//! `query-comment:`: what is told to the warehouse about who asks.

use serde_json::{Value, json};

use super::runner::NodeRunner;
use crate::adapter::QueryComment;
use crate::compile::Compiler;
use crate::config::DBT_VERSION;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{NodeContext, RenderRequest};
use crate::resource::{JsonMap, Node};
use crate::source::FileId;

/// The comment of a project, before it is rendered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryComments {
    text: Text,
    append: bool,
    profile: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
enum Text {
    /// None is sent.
    #[default]
    Nothing,
    /// dbt's own: who, with which profile, for which node.
    Usual,
    /// A template of the user's.
    Template(String),
}

impl QueryComments {
    /// Reads `query-comment:`; an absent key means the usual comment.
    pub fn new(written: Option<&Value>, profile: &str) -> Self {
        // COMPAT: `job-label` is for another warehouse (dbt 1.11).
        let (text, append) = match written {
            None => (Text::Usual, false),
            Some(Value::Object(map)) => {
                let text = map.get("comment").map_or(Text::Usual, Text::of);
                (text, map.get("append").and_then(Value::as_bool).unwrap_or(false))
            }
            Some(value) => (Text::of(value), false),
        };
        Self { text, append, profile: profile.to_owned() }
    }

    /// The comment for what a node asks, or, without a node, for a connection of the engine's own.
    ///
    /// # Errors
    /// Whatever the template raises; `invalid-value` when the text would end its own comment.
    pub fn render(
        &self,
        compiler: &Compiler,
        node: Option<&Node>,
        connection: &str,
    ) -> Result<Option<QueryComment>, Box<Diagnostic>> {
        let text = match &self.text {
            Text::Nothing => return Ok(None),
            Text::Usual => self.usual(compiler, node, connection),
            Text::Template(template) => render(compiler, template, node, connection)?,
        };
        if text.contains("*/") {
            let message = format!("query comment contains illegal value \"*/\": {}", text.trim());
            return Err(Box::new(
                Diagnostic::error(Code::InvalidValue, message).help("change `query-comment:` of the project file"),
            ));
        }
        let text = text.trim().to_owned();
        Ok((!text.is_empty()).then_some(QueryComment { text, append: self.append }))
    }

    /// COMPAT: dbt's own comment, key for key (dbt 1.11).
    fn usual(&self, compiler: &Compiler, node: Option<&Node>, connection: &str) -> String {
        let target = compiler.engine().settings().target.get("name").cloned().unwrap_or_default();
        let (key, value) = match node {
            Some(node) => ("node_id", node.unique_id.as_str()),
            None => ("connection_name", connection),
        };
        format!(
            "{{\"app\": \"dbt\", \"dbt_version\": {}, \"profile_name\": {}, \"target_name\": {}, \"{key}\": {}}}",
            json!(DBT_VERSION),
            json!(self.profile),
            json!(target),
            json!(value)
        )
    }
}

impl Text {
    fn of(value: &Value) -> Self {
        match value {
            Value::String(text) if !text.trim().is_empty() => Self::Template(text.trim_end().to_owned()),
            _ => Self::Nothing,
        }
    }
}

fn render(
    compiler: &Compiler,
    template: &str,
    node: Option<&Node>,
    connection: &str,
) -> Result<String, Box<Diagnostic>> {
    let package = compiler.project().name().to_owned();
    let mut extra = JsonMap::new();
    extra.insert("connection_name".to_owned(), connection.into());
    let shown = node.map_or(Value::Null, |node| Value::Object(crate::artifacts::jinja_model(node)));
    extra.insert("node".to_owned(), shown);
    let context = NodeContext { package: package.clone(), extra, ..NodeContext::default() };
    let rendered = compiler.engine().render(&RenderRequest {
        node: &std::sync::Arc::new(context),
        file: FileId(u32::MAX),
        offset: 0,
        text: template,
        resolver: compiler.resolver_of_package(&package, None),
        introspect: None,
    });
    rendered.map(|rendered| rendered.text).map_err(|mut problem| {
        problem.primary = None;
        problem.message = format!("the query comment: {}", problem.message);
        problem
    })
}

impl NodeRunner {
    /// The comment for what a node asks.
    ///
    /// # Errors
    /// As [`QueryComments::render`].
    pub fn query_comment(
        &self,
        node: Option<&Node>,
        connection: &str,
    ) -> Result<Option<QueryComment>, Box<Diagnostic>> {
        self.options.query_comments.render(&self.compiler, node, connection)
    }
}
