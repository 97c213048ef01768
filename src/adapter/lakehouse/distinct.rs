//! Aggregates over distinct values, in two steps that can spill.
//!
//! ```text
//! select g, count(distinct x), count(*), sum(y) from t group by g
//!   -> select g, count(x), sum(c), sum(s)
//!      from (select g, x, count(*) as c, sum(y) as s from t group by g, x) group by g
//! ```
//!
//! DataFusion's rule of this kind takes only sums, minima and maxima beside, and sums sums as if they had the
//! type of what was summed. What it does not take keeps every value of every group in memory.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result, ScalarValue, plan_datafusion_err};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, ExprSchemable, GroupingSet, LogicalPlan, LogicalPlanBuilder, cast, lit, when,
};
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// The rule that this one stands in for.
const REPLACED: &str = "single_distinct_aggregation_to_group_by";

/// DataFusion's rules, with this one; values of several arguments are taken in steps only where memory is
/// short, since that takes half as long again.
pub(super) fn optimizer_rules(is_short: bool) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let rules = Optimizer::new().rules.into_iter();
    let ours = || Arc::new(DistinctInSteps { of_several: is_short }) as _;
    rules.map(|rule| if rule.name() == REPLACED { ours() } else { rule }).collect()
}

#[derive(Debug)]
struct DistinctInSteps {
    /// Whether values of several arguments are.
    of_several: bool,
}

impl OptimizerRule for DistinctInSteps {
    fn name(&self) -> &str {
        "distinct_in_steps"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match &plan {
            LogicalPlan::Aggregate(aggregate) => match Steps::of(aggregate)? {
                Some(steps) if self.of_several || steps.distinct.len() == 1 => {
                    Ok(Transformed::yes(steps.plan(aggregate)?))
                }
                _ => Ok(Transformed::no(plan)),
            },
            _ => Ok(Transformed::no(plan)),
        }
    }
}

/// What the steps work out.
#[derive(Default)]
struct Steps {
    /// What the first step reads, each under a name of its own.
    read: Vec<Expr>,
    /// Arguments of which values count once.
    distinct: Vec<Expr>,
    /// What the first step works out of the other arguments.
    first: Vec<Expr>,
    /// What the second step makes of it, as many as there are aggregates.
    second: Vec<Second>,
}

/// An aggregate of the second step.
struct Second {
    function: Arc<AggregateUDF>,
    /// The column of the first step.
    column: String,
    /// Whether that is a part of the result: with several arguments, each set of groups has them all.
    is_partial: bool,
    /// Whether no rows are 0 and not NULL.
    counts: bool,
}

