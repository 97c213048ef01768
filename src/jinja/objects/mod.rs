//! Values with attributes and methods that templates see: lists and dicts that can be changed,
//! relations, columns, rows of queries, and the namespaces `adapter`, `api`, `exceptions`, ....

mod agate;
mod column;
mod date_time;
mod index;
mod mutable;
mod namespace;
mod once;
mod relation;
mod response;
mod time_delta;
mod time_module;
mod time_zone;

pub(super) use agate::{column_type, seed_table, table_value};
pub(super) use column::{ColumnValue, numeric_type, string_type};
pub(super) use date_time::DateTimeValue;
pub(super) use index::IndexValue;
pub(super) use mutable::{MutableList, MutableMap};
pub(super) use namespace::{Function, Namespace, Run};
pub(super) use once::Once;
pub(super) use relation::{KINDS, RelationValue};
pub(super) use response::ResponseValue;
pub(super) use time_delta::{TimeDelta, floor_division};
pub(super) use time_module::{datetime_module, pytz_module};
use time_zone::ZoneValue;
