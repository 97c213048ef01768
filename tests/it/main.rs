//! The integration tests: the built executable on whole projects, as a user sees it.
//!
//! One binary with a file per topic, so that it links once. `support` is how a test writes a project,
//! runs a command and looks at what came of it. What must behave alike on every warehouse is written
//! once, in `on_every_warehouse!`. PostgreSQL and an S3 server are needed: `tests/run.sh` starts them.

// The seams of the library (files, environment, panics) are for the library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

#[macro_use]
mod support;

mod anomalies;
mod architecture;
mod artifacts;
mod build;
mod cli;
mod clone;
mod contracts;
mod data_tests;
mod deps;
mod docs;
mod errors;
mod examples;
mod files;
mod functions;
mod grants;
mod hooks;
mod incremental;
mod intervals;
mod logs;
mod macros;
mod maintain;
mod materializations;
mod materialized_views;
mod memory;
mod microbatch;
mod other_targets;
mod overrides;
mod packages;
mod persist_docs;
mod project_language;
mod query_comments;
mod retry;
mod root_project;
mod run;
mod sampling;
mod seeds;
mod selectors;
mod selectors_yml;
mod sharing;
mod show;
mod snapshots;
mod sql_meaning;
mod state;
mod stopping;
mod unit_tests;
mod utility_macros;
mod warnings;
