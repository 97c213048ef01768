//! `(a, b) in (select ...)`: DataFusion compares one column only.
//!
//! Among the conditions of a WHERE, a comparison that is NULL is as good as one that is false, so the
//! rows can be asked for with one EXISTS. Elsewhere a second one tells NULL from false.

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Ident, Query, Select, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, Value,
};

use super::call::take;
use crate::adapter::AdapterError;

/// Rewrites the conditions of a SELECT.
///
/// # Errors
/// `Internal` if no query can be made.
pub(super) fn rewrite_tuples(select: &mut Select) -> Result<(), AdapterError> {
    select.selection.as_mut().map_or(Ok(()), among)
}

fn among(condition: &mut Expr) -> Result<(), AdapterError> {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            among(left)?;
            among(right)
        }
        Expr::Nested(inner) => among(inner),
        Expr::InSubquery { expr, subquery, negated } if matches!(expr.as_ref(), Expr::Tuple(_)) => {
            let Expr::Tuple(values) = take(expr) else { return Ok(()) };
            let rows = rows_where(values, subquery.clone(), |equal| match *negated {
                true => Expr::IsNotFalse(Box::new(equal)),
                false => equal,
            })?;
            *condition = Expr::Exists { subquery: rows, negated: *negated };
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Rewrites a comparison that is not among the conditions of a WHERE, so that it has all three values.
///
/// # Errors
/// `Internal` if no query can be made.
pub(super) fn rewrite_tuple(expr: &mut Expr) -> Result<(), AdapterError> {
    let Expr::InSubquery { expr: tuple, subquery, negated } = expr else { return Ok(()) };
    let Expr::Tuple(values) = tuple.as_ref() else { return Ok(()) };
    let exists = |rows| Expr::Exists { subquery: rows, negated: false };
    let equal = exists(rows_where(values.clone(), subquery.clone(), |equal| equal)?);
    let unknown = exists(rows_where(values.clone(), subquery.clone(), |equal| Expr::IsNull(Box::new(equal)))?);
    let value = |value: bool| Expr::Value(Value::Boolean(value).into());
    let when = |condition, result| CaseWhen { condition, result };
    *expr = Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![when(equal, value(!*negated)), when(unknown, Expr::Value(Value::Null.into()))],
        else_result: Some(Box::new(value(*negated))),
    };
    Ok(())
}

/// `select 1 from (rows) as aq_rows(aq_0, aq_1) where a = aq_rows.aq_0 and b = aq_rows.aq_1`, or where
/// something else holds of that condition.
fn rows_where(
    values: Vec<Expr>,
    rows: Box<Query>,
    holds: impl FnOnce(Expr) -> Expr,
) -> Result<Box<Query>, AdapterError> {
    const ROWS: &str = "aq_rows";
    let key = |at: usize| Ident::new(format!("aq_{at}"));
    let columns = (0..values.len()).map(|at| TableAliasColumnDef { name: key(at), data_type: None }).collect();
    let equal = values.into_iter().enumerate().map(|(at, value)| Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(value))),
        op: BinaryOperator::Eq,
        right: Box::new(Expr::CompoundIdentifier(vec![Ident::new(ROWS), key(at)])),
    });
    let both = |left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) };
    let mut query = super::query("select 1 from x")?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.selection = equal.reduce(both).map(|equal| holds(Expr::Nested(Box::new(equal))));
        if let Some(from) = select.from.first_mut() {
            let alias = TableAlias { explicit: true, name: Ident::new(ROWS), columns, at: None };
            from.relation = TableFactor::Derived { lateral: false, subquery: rows, alias: Some(alias), sample: None };
        }
    }
    Ok(query)
}
