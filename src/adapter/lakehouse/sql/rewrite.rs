//! What PostgreSQL means by a statement, said so that DataFusion means it too, as far as that can be
//! told from the text alone. What depends on types is left to the plan.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, NamedWindowExpr, Query, Select, Statement, VisitMut, VisitorMut, WindowType,
};

use super::cast::rewrite_cast;
use super::functions::{mark_literals, power_of_negative, rewrite_expr};
use super::literals::{mark, mark_groups, mark_order_and_limit, type_negative, type_number, unmark_frame};
use super::names::name_columns;
use super::{from, rows, tuples};
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

/// Queries and SELECTs are looked at on the way in, while their expressions are as written;
/// expressions on the way out, when their parts have been rewritten.
struct Rewriter;

fn flow(result: Result<(), AdapterError>) -> ControlFlow<Box<AdapterError>> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(Box::new(error)),
    }
}

impl VisitorMut for Rewriter {
    type Break = Box<AdapterError>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        rows::order_once(query);
        mark_order_and_limit(query);
        flow(rows::rewrite_query(query))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        name_columns(select);
        rows::group_of_all(select);
        mark_groups(select);
        flow(
            rows::rewrite_select(select)
                .and_then(|()| tuples::rewrite_tuples(select))
                .and_then(|()| from::rewrite_from(select)),
        )
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Function(function) => mark_literals(function),
            Expr::Interval(interval) => mark(&mut interval.value),
            Expr::UnaryOp { .. } => {
                power_of_negative(expr);
                type_negative(expr);
            }
            Expr::InSubquery { .. } => return flow(tuples::rewrite_tuple(expr)),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        for window in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(window) = &mut window.1 {
                unmark_frame(window);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        type_number(expr);
        if let Expr::Function(Function { over: Some(WindowType::WindowSpec(window)), .. }) = expr {
            unmark_frame(window);
        }
        flow(rewrite_cast(expr).and_then(|()| rewrite_expr(expr)))
    }
}
