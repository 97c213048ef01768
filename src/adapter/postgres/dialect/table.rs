use super::name;
use super::statements::{Statements, Tag};
use super::{Trust, swap};
use crate::relation::{Column, IndexSpec, Relation, ShapedColumn, TableOptions, TableShape};

const CREATE_TABLE: Tag = Tag::plain("CREATE TABLE");
const CREATE_INDEX: Tag = Tag::plain("CREATE INDEX");
const DROP_TABLE: Tag = Tag::plain("DROP TABLE");

/// A table to be built from a query.
pub(super) struct Build<'a> {
    pub(super) target: &'a Relation,
    pub(super) query: &'a str,
    pub(super) shape: &'a TableShape,
    pub(super) options: &'a TableOptions,
}

impl Build<'_> {
    /// The table under its own name, where nothing stands.
    pub(super) fn create(&self) -> Statements {
        let mut statements = Statements::default();
        self.create_as(self.target, &mut statements);
        create_indexes(&mut statements, self.target, &self.options.indexes);
        statements
    }

    /// The table built beside whatever stands there, then put in its place.
    pub(super) fn replace(&self) -> Statements {
        let replacement = name::replacement(self.target);
        let mut statements = Statements::default();
        if self.names_constraints() {
            statements.push(Tag::DO, swap::free_index_names(self.target));
        }
        self.create_as(&replacement, &mut statements);
        create_indexes(&mut statements, &replacement, &self.options.indexes);
        statements.push(Tag::DO, swap::swap(self.target, &replacement));
        rename_indexes(&mut statements, self.target, &replacement, &self.options.indexes);
        statements
    }

    fn create_as(&self, relation: &Relation, statements: &mut Statements) {
        let create = create_words(self.options);
        match &self.shape.columns {
            None => {
                let before = format!("{create} {relation} as (");
                statements.push_query(Tag::SELECT, &before, self.query, ")");
            }
            Some(columns) => {
                statements.push(CREATE_TABLE, format!("{create} {relation} ({})", self.body(columns)));
                let names = name::join(columns, |column| column.name.clone());
                let before = format!("insert into {relation} ({names}) (\nselect {names} from (");
                statements.push_query(Tag::INSERT, &before, self.query, ") as model_subq\n)");
            }
        }
    }

    fn body(&self, columns: &[ShapedColumn]) -> String {
        let columns = columns.iter().map(|column| {
            let mut text = format!("{} {}", column.name, column.data_type);
            for constraint in &column.constraints {
                text.push(' ');
                text.push_str(constraint);
            }
            text
        });
        let clauses: Vec<String> = columns.chain(self.shape.constraints.iter().cloned()).collect();
        format!("\n  {}\n", clauses.join(",\n  "))
    }

    /// Whether a constraint has a name of its own: those with an index must be unique in a schema.
    fn names_constraints(&self) -> bool {
        let of_columns = self.shape.columns.iter().flatten().flat_map(|column| &column.constraints);
        of_columns.chain(&self.shape.constraints).any(|clause| clause.to_ascii_lowercase().contains("constraint"))
    }
}

/// A table without rows, with these columns.
pub(super) fn create_empty(
    target: &Relation,
    nothing_there: bool,
    columns: &[Column],
    options: &TableOptions,
) -> Statements {
    let body = name::join(columns, |column| {
        let null = if column.nullable { "" } else { " not null" };
        format!("{} {}{null}", name::quote_identifier(&column.name), column.data_type)
    });
    let create = create_words(options);
    if nothing_there {
        let mut statements = Statements::one(CREATE_TABLE, format!("{create} {target} ({body})"));
        create_indexes(&mut statements, target, &options.indexes);
        return statements;
    }
    let replacement = name::replacement(target);
    let mut statements = Statements::one(CREATE_TABLE, format!("{create} {replacement} ({body})"));
    create_indexes(&mut statements, &replacement, &options.indexes);
    statements.push(Tag::DO, swap::swap(target, &replacement));
    rename_indexes(&mut statements, target, &replacement, &options.indexes);
    statements
}

/// What stands at `from` comes to stand at `target`, in the place of whatever is there.
pub(super) fn put_in_place(from: &Relation, target: &Relation, indexes: &[IndexSpec]) -> Statements {
    let mut statements = Statements::default();
    create_indexes(&mut statements, from, indexes);
    statements.push(Tag::DO, swap::swap(target, from));
    rename_indexes(&mut statements, target, from, indexes);
    statements
}

/// A table of the session only.
pub(super) fn create_temporary(target: &Relation, query: &str, trust: Trust) -> Statements {
    let table = name::temporary(target);
    let mut statements = Statements::default();
    if trust == Trust::Nothing {
        statements.push(DROP_TABLE, format!("drop table if exists pg_temp.{table}"));
    }
    statements.push_query(Tag::SELECT, &format!("create temporary table {table} as ("), query, ")");
    statements
}

fn create_words(options: &TableOptions) -> &'static str {
    if options.unlogged { "create unlogged table" } else { "create table" }
}

/// Creates indexes on a table (or materialized view) under names that follow from the relation's.
pub(super) fn create_indexes(statements: &mut Statements, relation: &Relation, indexes: &[IndexSpec]) {
    for index in distinct(indexes) {
        let unique = if index.unique { "unique " } else { "" };
        let method = index.method.as_ref().map(|method| format!(" using {method}")).unwrap_or_default();
        let name = name::quote_identifier(&name::index(relation, index));
        let columns = index.columns.join(", ");
        statements.push(CREATE_INDEX, format!("create {unique}index {name} on {relation}{method} ({columns})"));
    }
}

/// Indexes go and come; the relation's rows stay.
pub(super) fn alter_indexes(relation: &Relation, drop: &[String], create: &[IndexSpec]) -> Statements {
    let mut statements = Statements::default();
    for index in drop {
        let index = relation.renamed(index);
        statements.push(Tag::plain("DROP INDEX"), format!("drop index if exists {index}"));
    }
    create_indexes(&mut statements, relation, create);
    statements
}

/// Gives indexes of a swapped-in relation the names they have without a swap.
pub(super) fn rename_indexes(
    statements: &mut Statements,
    target: &Relation,
    replacement: &Relation,
    indexes: &[IndexSpec],
) {
    for index in distinct(indexes) {
        let now = target.renamed(name::index(replacement, index)).render();
        let then = name::quote_identifier(&name::index(target, index));
        statements.push(Tag::plain("ALTER INDEX"), format!("alter index {now} rename to {then}"));
    }
}

fn distinct(indexes: &[IndexSpec]) -> impl Iterator<Item = &IndexSpec> {
    indexes
        .iter()
        .enumerate()
        .filter(|(at, index)| !indexes.iter().take(*at).any(|other| other == *index))
        .map(|(_, index)| index)
}
