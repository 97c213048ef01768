use super::{JsonMap, UniqueId};
use crate::source::Span;

/// What a macro block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacroKind {
    /// `{% macro %}`
    Macro,
    /// `{% test %}` / `{% data_test %}`: also known as `test_<name>`.
    Test,
    /// `{% materialization name, adapter='x' %}`; the adapter is `default` unless said.
    Materialization {
        /// The materialization's own name.
        name: String,
        /// The adapter it is for.
        adapter: String,
        /// Languages it supports.
        languages: Vec<String>,
    },
}

/// One macro: a named, parsed-once piece of Jinja.
#[derive(Debug, Clone)]
pub struct Macro {
    /// `macro.<package>.<name>`.
    pub unique_id: UniqueId,
    /// Name it is called by (`test_unique` for `{% test unique %}`).
    pub name: String,
    /// Package it stands in.
    pub package: String,
    /// File, relative to the package root, with forward slashes.
    pub original_file_path: String,
    /// What it is.
    pub kind: MacroKind,
    /// The whole block, tags included.
    pub source: String,
    /// Where the block stands.
    pub span: Span,
    /// From its properties file.
    pub description: String,
    /// From its properties file.
    pub arguments: Vec<MacroArgument>,
    /// From its properties file.
    pub meta: JsonMap,
    /// Whether the docs site shows it.
    pub docs_show: bool,
    /// Properties file that describes it, as `package://path`.
    pub patch_path: Option<String>,
    /// Macros it calls by name.
    pub depends_on: Vec<UniqueId>,
}

/// A documented argument of a macro.
#[derive(Debug, Clone, PartialEq)]
pub struct MacroArgument {
    /// Name.
    pub name: String,
    /// Type, as the user wrote it.
    pub data_type: Option<String>,
    /// Description.
    pub description: String,
}

/// A `{% docs %}` block.
#[derive(Debug, Clone)]
pub struct DocsBlock {
    /// `doc.<package>.<name>`.
    pub unique_id: UniqueId,
    /// Name.
    pub name: String,
    /// Package it stands in.
    pub package: String,
    /// File, relative to the resource folder.
    pub path: String,
    /// File, relative to the package root.
    pub original_file_path: String,
    /// The Markdown between the tags, trimmed.
    pub contents: String,
}

/// A group of nodes with an owner.
#[derive(Debug, Clone)]
pub struct Group {
    /// `group.<package>.<name>`.
    pub unique_id: UniqueId,
    /// Name.
    pub name: String,
    /// Package it stands in.
    pub package: String,
    /// File, relative to the resource folder.
    pub path: String,
    /// File, relative to the package root.
    pub original_file_path: String,
    /// The owner's properties as written.
    pub owner: JsonMap,
    /// Description.
    pub description: Option<String>,
    /// Config as written.
    pub config: JsonMap,
}
