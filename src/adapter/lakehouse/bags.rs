//! EXCEPT ALL and INTERSECT ALL: PostgreSQL counts the copies of a row, DataFusion takes all of them
//! or none.
//!
//! The copies of a row are numbered on both sides, and a copy has its counterpart in the one of the
//! same number.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, NullEquality, Result};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::{Distinct, Expr, ExprFunctionExt, Join, JoinType, LogicalPlan, LogicalPlanBuilder};

/// Numbers the copies of rows where they are to be counted.
///
/// # Errors
/// DataFusion's, when it refuses the plan.
pub(super) fn counted(plan: LogicalPlan) -> Result<LogicalPlan> {
    let counted = plan.transform_up_with_subqueries(|plan| match plan {
        LogicalPlan::Join(join) if is_of_bags(&join) => numbered(join).map(Transformed::yes),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(counted.data)
}

/// Whether a join stands for EXCEPT ALL or INTERSECT ALL. Without ALL the left rows are made distinct;
/// nothing else compares all columns so that NULL equals NULL.
fn is_of_bags(join: &Join) -> bool {
    matches!(join.join_type, JoinType::LeftAnti | JoinType::LeftSemi)
        && join.null_equality == NullEquality::NullEqualsNull
        && join.filter.is_none()
        && join.on.len() == join.left.schema().fields().len()
        && !matches!(join.left.as_ref(), LogicalPlan::Distinct(Distinct::All(_)))
}

fn numbered(join: Join) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = join.schema.columns().into_iter().map(Expr::Column).collect();
    let (left, left_number) = with_numbers(join.left, "aq_left")?;
    let (right, right_number) = with_numbers(join.right, "aq_right")?;
    let on = join.on.into_iter().chain([(left_number, right_number)]).collect();
    let joined = Join::try_new(left, right, on, None, join.join_type, join.join_constraint, join.null_equality, false)?;
    LogicalPlanBuilder::from(LogicalPlan::Join(joined)).project(columns)?.build()
}

/// A plan with the number of each copy of a row, and what the number is called.
fn with_numbers(plan: Arc<LogicalPlan>, side: &str) -> Result<(Arc<LogicalPlan>, Expr)> {
    const NUMBER: &str = "copy";
    let columns = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let number = row_number().partition_by(columns).build()?.alias_qualified(Some(side), NUMBER);
    let plan = LogicalPlanBuilder::from(plan).window(vec![number])?.build()?;
    Ok((Arc::new(plan), Expr::Column(Column::new(Some(side), NUMBER))))
}
