//! Functions and special forms that DataFusion knows under another name, or in another form.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DateTimeField, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Ident, ObjectName, UnaryOperator, Value, WindowType,
};

use super::call::{args_mut, call, called, number, plain_args, take, text};
use super::literals::{mark, mark_frame};
use crate::adapter::AdapterError;

/// Marks the numbers of a call that must stay literals.
pub(super) fn mark_literals(function: &mut Function) {
    if let Some(WindowType::WindowSpec(window)) = &mut function.over {
        mark_frame(window);
    }
    match called(function).as_deref() {
        Some("round" | "trunc") => args_mut(function).skip(1).for_each(mark),
        Some("count") => count_rows(function),
        Some("ntile" | "nth_value" | "lag" | "lead") => args_mut(function).skip(1).take(1).for_each(mark),
        _ => {}
    }
}

/// Rewrites an expression in its place.
///
/// # Errors
/// `Unsupported` for what cannot be made right.
pub(super) fn rewrite_expr(expr: &mut Expr) -> Result<(), AdapterError> {
    match expr {
        Expr::Function(function) => {
            if let Some(other) = rewritten(function) {
                *expr = other;
            }
        }
        Expr::Extract { field, expr: inner, .. } => {
            *expr = extract(&field.to_string(), take(inner), *field == DateTimeField::Second);
        }
        Expr::SimilarTo { negated, expr: value, pattern, escape_char } => {
            let mut args = vec![take(value), take(pattern)];
            args.extend(escape_char.clone().map(Expr::Value));
            let call = call("aq_similar", args);
            *expr = if *negated { not(call) } else { call };
        }
        Expr::Like { any: true, negated, expr: left, pattern, .. } => {
            let op = if *negated { BinaryOperator::PGNotLikeMatch } else { BinaryOperator::PGLikeMatch };
            if let Some(joined) = spread(left, &op, pattern, BinaryOperator::Or) {
                *expr = joined;
            }
        }
        Expr::ILike { any: true, negated, expr: left, pattern, .. } => {
            let op = if *negated { BinaryOperator::PGNotILikeMatch } else { BinaryOperator::PGILikeMatch };
            if let Some(joined) = spread(left, &op, pattern, BinaryOperator::Or) {
                *expr = joined;
            }
        }
        Expr::AnyOp { left, compare_op, right, .. } => {
            if let Some(joined) = spread(left, compare_op, right, BinaryOperator::Or) {
                *expr = joined;
            }
        }
        Expr::AllOp { left, compare_op, right } => {
            if let Some(joined) = spread(left, compare_op, right, BinaryOperator::And) {
                *expr = joined;
            }
        }
        Expr::InList { expr: left, list, negated } if matches!(**left, Expr::Tuple(_)) => {
            if let Some(joined) = tuple_in(left, list) {
                *expr = if *negated { not(joined) } else { joined };
            }
        }
        Expr::InList { list, .. } if !list.iter().all(is_constant) => {
            if let Some(joined) = compared_apart(expr) {
                *expr = joined;
            }
        }
        Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } if !matches!(**inner, Expr::Value(_)) => {
            *expr = call("aq_negate", vec![take(inner)]);
        }
        Expr::UnaryOp { op: UnaryOperator::PGAbs, expr: inner } => *expr = call("abs", vec![take(inner)]),
        Expr::UnaryOp { op: UnaryOperator::PGSquareRoot, expr: inner } => *expr = call("sqrt", vec![to_float(inner)]),
        Expr::UnaryOp { op: UnaryOperator::PGCubeRoot, expr: inner } => *expr = call("cbrt", vec![to_float(inner)]),
        Expr::Substring { expr: value, substring_from: Some(from), substring_for: None, .. } if is_text(from) => {
            *expr = call("aq_substring_pattern", vec![take(value), take(from)]);
        }
        Expr::BinaryOp { left, op, right } => {
            if let Some(other) = of_operator(left, op, right) {
                *expr = other;
            }
        }
        Expr::AtTimeZone { timestamp, time_zone } => {
            *expr = call("aq_at_time_zone", vec![take(timestamp), take(time_zone)]);
        }
        Expr::Between { expr: value, negated, low, high } => {
            *expr = between(take(value), take(low), take(high), *negated);
        }
        Expr::Ceil { expr: inner, .. } => *expr = call("ceil", vec![take(inner)]),
        Expr::Floor { expr: inner, .. } => *expr = call("floor", vec![take(inner)]),
        _ => {}
    }
    Ok(())
}

