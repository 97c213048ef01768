//! Functions in FROM that give rows, alone or over a column of a table beside them.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, Join, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr,
    TableAlias, TableFactor, TableWithJoins, Visit, VisitMut, Visitor, VisitorMut,
};

use super::super::error::unsupported;
use super::call::{call, take};
use super::rows::list_function;
use crate::adapter::AdapterError;

/// A function in FROM.
struct RowsOf {
    list: &'static str,
    args: Vec<Expr>,
    alias: Ident,
    column: Ident,
    ordinality: Option<Ident>,
}

/// Makes subqueries of functions that give rows.
///
/// # Errors
/// `Unsupported` for what cannot be said so.
pub(super) fn rewrite_from(select: &mut Select) -> Result<(), AdapterError> {
    let mut renames = Vec::new();
    let mut index = 0;
    while index < select.from.len() {
        if let Some(rows) = rows_of(&select.from[index].relation) {
            match columns_of(&rows.args).is_empty() {
                true => select.from[index].relation = alone(rows)?,
                false if index > 0 && select.from[index].joins.is_empty() => {
                    beside(&mut select.from[..index], rows, &mut renames)?;
                    select.from.remove(index);
                    continue;
                }
                false => return Err(unsupported("joins after a function over a column of another table")),
            }
        }
        rewrite_joins(&mut select.from, index, &mut renames)?;
        index += 1;
    }
    if !renames.is_empty() {
        let _ = select.visit(&mut Renamer { renames });
    }
    Ok(())
}

fn rewrite_joins(
    from: &mut [TableWithJoins],
    index: usize,
    renames: &mut Vec<(String, Ident)>,
) -> Result<(), AdapterError> {
    let mut at = 0;
    while at < from[index].joins.len() {
        let join = &from[index].joins[at];
        let Some(rows) = rows_of(&join.relation) else {
            at += 1;
            continue;
        };
        if columns_of(&rows.args).is_empty() {
            from[index].joins[at].relation = alone(rows)?;
            at += 1;
            continue;
        }
        if !is_cross(join) {
            return Err(unsupported("outer or conditional joins of a function over a column of another table"));
        }
        from[index].joins.remove(at);
        beside(&mut from[..=index], rows, renames)?;
    }
    Ok(())
}

fn is_cross(join: &Join) -> bool {
    let always = |constraint: &JoinConstraint| match constraint {
        JoinConstraint::On(Expr::Value(value)) => value.value.to_string().eq_ignore_ascii_case("true"),
        JoinConstraint::None => true,
        _ => false,
    };
    match &join.join_operator {
        JoinOperator::CrossJoin(_) => true,
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => always(constraint),
        _ => false,
    }
}

fn rows_of(factor: &TableFactor) -> Option<RowsOf> {
    let (name, args, alias, ordinality) = match factor {
        TableFactor::UNNEST { array_exprs, alias, with_ordinality, .. } => {
            ("unnest".to_owned(), array_exprs.clone(), alias, *with_ordinality)
        }
        TableFactor::Table { name, args: Some(args), alias, with_ordinality, .. } => {
            (super::stored_name(name.0.last()?.as_ident()?), plain(&args.args)?, alias, *with_ordinality)
        }
        TableFactor::Function { name, args, alias, with_ordinality, .. } => {
            (super::stored_name(name.0.last()?.as_ident()?), plain(args)?, alias, *with_ordinality)
        }
        _ => return None,
    };
    let list = list_function(&name)?;
    let named: Vec<Ident> = alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.clone()).collect();
    let table = alias.as_ref().map_or_else(|| Ident::new(name.clone()), |alias| alias.name.clone());
    let own = match (list, alias) {
        // These functions name their result.
        ("aq_json_elements" | "aq_json_elements_text", _) if named.is_empty() && alias.is_none() => Ident::new("value"),
        _ => table.clone(),
    };
    let column = named.first().cloned().unwrap_or(own);
    let ordinality = ordinality.then(|| named.get(1).cloned().unwrap_or_else(|| Ident::new("ordinality")));
    Some(RowsOf { list, args, alias: table, column, ordinality })
}

fn plain(args: &[FunctionArg]) -> Option<Vec<Expr>> {
    let plain = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    args.iter().map(plain).collect()
}

