//! What a subquery looks like: whether DataFusion makes a join of it, and how many rows it gives.

use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, FetchType, LogicalPlan, Operator};

use super::domain::Domain;

/// The subquery that is the LATERAL side of a join.
pub(super) fn lateral(right: &LogicalPlan) -> Option<&LogicalPlan> {
    match right {
        LogicalPlan::Subquery(subquery) => Some(&subquery.subquery),
        LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
            LogicalPlan::Subquery(subquery) => Some(&subquery.subquery),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a subquery looks at the outer row in its WHERE only, so that DataFusion can move the
/// condition into the join. Out of a derived table, whose columns have other names outside, it cannot.
pub(super) fn is_filtered(domain: &Domain, plan: &LogicalPlan) -> bool {
    !domain.is_seen_by(plan)
        || match plan {
            LogicalPlan::Filter(filter) => is_filtered(domain, &filter.input),
            LogicalPlan::Projection(projection) => {
                !projection.expr.iter().any(Expr::contains_outer) && is_filtered(domain, &projection.input)
            }
            _ => false,
        }
}

/// Whether DataFusion can move the condition of a subquery into a join through its aggregate. Of two
/// aggregates, one over the other, it would lose the inner one's row where there are none to aggregate.
pub(super) fn is_grouped(domain: &Domain, plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => {
            let mut exprs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            !exprs.any(Expr::contains_outer) && is_equated(domain, &aggregate.input)
        }
        LogicalPlan::Projection(projection) => {
            !projection.expr.iter().any(Expr::contains_outer) && is_grouped(domain, &projection.input)
        }
        other => is_equated(domain, other),
    }
}

/// As [`is_filtered`], with nothing but comparisons by `=`.
fn is_equated(domain: &Domain, plan: &LogicalPlan) -> bool {
    !domain.is_seen_by(plan)
        || match plan {
            LogicalPlan::Filter(filter) => {
                let parts = split_conjunction(&filter.predicate);
                let equal = parts.into_iter().filter(|part| part.contains_outer()).all(is_equality);
                equal && is_equated(domain, &filter.input)
            }
            LogicalPlan::Projection(projection) => {
                !projection.expr.iter().any(Expr::contains_outer) && is_equated(domain, &projection.input)
            }
            _ => false,
        }
}

/// `column of the outer row = column of the subquery's`: DataFusion groups by the latter.
fn is_equality(expr: &Expr) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = expr else { return false };
    let outer = |expr: &Expr| matches!(expr, Expr::OuterReferenceColumn(..));
    let inner = |expr: &Expr| matches!(expr, Expr::Column(_));
    outer(left) && inner(right) || outer(right) && inner(left)
}

/// Whether a subquery gives one row at the most, whatever the data.
pub(super) fn gives_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Limit(limit) => {
            matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(0 | 1)))) || gives_one_row(&limit.input)
        }
        LogicalPlan::Projection(projection) => gives_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => gives_one_row(&alias.input),
        LogicalPlan::Filter(filter) => gives_one_row(&filter.input),
        LogicalPlan::Sort(sort) => gives_one_row(&sort.input),
        _ => false,
    }
}
