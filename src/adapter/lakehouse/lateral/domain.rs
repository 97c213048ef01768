//! The values of the outer row that a subquery looks at, and the subquery worked out for all of them.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, NullEquality, Result, TableReference};
use datafusion::error::DataFusionError;
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::{
    Aggregate, Distinct, DistinctOn, Expr, ExprFunctionExt, FetchType, Join, JoinType, Limit, LogicalPlan,
    LogicalPlanBuilder, Operator, Projection, SkipType, Union, Values, Window, binary_expr, lit, when,
};

use crate::adapter::lakehouse::error;

/// The combinations of values of the outer row that a subquery looks at.
pub(super) struct Domain {
    /// The columns of the outer row.
    pub(super) outer: Vec<Column>,
    /// What qualifies the domain's own columns.
    name: TableReference,
    /// Each combination once.
    plan: LogicalPlan,
}

impl Domain {
    /// The domain of a subquery beside the rows of `outer`; none if it does not look at them.
    pub(super) fn new(number: usize, outer: &LogicalPlan, subquery: &LogicalPlan) -> Result<Option<Self>> {
        let mut columns: Vec<Column> = Vec::new();
        for expr in subquery.all_out_ref_exprs() {
            if let Expr::OuterReferenceColumn(_, column) = expr
                && outer.schema().has_column(&column)
                && !columns.contains(&column)
            {
                columns.push(column);
            }
        }
        if columns.is_empty() {
            return Ok(None);
        }
        let name = TableReference::bare(format!("aq_outer_{number}"));
        let values = columns.iter().enumerate();
        let values =
            values.map(|(at, column)| Expr::Column(column.clone()).alias_qualified(Some(name.clone()), key(at)));
        let plan = LogicalPlanBuilder::from(outer.clone()).project(values.collect::<Vec<_>>())?.distinct()?.build()?;
        Ok(Some(Self { outer: columns, name, plan }))
    }

    /// A column of the domain's, or beside it.
    pub(super) fn named(&self, name: &str) -> Column {
        Column::new(Some(self.name.clone()), name)
    }

    /// The domain's columns, in the order of the outer ones.
    pub(super) fn columns(&self) -> Vec<Column> {
        (0..self.outer.len()).map(|at| self.named(&key(at))).collect()
    }

    /// The domain's columns as expressions.
    pub(super) fn keys(&self) -> impl Iterator<Item = Expr> {
        self.columns().into_iter().map(Expr::Column)
    }

