//! Subqueries that look at the row beside them, made into joins.
//!
//! DataFusion makes a join of a subquery whose WHERE compares columns of both sides. Everything else
//! is done here, before it sees the plan: top rows of each group, windows, aggregates, UNION, lists
//! and expressions that use columns of the outer row.
//!
//! The values that a subquery looks at, each combination once, are its [`Domain`]. The subquery is
//! worked out for all of them together: the domain takes part in it from its innermost relation on,
//! and whatever is done for all rows (a window, a group, a limit) is done for those of each
//! combination. The result is joined to the outer rows by those values.
//!
//! # Source
//! Neumann, Kemper: Unnesting Arbitrary Queries (BTW 2015).

mod domain;
mod existence;
mod places;
mod shape;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{NullEquality, Result};
use datafusion::logical_expr::{Aggregate, Expr, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection};

use domain::Domain;
use shape::{gives_one_row, is_filtered, is_grouped, lateral};

use super::function::single;

/// Makes joins of the subqueries that DataFusion cannot make joins of.
///
/// # Errors
/// `Unsupported` for what cannot be joined so.
pub(super) fn joined(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut joiner = Joiner { domains: 0 };
    let joined = plan.transform_up_with_subqueries(|plan| match plan {
        LogicalPlan::Join(join) => joiner.of_join(join),
        LogicalPlan::Projection(projection) => joiner.of_projection(projection),
        LogicalPlan::Filter(filter) => joiner.of_filter(filter),
        LogicalPlan::Aggregate(aggregate) => joiner.of_aggregate(aggregate),
        LogicalPlan::Sort(sort) => joiner.of_sort(sort),
        LogicalPlan::Window(window) => joiner.of_window(window),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(joined.data)
}

/// Who makes joins of the scalar subqueries of a place.
enum Whose {
    /// DataFusion, of those that it can.
    DataFusionsToo,
    /// Nobody but us.
    Ours,
}

struct Joiner {
    /// How many domains there are; each has its own name.
    domains: usize,
}

impl Joiner {
    fn domain(&mut self, outer: &LogicalPlan, subquery: &LogicalPlan) -> Result<Option<Domain>> {
        self.domains += 1;
        Domain::new(self.domains, outer, subquery)
    }

    /// A join whose right side is LATERAL, or whose condition has subqueries.
    fn of_join(&mut self, join: Join) -> Result<Transformed<LogicalPlan>> {
        let Some(subquery) = lateral(&join.right) else { return self.of_condition(join) };
        let Some(domain) = self.domain(&join.left, subquery)? else {
            return Ok(Transformed::no(LogicalPlan::Join(join)));
        };
        if is_filtered(&domain, subquery) {
            return Ok(Transformed::no(LogicalPlan::Join(join)));
        }
        if !matches!(join.join_type, JoinType::Inner | JoinType::Left) {
            return Err(domain::unsupported("LATERAL in RIGHT and FULL joins"));
        }
        let found = domain.found(subquery)?;
        let names = join.right.schema().iter().map(|(qualifier, field)| (qualifier.cloned(), field.name().clone()));
        let own = found.schema().columns().into_iter().zip(names);
        let own = own.map(|(column, (qualifier, name))| Expr::Column(column).alias_qualified(qualifier, name));
        let right = LogicalPlanBuilder::from(found.clone()).project(own.chain(domain.keys()).collect::<Vec<_>>())?;
        let on = join.on.into_iter().map(|(left, right)| left.eq(right)).chain(join.filter).reduce(Expr::and);
        let columns: Vec<Expr> = join.schema.columns().into_iter().map(Expr::Column).collect();
        let plan = LogicalPlanBuilder::from(Arc::unwrap_or_clone(join.left))
            .join_detailed(
                right.build()?,
                join.join_type,
                (domain.outer.clone(), domain.columns()),
                on,
                NullEquality::NullEqualsNull,
            )?
            .project(columns)?
            .build()?;
        Ok(Transformed::yes(plan))
    }

    /// Subqueries among the columns of a SELECT.
    fn of_projection(&mut self, projection: Projection) -> Result<Transformed<LogicalPlan>> {
        match self.with_values(&projection.expr, &projection.input, &Whose::DataFusionsToo)? {
            None => Ok(Transformed::no(LogicalPlan::Projection(projection))),
            Some((exprs, input)) => {
                let exprs = exprs
                    .into_iter()
                    .zip(projection.schema.iter())
                    .map(|(expr, (qualifier, field))| expr.unalias().alias_qualified(qualifier.cloned(), field.name()));
                let plan = LogicalPlanBuilder::from(input).project(exprs.collect::<Vec<_>>())?.build()?;
                Ok(Transformed::yes(plan))
            }
        }
    }

    /// Subqueries among what is grouped by and aggregated.
    fn of_aggregate(&mut self, aggregate: Aggregate) -> Result<Transformed<LogicalPlan>> {
        let groups = aggregate.group_expr.len();
        let exprs: Vec<Expr> = aggregate.group_expr.iter().chain(&aggregate.aggr_expr).cloned().collect();
        let Some((mut exprs, input)) = self.with_values(&exprs, &aggregate.input, &Whose::Ours)? else {
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        };
        let aggregated = exprs.split_off(groups);
        let plan = LogicalPlanBuilder::from(input).aggregate(exprs, aggregated)?.build()?;
        let columns = plan.schema().columns().into_iter().zip(aggregate.schema.iter());
        let columns = columns
            .map(|(column, (qualifier, field))| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
        let columns: Vec<Expr> = columns.collect();
        Ok(Transformed::yes(LogicalPlanBuilder::from(plan).project(columns)?.build()?))
    }

    /// Expressions whose subqueries stand beside the rows; nothing if they have none to be moved.
    fn with_values(
        &mut self,
        exprs: &[Expr],
        rows: &LogicalPlan,
        whose: &Whose,
    ) -> Result<Option<(Vec<Expr>, LogicalPlan)>> {
        let mut input = rows.clone();
        let mut changed = false;
        let mut replaced = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let valued = existence::valued(expr.clone(), rows, |_| Ok(true))?;
            let (expr, with_values) = self.beside(valued.data, (rows, whose), input)?;
            input = with_values;
            changed |= valued.transformed || expr.transformed;
            replaced.push(expr.data);
        }
        Ok(changed.then_some((replaced, input)))
    }

    /// Subqueries in a condition.
    fn of_filter(&mut self, filter: Filter) -> Result<Transformed<LogicalPlan>> {
        let columns: Vec<Expr> = filter.input.schema().columns().into_iter().map(Expr::Column).collect();
        let told = existence::told(&filter.predicate);
        let valued = existence::valued(filter.predicate.clone(), &filter.input, |asked| match asked {
            Expr::Exists(exists) => {
                let subquery = &exists.subquery.subquery;
                Ok(self.domain(&filter.input, subquery)?.is_some_and(|domain| !existence::is_told(&domain, subquery)))
            }
            Expr::InSubquery(within) if told.contains(within) => {
                let subquery = &within.subquery.subquery;
                Ok(self.domain(&filter.input, subquery)?.is_some_and(|domain| !is_filtered(&domain, subquery)))
            }
            _ => Ok(true),
        })?;
        let input = filter.input.as_ref().clone();
        let (replaced, input) = self.beside(valued.data, (&filter.input, &Whose::DataFusionsToo), input)?;
        if !replaced.transformed && !valued.transformed {
            return Ok(Transformed::no(LogicalPlan::Filter(filter)));
        }
        let plan = LogicalPlanBuilder::from(input).filter(replaced.data)?.project(columns)?.build()?;
        Ok(Transformed::yes(plan))
    }

    /// Puts the values of an expression's scalar subqueries beside the rows they belong to.
    fn beside(
        &mut self,
        expr: Expr,
        (rows, whose): (&LogicalPlan, &Whose),
        mut input: LogicalPlan,
    ) -> Result<(Transformed<Expr>, LogicalPlan)> {
        let replaced = expr.transform_up(|expr| {
            let Expr::ScalarSubquery(subquery) = &expr else { return Ok(Transformed::no(expr)) };
            let plan = subquery.subquery.as_ref();
            let Some(domain) = self.domain(rows, plan)? else { return Ok(Transformed::no(expr)) };
            let found = match gives_one_row(plan) {
                true if matches!(whose, Whose::DataFusionsToo) && is_grouped(&domain, plan) => {
                    return Ok(Transformed::no(expr));
                }
                true => domain.found(plan)?,
                false => domain.found(&only_row(plan)?)?,
            };
            let Some(value) = found.schema().columns().into_iter().next() else { return Ok(Transformed::no(expr)) };
            let name = domain.named("value");
            let value = Expr::Column(value).alias_qualified(name.relation.clone(), &name.name);
            let right = LogicalPlanBuilder::from(found)
                .project(std::iter::once(value).chain(domain.keys()).collect::<Vec<_>>())?
                .build()?;
            input = LogicalPlanBuilder::from(input.clone())
                .join_detailed(
                    right,
                    JoinType::Left,
                    (domain.outer.clone(), domain.columns()),
                    None,
                    NullEquality::NullEqualsNull,
                )?
                .build()?;
            Ok(Transformed::yes(Expr::Column(name)))
        })?;
        Ok((replaced, input))
    }
}

/// A subquery that is a value, and may have several rows until it is run.
fn only_row(plan: &LogicalPlan) -> Result<LogicalPlan> {
    let value = plan.schema().columns().into_iter().next().map(Expr::Column);
    let value = single().call(value.into_iter().collect()).alias("value");
    LogicalPlanBuilder::from(plan.clone()).aggregate(Vec::<Expr>::new(), vec![value])?.build()
}
