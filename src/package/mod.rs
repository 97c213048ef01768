//! Packages: what `packages.yml` asks for, what stands in the install folder, and how the one
//! becomes the other.
//!
//! [`declared`] reads what a project asks for; [`resolve`] follows it through all packages to exact
//! versions; those are a [`LockFile`], and [`install`] puts them into the install folder. [`installed`]
//! is what every other command starts with. Only `resolve` and `install` reach the network, through
//! `http` and the system's `git`.
//!
//! It reads project files of packages and nothing else of them: models and macros are for `parse`.

mod add;
mod archive;
mod declared;
mod fetch;
mod git;
mod hub;
mod install;
mod installed;
mod lock;
mod resolve;
#[cfg(test)]
mod tests;
mod version;
mod yaml_text;

pub use add::{Addition, add};
pub use declared::{DeclaredPackage, PackageSource, declared};
pub use fetch::Fetcher;
pub use install::install;
pub use installed::installed;
pub use lock::{LOCK_FILE, LockFile, LockedPackage};
pub use resolve::resolve;
