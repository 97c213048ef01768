//! Forms that give or take rows: functions that give several, samples, FETCH.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, LimitClause, OrderBy, OrderByKind, Query, Select, SelectItem, TableFactor,
    TableSample, TableSampleKind, TableSampleMethod, TableSampleQuantity,
};

use super::super::error::unsupported;
use super::call::{args_mut, call, called, number, take};
use crate::adapter::AdapterError;

/// `FETCH FIRST n ROWS ONLY` is LIMIT.
///
/// # Errors
/// `Unsupported` for `WITH TIES` and percentages.
pub(super) fn rewrite_query(query: &mut Query) -> Result<(), AdapterError> {
    let Some(fetch) = query.fetch.take() else { return Ok(()) };
    if fetch.with_ties || fetch.percent {
        return Err(unsupported("FETCH FIRST with PERCENT or WITH TIES"));
    }
    let mut wanted = fetch.quantity.unwrap_or_else(|| number(1));
    super::literals::mark(&mut wanted);
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = Some(wanted),
        none @ None => {
            *none = Some(LimitClause::LimitOffset { limit: Some(wanted), offset: None, limit_by: Vec::new() });
        }
        Some(_) => return Err(unsupported("LIMIT and FETCH together")),
    }
    Ok(())
}

/// What rows are ordered by a second time orders nothing; DataFusion's DISTINCT ON ends in a panic there.
pub(super) fn order_once(query: &mut Query) {
    let Some(OrderBy { kind: OrderByKind::Expressions(order), .. }) = &mut query.order_by else { return };
    let mut seen: Vec<Expr> = Vec::new();
    order.retain(|by| {
        let is_new = !seen.contains(&by.expr);
        seen.push(by.expr.clone());
        is_new
    });
}

/// `GROUP BY ()` makes one group of all rows, if there are any or not. An aggregate in HAVING says the same;
/// beside other groups it says nothing.
pub(super) fn group_of_all(select: &mut Select) {
    let GroupByExpr::Expressions(groups, _) = &mut select.group_by else { return };
    let before = groups.len();
    groups.retain(|group| !matches!(group, Expr::Tuple(values) if values.is_empty()));
    if groups.len() == before || !groups.is_empty() {
        return;
    }
    let count = call("count", vec![number(1)]);
    let any = Expr::BinaryOp { left: Box::new(count), op: BinaryOperator::GtEq, right: Box::new(number(0)) };
    select.having = Some(match select.having.take() {
        Some(having) => both(having, any),
        None => any,
    });
}

fn both(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(Expr::Nested(Box::new(left))), op: BinaryOperator::And, right: Box::new(right) }
}

/// Functions of a SELECT's list that give rows, and samples of its tables.
///
/// # Errors
/// `Unsupported` for a sample that cannot be taken.
pub(super) fn rewrite_select(select: &mut Select) -> Result<(), AdapterError> {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            rows_of_item(expr);
        }
    }
    let mut shares = Vec::new();
    for table in &mut select.from {
        sample(&mut table.relation, &mut shares)?;
        for join in &mut table.joins {
            sample(&mut join.relation, &mut shares)?;
        }
    }
    for share in shares {
        let drawn = Expr::BinaryOp {
            left: Box::new(call("random", Vec::new())),
            op: BinaryOperator::Lt,
            right: Box::new(share),
        };
        select.selection = Some(match select.selection.take() {
            Some(before) => both(before, drawn),
            None => drawn,
        });
    }
    Ok(())
}

/// Functions that give several rows, each by the function that gives them as one list.
const ROWS: [(&str, &str); 8] = [
    ("generate_series", "aq_series"),
    ("unnest", "aq_list"),
    ("regexp_split_to_table", "regexp_split_to_array"),
    ("string_to_table", "string_to_array"),
    ("jsonb_array_elements", "aq_json_elements"),
    ("json_array_elements", "aq_json_elements"),
    ("jsonb_array_elements_text", "aq_json_elements_text"),
    ("json_array_elements_text", "aq_json_elements_text"),
];

/// The function that gives as a list what a function gives as rows.
pub(super) fn list_function(name: &str) -> Option<&'static str> {
    let more = [
        ("jsonb_object_keys", "aq_json_keys"),
        ("json_object_keys", "aq_json_keys_as_written"),
        ("regexp_matches", "aq_regexp_matches"),
    ];
    ROWS.iter().chain(&more).find(|(rows, _)| *rows == name).map(|(_, list)| *list)
}

fn rows_of_item(expr: &mut Expr) {
    match expr {
        Expr::Function(function) => {
            if let Some(list) = called(function).as_deref().and_then(list_function) {
                let args: Vec<Expr> = args_mut(function).map(take).collect();
                *expr = call("unnest", vec![call(list, args)]);
            }
        }
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => rows_of_item(inner),
        Expr::BinaryOp { left, right, .. } => {
            rows_of_item(left);
            rows_of_item(right);
        }
        Expr::CompoundFieldAccess { root, .. } => rows_of_item(root),
        _ => {}
    }
}

/// Takes the sample clause of a table away; the share of rows that it wants is added.
fn sample(table: &mut TableFactor, shares: &mut Vec<Expr>) -> Result<(), AdapterError> {
    let TableFactor::Table { sample: sample @ Some(_), .. } = table else { return Ok(()) };
    let (Some(TableSampleKind::BeforeTableAlias(wanted)) | Some(TableSampleKind::AfterTableAlias(wanted))) =
        sample.take()
    else {
        return Ok(());
    };
    let TableSample { name, quantity: Some(TableSampleQuantity { value, .. }), seed: None, bucket: None, .. } = *wanted
    else {
        return Err(unsupported("TABLESAMPLE with REPEATABLE or buckets"));
    };
    if !matches!(name, Some(TableSampleMethod::Bernoulli | TableSampleMethod::System)) {
        return Err(unsupported("TABLESAMPLE other than BERNOULLI and SYSTEM"));
    }
    shares.push(Expr::BinaryOp {
        left: Box::new(call("aq_float8", vec![value])),
        op: BinaryOperator::Divide,
        right: Box::new(call("aq_float8", vec![number(100)])),
    });
    Ok(())
}
