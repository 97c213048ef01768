//! What PostgreSQL means by an expression, said so that DataFusion means it too.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Statement, visit_expressions_mut};

use crate::adapter::AdapterError;

/// Rewrites a statement in place.
///
/// # Errors
/// `Unsupported` for what DataFusion would silently get wrong and no rewrite makes right.
pub(super) fn rewrite(statement: &mut Statement) -> Result<(), AdapterError> {
    let flow = visit_expressions_mut(statement, |expression| match rewrite_expression(expression) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    });
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

fn rewrite_expression(_expression: &mut Expr) -> Result<(), AdapterError> {
    Ok(())
}