/// `(select unnest(list) as column) as alias`.
fn alone(rows: RowsOf) -> Result<TableFactor, AdapterError> {
    let alias = rows.alias.clone();
    let inner = select_of(rows.list, rows.args, &rows.column, "", "")?;
    let subquery = match &rows.ordinality {
        None => inner,
        Some(number) => {
            let text =
                format!("select {0}, row_number() over () as {number} from (select 1 as {0}) as {alias}", rows.column);
            let mut outer = super::query(&text)?;
            if let SetExpr::Select(select) = outer.body.as_mut()
                && let Some(TableFactor::Derived { subquery, .. }) =
                    select.from.first_mut().map(|from| &mut from.relation)
            {
                *subquery = inner;
            }
            outer
        }
    };
    Ok(derived(subquery, alias))
}

/// `select {before} unnest(list(args)) as column {after}`, with the arguments as they are.
fn select_of(
    list: &str,
    args: Vec<Expr>,
    column: &Ident,
    before: &str,
    after: &str,
) -> Result<Box<Query>, AdapterError> {
    let mut query = super::query(&format!("select {before} null as {column} {after}"))?;
    if let SetExpr::Select(select) = query.body.as_mut()
        && let Some(SelectItem::ExprWithAlias { expr, .. }) = select.projection.last_mut()
    {
        *expr = call("unnest", vec![call(list, args)]);
    }
    Ok(query)
}

fn derived(subquery: Box<Query>, name: Ident) -> TableFactor {
    let alias = TableAlias { explicit: true, name, columns: Vec::new(), at: None };
    TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None }
}

/// The rows stand beside those of the table whose column they come from: that table becomes a
/// subquery that has them as one more column.
fn beside(
    from: &mut [TableWithJoins],
    mut rows: RowsOf,
    renames: &mut Vec<(String, Ident)>,
) -> Result<(), AdapterError> {
    if rows.ordinality.is_some() {
        return Err(unsupported("WITH ORDINALITY over a column of another table"));
    }
    let qualifiers: Vec<Option<String>> = columns_of(&rows.args);
    let named = qualifiers.iter().flatten().next().cloned();
    if qualifiers.iter().flatten().any(|other| Some(other) != named.as_ref()) {
        return Err(unsupported("a function over columns of several tables"));
    }
    let mut factors: Vec<&mut TableFactor> = from
        .iter_mut()
        .flat_map(|table| {
            std::iter::once(&mut table.relation).chain(table.joins.iter_mut().map(|join| &mut join.relation))
        })
        .collect();
    let place = match &named {
        Some(name) => {
            factors.iter().position(|factor| alias_of(factor).is_some_and(|alias| super::stored_name(&alias) == *name))
        }
        None if factors.len() == 1 => Some(0),
        None => None,
    };
    let Some(factor) = place.map(|place| factors.swap_remove(place)) else {
        return Err(unsupported("a function over a column of a table that is not named"));
    };
    let Some(alias) = alias_of(factor) else { return Err(unsupported("a function over a table without a name")) };
    renames.push((super::stored_name(&rows.alias), alias.clone()));
    let args = rows.args.iter_mut().map(take).collect();
    let mut subquery = select_of(rows.list, args, &rows.column, &format!("{alias}.*,"), "from placeholder")?;
    if let SetExpr::Select(select) = subquery.body.as_mut()
        && let Some(table) = select.from.first_mut()
    {
        std::mem::swap(&mut table.relation, factor);
    }
    *factor = derived(subquery, alias);
    Ok(())
}

fn alias_of(factor: &TableFactor) -> Option<Ident> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.clone())
        }
        TableFactor::Table { name, alias: None, .. } => name.0.last().and_then(|part| part.as_ident()).cloned(),
        _ => None,
    }
}

/// The tables that columns in expressions name; `None` for a column without one.
fn columns_of(exprs: &[Expr]) -> Vec<Option<String>> {
    struct Columns(Vec<Option<String>>);
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) => self.0.push(None),
                Expr::CompoundIdentifier(parts) => self.0.push(parts.first().map(super::stored_name)),
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut columns = Columns(Vec::new());
    for expr in exprs {
        let _ = expr.visit(&mut columns);
    }
    columns.0
}

/// Columns of a table that became part of another.
struct Renamer {
    renames: Vec<(String, Ident)>,
}

impl VisitorMut for Renamer {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [table, _] = parts.as_mut_slice()
            && let Some((_, other)) = self.renames.iter().find(|(from, _)| *from == super::stored_name(table))
        {
            *table = other.clone();
        }
        ControlFlow::Continue(())
    }
}
