use super::name;
use super::statements::{Statements, Tag};
use super::table::{create_indexes, rename_indexes};
use super::{Trust, swap};
use crate::relation::{Relation, RelationKind, TableOptions};

const CREATE_VIEW: Tag = Tag::plain("CREATE VIEW");

/// The view shows the query.
///
/// `create or replace` keeps the view's identity and all that hangs on it, but only while the old
/// columns stay; otherwise the view is built beside the old relation and put in its place.
pub(super) fn replace(target: &Relation, existing: Option<RelationKind>, query: &str, trust: Trust) -> Statements {
    let mut statements = Statements::default();
    if trust == Trust::Hint && matches!(existing, None | Some(RelationKind::View)) {
        statements.push_query(CREATE_VIEW, &format!("create or replace view {target} as ("), query, ")");
        return statements;
    }
    let replacement = name::replacement(target);
    statements.push_query(CREATE_VIEW, &format!("create view {replacement} as ("), query, ")");
    statements.push(Tag::DO, swap::swap(target, &replacement));
    statements
}

/// The materialized view holds the query's rows.
pub(super) fn replace_materialized(
    target: &Relation,
    nothing_there: bool,
    query: &str,
    options: &TableOptions,
) -> Statements {
    let mut statements = Statements::default();
    if nothing_there {
        statements.push_query(Tag::SELECT, &format!("create materialized view {target} as ("), query, ")");
        create_indexes(&mut statements, target, &options.indexes);
        return statements;
    }
    let replacement = name::replacement(target);
    statements.push_query(Tag::SELECT, &format!("create materialized view {replacement} as ("), query, ")");
    create_indexes(&mut statements, &replacement, &options.indexes);
    statements.push(Tag::DO, swap::swap(target, &replacement));
    rename_indexes(&mut statements, target, &replacement, &options.indexes);
    statements
}

/// The materialized view's rows are brought up to date.
pub(super) fn refresh(relation: &Relation) -> Statements {
    let sql = format!("refresh materialized view {relation}");
    Statements::one(Tag::plain("REFRESH MATERIALIZED VIEW"), sql)
}

/// A view on another relation: rows are not copied.
pub(super) fn clone(target: &Relation, existing: Option<RelationKind>, source: &Relation, trust: Trust) -> Statements {
    replace(target, existing, &format!("select * from {source}"), trust)
}
