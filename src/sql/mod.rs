//! SQL as text: where its first words stand, and what is put in front of it.
//!
//! It never sees Jinja, and has no connection.

mod ctes;
mod limit;
mod rows;

pub use ctes::{Cte, Injected, inject_ctes};
pub use limit::{has_limit, limited};
pub use rows::{RowsQuery, rows_query};
