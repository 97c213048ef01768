//! How a test writes a project, runs a command in it, and looks at what came of it.
//!
//! ```ignore
//! on_every_warehouse! {
//!     /// A view is what its SQL says.
//!     fn builds_a_view(warehouse: Warehouse) {
//!         let project = Project::new(warehouse).file("models/a.sql", "select 1 as id");
//!         project.run("build").succeeds().says("PASS=1");
//!         assert_eq!(project.rows("select id from main.a"), [["1"]]);
//!     }
//! }
//! ```

#![allow(dead_code, reason = "a test may want any of it")]

mod console;
mod finished;
mod project;
mod warehouse;

pub use finished::Finished;
pub use project::{Project, fixture_folder, repository_file};
pub use warehouse::Warehouse;

/// The same test on each warehouse that the engine was built with, as `<name>::lakehouse`,
/// `<name>::lakehouse_in_a_bucket` and `<name>::postgres`.
macro_rules! on_every_warehouse {
    ($( $(#[$attribute:meta])* fn $name:ident($warehouse:ident: Warehouse) $body:block )+) => { $(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing of its file")]
            use super::*;

            fn test($warehouse: $crate::support::Warehouse) $body

            #[cfg(feature = "lakehouse")]
            #[test]
            fn lakehouse() {
                test($crate::support::Warehouse::lakehouse());
            }

            #[cfg(feature = "lakehouse")]
            #[test]
            fn lakehouse_in_a_bucket() {
                test($crate::support::Warehouse::bucket());
            }

            #[test]
            fn postgres() {
                test($crate::support::Warehouse::postgres());
            }
        }
    )+ };
}

/// The same test on the lakehouse wherever it can stand, as `<name>::lakehouse` and
/// `<name>::lakehouse_in_a_bucket`.
#[cfg(feature = "lakehouse")]
macro_rules! on_every_lakehouse {
    ($( $(#[$attribute:meta])* fn $name:ident($warehouse:ident: Warehouse) $body:block )+) => { $(
        $(#[$attribute])*
        mod $name {
            use super::*;

            fn test($warehouse: $crate::support::Warehouse) $body

            #[test]
            fn lakehouse() {
                test($crate::support::Warehouse::lakehouse());
            }

            #[test]
            fn lakehouse_in_a_bucket() {
                test($crate::support::Warehouse::bucket());
            }
        }
    )+ };
}
