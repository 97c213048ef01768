//! Aquifer: a batch compiler for SQL models, *files -> project -> plan -> outcomes*.

pub mod adapter;
pub mod diagnostic;
pub mod graph;
pub mod outcome;
pub mod relation;
pub mod resource;
pub mod source;
pub mod system;
