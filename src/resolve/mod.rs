//! From resources as written to nodes as meant: which configs apply ([`merge_config`],
//! [`levels_for`]), what generic tests are called ([`GenericTestName`]), which node a `ref()` or
//! `source()` names ([`find_ref`], [`find_source`]).
//!
//! It never touches the disk or a warehouse, and does not know how resources were parsed.

mod configs;
mod names;
mod refs;

pub use configs::{levels_for, merge_config};
pub use names::GenericTestName;
pub use refs::{find_ref, find_source};
