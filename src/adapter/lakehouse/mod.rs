//! The embedded lakehouse: SQL by DataFusion, tables by Delta Lake, files in one folder.
//!
//! ```text
//! {root}/{schema}/{table}/_delta_log    a table: Delta's own log makes each change atomic
//! {root}/{schema}/_views/{view}.json    a view: its SQL text, written whole or not at all
//! {root}/{schema}/_dropped/             what a drop has moved out of sight and is deleting
//! ```
//!
//! The way of a statement: [`sql`] parses the text and rewrites what DataFusion would read
//! differently from PostgreSQL; [`catalog`] resolves the names it uses, each once, so that it sees
//! one state of every table; DataFusion plans and runs it; [`write`] and its neighbours turn rows
//! into one Delta commit.
//!
//! There are no transactions over several tables: each table commits by itself, and a unit of
//! operations is carried out in order. What must not be half-done within one table (its rows, its
//! schema, its comments) is one commit.
//!
//! Nothing outside this module may name DataFusion or Delta Lake, and nothing in it may know of
//! nodes, Jinja or project files.

mod adapter;
mod alter;
mod bags;
mod bucket;
mod cancel;
mod catalog;
mod change;
mod commit;
mod conform;
mod constraint;
mod copy_on_write;
mod define;
mod describe;
mod dialect;
mod distinct;
mod engine;
mod error;
mod execute;
mod export;
mod external;
mod foreign;
mod function;
mod lateral;
mod load;
mod log;
mod maintain;
mod memory;
mod merge;
mod mixing;
mod names;
mod overwrite;
mod profile;
mod pushdown;
mod replace;
mod response;
mod scan;
mod session;
mod spool;
mod sql;
mod statement;
mod storage;
mod tables;
mod temporary;
mod travel;
mod types;
mod view_store;
mod warehouse;
mod write;

#[cfg(test)]
mod tests;

pub use adapter::Lakehouse;
