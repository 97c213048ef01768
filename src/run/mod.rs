//! Doing it: walks a plan ([`walk`]), keeping up with what stands in the warehouse
//! ([`RelationCache`]).
//!
//! It never touches terminals or files: it reports events and gives outcomes.

mod cache;
mod scheduler;

pub use cache::RelationCache;
pub use scheduler::{Interrupt, Schedule, SkipReason, TaskRunner, walk};