impl Steps {
    /// `None` where there is nothing to do, or something that has no steps.
    fn of(aggregate: &Aggregate) -> Result<Option<Self>> {
        if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_), ..]) {
            return Ok(None);
        }
        let mut steps = Self::default();
        for (at, group) in aggregate.group_expr.iter().enumerate() {
            steps.read.push(group.clone().alias(group_name(at)));
        }
        for expression in &aggregate.aggr_expr {
            let Some(function) = plain(expression) else { return Ok(None) };
            if !steps.take(function)? {
                return Ok(None);
            }
        }
        Ok((!steps.distinct.is_empty()).then_some(steps))
    }

    /// Adds an aggregate; `false` if it has no steps.
    fn take(&mut self, AggregateFunction { func, params }: &AggregateFunction) -> Result<bool> {
        let AggregateFunctionParams { args, distinct, filter, order_by, null_treatment } = params;
        if !order_by.is_empty() || null_treatment.is_some() {
            return Ok(false);
        }
        let (function, counts) = match (func.name(), distinct) {
            ("count", true) => (Arc::clone(func), false),
            ("count", false) => (sum_udaf(), true),
            ("sum" | "min" | "max", _) | ("bool_and" | "bool_or", false) => (Arc::clone(func), false),
            _ => return Ok(false),
        };
        let [argument] = args.as_slice() else { return Ok(false) };
        // A value is the smallest one however often it is there.
        let is_distinct = *distinct && !matches!(func.name(), "min" | "max");
        let column = if is_distinct {
            let argument = match filter {
                Some(filter) => when(filter.as_ref().clone(), argument.clone()).end()?,
                None => argument.clone(),
            };
            let known = self.distinct.iter().position(|other| *other == argument);
            let at = known.unwrap_or(self.distinct.len());
            if known.is_none() {
                self.read.push(argument.clone().alias(distinct_name(at)));
                self.distinct.push(argument);
            }
            distinct_name(at)
        } else {
            let at = self.first.len();
            let argument = self.reading(argument, format!("__argument_{at}"));
            let filter = filter.as_ref().map(|filter| Box::new(self.reading(filter, format!("__filter_{at}"))));
            let name = format!("__partial_{at}");
            self.first.push(called(func, argument, filter).alias(&name));
            name
        };
        self.second.push(Second { function, column, is_partial: !is_distinct, counts });
        Ok(true)
    }

    /// An expression as the first step sees it.
    fn reading(&mut self, expression: &Expr, name: String) -> Expr {
        if expression.column_refs().is_empty() {
            return expression.clone();
        }
        self.read.push(expression.clone().alias(&name));
        named(&name)
    }

    fn plan(self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        let groups: Vec<Expr> = (0..aggregate.group_expr.len()).map(|at| named(&group_name(at))).collect();
        let values: Vec<Expr> = (0..self.distinct.len()).map(|at| named(&distinct_name(at))).collect();
        let first_groups = match values.as_slice() {
            [value] => [groups.as_slice(), std::slice::from_ref(value)].concat(),
            values => {
                let set = |value: &Expr| [groups.as_slice(), std::slice::from_ref(value)].concat();
                vec![Expr::GroupingSet(GroupingSet::GroupingSets(values.iter().map(set).collect()))]
            }
        };
        let read = LogicalPlanBuilder::from(Arc::clone(&aggregate.input)).project(self.read)?.build()?;
        let first = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(read), first_groups, self.first)?);
        let of_one_set = first_set(&first, values.len())?;
        let second = self.second.iter().enumerate().map(|(at, second)| {
            let filter = of_one_set.clone().filter(|_| second.is_partial).map(Box::new);
            called(&second.function, named(&second.column), filter).alias(result_name(at))
        });
        let second = second.collect();
        let second = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(first), groups.clone(), second)?);

        let results = self.second.iter().enumerate().map(|(at, second)| (named(&result_name(at)), second.counts));
        let wanted = groups.into_iter().map(|group| (group, false)).chain(results).enumerate();
        let shown = wanted.map(|(at, (expression, counts))| {
            let (qualifier, field) = aggregate.schema.qualified_field(at);
            let expression = match counts {
                true => when(expression.clone().is_null(), lit(0_i64)).otherwise(expression)?,
                false => expression,
            };
            let found = expression.get_type(second.schema())?;
            let expression =
                if &found == field.data_type() { expression } else { cast(expression, field.data_type().clone()) };
            Ok(expression.alias_qualified(qualifier.cloned(), field.name()))
        });
        let shown = shown.collect::<Result<Vec<_>>>()?;
        LogicalPlanBuilder::from(second).project(shown)?.build()
    }
}

/// Whether a row of the first step belongs to the first of several sets of groups.
fn first_set(first: &LogicalPlan, sets: usize) -> Result<Option<Expr>> {
    if sets < 2 {
        return Ok(None);
    }
    let id = first.schema().field_with_unqualified_name(Aggregate::INTERNAL_GROUPING_ID)?;
    // A bit for each argument, the last one's the least: set where it is not in the set.
    let bits = 1_u64
        .checked_shl(u32::try_from(sets - 1).unwrap_or(u32::MAX))
        .ok_or_else(|| plan_datafusion_err!("too many distinct arguments"))?
        - 1;
    let bits = ScalarValue::UInt64(Some(bits)).cast_to(id.data_type())?;
    Ok(Some(named(Aggregate::INTERNAL_GROUPING_ID).eq(Expr::Literal(bits, None))))
}

fn plain(expression: &Expr) -> Option<&AggregateFunction> {
    match expression {
        Expr::AggregateFunction(function) => Some(function),
        Expr::Alias(alias) => plain(&alias.expr),
        _ => None,
    }
}

fn called(function: &Arc<AggregateUDF>, argument: Expr, filter: Option<Box<Expr>>) -> Expr {
    let function = Arc::clone(function);
    Expr::AggregateFunction(AggregateFunction::new_udf(function, vec![argument], false, filter, Vec::new(), None))
}

fn named(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn group_name(at: usize) -> String {
    format!("__group_{at}")
}

fn distinct_name(at: usize) -> String {
    format!("__distinct_{at}")
}

fn result_name(at: usize) -> String {
    format!("__result_{at}")
}
