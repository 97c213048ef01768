//! Aquifer: a batch compiler for SQL models, *files -> project -> plan -> outcomes*.

pub mod adapter;
pub mod config;
pub mod diagnostic;
pub mod graph;
pub mod jinja;
pub mod outcome;
pub mod project;
pub mod relation;
pub mod report;
pub mod resource;
pub mod selector;
pub mod source;
pub mod state;
pub mod system;
