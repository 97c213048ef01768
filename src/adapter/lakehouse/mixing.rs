//! Decimals that meet binary fractions in CASE, COALESCE, IN, UNION and VALUES: PostgreSQL makes doubles of
//! both, DataFusion would make decimals of a fixed scale.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{Case, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Union, Values};
use deltalake::arrow::datatypes::DataType;

/// Functions that give one of their arguments.
const CHOOSING: [&str; 5] = ["coalesce", "greatest", "least", "nullif", "nvl"];

/// Makes doubles of decimals where they meet binary fractions.
///
/// # Errors
/// DataFusion's, for an expression without a type.
pub(super) fn doubles(plan: LogicalPlan) -> Result<LogicalPlan> {
    let changed = plan.transform_up_with_subqueries(|plan| {
        let plan = match plan {
            LogicalPlan::Union(union) => return of_union(union),
            LogicalPlan::Values(values) => return of_values(values),
            other => other,
        };
        let schema = merge_schema(&plan.inputs());
        let names = NamePreserver::new(&plan);
        let changed = plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let changed = expr.transform_up(|expr| of_expr(expr, &schema))?;
            Ok(changed.update_data(|expr| name.restore(expr)))
        })?;
        match changed.transformed {
            true => Ok(Transformed::yes(changed.data.recompute_schema()?)),
            false => Ok(changed),
        }
    })?;
    Ok(changed.data)
}

fn of_expr(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expr {
        Expr::Case(Case { expr, mut when_then_expr, mut else_expr }) => {
            let branches = when_then_expr.iter_mut().map(|(_, then)| then).chain(else_expr.iter_mut());
            let changed = meet(branches.map(AsMut::as_mut).collect(), schema);
            Ok(transformed(Expr::Case(Case { expr, when_then_expr, else_expr }), changed))
        }
        Expr::ScalarFunction(ScalarFunction { func, mut args }) if CHOOSING.contains(&func.name()) => {
            let changed = meet(args.iter_mut().collect(), schema);
            Ok(transformed(Expr::ScalarFunction(ScalarFunction { func, args }), changed))
        }
        Expr::InList(InList { mut expr, mut list, negated }) => {
            let changed = meet(std::iter::once(expr.as_mut()).chain(list.iter_mut()).collect(), schema);
            Ok(transformed(Expr::InList(InList { expr, list, negated }), changed))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn transformed(expr: Expr, changed: bool) -> Transformed<Expr> {
    if changed { Transformed::yes(expr) } else { Transformed::no(expr) }
}

/// Casts the decimals among expressions that are to be of one type, if one of them is a binary
/// fraction. Tells whether it did. What has no type here belongs to an outer query.
fn meet(exprs: Vec<&mut Expr>, schema: &DFSchema) -> bool {
    let kinds: Vec<Option<DataType>> = exprs.iter().map(|expr| expr.get_type(schema).ok()).collect();
    if !mixed(kinds.iter().flatten()) {
        return false;
    }
    for (expr, kind) in exprs.into_iter().zip(kinds) {
        if kind.as_ref().is_some_and(is_decimal) {
            *expr = double(std::mem::take(expr));
        }
    }
    true
}

fn mixed<'a>(kinds: impl Iterator<Item = &'a DataType>) -> bool {
    let (mut decimal, mut float) = (false, false);
    for kind in kinds {
        decimal |= is_decimal(kind);
        float |= kind.is_floating();
    }
    decimal && float
}

fn is_decimal(kind: &DataType) -> bool {
    matches!(kind, DataType::Decimal128(..) | DataType::Decimal256(..))
}

fn double(expr: Expr) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), DataType::Float64))
}

/// Rows of values, which have been cast to a decimal by the time that they are seen here.
fn of_values(rows: Values) -> Result<Transformed<LogicalPlan>> {
    let none = DFSchema::empty();
    let as_written = |value: &Expr, kind: &DataType| match value {
        Expr::Cast(Cast { expr, field }) if field.data_type() == kind => expr.as_ref().clone(),
        other => other.clone(),
    };
    let mut values = rows.values.clone();
    let mut changed = false;
    for (at, field) in rows.schema.fields().iter().enumerate().filter(|(_, field)| is_decimal(field.data_type())) {
        let column = rows.values.iter().filter_map(|row| row.get(at));
        let mut column: Vec<Expr> = column.map(|value| as_written(value, field.data_type())).collect();
        if !meet(column.iter_mut().collect(), &none) {
            continue;
        }
        changed = true;
        for (row, value) in values.iter_mut().zip(column) {
            row[at] = value;
        }
    }
    match changed {
        true => Ok(Transformed::yes(LogicalPlanBuilder::values(values)?.build()?)),
        false => Ok(Transformed::no(LogicalPlan::Values(rows))),
    }
}

fn of_union(union: Union) -> Result<Transformed<LogicalPlan>> {
    let width = union.schema.fields().len();
    let kind =
        |input: &LogicalPlan, column: usize| input.schema().fields().get(column).map(|field| field.data_type().clone());
    let columns: Vec<usize> = (0..width)
        .filter(|column| {
            let kinds: Vec<DataType> = union.inputs.iter().filter_map(|input| kind(input, *column)).collect();
            mixed(kinds.iter())
        })
        .collect();
    if columns.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    let mut inputs = Vec::with_capacity(union.inputs.len());
    for input in &union.inputs {
        let exprs = input.schema().columns().into_iter().enumerate().map(|(index, column)| {
            let name = column.name.clone();
            match columns.contains(&index) && kind(input, index).as_ref().is_some_and(is_decimal) {
                true => double(Expr::Column(column)).alias(name),
                false => Expr::Column(column),
            }
        });
        let projected = LogicalPlanBuilder::from(input.as_ref().clone()).project(exprs.collect::<Vec<_>>())?.build()?;
        inputs.push(std::sync::Arc::new(projected));
    }
    Ok(Transformed::yes(LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?)))
}
