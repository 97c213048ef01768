//! What PostgreSQL means by a statement, said so that DataFusion means it too, as far as that can be
//! told from the text alone. What depends on types is left to the plan.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Select, Statement, VisitMut, VisitorMut};

use super::names::name_columns;
use crate::adapter::AdapterError;

/// Rewrites a statement in place.
///
/// # Errors
/// `Unsupported` for what DataFusion would silently get wrong and no rewrite makes right.
pub(in crate::adapter::lakehouse) fn rewrite(statement: &mut Statement) -> Result<(), AdapterError> {
    match statement.visit(&mut Rewriter) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

struct Rewriter;

impl VisitorMut for Rewriter {
    type Break = Box<AdapterError>;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        name_columns(select);
        ControlFlow::Continue(())
    }
}
