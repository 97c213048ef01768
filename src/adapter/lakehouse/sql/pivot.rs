//! PIVOT and UNPIVOT, as Snowflake and DuckDB have them, said with GROUP BY and lists.
//!
//! What they give depends on the columns of their input, so a statement is looked at twice: one pass
//! asks for the input of the innermost of them ([`pivoted`]), the other puts a subquery in its place
//! once its columns are known ([`spread`]).

use std::ops::ControlFlow;

use datafusion::common::{Diagnostic, Span};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, Ident, NullInclusion, PivotValueSource, Query, Select, SelectItem,
    SetExpr, Spanned, Statement, TableAlias, TableFactor, TableWithJoins, Visit, VisitMut, Visitor, VisitorMut, With,
};
use deltalake::arrow::datatypes::{DataType, Schema};

use super::call::{call, plain_cast, text};
use crate::adapter::lakehouse::{error, types};
use crate::adapter::{AdapterError, AdapterErrorKind};

/// The input of the innermost PIVOT or UNPIVOT of a statement, as a query of all its columns.
///
/// # Errors
/// `Internal` if no query can be made of it.
pub(in crate::adapter::lakehouse) fn pivoted(statement: &Statement) -> Result<Option<Statement>, DataFusionError> {
    let mut finder = Finder::default();
    let _ = statement.visit(&mut finder);
    let Finder { withs, found: Some(input) } = finder else { return Ok(None) };
    let mut query = built("select *", |select| select.from = alone(input))?;
    for with in withs.into_iter().rev().flatten() {
        let mut outer = built("select *", |_| ())?;
        outer.body = Box::new(SetExpr::Query(query));
        outer.with = before_pivots(with);
        query = outer;
    }
    Ok(Some(Statement::Query(query)))
}

/// Puts a subquery in the place of the innermost PIVOT or UNPIVOT, whose input has these columns.
///
/// # Errors
/// `Sql` and `Unsupported`, with the place, for what cannot be spread so.
pub(in crate::adapter::lakehouse) fn spread(statement: &mut Statement, input: &Schema) -> Result<(), DataFusionError> {
    match statement.visit(&mut Spreader { input }) {
        ControlFlow::Break(Err(cause)) => Err(*cause),
        ControlFlow::Break(Ok(())) | ControlFlow::Continue(()) => Ok(()),
    }
}

/// Visits from the inside out, and knows the WITH clauses around what it visits.
#[derive(Default)]
struct Finder {
    withs: Vec<Option<With>>,
    found: Option<TableFactor>,
}