/// An operator that DataFusion has not, or by another meaning.
fn of_operator(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Option<Expr> {
    match op {
        BinaryOperator::PGExp => Some(call("power", vec![take(left), take(right)])),
        BinaryOperator::PGStartsWith => Some(call("starts_with", vec![take(left), take(right)])),
        BinaryOperator::PGBitwiseXor => {
            let nested = |expr: &mut Expr| Expr::Nested(Box::new(take(expr)));
            Some(exclusive_or(&nested(left), &nested(right)))
        }
        BinaryOperator::Eq if matches!(inner(left), Expr::Tuple(_)) => tuple_equal(inner(left), right),
        op => json_operator(op).map(|function| call(function, vec![take(left), take(right)])),
    }
}

/// `-2 ^ 2`: PostgreSQL takes the sign first.
pub(super) fn power_of_negative(expr: &mut Expr) {
    if let Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } = expr
        && let Expr::BinaryOp { left, op: BinaryOperator::PGExp, right } = inner.as_mut()
    {
        let negative = Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(take(left)) };
        let (left, right) = (Box::new(negative), Box::new(take(right)));
        *expr = Expr::BinaryOp { left, op: BinaryOperator::PGExp, right };
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)))
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

fn to_float(expr: &mut Expr) -> Expr {
    call("aq_float8", vec![take(expr)])
}

fn json_operator(op: &BinaryOperator) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Arrow => "aq_json_get",
        BinaryOperator::LongArrow => "aq_json_get_text",
        BinaryOperator::HashArrow => "aq_json_path",
        BinaryOperator::HashLongArrow => "aq_json_path_text",
        BinaryOperator::Question => "aq_json_has",
        _ => return None,
    })
}

/// `x between a and b` as two comparisons, which are planned by the types of their sides.
fn between(value: Expr, low: Expr, high: Expr, negated: bool) -> Expr {
    let compare = |op: BinaryOperator, bound: Expr| Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(value.clone()))),
        op,
        right: Box::new(Expr::Nested(Box::new(bound))),
    };
    let both = Expr::Nested(Box::new(Expr::BinaryOp {
        left: Box::new(compare(BinaryOperator::GtEq, low)),
        op: BinaryOperator::And,
        right: Box::new(compare(BinaryOperator::LtEq, high)),
    }));
    if negated { not(both) } else { both }
}

/// `extract(field from moment)`: fields that have fractions are another function, of another type.
fn extract(field: &str, moment: Expr, seconds: bool) -> Expr {
    let field = field.trim_matches(['"', '\'']).to_ascii_lowercase();
    let fraction = seconds || ["second", "seconds", "epoch", "milliseconds", "millisecond"].contains(&field.as_str());
    call(if fraction { "aq_extract_fraction" } else { "aq_extract" }, vec![text(&field), moment])
}

/// `x like any (array[a, b])` as `x like a or x like b`.
fn spread(left: &Expr, op: &BinaryOperator, right: &Expr, joined: BinaryOperator) -> Option<Expr> {
    let Expr::Array(array) = inner(right) else { return None };
    let compare = |item: &Expr| {
        let (expr, pattern) = (Box::new(left.clone()), Box::new(item.clone()));
        let (negated, any, escape_char) =
            (matches!(op, BinaryOperator::PGNotLikeMatch | BinaryOperator::PGNotILikeMatch), false, None);
        Expr::Nested(Box::new(match op {
            BinaryOperator::PGLikeMatch | BinaryOperator::PGNotLikeMatch => {
                Expr::Like { negated, any, expr, pattern, escape_char }
            }
            BinaryOperator::PGILikeMatch | BinaryOperator::PGNotILikeMatch => {
                Expr::ILike { negated, any, expr, pattern, escape_char }
            }
            _ => Expr::BinaryOp { left: expr, op: op.clone(), right: pattern },
        }))
    };
    all_joined(array.elem.iter().map(compare), joined)
}

fn inner(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(nested) => inner(nested),
        other => other,
    }
}

