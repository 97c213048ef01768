use super::name;
use super::statements::{Statements, Tag};
use crate::relation::Relation;

/// Rows of a query on their way into an existing table.
pub(super) struct Write<'a> {
    pub(super) target: &'a Relation,
    pub(super) columns: &'a [String],
    pub(super) query: &'a str,
}

/// The query's rows are added, matched by column name.
pub(super) fn append(target: &Relation, columns: &[String], query: &str) -> Statements {
    let columns = name::quote_columns(columns);
    let mut statements = Statements::default();
    let before = format!("insert into {target} ({columns}) (\nselect {columns} from (");
    statements.push_query(Tag::INSERT, &before, query, ") as model_subq\n)");
    statements
}

impl Write<'_> {
    /// Rows with a key of the query's go, then the query's rows come.
    ///
    /// The query runs once, into a temporary table: it may read the target, and must see it whole.
    pub(super) fn delete_insert(&self, unique_key: &[String], predicates: &[String]) -> Statements {
        if unique_key.is_empty() {
            return append(self.target, self.columns, self.query);
        }
        let source = name::source(self.target);
        let keys = unique_key.join(", ");
        let mut delete = format!(
            "delete from {} as DBT_INTERNAL_DEST\nwhere ({keys}) in (\nselect distinct {keys} from {source} as DBT_INTERNAL_SOURCE\n)",
            self.target
        );
        for predicate in predicates {
            delete.push_str(&format!("\nand {predicate}"));
        }
        self.delete_then_insert(&delete)
    }

    /// Rows that satisfy the predicate go, then the query's rows come.
    pub(super) fn replace_where(&self, predicate: &str) -> Statements {
        self.delete_then_insert(&format!("delete from {}\nwhere {predicate}\n", self.target))
    }

    fn delete_then_insert(&self, delete: &str) -> Statements {
        let source = name::source(self.target);
        let columns = name::quote_columns(self.columns);
        let insert = format!("insert into {} ({columns}) (\nselect {columns} from {source}\n)", self.target);
        let mut statements = Statements::default();
        statements
            .push_query(Tag::SELECT, &format!("create temporary table {source} on commit drop as ("), self.query, ")")
            .push(Tag::DELETE, delete)
            .push(Tag::INSERT, insert)
            .answers()
            .push(Tag::plain("DROP TABLE"), format!("drop table {source}"));
        statements
    }
}
