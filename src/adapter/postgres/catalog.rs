//! What stands in the database, asked of its catalog: one query each.

use tokio_postgres::SimpleQueryRow;

use super::dialect::quote_literal;
use crate::relation::{CatalogRelation, Column, Grants, IndexSpec, Relation, RelationKind, RelationSize, SchemaRef};

/// All relations of some schemas: name of the schema, of the relation, kind.
pub(super) fn relations_query(schemas: &[SchemaRef]) -> String {
    format!(
        "select n.nspname, c.relname, c.relkind\nfrom pg_class c join pg_namespace n on n.oid = c.relnamespace\n\
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ({})\norder by n.nspname, c.relname",
        names(schemas)
    )
}

/// All schemas of the database.
pub(super) const SCHEMAS_QUERY: &str = "select nspname from pg_namespace order by nspname";

/// A relation's columns: name, type, whether it may be null, comment.
pub(super) fn columns_query(relation: &Relation) -> String {
    format!(
        "select attname, format_type(atttypid, atttypmod), not attnotnull, col_description(attrelid, attnum)\n\
         from pg_attribute where attrelid = to_regclass({}) and attnum > 0 and not attisdropped order by attnum",
        quote_literal(&relation.render())
    )
}

/// Who else may do what with a relation, as far as this user said so: grantee, privilege.
pub(super) fn grants_query(relation: &Relation) -> String {
    format!(
        "select pg_get_userbyid(p.grantee), lower(p.privilege_type)\nfrom pg_class c, aclexplode(c.relacl) p\n\
         where c.oid = to_regclass({}) and p.grantee <> 0 and p.grantee <> c.relowner\n  \
         and pg_get_userbyid(p.grantor) = current_user\norder by 2, 1",
        quote_literal(&relation.render())
    )
}

/// Indexes of a relation that stand for themselves, not for a constraint: name, columns, whether it is
/// unique, method.
pub(super) fn indexes_query(relation: &Relation) -> String {
    format!(
        "select i.relname, array_to_string(array(\n  \
         select pg_get_indexdef(x.indexrelid, place, true) from generate_series(1, x.indnkeyatts) place), ','),\n  \
         x.indisunique, m.amname\nfrom pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam\n\
         where x.indrelid = to_regclass({})\n  \
         and not exists (select from pg_constraint k where k.conindid = x.indexrelid)\norder by i.relname",
        quote_literal(&relation.render())
    )
}

/// Full names of the types of a statement's columns; `None` if it has none.
pub(super) fn type_names_query(columns: &[tokio_postgres::Column]) -> Option<String> {
    let list =
        |number: &dyn Fn(&tokio_postgres::Column) -> String| columns.iter().map(number).collect::<Vec<_>>().join(",");
    (!columns.is_empty()).then(|| {
        format!(
            "select format_type(kind, modifier) from unnest('{{{}}}'::oid[], '{{{}}}'::int[]) \
             with ordinality as t(kind, modifier, place) order by place",
            list(&|column| column.type_().oid().to_string()),
            list(&|column| column.type_modifier().to_string()),
        )
    })
}

/// Everything `docs generate` shows, a row a column.
pub(super) fn catalog_query(schemas: &[SchemaRef]) -> String {
    format!(
        "select n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner), obj_description(c.oid, 'pg_class'),\n  \
         a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull, col_description(c.oid, a.attnum)\n\
         from pg_class c join pg_namespace n on n.oid = c.relnamespace\n\
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped\n\
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence in ('p', 'u') and n.nspname in ({})\n\
         order by n.nspname, c.relname, a.attnum",
        names(schemas)
    )
}

