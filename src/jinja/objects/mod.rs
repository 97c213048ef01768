//! Values with attributes and methods that templates see: lists and dicts that can be changed,
//! relations, columns, rows of queries, and the namespaces `adapter`, `api`, `exceptions`, ....

mod agate;
mod column;
mod date_time;
mod mutable;
mod namespace;
mod relation;

pub(super) use agate::table_value;
pub(super) use column::ColumnValue;
pub(super) use date_time::{DateTimeValue, datetime_module};
pub(super) use mutable::{MutableList, MutableMap};
pub(super) use namespace::{Function, Namespace, Run};
pub(super) use relation::{RelationValue, kind_of};