    /// Whether a plan looks at the outer row.
    pub(super) fn is_seen_by(&self, plan: &LogicalPlan) -> bool {
        let seen = |expr: &Expr| matches!(expr, Expr::OuterReferenceColumn(_, column) if self.outer.contains(column));
        plan.all_out_ref_exprs().iter().any(seen) || {
            let found = plan.apply(|node| {
                node.apply_expressions(|expr| {
                    expr.apply(|expr| {
                        let outer = subquery_columns(expr);
                        Ok(if outer.iter().any(seen) { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
                    })
                })
            });
            matches!(found, Ok(TreeNodeRecursion::Stop))
        }
    }

    /// The rows of a subquery for all combinations: its own columns, then the domain's.
    ///
    /// # Errors
    /// `Unsupported` for a part of it that cannot be worked out for several rows at once.
    pub(super) fn found(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        if !is_repeatable(&self.plan)? {
            return Err(unsupported("LATERAL beside rows that are not the same each time they are read"));
        }
        self.moved(plan)
    }

    fn moved(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        if !self.is_seen_by(plan) {
            return self.beside_all(plan);
        }
        match plan {
            LogicalPlan::Projection(projection) => self.projected(projection, self.moved(&projection.input)?),
            LogicalPlan::Filter(filter) => {
                let predicate = self.inner(&filter.predicate)?;
                LogicalPlanBuilder::from(self.moved(&filter.input)?).filter(predicate)?.build()
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let columns = alias.input.schema().columns();
                self.renamed(self.moved(&alias.input)?, columns, &alias.schema)
            }
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => self.of_all_rows(aggregate),
            LogicalPlan::Aggregate(aggregate) => self.grouped(aggregate),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                Ok(LogicalPlan::Distinct(Distinct::All(Arc::new(self.moved(input)?))))
            }
            LogicalPlan::Distinct(Distinct::On(distinct)) => self.first_of_each(distinct),
            LogicalPlan::Window(window) => self.windowed(window),
            // What has no limit has no order either: it is joined.
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.moved(&sort.input),
            LogicalPlan::Limit(limit) => self.limited(limit),
            LogicalPlan::Union(union) => {
                let inputs = union.inputs.iter().map(|input| self.moved(input).map(Arc::new));
                let moved = LogicalPlan::Union(Union::try_new_with_loose_types(inputs.collect::<Result<_>>()?)?);
                self.by_place(moved, &union.schema, |at| at)
            }
            LogicalPlan::Values(values) => self.of_values(values),
            LogicalPlan::Unnest(unnest) => {
                let (columns, options) = (unnest.exec_columns.clone(), unnest.options.clone());
                LogicalPlanBuilder::from(self.moved(&unnest.input)?)
                    .unnest_columns_with_options(columns, options)?
                    .build()
            }
            LogicalPlan::Join(join) => self.of_join(join),
            _ => Err(unsupported("this form of a subquery that looks at the row beside it")),
        }
    }

    /// The rows of a plan that does not look at the outer row, once for each combination.
    fn beside_all(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        if matches!(plan, LogicalPlan::EmptyRelation(empty) if empty.produce_one_row) {
            return Ok(self.plan.clone());
        }
        LogicalPlanBuilder::from(plan.clone()).cross_join(self.plan.clone())?.build()
    }

    /// Puts the domain's columns in the place of the outer ones.
    fn inner(&self, expr: &Expr) -> Result<Expr> {
        let replaced = expr.clone().transform_up(|expr| match &expr {
            Expr::OuterReferenceColumn(_, column) => match self.outer.iter().position(|outer| outer == column) {
                Some(at) => Ok(Transformed::yes(Expr::Column(self.named(&key(at))))),
                None => Ok(Transformed::no(expr)),
            },
            _ if subquery_columns(&expr)
                .iter()
                .any(|outer| matches!(outer, Expr::OuterReferenceColumn(_, column) if self.outer.contains(column))) =>
            {
                Err(unsupported("a subquery within LATERAL that looks at the row beside it"))
            }
            _ => Ok(Transformed::no(expr)),
        })?;
        Ok(replaced.data)
    }

    fn inner_all(&self, exprs: &[Expr]) -> Result<Vec<Expr>> {
        exprs.iter().map(|expr| self.inner(expr)).collect()
    }

    fn inner_order(&self, order: &[SortExpr]) -> Result<Vec<SortExpr>> {
        order.iter().map(|sort| Ok(SortExpr { expr: self.inner(&sort.expr)?, ..sort.clone() })).collect()
    }

    fn projected(&self, projection: &Projection, input: LogicalPlan) -> Result<LogicalPlan> {
        let mut exprs = Vec::with_capacity(projection.expr.len());
        for (expr, (qualifier, field)) in projection.expr.iter().zip(projection.schema.iter()) {
            exprs.push(match self.inner(expr)? {
                inner if inner == *expr => inner,
                inner => inner.unalias().alias_qualified(qualifier.cloned(), field.name()),
            });
        }
        LogicalPlanBuilder::from(input).project(exprs.into_iter().chain(self.keys()).collect::<Vec<_>>())?.build()
    }

    /// Columns of a plan under the names of a schema, then the domain's.
    fn renamed(&self, plan: LogicalPlan, columns: Vec<Column>, names: &DFSchema) -> Result<LogicalPlan> {
        let named = columns.into_iter().zip(names.iter());
        let named = named
            .map(|(column, (qualifier, field))| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
        LogicalPlanBuilder::from(plan).project(named.chain(self.keys()).collect::<Vec<_>>())?.build()
    }

    /// As [`Domain::renamed`], of the columns at the places that `place` gives.
    fn by_place(&self, plan: LogicalPlan, names: &DFSchema, place: impl Fn(usize) -> usize) -> Result<LogicalPlan> {
        let columns = plan.schema().columns();
        let own = (0..names.fields().len()).map(|at| columns[place(at)].clone());
        let keys = columns[..].iter().filter(|column| self.is_key(column)).count();
        let own: Vec<Column> = own.collect();
        if keys == self.outer.len() {
            return self.renamed(plan, own, names);
        }
        // A UNION gives its columns names of its own.
        let keys = columns[names.fields().len()..].iter().zip(self.columns());
        let keys = keys.map(|(from, to)| Expr::Column(from.clone()).alias_qualified(to.relation.clone(), &to.name));
        let named = own.into_iter().zip(names.iter());
        let named = named
            .map(|(column, (qualifier, field))| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
        LogicalPlanBuilder::from(plan).project(named.chain(keys).collect::<Vec<_>>())?.build()
    }

    fn is_key(&self, column: &Column) -> bool {
        column.relation.as_ref() == Some(&self.name)
    }

    fn grouped(&self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        if aggregate.group_expr.iter().any(|group| matches!(group, Expr::GroupingSet(_))) {
            return Err(unsupported("GROUPING SETS within LATERAL"));
        }
        let mut groups = Vec::new();
        for (group, (qualifier, field)) in aggregate.group_expr.iter().zip(aggregate.schema.iter()) {
            groups.push(match self.inner(group)? {
                inner if inner == *group => inner,
                inner => inner.unalias().alias_qualified(qualifier.cloned(), field.name()),
            });
        }
        let (own, keys) = (groups.len(), self.outer.len());
        let plan = LogicalPlanBuilder::from(self.moved(&aggregate.input)?)
            .aggregate(groups.into_iter().chain(self.keys()), self.inner_all(&aggregate.aggr_expr)?)?
            .build()?;
        self.by_place(plan, &aggregate.schema, |at| if at < own { at } else { at + keys })
    }

    /// An aggregate of all rows has a row where there are none to aggregate, too.
    fn of_all_rows(&self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        let plan = LogicalPlanBuilder::from(self.moved(&aggregate.input)?)
            .aggregate(self.keys(), self.inner_all(&aggregate.aggr_expr)?)?
            .build()?;
        let found = TableReference::bare(format!("{}_found", self.name.table()));
        let columns = plan.schema().columns();
        let (keys, values) = columns.split_at(self.outer.len());
        let under =
            |column: &Column, name: String| Expr::Column(column.clone()).alias_qualified(Some(found.clone()), name);
        let mut exprs: Vec<Expr> = keys.iter().enumerate().map(|(at, column)| under(column, key(at))).collect();
        exprs.extend(values.iter().enumerate().map(|(at, column)| under(column, format!("v{at}"))));
        exprs.push(lit(true).alias_qualified(Some(found.clone()), "any"));
        let right = LogicalPlanBuilder::from(plan).project(exprs)?.build()?;
        let there = |name: String| Column::new(Some(found.clone()), name);
        let right_keys: Vec<Column> = (0..self.outer.len()).map(|at| there(key(at))).collect();
        let joined = LogicalPlanBuilder::from(self.plan.clone()).join_detailed(
            right,
            JoinType::Left,
            (self.columns(), right_keys),
            None,
            NullEquality::NullEqualsNull,
        )?;
        let mut exprs = Vec::new();
        for (at, (expr, (qualifier, field))) in aggregate.aggr_expr.iter().zip(aggregate.schema.iter()).enumerate() {
            let Expr::AggregateFunction(function) = expr.clone().unalias() else {
                return Err(unsupported("this aggregate within LATERAL"));
            };
            let value = Expr::Column(there(format!("v{at}")));
            let of_none = function.func.default_value(field.data_type())?;
            let value = match of_none.is_null() {
                true => value,
                false => when(Expr::Column(there("any".to_owned())).is_null(), lit(of_none)).otherwise(value)?,
            };
            exprs.push(value.alias_qualified(qualifier.cloned(), field.name()));
        }
        joined.project(exprs.into_iter().chain(self.keys()).collect::<Vec<_>>())?.build()
    }

    fn windowed(&self, window: &Window) -> Result<LogicalPlan> {
        let mut exprs = Vec::new();
        for expr in &window.window_expr {
            let within = self.inner(expr)?.transform_up(|expr| match expr {
                Expr::WindowFunction(mut function) => {
                    function.params.partition_by.extend(self.keys());
                    Ok(Transformed::yes(Expr::WindowFunction(function)))
                }
                other => Ok(Transformed::no(other)),
            })?;
            exprs.push(within.data);
        }
        let (own, keys) = (window.input.schema().fields().len(), self.outer.len());
        let plan = LogicalPlanBuilder::from(self.moved(&window.input)?).window(exprs)?.build()?;
        self.by_place(plan, &window.schema, |at| if at < own { at } else { at + keys })
    }

    /// The rows of each combination are counted in their order.
    fn numbered(&self, plan: LogicalPlan, groups: Vec<Expr>, order: Vec<SortExpr>) -> Result<LogicalPlan> {
        let number = row_number().partition_by(groups.into_iter().chain(self.keys()).collect());
        let number = if order.is_empty() { number } else { number.order_by(order) };
        let number = number.build()?.alias_qualified(Some(self.name.clone()), "place");
        LogicalPlanBuilder::from(plan).window(vec![number])?.build()
    }

    fn limited(&self, limit: &Limit) -> Result<LogicalPlan> {
        let (SkipType::Literal(skip), FetchType::Literal(fetch)) = (limit.get_skip_type()?, limit.get_fetch_type()?)
        else {
            return Err(unsupported("LIMIT and OFFSET that are no numbers within LATERAL"));
        };
        // A SELECT that orders by what it does not give is ordered below its columns.
        let (ordered, projection) = match limit.input.as_ref() {
            LogicalPlan::Projection(projection) => match projection.input.as_ref() {
                sort @ LogicalPlan::Sort(_) => (sort, Some(projection)),
                _ => (limit.input.as_ref(), None),
            },
            other => (other, None),
        };
        let (input, order) = match ordered {
            LogicalPlan::Sort(sort) => (sort.input.as_ref(), self.inner_order(&sort.expr)?),
            other => (other, Vec::new()),
        };
        let place = Expr::Column(self.named("place"));
        let after = place.clone().gt(lit(skip as u64));
        let within = fetch.map(|fetch| place.lt_eq(lit(skip.saturating_add(fetch) as u64)));
        let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).chain(self.keys()).collect();
        let plan = LogicalPlanBuilder::from(self.numbered(self.moved(input)?, Vec::new(), order)?)
            .filter(within.into_iter().fold(after, Expr::and))?
            .project(columns)?
            .build()?;
        match projection {
            Some(projection) => self.projected(projection, plan),
            None => Ok(plan),
        }
    }

    fn first_of_each(&self, distinct: &DistinctOn) -> Result<LogicalPlan> {
        let order = self.inner_order(distinct.sort_expr.as_deref().unwrap_or_default())?;
        let groups = self.inner_all(&distinct.on_expr)?;
        let plan = LogicalPlanBuilder::from(self.numbered(self.moved(&distinct.input)?, groups, order)?)
            .filter(Expr::Column(self.named("place")).eq(lit(1_u64)))?
            .build()?;
        let exprs = self.inner_all(&distinct.select_expr)?.into_iter().zip(distinct.schema.iter());
        let exprs =
            exprs.map(|(expr, (qualifier, field))| expr.unalias().alias_qualified(qualifier.cloned(), field.name()));
        LogicalPlanBuilder::from(plan).project(exprs.chain(self.keys()).collect::<Vec<_>>())?.build()
    }

    fn of_values(&self, values: &Values) -> Result<LogicalPlan> {
        let mut rows = Vec::new();
        for row in &values.values {
            let exprs = self.inner_all(row)?.into_iter().zip(values.schema.iter());
            let exprs = exprs.map(|(expr, (qualifier, field))| expr.alias_qualified(qualifier.cloned(), field.name()));
            let row = LogicalPlanBuilder::from(self.plan.clone())
                .project(exprs.chain(self.keys()).collect::<Vec<_>>())?
                .build()?;
            rows.push(Arc::new(row));
        }
        let plan = match rows.as_slice() {
            [one] => one.as_ref().clone(),
            _ => LogicalPlan::Union(Union::try_new_with_loose_types(rows)?),
        };
        self.by_place(plan, &values.schema, |at| at)
    }

    /// A join within the subquery: the domain goes to the left side, and to the right one if that
    /// looks at the outer row.
    fn of_join(&self, join: &Join) -> Result<LogicalPlan> {
        if !matches!(join.join_type, JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti) {
            return Err(unsupported("RIGHT and FULL joins within LATERAL that look at the row beside it"));
        }
        let left = self.moved(&join.left)?;
        let on = join.on.iter().map(|(left, right)| Ok(self.inner(left)?.eq(self.inner(right)?)));
        let mut on = on.collect::<Result<Vec<_>>>()?;
        on.extend(join.filter.as_ref().map(|filter| self.inner(filter)).transpose()?);
        let right = match self.is_seen_by(&join.right) {
            false => join.right.as_ref().clone(),
            true => {
                let other = TableReference::bare(format!("{}_right", self.name.table()));
                let own = join.right.schema().columns().into_iter().map(Expr::Column);
                let keys = self
                    .columns()
                    .into_iter()
                    .map(|column| Expr::Column(column.clone()).alias_qualified(Some(other.clone()), &column.name));
                for column in self.columns() {
                    let there = Expr::Column(Column::new(Some(other.clone()), &column.name));
                    on.push(binary_expr(Expr::Column(column), Operator::IsNotDistinctFrom, there));
                }
                LogicalPlanBuilder::from(self.moved(&join.right)?)
                    .project(own.chain(keys).collect::<Vec<_>>())?
                    .build()?
            }
        };
        let columns: Vec<Expr> = join.schema.columns().into_iter().map(Expr::Column).chain(self.keys()).collect();
        LogicalPlanBuilder::from(left).join_on(right, join.join_type, on)?.project(columns)?.build()
    }
}

fn key(at: usize) -> String {
    format!("k{at}")
}

/// The outer columns that a subquery within an expression looks at.
fn subquery_columns(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::ScalarSubquery(subquery) => &subquery.outer_ref_columns,
        Expr::Exists(exists) => &exists.subquery.outer_ref_columns,
        Expr::InSubquery(within) => &within.subquery.outer_ref_columns,
        Expr::SetComparison(compared) => &compared.subquery.outer_ref_columns,
        _ => &[],
    }
}

/// Whether a plan gives the same rows each time. A domain is read beside the rows that it is of.
fn is_repeatable(plan: &LogicalPlan) -> Result<bool> {
    let found = plan.apply_with_subqueries(|node| {
        let volatile = node.expressions().iter().any(Expr::is_volatile);
        let any = matches!(node, LogicalPlan::Limit(limit)
            if !matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(0)))));
        Ok(if volatile || any { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found != TreeNodeRecursion::Stop)
}

/// A refusal that passes through DataFusion.
pub(super) fn unsupported(what: &str) -> DataFusionError {
    error::into_datafusion(error::unsupported(what))
}
