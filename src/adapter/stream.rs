//! Rows on their way from one warehouse to another.

use std::pin::Pin;

use arrow::array::RecordBatch;
use futures::Stream;

use super::AdapterError;
use crate::relation::Column;

/// Rows that come a batch at a time, when they are asked for. Dropping it ends the query.
pub struct RowStream {
    /// Names and types, in the words of the warehouse that gives them.
    pub columns: Vec<Column>,
    /// The rows.
    pub batches: Pin<Box<dyn Stream<Item = Result<RecordBatch, AdapterError>> + Send>>,
}
