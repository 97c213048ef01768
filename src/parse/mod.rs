//! Files on disk -> what they say ([`Parsed`](crate::project::parsed::Parsed)): per file, in parallel,
//! never failing. What is wrong becomes a diagnostic, and the rest of the file is still used.
//!
//! It knows nothing of other files: what configs apply and what `ref()` means is for
//! [`crate::resolve`]. [`load`] does both.

mod catalogs;
mod code;
mod files;
mod ignored;
mod load;
mod properties;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::jinja::Engine;
use crate::project::Project;

pub use load::load;

/// A parsed project with its template engine.
pub struct Loaded {
    /// The project.
    pub project: Arc<Project>,
    /// Its templates.
    pub engine: Arc<Engine>,
}
