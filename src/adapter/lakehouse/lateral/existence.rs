//! EXISTS and IN as scalar subqueries: DataFusion knows them in conditions only, and there only if the
//! subquery looks at the outer row in its WHERE.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, ExprSchema, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::{
    BinaryExpr, Distinct, Expr, ExprSchemable, FetchType, LogicalPlan, LogicalPlanBuilder, Operator, SkipType,
    Subquery, lit, when,
};

use super::domain::{Domain, unsupported};
use super::shape::is_filtered;

/// Replaces the EXISTS and IN of an expression over these rows, or of them those that `wanted` picks.
pub(super) fn valued(
    expr: Expr,
    rows: &LogicalPlan,
    mut wanted: impl FnMut(&Expr) -> Result<bool>,
) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| {
        let is_asked = matches!(expr, Expr::Exists(_) | Expr::InSubquery(_)) && wanted(&expr)?;
        match expr {
            Expr::Exists(exists) if is_asked => exists_value(exists).map(Transformed::yes),
            Expr::InSubquery(within) if is_asked => in_value(within, rows).map(Transformed::yes),
            other => Ok(Transformed::no(other)),
        }
    })
}

/// The IN of a condition that DataFusion tells right: those that may as well be false where they are NULL, and
/// NOT IN for a value of the row, by itself, in rows that are the same for all.
pub(super) fn told(condition: &Expr) -> Vec<InSubquery> {
    fn find(expr: &Expr, is_by_itself: bool, told: &mut Vec<InSubquery>) {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let is_by_itself = is_by_itself && *op == Operator::And;
                find(left, is_by_itself, told);
                find(right, is_by_itself, told);
            }
            Expr::InSubquery(within)
                if !within.negated
                    || (is_by_itself
                        && within.subquery.outer_ref_columns.is_empty()
                        && !within.expr.column_refs().is_empty()) =>
            {
                told.push(within.clone());
            }
            _ => {}
        }
    }
    let mut told = Vec::new();
    find(condition, true, &mut told);
    told
}

/// Whether DataFusion can tell whether there are such rows.
pub(super) fn is_told(domain: &Domain, plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_told(domain, &projection.input),
        LogicalPlan::Sort(sort) => is_told(domain, &sort.input),
        LogicalPlan::Distinct(Distinct::All(input)) => is_told(domain, input),
        LogicalPlan::Limit(limit) => {
            matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)))
                && matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(1..))))
                && is_told(domain, &limit.input)
        }
        other => is_filtered(domain, other),
    }
}

fn exists_value(exists: Exists) -> Result<Expr> {
    let some = rows_of(exists.subquery, None)?;
    Ok(if exists.negated { some.eq(lit(0_i64)) } else { some.gt(lit(0_i64)) })
}

/// `x IN (rows)`: whether a row is equal; NULL if none is, but x or a row is NULL.
fn in_value(within: InSubquery, rows: &LogicalPlan) -> Result<Expr> {
    let InSubquery { expr, subquery, negated } = within;
    let Some(column) = subquery.subquery.schema().columns().into_iter().next() else {
        return Err(unsupported("IN (a subquery without columns)"));
    };
    let mut beside = subquery.clone();
    let outer = expr.as_ref().clone().transform_up(|expr| match expr {
        Expr::Column(column) => {
            let field = Arc::clone(rows.schema().field_from_column(&column)?);
            let outer = Expr::OuterReferenceColumn(field, column);
            if !beside.outer_ref_columns.contains(&outer) {
                beside.outer_ref_columns.push(outer.clone());
            }
            Ok(Transformed::yes(outer))
        }
        Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) => {
            Err(unsupported("IN with a subquery on both sides"))
        }
        other => Ok(Transformed::no(other)),
    })?;
    let equal = LogicalPlanBuilder::from(Arc::unwrap_or_clone(beside.subquery))
        .filter(Expr::Column(column.clone()).eq(outer.data))?
        .build()?;
    beside.subquery = Arc::new(equal);
    let found = rows_of(beside, None)?.gt(lit(0_i64));
    let all = || rows_of(subquery.clone(), None);
    let mut unknown = Vec::new();
    if subquery.subquery.schema().field(0).is_nullable() {
        unknown.push(all()?.gt(rows_of(subquery.clone(), Some(column))?));
    }
    if expr.nullable(rows.schema())? {
        unknown.push(expr.is_null().and(all()?.gt(lit(0_i64))));
    }
    let value = match unknown.into_iter().reduce(Expr::or) {
        None => found,
        Some(unknown) => when(found, lit(true)).when(unknown, lit(ScalarValue::Boolean(None))).otherwise(lit(false))?,
    };
    Ok(if negated { Expr::Not(Box::new(value)) } else { value })
}

/// How many rows a subquery gives, or of them those with a value in a column.
fn rows_of(subquery: Subquery, with: Option<Column>) -> Result<Expr> {
    let counted = count(with.map_or_else(|| lit(1_i64), Expr::Column)).alias("rows");
    let plan = LogicalPlanBuilder::from(Arc::unwrap_or_clone(subquery.subquery))
        .aggregate(Vec::<Expr>::new(), vec![counted])?
        .build()?;
    Ok(Expr::ScalarSubquery(Subquery { subquery: Arc::new(plan), ..subquery }))
}
