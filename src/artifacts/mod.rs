//! The JSON files of dbt 1.11, exact in shape: manifest v12, run results v6, catalog v1, sources v3,
//! the semantic manifest, and the lines of `ls`.
//!
//! Every function turns frozen data into JSON or bytes; nothing here runs, decides or touches a disk.
//! What borrows from a [`Node`](crate::resource::Node) is serialized straight to bytes: a manifest of
//! ten thousand models never stands in memory as JSON values.
//!
//! - [`manifest_node`], [`compiled_manifest_node`], [`jinja_model`]: one node, as in `nodes` and as Jinja's
//!   `model`.
//! - [`graph_context`]: Jinja's `graph`.
//! - The files: [`manifest()`], [`run_results()`], [`catalog()`], [`sources()`], [`semantic_manifest()`].
//! - [`list_line()`]: a line of `ls`.
//! - The same as tables: [`manifest_tables`], [`result_tables`], [`catalog_tables`].
//! - [`ArtifactContext`]: the `metadata` that all files share.

mod catalog;
mod column;
mod context;
mod declared;
mod entry;
mod graph;
mod list_line;
mod manifest;
mod members;
mod node;
mod parts;
mod run_results;
mod semantic;
mod semantic_manifest;
mod source;
mod sources;
mod tables;
#[cfg(test)]
mod tests;
mod unit_test;

pub use catalog::catalog;
pub use context::ArtifactContext;
pub use graph::graph_context;
pub use list_line::list_line;
pub use manifest::manifest;
pub use node::{compiled_manifest_node, jinja_model, manifest_node};
pub use parts::{CompiledNode, relation_name};
pub use run_results::{run_result_line, run_results};
pub use semantic_manifest::semantic_manifest;
pub use sources::sources;
pub use tables::{ArtifactTable, catalog_tables, manifest_tables, result_tables};

/// JSON as bytes. These types have text keys only and serialize without error; numbers that JSON
/// cannot write become null.
fn bytes(file: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(file).unwrap_or_default()
}
