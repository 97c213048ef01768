//! Templates: the sole user of minijinja.
//!
//! [`blocks`] splits a file into macros, tests, materializations, snapshots and docs; an engine
//! holds all macros of a project, compiled once, and renders in three contexts:
//!
//! * *settings*: strings of YAML files,
//! * *parse*: a node's code is rendered with `execute` false to find what it refers to,
//! * *execute*: the node's SQL, with a map back to the user's own text, and
//!   macros called for their value.
//!
//! This module knows nothing of tokio, of adapters, or of the graph: it sees the warehouse through
//! [`Introspect`] and other nodes through [`Resolver`].

pub mod blocks;
mod builtin;
mod call_block;
mod calls;
mod context;
mod engine;
mod environment;
mod failure;
mod filters;
mod forgiving;
mod functions;
mod macro_file;
mod macros;
mod materialize;
mod objects;
mod prepare;
mod python;
mod rendering;
mod said;
mod setting;
mod source_map;
#[cfg(test)]
mod tests;
mod unclosed;
mod unknown_names;

pub use builtin::builtin_macros;
pub use calls::{column_argument, relation_argument};
pub use context::{
    CalledMacro, EngineSettings, Harvest, HarvestRequest, Introspect, MacroCall, MaterializeCall, Materialized,
    ModelFacts, NodeContext, RefTarget, RenderRequest, Rendered, Resolver, SEED_ROWS, VarScopes,
};
pub use engine::{DocLookup, Engine, render_docs};
pub use macro_file::macros_of_file;
pub use said::Said;
pub use setting::render_setting;
pub use source_map::{MappedRange, SourceMap};