/// `a in (1, 2, case ...)` as `a in (1, 2) or a = case ...`: DataFusion takes what it can work out without a
/// row, which is every CASE, for the same in all rows.
fn compared_apart(expr: &Expr) -> Option<Expr> {
    let Expr::InList { expr: value, list, negated } = expr else { return None };
    let (constant, other): (Vec<Expr>, Vec<Expr>) = list.iter().cloned().partition(is_constant);
    let among = (!constant.is_empty()).then(|| Expr::InList { expr: value.clone(), list: constant, negated: false });
    let value = Expr::Nested(value.clone());
    let equal = other.into_iter().map(|other| Expr::BinaryOp {
        left: Box::new(value.clone()),
        op: BinaryOperator::Eq,
        right: Box::new(Expr::Nested(Box::new(other))),
    });
    let joined = all_joined(among.into_iter().chain(equal), BinaryOperator::Or)?;
    Some(if *negated { not(joined) } else { joined })
}

fn is_constant(expr: &Expr) -> bool {
    literal(expr).is_some()
}

/// The value that a constant is made of.
fn literal(expr: &Expr) -> Option<&Value> {
    match expr {
        Expr::Value(value) => Some(&value.value),
        Expr::TypedString(typed) => Some(&typed.value.value),
        Expr::Cast { expr, .. } | Expr::UnaryOp { expr, .. } | Expr::Nested(expr) => literal(expr),
        _ => None,
    }
}

/// `a # b` as `(a | b) - (a & b)`: DataFusion makes 0 of `a # a` where `a` is NULL.
fn exclusive_or(left: &Expr, right: &Expr) -> Expr {
    let of_both = |op| {
        let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
        Box::new(Expr::Nested(Box::new(Expr::BinaryOp { left, op, right })))
    };
    let (either, both) = (of_both(BinaryOperator::BitwiseOr), of_both(BinaryOperator::BitwiseAnd));
    Expr::Nested(Box::new(Expr::BinaryOp { left: either, op: BinaryOperator::Minus, right: both }))
}

fn all_joined(parts: impl Iterator<Item = Expr>, op: BinaryOperator) -> Option<Expr> {
    let joined =
        parts.reduce(|left, right| Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) })?;
    Some(Expr::Nested(Box::new(joined)))
}

/// `(a, b) in ((1, 2), (3, 4))` as comparisons of the parts.
fn tuple_in(left: &Expr, list: &[Expr]) -> Option<Expr> {
    let rows = list.iter().map(|row| tuple_equal(left, row)).collect::<Option<Vec<_>>>()?;
    all_joined(rows.into_iter(), BinaryOperator::Or)
}

fn tuple_equal(left: &Expr, right: &Expr) -> Option<Expr> {
    let (Expr::Tuple(left), Expr::Tuple(right)) = (left, inner(right)) else { return None };
    if left.len() != right.len() {
        return None;
    }
    let parts = left.iter().zip(right).map(|(left, right)| Expr::BinaryOp {
        left: Box::new(left.clone()),
        op: BinaryOperator::Eq,
        right: Box::new(right.clone()),
    });
    all_joined(parts, BinaryOperator::And)
}

