//! Operators whose meaning depends on the types of their operands.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use deltalake::arrow::datatypes::{DataType, TimeUnit};

use super::arithmetic::Operation;
use super::{calendar, convert, is_decimal, is_text, json};

/// Plans operators as PostgreSQL resolves them.
#[derive(Debug)]
pub(in crate::adapter::lakehouse) struct PostgresOperators;

impl ExprPlanner for PostgresOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (Ok(left), Ok(right)) = (expr.left.get_type(schema), expr.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(expr));
        };
        match &expr.op {
            BinaryOperator::StringConcat => Ok(concat(expr, &left, &right)),
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo => calculation(expr, left, right),
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => Ok(PlannerResult::Original(comparison(expr, &left, &right))),
            BinaryOperator::AtArrow if is_text(&left) && is_text(&right) => {
                Ok(PlannerResult::Planned(call(json::contains(), vec![expr.left, expr.right])))
            }
            BinaryOperator::ArrowAt if is_text(&left) && is_text(&right) => {
                Ok(PlannerResult::Planned(call(json::contains(), vec![expr.right, expr.left])))
            }
            _ => Ok(PlannerResult::Original(expr)),
        }
    }
}

/// A decimal is compared to a binary fraction as one: DataFusion would make decimals of both.
fn comparison(mut expr: RawBinaryExpr, left: &DataType, right: &DataType) -> RawBinaryExpr {
    if is_decimal(left) && right.is_floating() {
        expr.left = cast(expr.left, &DataType::Float64);
    } else if left.is_floating() && is_decimal(right) {
        expr.right = cast(expr.right, &DataType::Float64);
    }
    expr
}

/// A call of a function.
pub(super) fn call(function: ScalarUDF, args: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), args))
}

fn concat(mut expr: RawBinaryExpr, left: &DataType, right: &DataType) -> PlannerResult<RawBinaryExpr> {
    let plain = |kind: &DataType| is_text(kind) || kind.is_nested() || *kind == DataType::Null;
    if left.is_nested() || right.is_nested() {
        return PlannerResult::Original(expr);
    }
    if !plain(left) {
        expr.left = call(convert::to_text(), vec![expr.left]);
    }
    if !plain(right) {
        expr.right = call(convert::to_text(), vec![expr.right]);
    }
    PlannerResult::Original(expr)
}

fn calculation(
    mut expr: RawBinaryExpr,
    mut left: DataType,
    mut right: DataType,
) -> Result<PlannerResult<RawBinaryExpr>> {
    if is_text(&left) && is_untyped(&expr.left) && right.is_numeric() {
        expr.left = cast(expr.left, &right);
        left = right.clone();
    } else if is_text(&right) && is_untyped(&expr.right) && left.is_numeric() {
        expr.right = cast(expr.right, &left);
        right = left.clone();
    }
    if let Some(planned) = temporal(&mut expr, &left, &right) {
        return Ok(planned);
    }
    let number = |kind: &DataType| kind.is_numeric() || *kind == DataType::Null;
    let operation = match expr.op {
        BinaryOperator::Plus => Operation::Add,
        BinaryOperator::Minus => Operation::Subtract,
        BinaryOperator::Multiply => Operation::Multiply,
        BinaryOperator::Divide => Operation::Divide,
        _ => Operation::Remainder,
    };
    match (number(&left), number(&right)) {
        // DataFusion adds and subtracts decimals as they are, and can look into that.
        (true, true) if exact(operation, &left, &right) => Ok(PlannerResult::Original(expr)),
        (true, true) => Ok(PlannerResult::Planned(call(operation.function(), vec![expr.left, expr.right]))),
        (true, false) | (false, true)
            if is_text(&left) || is_text(&right) || left == DataType::Boolean || right == DataType::Boolean =>
        {
            let (left, right) = (super::super::types::text(&left), super::super::types::text(&right));
            plan_err!("operator does not exist: {left} {} {right}", expr.op)
        }
        _ => Ok(PlannerResult::Original(expr)),
    }
}

fn exact(operation: Operation, left: &DataType, right: &DataType) -> bool {
    matches!(operation, Operation::Add | Operation::Subtract) && is_decimal(left) && is_decimal(right)
}

/// A literal whose type PostgreSQL takes from what stands beside it.
fn is_untyped(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(..))
}

fn cast(expr: Expr, kind: &DataType) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), kind.clone()))
}

/// Dates, times and intervals.
fn temporal(expr: &mut RawBinaryExpr, left: &DataType, right: &DataType) -> Option<PlannerResult<RawBinaryExpr>> {
    use DataType::{Date32, Interval, Timestamp};
    let take = |side: &mut Expr| std::mem::replace(side, Expr::Literal(datafusion::common::ScalarValue::Null, None));
    let timestamp = Timestamp(TimeUnit::Microsecond, None);
    let (plus, minus) = (expr.op == BinaryOperator::Plus, expr.op == BinaryOperator::Minus);
    let planned = |function: ScalarUDF, args: Vec<Expr>| Some(PlannerResult::Planned(call(function, args)));
    match (left, right) {
        (Date32, days) if (plus || minus) && days.is_integer() => {
            let (date, days) = (take(&mut expr.left), take(&mut expr.right));
            let days = if minus { Expr::Negative(Box::new(cast(days, &DataType::Int64))) } else { days };
            planned(calendar::add_days(), vec![date, days])
        }
        (days, Date32) if plus && days.is_integer() => {
            planned(calendar::add_days(), vec![take(&mut expr.right), take(&mut expr.left)])
        }
        (Date32, Date32) if minus => {
            planned(calendar::days_between(), vec![take(&mut expr.left), take(&mut expr.right)])
        }
        (Timestamp(..), Timestamp(..) | Date32) | (Date32, Timestamp(..)) if minus => {
            planned(calendar::time_between(), vec![take(&mut expr.left), take(&mut expr.right)])
        }
        (Date32, Interval(_)) if plus || minus => {
            let (left, right) = (cast(take(&mut expr.left), &timestamp), take(&mut expr.right));
            Some(PlannerResult::Original(RawBinaryExpr { op: expr.op.clone(), left, right }))
        }
        (Interval(_), Date32) if plus => {
            let (left, right) = (cast(take(&mut expr.right), &timestamp), take(&mut expr.left));
            Some(PlannerResult::Original(RawBinaryExpr { op: expr.op.clone(), left, right }))
        }
        (Date32, DataType::Time64(_)) if plus => {
            planned(calendar::at_time(), vec![take(&mut expr.left), take(&mut expr.right)])
        }
        (Interval(_), number) if number.is_numeric() && expr.op == BinaryOperator::Multiply => {
            planned(calendar::times(), vec![take(&mut expr.left), take(&mut expr.right)])
        }
        (number, Interval(_)) if number.is_numeric() && expr.op == BinaryOperator::Multiply => {
            planned(calendar::times(), vec![take(&mut expr.right), take(&mut expr.left)])
        }
        (Interval(_), number) if number.is_numeric() && expr.op == BinaryOperator::Divide => {
            planned(calendar::divided(), vec![take(&mut expr.left), take(&mut expr.right)])
        }
        _ => None,
    }
}
