//! Names of columns that have none: PostgreSQL's choice, not the expression's text.
//!
//! # Source
//! PostgreSQL's rules for `SELECT` without `AS`: a column keeps its name through casts, a function
//! gives its own, a CASE that of its ELSE, everything else is `?column?`.

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Function, Ident, ObjectName, Query, Select, SelectItem, SetExpr, TimezoneInfo,
};

/// A name, and whether it is a column's or function's own (rather than a type's or a stopgap).
struct Figured {
    name: String,
    own: bool,
}

/// Gives every column of a SELECT a name, different from all others in it: DataFusion needs that,
/// PostgreSQL lets names stand twice.
pub(super) fn name_columns(select: &mut Select) {
    let mut taken: Vec<String> = select.projection.iter().filter_map(given_name).collect();
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        if is_column(expr) {
            continue;
        }
        let name = free_name(figured(expr).name, &taken);
        taken.push(name.clone());
        let expr = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
        *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) };
    }
}

/// `count`, `count_2`, `count_3`.
fn free_name(name: String, taken: &[String]) -> String {
    if !taken.contains(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}_{number}")).find(|other| !taken.contains(other)).unwrap_or(name)
}

fn given_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(super::stored_name(alias)),
        SelectItem::UnnamedExpr(expr) if is_column(expr) => Some(figured(expr).name),
        _ => None,
    }
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn figured(expr: &Expr) -> Figured {
    let own = |name: &str| Figured { name: name.to_owned(), own: true };
    match expr {
        Expr::Identifier(name) => own(&super::stored_name(name)),
        Expr::CompoundIdentifier(parts) => own(&parts.last().map(super::stored_name).unwrap_or_default()),
        Expr::Function(function) => own(&function_name(function)),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figured(inner),
        Expr::CompoundFieldAccess { root, .. } => figured(root),
        Expr::Cast { expr: inner, data_type, .. } => {
            let inner = figured(inner);
            if inner.own { inner } else { Figured { name: type_name(data_type), own: false } }
        }
        Expr::TypedString(typed) => Figured { name: type_name(&typed.data_type), own: false },
        Expr::Interval(_) => Figured { name: "interval".to_owned(), own: false },
        Expr::Case { else_result, .. } => {
            let otherwise = else_result.as_deref().map(figured).filter(|otherwise| otherwise.own);
            otherwise.unwrap_or(Figured { name: "case".to_owned(), own: false })
        }
        Expr::Subquery(query) => first_column(query).unwrap_or_else(stopgap),
        Expr::Exists { .. } => own("exists"),
        Expr::Array(_) => own("array"),
        Expr::Extract { .. } => own("extract"),
        Expr::Ceil { .. } => own("ceil"),
        Expr::Floor { .. } => own("floor"),
        Expr::Position { .. } => own("position"),
        // `substr(a, b)` is read as `substring(a from b)`.
        Expr::Substring { shorthand, .. } => own(if *shorthand { "substr" } else { "substring" }),
        Expr::Trim { .. } => own("btrim"),
        Expr::Overlay { .. } => own("overlay"),
        Expr::AtTimeZone { .. } => own("timezone"),
        Expr::Tuple(_) => own("row"),
        _ => stopgap(),
    }
}

fn stopgap() -> Figured {
    Figured { name: "?column?".to_owned(), own: false }
}

fn function_name(function: &Function) -> String {
    last_part(&function.name).unwrap_or_default()
}

fn last_part(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(|part| part.as_ident()).map(super::stored_name)
}

fn first_column(query: &Query) -> Option<Figured> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    match select.projection.first()? {
        SelectItem::UnnamedExpr(expr) => Some(figured(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(Figured { name: super::stored_name(alias), own: true }),
        _ => None,
    }
}

/// The name PostgreSQL itself has for a type.
fn type_name(data_type: &DataType) -> String {
    let zoned = |zone: &TimezoneInfo| matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz);
    match data_type {
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => "int4".to_owned(),
        DataType::BigInt(_) | DataType::Int8(_) => "int8".to_owned(),
        DataType::SmallInt(_) | DataType::Int2(_) => "int2".to_owned(),
        DataType::Bool | DataType::Boolean => "bool".to_owned(),
        DataType::Varchar(_) | DataType::CharacterVarying(_) => "varchar".to_owned(),
        DataType::Char(_) | DataType::Character(_) => "bpchar".to_owned(),
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => "numeric".to_owned(),
        DataType::Real | DataType::Float4 => "float4".to_owned(),
        DataType::Float(_) | DataType::Float8 | DataType::Double(_) | DataType::DoublePrecision => "float8".to_owned(),
        DataType::Timestamp(_, zone) if zoned(zone) => "timestamptz".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Time(..) => "time".to_owned(),
        DataType::Array(_) => "array".to_owned(),
        other => other.to_string().to_lowercase().split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{query, rewrite};
    use datafusion::sql::sqlparser::ast::{SelectItem, SetExpr, Statement};

    fn names(sql: &str) -> Vec<String> {
        let mut statement = Statement::Query(query(sql).unwrap());
        rewrite(&mut statement).unwrap();
        let Statement::Query(query) = statement else { panic!("{sql}") };
        let SetExpr::Select(select) = *query.body else { panic!("{sql}") };
        let name = |item: &SelectItem| match item {
            SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
            other => other.to_string(),
        };
        select.projection.iter().map(name).collect()
    }

    #[test]
    fn columns_are_named_as_postgres_names_them() {
        assert_eq!(
            names("select count(*), Count(x), a.b, a.b::text, 'x'::text, 1"),
            ["count", "count_2", "a.b", "b_2", "text", "?column?"]
        );
        assert_eq!(
            names("select cast(1 as int), case when x then 1 else y end, case when x then 1 end, x + 1"),
            ["int4", "y", "case", "?column?"]
        );
        assert_eq!(
            names("select (select max(q) from t), exists (select 1), extract(year from d), date '2025-01-01'"),
            ["max", "exists", "extract", "date"]
        );
    }
}