impl Visitor for Finder {
    // What the visit of a statement breaks off with is on the stack once for each kind of statement.
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.withs.push(query.with.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Self::Break> {
        self.withs.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Pivot { table, .. } | TableFactor::Unpivot { table, .. } => {
                self.found = Some(table.as_ref().clone());
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The queries of a WITH clause that the innermost PIVOT can name: those before the one it stands in.
fn before_pivots(mut with: With) -> Option<With> {
    let holds = |query: &Query| query.visit(&mut Finder::default()).is_break();
    let first = with.cte_tables.iter().position(|cte| holds(&cte.query)).unwrap_or(with.cte_tables.len());
    with.cte_tables.truncate(first);
    (first > 0).then_some(with)
}

struct Spreader<'a> {
    input: &'a Schema,
}

impl VisitorMut for Spreader<'_> {
    type Break = Result<(), Box<DataFusionError>>;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        let spread = match factor {
            TableFactor::Pivot { .. } => pivot(factor.clone(), self.input),
            TableFactor::Unpivot { .. } => unpivot(factor.clone(), self.input),
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(spread.map(|subquery| *factor = subquery).map_err(Box::new))
    }
}

/// An aggregate for each value of the list, over the rows that have it; a group for each combination
/// of the columns that are not named.
fn pivot(factor: TableFactor, input: &Schema) -> Result<TableFactor, DataFusionError> {
    let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, default_on_null, alias } = factor
    else {
        return Ok(factor);
    };
    let PivotValueSource::List(values) = value_source else {
        let message = "PIVOT over values that only the data knows: columns must be known before a model runs";
        let mut cause = AdapterError::new(AdapterErrorKind::Unsupported, message);
        cause.hint = Some("list the values, or let dbt_utils.get_column_values() list them".to_owned());
        return Err(error::into_datafusion(cause));
    };
    let mut named = Vec::new();
    let keys = value_column.iter().map(|key| column(key, input, "PIVOT")).collect::<Result<Vec<_>, _>>()?;
    named.extend(keys.iter().cloned());
    let several = aggregate_functions.len() > 1;
    let mut aggregates = Vec::new();
    for aggregate in aggregate_functions {
        let function = match &aggregate.expr {
            Expr::Function(function) if function.over.is_none() => function.clone(),
            other => return Err(fault("PIVOT needs an aggregate such as `sum(amount)`", other)),
        };
        named.extend(columns_in(&aggregate.expr));
        let suffix = match (aggregate.alias, several) {
            (Some(alias), _) => Some(super::stored_name(&alias)),
            (None, true) => Some(function.to_string().to_lowercase()),
            (None, false) => None,
        };
        aggregates.push((function, suffix));
    }
    let groups: Vec<Ident> = others(input, &named);
    let mut spread = Vec::new();
    for value in &values {
        let parts = parts_of(&value.expr, keys.len(), "value")?;
        if let Some(part) = parts.iter().find(|part| !columns_in(part).is_empty()) {
            let mut diagnostic = diagnostic(&format!("PIVOT lists constants, and `{part}` is none"), part.span());
            diagnostic.add_help("text stands in single quotes", None);
            return Err(with_place(diagnostic));
        }
        let name = match &value.alias {
            Some(alias) => super::stored_name(alias),
            None => parts.iter().map(value_name).collect::<Vec<_>>().join("_"),
        };
        for (function, suffix) in &aggregates {
            let name = suffix.as_ref().map_or_else(|| name.clone(), |suffix| format!("{name}_{suffix}"));
            let expr = of_value(function, &keys, &parts, default_on_null.as_ref());
            spread.push((Ident::with_quote('"', name), expr, value.expr.span()));
        }
    }
    let mut names: Vec<&str> = groups.iter().map(|group| group.value.as_str()).collect();
    for (name, _, span) in &spread {
        if names.contains(&name.value.as_str()) {
            return Err(fault_at(&format!("PIVOT gives the column `{}` twice", name.value), *span));
        }
        names.push(&name.value);
    }

    let mut items: Vec<SelectItem> = groups.iter().cloned().map(item).collect();
    items.extend(spread.into_iter().map(|(alias, expr, _)| SelectItem::ExprWithAlias { expr, alias }));
    let query = built("select 1", |select| {
        select.projection = items;
        select.from = alone(*table);
        select.group_by = GroupByExpr::Expressions(groups.into_iter().map(Expr::Identifier).collect(), Vec::new());
    })?;
    Ok(derived(query, alias.unwrap_or_else(|| named_as("pivot"))))
}

/// `aggregate filter (where key = value)`.
fn of_value(function: &Function, keys: &[String], values: &[Expr], default: Option<&Expr>) -> Expr {
    let mut function = function.clone();
    let own = function.filter.take().map(Expr::Nested);
    let equal = keys.iter().zip(values).map(|(key, value)| {
        let key = Box::new(Expr::Identifier(Ident::with_quote('"', key)));
        match value.to_string().eq_ignore_ascii_case("null") {
            true => Expr::IsNull(key),
            false => joined(*key, BinaryOperator::Eq, value.clone()),
        }
    });
    let both = |left, right| joined(left, BinaryOperator::And, right);
    function.filter = own.into_iter().chain(equal).reduce(both).map(Box::new);
    let aggregate = Expr::Function(function);
    match default {
        Some(default) => call("coalesce", vec![aggregate, default.clone()]),
        None => aggregate,
    }
}

/// A row for each of the listed columns, with its name and its value.
fn unpivot(factor: TableFactor, input: &Schema) -> Result<TableFactor, DataFusionError> {
    let TableFactor::Unpivot { table, value, name, columns, null_inclusion, alias } = factor else {
        return Ok(factor);
    };
    let values: Vec<Ident> = match &value {
        Expr::Tuple(parts) => parts.iter().map(plain_name).collect::<Option<_>>(),
        one => plain_name(one).map(|name| vec![name]),
    }
    .ok_or_else(|| fault("UNPIVOT needs a name for its values", &value))?;
    let mut labels = Vec::new();
    let mut lists: Vec<Vec<String>> = vec![Vec::new(); values.len()];
    for listed in &columns {
        let parts = parts_of(&listed.expr, values.len(), "column")?;
        let names = parts.iter().map(|part| column(part, input, "UNPIVOT")).collect::<Result<Vec<_>, _>>()?;
        labels.push(listed.alias.as_ref().map_or_else(|| names.join("_"), super::stored_name));
        for (list, name) in lists.iter_mut().zip(names) {
            list.push(name);
        }
    }
    let named: Vec<String> = lists.iter().flatten().cloned().collect();
    let kept = others(input, &named);
    for new in std::iter::once(&name).chain(&values) {
        if kept.iter().any(|kept| kept.value == super::stored_name(new)) {
            return Err(fault_at(&format!("UNPIVOT gives the column `{}` twice", new.value), new.span));
        }
    }

    let mut items: Vec<SelectItem> = kept.into_iter().map(item).collect();
    let rows = |list: Vec<Expr>| call("unnest", vec![call("make_array", list)]);
    let labels = labels.iter().map(|label| text(label)).collect();
    items.push(SelectItem::ExprWithAlias { expr: rows(labels), alias: name });
    for (list, alias) in lists.iter().zip(&values) {
        let expr = rows(of_one_type(list, input, &value)?);
        items.push(SelectItem::ExprWithAlias { expr, alias: alias.clone() });
    }
    let inner = built("select 1", |select| {
        select.projection = items;
        select.from = alone(*table);
    })?;
    let outer = built("select *", |select| {
        select.from = alone(derived(inner, named_as("unpivot")));
        if !matches!(null_inclusion, Some(NullInclusion::IncludeNulls)) {
            let there = values.into_iter().map(|value| Expr::IsNotNull(Box::new(Expr::Identifier(value))));
            select.selection = there.reduce(|left, right| joined(left, BinaryOperator::Or, right));
        }
    })?;
    Ok(derived(outer, alias.unwrap_or_else(|| named_as("unpivot"))))
}

/// Columns that go into one list: of one type, or numbers.
fn of_one_type(names: &[String], input: &Schema, place: &Expr) -> Result<Vec<Expr>, DataFusionError> {
    let kind = |name: &String| input.field_with_name(name).map(|field| field.data_type().clone());
    let kinds = names.iter().map(kind).collect::<Result<Vec<_>, _>>()?;
    let first = kinds.iter().find(|kind| !kind.is_null()).unwrap_or(&DataType::Null);
    let odd = kinds.iter().position(|kind| {
        !kind.is_null() && types::text(kind) != types::text(first) && !(kind.is_numeric() && first.is_numeric())
    });
    if let Some(odd) = odd {
        let message = format!(
            "UNPIVOT needs columns of one type: `{}` is {}, `{}` is {}; cast them before",
            names[0],
            types::text(first),
            names[odd],
            types::text(&kinds[odd])
        );
        return Err(fault(&message, place));
    }
    let double = kinds.iter().any(DataType::is_floating) && !kinds.iter().all(|kind| kind == first);
    let column = |name: &String| Expr::Identifier(Ident::with_quote('"', name));
    let double_precision = datafusion::sql::sqlparser::ast::DataType::DoublePrecision;
    Ok(names
        .iter()
        .map(column)
        .map(|column| if double { plain_cast(column, double_precision.clone()) } else { column })
        .collect())
}

/// The parts of a listed value or column: one, or as many in parentheses as are wanted.
fn parts_of(expr: &Expr, wanted: usize, what: &str) -> Result<Vec<Expr>, DataFusionError> {
    let parts = match expr {
        Expr::Tuple(parts) => parts.clone(),
        Expr::Nested(inner) => vec![inner.as_ref().clone()],
        one => vec![one.clone()],
    };
    if parts.len() == wanted {
        return Ok(parts);
    }
    Err(fault(&format!("{wanted} {what}s are needed here, not {}", parts.len()), expr))
}

/// The column of the input that an expression names.
fn column(expr: &Expr, input: &Schema, word: &str) -> Result<String, DataFusionError> {
    let Some(name) = last_name(expr) else {
        return Err(fault(&format!("{word} needs the name of a column here"), expr));
    };
    let name = super::stored_name(&name);
    if input.field_with_name(&name).is_ok() {
        return Ok(name);
    }
    let mut diagnostic = diagnostic(&format!("the input of {word} has no column `{name}`"), expr.span());
    let names = input.fields().iter().map(|field| field.name().as_str());
    if let Some(near) = crate::diagnostic::closest(&name, names) {
        diagnostic.add_help(format!("did you mean `{near}`?"), None);
    }
    Err(with_place(diagnostic))
}

fn last_name(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Identifier(name) => Some(name.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().cloned(),
        _ => None,
    }
}

fn plain_name(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Identifier(name) => Some(name.clone()),
        _ => None,
    }
}

