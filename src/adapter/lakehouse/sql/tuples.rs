//! `(a, b) in (select ...)` among the conditions of a WHERE: DataFusion compares one column only.
//!
//! There, a comparison that is NULL is as good as one that is false, so the rows can be asked for with
//! EXISTS. Under NOT it would not be: that stays refused.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, Select, SetExpr, TableAlias, TableAliasColumnDef, TableFactor,
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
        Expr::InSubquery { expr, subquery, negated: false } if matches!(expr.as_ref(), Expr::Tuple(_)) => {
            let Expr::Tuple(values) = take(expr) else { return Ok(()) };
            *condition = Expr::Exists { subquery: equal_rows(values, subquery.clone())?, negated: false };
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `select 1 from (rows) as aq_rows(k0, k1) where a = aq_rows.k0 and b = aq_rows.k1`.
fn equal_rows(values: Vec<Expr>, rows: Box<Query>) -> Result<Box<Query>, AdapterError> {
    const ROWS: &str = "aq_rows";
    let key = |at: usize| Ident::new(format!("k{at}"));
    let columns = (0..values.len()).map(|at| TableAliasColumnDef { name: key(at), data_type: None }).collect();
    let equal = values.into_iter().enumerate().map(|(at, value)| Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(value))),
        op: BinaryOperator::Eq,
        right: Box::new(Expr::CompoundIdentifier(vec![Ident::new(ROWS), key(at)])),
    });
    let both = |left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) };
    let mut query = super::query("select 1 from x")?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.selection = equal.reduce(both);
        if let Some(from) = select.from.first_mut() {
            let alias = TableAlias { explicit: true, name: Ident::new(ROWS), columns, at: None };
            from.relation = TableFactor::Derived { lateral: false, subquery: rows, alias: Some(alias), sample: None };
        }
    }
    Ok(query)
}
