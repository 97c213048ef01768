//! `IS [NOT] DISTINCT FROM` binds more tightly than `AND`, `OR` and `NOT`.
//!
//! The parser takes all that follows for its right side: `a is distinct from b or c` comes out as
//! `a is distinct from (b or c)`. The tree is put right where it was parsed, before anything else
//! looks at it. Parentheses that the user wrote are nodes of the tree, so none of them is touched.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Ident, Statement, UnaryOperator, VisitMut, VisitorMut};

/// Puts the operands of a statement's `IS DISTINCT FROM` where PostgreSQL has them.
pub(super) fn mend(statement: &mut Statement) {
    // The visitor never breaks off.
    let _ = statement.visit(&mut Mender);
}

struct Mender;

impl VisitorMut for Mender {
    type Break = ();

    /// From the inside out: what is within is in order already.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let taken = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
        *expr = match taken {
            Expr::IsDistinctFrom(left, right) => with_first(*right, any, |first| Expr::IsDistinctFrom(left, first)),
            Expr::IsNotDistinctFrom(left, right) => {
                with_first(*right, any, |first| Expr::IsNotDistinctFrom(left, first))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                with_first(*expr, any, |first| Expr::UnaryOp { op: UnaryOperator::Not, expr: first })
            }
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                with_first(*right, is_or, |first| Expr::BinaryOp { left, op: BinaryOperator::And, right: first })
            }
            other => other,
        };
        ControlFlow::Continue(())
    }
}

fn any(operator: &BinaryOperator) -> bool {
    matches!(operator, BinaryOperator::And | BinaryOperator::Or)
}

fn is_or(operator: &BinaryOperator) -> bool {
    *operator == BinaryOperator::Or
}

/// Wraps the first operand of a chain of operators that are `loose`; an expression that is no such
/// chain is its own first operand.
fn with_first(expr: Expr, loose: fn(&BinaryOperator) -> bool, wrap: impl FnOnce(Box<Expr>) -> Expr) -> Expr {
    match expr {
        Expr::BinaryOp { left, op, right } if loose(&op) => {
            Expr::BinaryOp { left: Box::new(with_first(*left, loose, wrap)), op, right }
        }
        first => wrap(Box::new(first)),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    /// What an expression means, every operation in parentheses.
    fn meaning(expr: &Expr) -> String {
        match expr {
            Expr::BinaryOp { left, op, right } => format!("({} {op} {})", meaning(left), meaning(right)),
            Expr::IsDistinctFrom(left, right) => format!("({} <> {})", meaning(left), meaning(right)),
            Expr::IsNotDistinctFrom(left, right) => format!("({} == {})", meaning(left), meaning(right)),
            Expr::UnaryOp { op, expr } => format!("({op} {})", meaning(expr)),
            Expr::Nested(inner) => format!("[{}]", meaning(inner)),
            other => other.to_string(),
        }
    }

    #[test]
    fn operands_stand_where_postgresql_has_them() {
        let cases = [
            ("a is distinct from b or c", "((a <> b) OR c)"),
            ("a is not distinct from b and c or d", "(((a == b) AND c) OR d)"),
            ("p and a is distinct from b or c", "((p AND (a <> b)) OR c)"),
            ("p or a is distinct from b and c", "(p OR ((a <> b) AND c))"),
            ("not a is distinct from b and c", "((NOT (a <> b)) AND c)"),
            ("a is distinct from b or c is distinct from d or e", "((a <> b) OR ((c <> d) OR e))"),
            ("a is distinct from (b or c) and d", "((a <> [(b OR c)]) AND d)"),
            ("a is distinct from b + 1 and c", "((a <> (b + 1)) AND c)"),
            ("a = b and c or d", "(((a = b) AND c) OR d)"),
        ];
        for (sql, expected) in cases {
            let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, &format!("select 1 where {sql}")).unwrap();
            mend(&mut statements[0]);
            let Statement::Query(query) = &statements[0] else { panic!("a query") };
            let select = query.body.as_select().unwrap();
            assert_eq!(meaning(select.selection.as_ref().unwrap()), expected, "{sql}");
        }
    }
}