/// How many bytes tables and their indexes take: schema, name, bytes.
pub(super) fn sizes_query(tables: &[Relation]) -> String {
    let literals = |part: fn(&Relation) -> &String| {
        tables.iter().map(|table| quote_literal(part(table))).collect::<Vec<String>>().join(", ")
    };
    format!(
        "select n.nspname, c.relname, pg_total_relation_size(c.oid)\nfrom unnest(array[{}], array[{}]) as t(schema_name, name)\n\
         join pg_namespace n on n.nspname = t.schema_name join pg_class c on c.relnamespace = n.oid and c.relname = t.name",
        literals(|table| &table.schema),
        literals(|table| &table.identifier)
    )
}

/// A row of [`sizes_query`].
pub(super) fn read_size(database: &str, row: &SimpleQueryRow) -> Option<RelationSize> {
    let relation = Relation::new(database, row.get(0)?, row.get(1)?);
    Some(RelationSize { relation, rows: None, bytes: row.get(2)?.parse().ok()? })
}

/// Literals for an `in` list; one that names no schema if there is none.
fn names(schemas: &[SchemaRef]) -> String {
    let names: Vec<String> = schemas.iter().map(|schema| quote_literal(&schema.schema)).collect();
    if names.is_empty() { "null".to_owned() } else { names.join(", ") }
}

/// A row of [`relations_query`].
pub(super) fn read_relation(database: &str, row: &SimpleQueryRow) -> Option<Relation> {
    Some(Relation::new(database, row.get(0)?, row.get(1)?).with_kind(kind(row.get(2)?)))
}

/// A row of [`columns_query`].
pub(super) fn read_column(row: &SimpleQueryRow) -> Option<Column> {
    column(row, 0)
}

/// The rows of [`grants_query`].
pub(super) fn read_grants(rows: &[SimpleQueryRow]) -> Grants {
    let mut grants = Grants::new();
    for row in rows {
        if let (Some(grantee), Some(privilege)) = (row.get(0), row.get(1)) {
            grants.entry(privilege.to_owned()).or_default().push(grantee.to_owned());
        }
    }
    grants
}

/// A row of [`indexes_query`].
pub(super) fn read_index(row: &SimpleQueryRow) -> Option<(String, IndexSpec)> {
    let spec = IndexSpec {
        columns: row.get(1)?.split(',').map(str::to_owned).collect(),
        unique: row.get(2)? == "t",
        method: row.get(3).map(str::to_owned),
    };
    Some((row.get(0)?.to_owned(), spec))
}

/// The rows of [`catalog_query`], a relation's columns together.
pub(super) fn read_catalog(database: &str, rows: &[SimpleQueryRow]) -> Vec<CatalogRelation> {
    let mut relations: Vec<CatalogRelation> = Vec::new();
    for row in rows {
        let Some(next) = read_catalog_row(database, row) else { continue };
        match relations.last_mut() {
            Some(last) if last.relation.same_place(&next.relation) => last.columns.extend(next.columns),
            _ => relations.push(next),
        }
    }
    relations
}

fn read_catalog_row(database: &str, row: &SimpleQueryRow) -> Option<CatalogRelation> {
    let relation = read_relation(database, row)?;
    let table_type = match relation.kind {
        Some(RelationKind::View) => "VIEW",
        Some(RelationKind::MaterializedView) => "MATERIALIZED VIEW",
        _ => "BASE TABLE",
    };
    Some(CatalogRelation {
        relation,
        table_type: table_type.to_owned(),
        owner: row.get(3).map(str::to_owned),
        comment: row.get(4).map(str::to_owned),
        columns: column(row, 5).into_iter().collect(),
        stats: Vec::new(),
    })
}

fn column(row: &SimpleQueryRow, from: usize) -> Option<Column> {
    Some(Column {
        name: row.get(from)?.to_owned(),
        data_type: row.get(from + 1)?.to_owned(),
        nullable: row.get(from + 2)? == "t",
        comment: row.get(from + 3).map(str::to_owned),
    })
}

fn kind(relkind: &str) -> RelationKind {
    match relkind {
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        "f" => RelationKind::External,
        _ => RelationKind::Table,
    }
}