/// The columns that an expression names.
fn columns_in(expr: &Expr) -> Vec<String> {
    struct Names(Vec<String>);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.0.extend(last_name(expr).as_ref().map(super::stored_name));
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    let _ = expr.visit(&mut names);
    names.0
}

/// The columns of the input that are not among those named.
fn others(input: &Schema, named: &[String]) -> Vec<Ident> {
    let names = input.fields().iter().map(|field| field.name()).filter(|name| !named.contains(name));
    names.map(|name| Ident::with_quote('"', name)).collect()
}

/// A constant as the name of a column.
fn value_name(value: &Expr) -> String {
    use datafusion::sql::sqlparser::ast::Value;
    match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => value_name(inner),
        Expr::TypedString(typed) => typed.value.value.clone().into_string().unwrap_or_default(),
        other => other.to_string(),
    }
}

/// A query of ours, of parts that users wrote.
fn built(sql: &str, build: impl FnOnce(&mut Select)) -> Result<Box<Query>, DataFusionError> {
    let mut query = super::query(sql).map_err(error::into_datafusion)?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        build(select);
    }
    Ok(query)
}

fn item(name: Ident) -> SelectItem {
    SelectItem::UnnamedExpr(Expr::Identifier(name))
}

fn joined(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn alone(relation: TableFactor) -> Vec<TableWithJoins> {
    vec![TableWithJoins { relation, joins: Vec::new() }]
}

fn named_as(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::new(name), columns: Vec::new(), at: None }
}

fn derived(subquery: Box<Query>, alias: TableAlias) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None }
}

fn diagnostic(message: &str, span: datafusion::sql::sqlparser::tokenizer::Span) -> Diagnostic {
    Diagnostic::new_error(message, Span::try_from_sqlparser_span(span))
}

fn with_place(diagnostic: Diagnostic) -> DataFusionError {
    let cause = AdapterError::new(AdapterErrorKind::Sql, diagnostic.message.clone());
    error::into_datafusion(cause).with_diagnostic(diagnostic)
}

fn fault(message: &str, place: &Expr) -> DataFusionError {
    fault_at(message, place.span())
}

fn fault_at(message: &str, span: datafusion::sql::sqlparser::tokenizer::Span) -> DataFusionError {
    with_place(diagnostic(message, span))
}
