//! Doing it: walks a plan ([`walk`]), keeping up with what stands in the warehouse
//! ([`RelationCache`]).
//!
//! It never touches terminals or files: it reports events and gives outcomes.

mod cache;
mod comment;
mod failure;
mod intervals;
mod introspect;
mod metadata;
mod node;
mod operations;
mod runner;
mod scheduler;
mod show;
mod warehouse;

pub use cache::RelationCache;
pub use comment::QueryComments;
pub use intervals::{INTERVALS, intervals};
pub use metadata::{catalog_by_macros, prepare_by_macros};
pub use operations::{HooksEnded, Operations, call_operation, compile};
pub use runner::{NodeRunner, RunOptions};
pub use scheduler::{Interrupt, Schedule, SkipReason, TaskRunner, walk};
pub use show::show;
pub use warehouse::{OtherTarget, OtherTargets, Warehouse};
