use indexmap::IndexMap;

use super::statements::{Statements, Tag};
use super::template::block;
use super::{Trust, name};
use crate::relation::{GrantChange, Relation, RelationKind, SchemaRef};

const COMMENT: &str = include_str!("comment.sql");
const CREATE_SCHEMA: &str = include_str!("create_schema.sql");
const DROP: &str = include_str!("drop.sql");

/// The schema exists, also when two create it at once, and also for a role that may not create one
/// when it is there already.
pub(super) fn create_schema(schema: &SchemaRef) -> Statements {
    let name = name::schema(schema);
    let literal = name::quote_literal(&schema.schema);
    Statements::one(Tag::plain("CREATE SCHEMA"), block(CREATE_SCHEMA, &[("{literal}", &literal), ("{name}", &name)]))
}

/// The schema and all in it are gone.
pub(super) fn drop_schema(schema: &SchemaRef) -> Statements {
    Statements::one(Tag::plain("DROP SCHEMA"), format!("drop schema if exists {} cascade", name::schema(schema)))
}

/// All rows go.
pub(super) fn truncate(relation: &Relation) -> Statements {
    Statements::one(Tag::plain("TRUNCATE TABLE"), format!("truncate table {relation}"))
}

/// The relation is gone; where its kind is not known, the server finds it out.
pub(super) fn drop(relation: &Relation, cascade: bool, trust: Trust) -> Statements {
    let cascade = if cascade { " cascade" } else { "" };
    let (tag, word) = match relation.kind {
        Some(RelationKind::Table) => ("DROP TABLE", "table"),
        Some(RelationKind::View) => ("DROP VIEW", "view"),
        Some(RelationKind::MaterializedView) => ("DROP MATERIALIZED VIEW", "materialized view"),
        Some(RelationKind::External) => ("DROP FOREIGN TABLE", "foreign table"),
        Some(RelationKind::Cte) => return Statements::default(),
        None => ("DROP", ""),
    };
    if trust == Trust::Hint && !word.is_empty() {
        return Statements::one(Tag::plain(tag), format!("drop {word} if exists {relation}{cascade}"));
    }
    let named = name::quote_literal(&relation.render());
    Statements::one(Tag::plain(tag), block(DROP, &[("{name}", &named), ("{cascade}", cascade)]))
}

/// The relation has another name; `alter table` does it for every kind.
pub(super) fn rename(from: &Relation, to: &Relation) -> Statements {
    let mut statements = Statements::default();
    let mut from = from.clone();
    if !to.schema.is_empty() && to.schema != from.schema {
        let schema = name::schema(&to.schema_ref());
        statements.push(Tag::plain("ALTER TABLE"), format!("alter table {from} set schema {schema}"));
        from.schema.clone_from(&to.schema);
    }
    if to.identifier != from.identifier {
        let sql = format!("alter table {from} rename to {}", name::bare(to));
        statements.push(Tag::plain("ALTER TABLE"), sql).answers();
    }
    statements
}

/// Descriptions are stored. Columns the relation does not have are passed over, and what is stored
/// already is not written again.
pub(super) fn comment(
    relation: &Relation,
    description: Option<&str>,
    columns: &IndexMap<String, String>,
) -> Statements {
    let columns: serde_json::Map<String, serde_json::Value> =
        columns.iter().map(|(column, text)| (column.clone(), text.clone().into())).collect();
    let description = description.map_or_else(|| "null".to_owned(), name::quote_literal);
    let columns = name::quote_literal(&serde_json::Value::Object(columns).to_string());
    let named = name::quote_literal(&relation.render());
    let marks = [("{name}", named.as_str()), ("{description}", &description), ("{columns}", &columns)];
    Statements::one(Tag::plain("COMMENT"), block(COMMENT, &marks))
}

/// Privileges are given and taken.
///
/// COMPAT: privileges and grantees go in as written, unquoted; who loses one is quoted (dbt 1.11).
pub(super) fn grant(change: &GrantChange) -> Statements {
    let mut statements = Statements::default();
    let relation = &change.relation;
    for (privilege, grantees) in change.revoke.iter().filter(|(_, grantees)| !grantees.is_empty()) {
        let grantees = name::quote_columns(grantees);
        statements.push(Tag::plain("REVOKE"), format!("revoke {privilege} on {relation} from {grantees}"));
    }
    for (privilege, grantees) in change.grant.iter().filter(|(_, grantees)| !grantees.is_empty()) {
        statements.push(Tag::plain("GRANT"), format!("grant {privilege} on {relation} to {}", grantees.join(", ")));
    }
    statements.answers();
    statements
}
