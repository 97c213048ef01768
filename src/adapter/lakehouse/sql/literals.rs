//! Numbers as PostgreSQL types them: `integer` if they fit, then `bigint`, then `numeric`.

use datafusion::sql::sqlparser::ast::{
    DataType, Distinct, ExactNumberInfo, Expr, GroupByExpr, LimitClause, NamedWindowExpr, OrderBy, OrderByKind, Query,
    Select, UnaryOperator, Value, WindowFrameBound, WindowSpec,
};

use super::call::{AS_WRITTEN, plain_cast, take};

/// Marks the numbers of a SELECT that mean a place in its list.
pub(super) fn mark_groups(select: &mut Select) {
    if let GroupByExpr::Expressions(groups, _) = &mut select.group_by {
        groups.iter_mut().for_each(mark);
    }
    for window in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(window) = &mut window.1 {
            mark_frame(window);
        }
    }
    if let Some(Distinct::On(exprs)) = &mut select.distinct {
        exprs.iter_mut().for_each(mark);
    }
}

/// Marks the numbers of a query that mean a place in its list, or how many rows it gives.
pub(super) fn mark_order_and_limit(query: &mut Query) {
    if let Some(OrderBy { kind: OrderByKind::Expressions(exprs), .. }) = &mut query.order_by {
        exprs.iter_mut().for_each(|order| mark(&mut order.expr));
    }
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, .. }) => {
            limit.iter_mut().for_each(mark);
            offset.iter_mut().for_each(|offset| mark(&mut offset.value));
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
            mark(offset);
            mark(limit);
        }
        None => {}
    }
}

/// Marks how many rows or values a window reaches.
pub(super) fn mark_frame(window: &mut WindowSpec) {
    let Some(frame) = &mut window.window_frame else { return };
    for bound in std::iter::once(&mut frame.start_bound).chain(frame.end_bound.as_mut()) {
        if let WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) = bound {
            mark(expr);
        }
    }
}

/// Gives a negative whole number its type: the sign is part of it.
pub(super) fn type_negative(expr: &mut Expr) {
    let Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } = expr else { return };
    let Expr::Value(value) = inner.as_ref() else { return };
    let Value::Number(digits, false) = &value.value else { return };
    let Ok(number) = format!("-{digits}").parse::<i64>() else { return };
    let literal = super::call::number(number);
    *expr = match i32::try_from(number) {
        Ok(_) => plain_cast(literal, DataType::Int4(None)),
        Err(_) => literal,
    };
}

/// Undoes [`mark_frame`]: DataFusion knows plain numbers only there.
pub(super) fn unmark_frame(window: &mut WindowSpec) {
    let Some(frame) = &mut window.window_frame else { return };
    for bound in std::iter::once(&mut frame.start_bound).chain(frame.end_bound.as_mut()) {
        if let WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) = bound
            && let Expr::Value(value) = expr.as_mut()
            && let Value::Number(_, as_written) = &mut value.value
        {
            *as_written = !AS_WRITTEN;
        }
    }
}

/// Leaves a number as it is written.
pub(super) fn mark(expr: &mut Expr) {
    if let Expr::Value(value) = expr
        && let Value::Number(_, as_written) = &mut value.value
    {
        *as_written = AS_WRITTEN;
    }
}

/// Gives a number its type.
pub(super) fn type_number(expr: &mut Expr) {
    let Expr::Value(value) = expr else { return };
    let Value::Number(digits, as_written) = &mut value.value else { return };
    if *as_written {
        return;
    }
    *as_written = AS_WRITTEN;
    digits.retain(|character| character != '_');
    if let Some(plain) = without_exponent(digits) {
        *digits = plain;
        return;
    }
    if digits.ends_with('.') {
        digits.pop();
        let scale = ExactNumberInfo::PrecisionAndScale(digits.len().max(1) as u64, 0);
        *expr = plain_cast(take(expr), DataType::Numeric(scale));
        return;
    }
    if digits.contains(['e', 'E']) {
        *expr = super::call::call("aq_float8", vec![super::call::text(digits)]);
        return;
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let kind = match digits.parse::<i128>() {
        Ok(number) if i32::try_from(number).is_ok() => DataType::Int4(None),
        // DataFusion's own literals are of this type.
        Ok(number) if i64::try_from(number).is_ok() => return,
        _ => DataType::Numeric(ExactNumberInfo::PrecisionAndScale(digits.len() as u64, 0)),
    };
    let literal = match kind {
        DataType::Numeric(_) => super::call::text(digits),
        _ => take(expr),
    };
    *expr = plain_cast(literal, kind);
}

/// `1.5e3` as `1500.0`: DataFusion would round it to a scale of its own.
pub(in crate::adapter::lakehouse) fn without_exponent(number: &str) -> Option<String> {
    if let Some(number) = number.strip_prefix('-') {
        return without_exponent(number).map(|number| format!("-{number}"));
    }
    let (mantissa, exponent) = number.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= 38)?;
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let at = usize::try_from(point.max(0)).ok()?;
    let padded = format!("{}{digits}", "0".repeat(usize::try_from(-point.min(0)).ok()?));
    let padded = format!("{padded}{}", "0".repeat(at.saturating_sub(padded.len())));
    let (whole, part) = padded.split_at(at);
    Some(format!("{}.{}", if whole.is_empty() { "0" } else { whole }, if part.is_empty() { "0" } else { part }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_written_out() {
        for (number, plain) in [
            ("1e3", Some("1000.0")),
            ("1.5e3", Some("1500.0")),
            ("1.25e-3", Some("0.00125")),
            ("15e-1", Some("1.5")),
            ("-0E-2", Some("-0.00")),
        ] {
            assert_eq!(without_exponent(number).as_deref(), plain, "{number}");
        }
        assert_eq!(without_exponent("12.5"), None);
    }
}
