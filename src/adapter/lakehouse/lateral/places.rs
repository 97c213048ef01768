//! Subqueries where DataFusion knows none that look at the row beside them: in the condition of a join, in
//! ORDER BY and in windows.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{Expr, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Sort, Window};

use super::domain::unsupported;
use super::{Joiner, Whose, existence};

impl Joiner {
    /// Subqueries in ORDER BY.
    pub(super) fn of_sort(&mut self, sort: Sort) -> Result<Transformed<LogicalPlan>> {
        let exprs: Vec<Expr> = sort.expr.iter().map(|sort| sort.expr.clone()).collect();
        let Some((exprs, input)) = self.with_values(&exprs, &sort.input, &Whose::Ours)? else {
            return Ok(Transformed::no(LogicalPlan::Sort(sort)));
        };
        let columns = columns_of(&sort.input);
        let order = exprs.into_iter().zip(sort.expr).map(|(expr, sort)| SortExpr { expr, ..sort }).collect();
        let sorted = Sort { expr: order, input: Arc::new(input), fetch: sort.fetch };
        let plan = LogicalPlanBuilder::from(LogicalPlan::Sort(sorted)).project(columns)?.build()?;
        Ok(Transformed::yes(plan))
    }

    /// Subqueries in windows.
    pub(super) fn of_window(&mut self, window: Window) -> Result<Transformed<LogicalPlan>> {
        let Some((exprs, input)) = self.with_values(&window.window_expr, &window.input, &Whose::Ours)? else {
            return Ok(Transformed::no(LogicalPlan::Window(window)));
        };
        let (own, with_values) = (window.input.schema().fields().len(), input.schema().fields().len());
        let plan = LogicalPlanBuilder::from(input).window(exprs)?.build()?;
        let columns = plan.schema().columns();
        let columns = columns[..own].iter().chain(&columns[with_values..]).zip(window.schema.iter());
        let columns = columns.map(|(column, (qualifier, field))| {
            Expr::Column(column.clone()).alias_qualified(qualifier.cloned(), field.name())
        });
        let columns: Vec<Expr> = columns.collect();
        Ok(Transformed::yes(LogicalPlanBuilder::from(plan).project(columns)?.build()?))
    }

    /// Subqueries in the condition of a join.
    pub(super) fn of_condition(&mut self, mut join: Join) -> Result<Transformed<LogicalPlan>> {
        let Some(condition) = join.filter.take_if(|condition| has_subquery(condition)) else {
            return Ok(Transformed::no(LogicalPlan::Join(join)));
        };
        if join.join_type == JoinType::Inner {
            let (asking, plain): (Vec<_>, Vec<_>) =
                split_conjunction_owned(condition).into_iter().partition(has_subquery);
            join.filter = plain.into_iter().reduce(Expr::and);
            let Some(asking) = asking.into_iter().reduce(Expr::and) else {
                return Ok(Transformed::no(LogicalPlan::Join(join)));
            };
            let filtered = self.of_filter(Filter::try_new(asking, Arc::new(LogicalPlan::Join(join)))?)?;
            return Ok(Transformed::yes(filtered.data));
        }
        let columns: Vec<Expr> = join.schema.columns().into_iter().map(Expr::Column).collect();
        let rows = LogicalPlan::Join(join.clone());
        let condition = existence::valued(condition, &rows, |_| Ok(true))?.data;
        refuse_both_sides(&join, &condition)?;
        let (left, right) = (join.left.as_ref(), join.right.as_ref());
        let (condition, left) = self.beside(condition, (left, &Whose::Ours), left.clone())?;
        let (condition, right) = self.beside(condition.data, (right, &Whose::Ours), right.clone())?;
        let Join { on, join_type, join_constraint, null_equality, null_aware, .. } = join;
        let (left, right, condition) = (Arc::new(left), Arc::new(right), Some(condition.data));
        let joined = Join::try_new(left, right, on, condition, join_type, join_constraint, null_equality, null_aware)?;
        Ok(Transformed::yes(LogicalPlanBuilder::from(LogicalPlan::Join(joined)).project(columns)?.build()?))
    }
}

fn columns_of(plan: &LogicalPlan) -> Vec<Expr> {
    plan.schema().columns().into_iter().map(Expr::Column).collect()
}

fn has_subquery(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(matches!(expr, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_))))
        .unwrap_or(false)
}

/// The value of a subquery stands beside the rows of one side; in an outer join there are no rows of both
/// before the condition is known.
fn refuse_both_sides(join: &Join, condition: &Expr) -> Result<()> {
    condition.apply(|expr| {
        let Expr::ScalarSubquery(subquery) = expr else { return Ok(TreeNodeRecursion::Continue) };
        let seen = subquery.subquery.all_out_ref_exprs();
        let sees = |side: &LogicalPlan| {
            seen.iter()
                .any(|expr| matches!(expr, Expr::OuterReferenceColumn(_, column) if side.schema().has_column(column)))
        };
        if sees(&join.left) && sees(&join.right) {
            return Err(unsupported("a subquery in the condition of an outer join that looks at both of its sides"));
        }
        Ok(TreeNodeRecursion::Jump)
    })?;
    Ok(())
}