/// What a call becomes; `None` leaves it (perhaps with another name).
fn rewritten(function: &mut Function) -> Option<Expr> {
    let name = called(function)?;
    match name.as_str() {
        "avg" => return Some(average(function)),
        "concat" | "concat_ws" => {
            args_mut(function).for_each(|arg| *arg = call("aq_output", vec![take(arg)]));
            return None;
        }
        "date_part" => {}
        "mod" => {
            if let [left, right] = plain_args(function)?.as_mut_slice() {
                return Some(Expr::Nested(Box::new(Expr::BinaryOp {
                    left: Box::new(Expr::Nested(Box::new(take(left)))),
                    op: BinaryOperator::Modulo,
                    right: Box::new(Expr::Nested(Box::new(take(right)))),
                })));
            }
        }
        "div" => {
            if let [left, right] = plain_args(function)?.as_mut_slice() {
                let quotient = call("aq_divide", vec![call("aq_numeric", vec![take(left)]), take(right)]);
                return Some(call("trunc", vec![quotient]));
            }
        }
        "to_timestamp" if plain_args(function)?.len() == 1 => rename(function, "aq_to_timestamp"),
        "localtimestamp" => return Some(call("aq_wall_clock", vec![call("now", Vec::new())])),
        "gen_random_uuid" => rename(function, "uuid"),
        "every" => rename(function, "bool_and"),
        "ceiling" => rename(function, "ceil"),
        "pow" => rename(function, "power"),
        "char_length" | "length" => rename(function, "character_length"),
        "age" if plain_args(function)?.len() == 1 => {
            let mut args = plain_args(function)?;
            return Some(call("age", vec![call("current_date", Vec::new()), args.remove(0)]));
        }
        "array_length" => {
            let length = call("nullif", vec![Expr::Function(function.clone()), number(0)]);
            return Some(call("aq_int4", vec![length]));
        }
        "ntile" | "cardinality" | "array_position" | "array_ndims" | "regexp_count" | "regexp_instr" => {
            return Some(call("aq_int4", vec![Expr::Function(function.clone())]));
        }
        "regexp_replace" => {
            args_mut(function).skip(2).take(1).for_each(whole_match);
            without_empty_flags(function);
        }
        "timezone" => {
            if let [zone, moment] = plain_args(function)?.as_mut_slice() {
                return Some(call("aq_at_time_zone", vec![take(moment), take(zone)]));
            }
        }
        "json_build_object" => rename(function, "jsonb_build_object"),
        "json_build_array" => rename(function, "jsonb_build_array"),
        "to_json" => rename(function, "to_jsonb"),
        "string_agg" if is_distinct(function) => return distinct_string_agg(function),
        "array_agg" if is_distinct(function) => return distinct_array_agg(function),
        "variance" => rename(function, "var_samp"),
        "array_remove" => rename(function, "array_remove_all"),
        "array_replace" => rename(function, "array_replace_all"),
        "pg_typeof" => rename(function, "aq_type_of"),
        _ => {}
    }
    None
}

fn is_distinct(function: &Function) -> bool {
    matches!(&function.args, FunctionArguments::List(list)
        if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && !list.clauses.is_empty())
}

/// `string_agg(distinct x, ',' order by x)`: DataFusion orders the texts before it makes them differ.
fn distinct_string_agg(function: &mut Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return None };
    let separator = match list.args.pop() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(separator))) => separator,
        _ => return None,
    };
    rename(function, "array_agg");
    let values = distinct_array_agg(function)?;
    Some(call("array_to_string", vec![values, separator]))
}

/// `array_agg(distinct x order by x)`: what is ordered must be what differs, so it can be sorted after.
fn distinct_array_agg(function: &mut Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return None };
    let order = list.clauses.iter().find_map(|clause| match clause {
        FunctionArgumentClause::OrderBy(order) => order.first().cloned(),
        _ => None,
    })?;
    list.clauses.clear();
    let descending = order.options.asc == Some(false);
    let nulls_first = order.options.nulls_first.unwrap_or(descending);
    let direction = text(if descending { "DESC" } else { "ASC" });
    let nulls = text(if nulls_first { "NULLS FIRST" } else { "NULLS LAST" });
    Some(call("array_sort", vec![Expr::Function(function.clone()), direction, nulls]))
}

/// `\\&` in a replacement is the whole match, as `\\0` is for DataFusion.
fn whole_match(replacement: &mut Expr) {
    if let Expr::Value(value) = replacement
        && let Value::SingleQuotedString(text) = &mut value.value
    {
        *text = text.replace("\\&", "\\0");
    }
}

/// `count(1)` as `count(*)`: DataFusion cannot have both.
fn count_rows(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let [FunctionArg::Unnamed(of)] = list.args.as_mut_slice()
        && matches!(of, FunctionArgExpr::Expr(expr) if literal(expr).is_some_and(|value| *value != Value::Null))
        && list.duplicate_treatment.is_none()
    {
        *of = FunctionArgExpr::Wildcard;
    }
}

/// No flags are said by leaving them out.
fn without_empty_flags(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let [_, _, _, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(flags)))] = list.args.as_slice()
        && matches!(&flags.value, Value::SingleQuotedString(text) if text.is_empty())
    {
        list.args.pop();
    }
}

fn rename(function: &mut Function, name: &str) {
    function.name = ObjectName::from(vec![Ident::new(name)]);
}

/// `avg(x)` as a sum by a count, both with the call's own DISTINCT, FILTER and OVER.
fn average(function: &Function) -> Expr {
    let aggregate = |name: &str| {
        let mut part = function.clone();
        rename(&mut part, name);
        if name == "count" {
            count_rows(&mut part);
        }
        Expr::Function(part)
    };
    call("aq_average", vec![aggregate("sum"), aggregate("count")])
}
