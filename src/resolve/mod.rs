//! From resources as written to nodes as meant: which configs apply ([`merge_config`],
//! [`ConfigTree`]), what generic tests are called ([`GenericTestName`]), which node a `ref()` or
//! `source()` names ([`find_ref`], [`find_source`]), where nodes stand in the warehouse. [`project`]
//! does all of it.
//!
//! It never touches the disk or a warehouse, and does not know how resources were parsed.

mod calls;
mod check;
mod code_node;
mod config_tree;
mod configs;
mod context;
mod data_test;
mod defaults;
mod docs;
mod hooks;
mod index;
mod link;
mod macros;
mod names;
mod node_config;
mod other_nodes;
mod patches;
mod primary_key;
mod project;
mod python;
mod refs;
mod relation_names;
mod semantic;
mod source_node;
mod test_body;
mod unit_test;

pub use calls::{Call, read as read_call};
pub use config_tree::ConfigTree;
pub use configs::merge_config;
pub use context::engine_settings;
pub use names::GenericTestName;
pub use project::project;
pub use refs::{find_function, find_ref, find_source};
pub use unit_test::fill_in_seed_rows;
