use std::ops::Range;

use crate::relation::{Relation, RelationOp};

/// How a warehouse writes SQL: pure text, testable without a warehouse.
pub trait Dialect: Send + Sync {
    /// An identifier in quotes, inner quotes doubled.
    fn quote(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    /// A string literal.
    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// A relation's name.
    fn relation(&self, relation: &Relation) -> String {
        relation.render()
    }

    /// Where a relation is made that is then put in the place of another.
    fn beside(&self, target: &Relation) -> Relation {
        target.renamed(format!("{}__aq_tmp", target.identifier))
    }

    /// The statements of an operation; `target/run` shows them.
    fn render(&self, op: &RelationOp) -> Script;

    /// The word under which messages and contracts compare a type: types with one word count as the
    /// same.
    fn type_label(&self, data_type: &str) -> String {
        data_type.to_ascii_uppercase()
    }

    /// The type for a seed column inferred as text, integer, number, boolean, date, timestamp.
    fn seed_type(&self, inferred: SeedType) -> &'static str;
}

/// Types that seed columns are inferred as (agate's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeedType {
    /// Text.
    Text,
    /// Whole numbers that fit 64 bits (32 bits: see the dialect).
    Integer,
    /// Numbers with fractions.
    Number,
    /// true / false.
    Boolean,
    /// Dates.
    Date,
    /// Dates with times.
    Timestamp,
    /// Times of day.
    Time,
}

/// SQL text with the place of the user's query in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// One or more statements.
    pub sql: String,
    /// Bytes of `sql` that are the user's query.
    pub query: Option<Range<usize>>,
}

impl Script {
    /// A statement without a user's query.
    pub fn plain(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), query: None }
    }

    /// `before` + `query` + `after`, the middle remembered.
    pub fn around(before: &str, query: &str, after: &str) -> Self {
        let start = before.len();
        Self { sql: format!("{before}{query}{after}"), query: Some(start..start + query.len()) }
    }

    /// Byte offset in the user's query of a byte offset in `sql`, when it falls into it.
    pub fn query_offset(&self, offset: usize) -> Option<usize> {
        let range = self.query.as_ref()?;
        range.contains(&offset).then(|| offset - range.start)
    }
}
