//! Aquifer: a batch compiler for SQL models, *files -> project -> plan -> outcomes*.
//!
//! The pipeline, step by step, each word a link to the type that carries it:
//!
//! 1. The environment is captured once ([`system::Environment`]) and merged with the command line and
//!    the project file into [`config::Settings`].
//! 2. Files become [`source::SourceFile`]s of a [`source::SourceSet`]; every later message points into
//!    them by [`source::Span`].
//! 3. Templates are read for what they refer to ([`jinja::Harvest`]) and resolved into a frozen
//!    [`project::Project`]: [`resource::Node`]s, macros, and a [`graph::Dag`].
//! 4. What the user asks for becomes a [`selector::Selection`], and that with a [`plan::Goal`] a
//!    [`plan::Plan`].
//! 5. Each [`plan::Task`] is compiled ([`jinja::Rendered`]), turned into [`relation::RelationOp`]s
//!    ([`materialization::build`]) and applied by an [`adapter::Session`], by the scheduler
//!    ([`run::walk`]).
//! 6. What became of it is a [`outcome::NodeOutcome`] each; on the way the engine says
//!    [`report::Event`]s, and what goes wrong is a [`diagnostic::Diagnostic`].

pub mod adapter;
pub mod artifacts;
pub mod cli;
pub mod commands;
pub mod compile;
pub mod config;
pub mod diagnostic;
pub mod graph;
pub mod history;
pub mod jinja;
pub mod materialization;
pub mod observe;
pub mod outcome;
pub mod package;
pub mod parse;
pub mod plan;
pub mod project;
pub mod relation;
pub mod report;
pub mod resolve;
pub mod resource;
pub mod run;
pub mod selector;
pub mod site;
pub mod source;
pub mod sql;
pub mod state;
pub mod system;
