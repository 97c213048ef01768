//! Decimals that meet binary fractions in CASE, COALESCE, IN and UNION: PostgreSQL makes doubles of
//! both, DataFusion would make decimals of a fixed scale.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{Case, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Union};
use deltalake::arrow::datatypes::DataType;

/// Functions that give one of their arguments.
const CHOOSING: [&str; 5] = ["coalesce", "greatest", "least", "nullif", "nvl"];

/// Makes doubles of decimals where they meet binary fractions.
///
/// # Errors
/// DataFusion's, for an expression without a type.
pub(super) fn doubles(plan: LogicalPlan) -> Result<LogicalPlan> {
    let changed = plan.transform_up_with_subqueries(|plan| {
        if let LogicalPlan::Union(union) = plan {
            return of_union(union);
        }
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
