//! What stands in a warehouse, as typed data: a [`Relation`], its [`Column`]s, the [`RelationOp`]s
//! that change it, and a [`Table`] of rows that came out of it.
//!
//! This module knows no SQL text: an adapter's dialect turns a [`RelationOp`] into statements.

mod catalog;
mod moment;
mod op;
mod table;

pub use catalog::{CatalogRelation, RelationSize};
pub use moment::Moment;
pub use op::{
    AlterColumns, ConflictPolicy, FunctionArgument, FunctionSpec, GrantChange, Grants, IndexSpec, MergeSpec,
    RelationOp, ShapedColumn, TableOptions, TableShape, Volatility,
};
pub use table::{Scalar, Table, TableError};

/// Which parts of a relation's name are quoted when rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuotePolicy {
    /// Quote the database part.
    pub database: bool,
    /// Quote the schema part.
    pub schema: bool,
    /// Quote the identifier part.
    pub identifier: bool,
}

impl Default for QuotePolicy {
    fn default() -> Self {
        Self { database: true, schema: true, identifier: true }
    }
}

/// What kind of thing a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// Rows are stored.
    Table,
    /// A stored query.
    View,
    /// A stored query with stored rows.
    MaterializedView,
    /// A table whose data stand outside the warehouse's own storage.
    External,
    /// A common table expression: nothing in the warehouse.
    Cte,
}

impl RelationKind {
    /// dbt's word for it (`view`, `table`, `materialized_view`, `external`, `cte`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialized_view",
            Self::External => "external",
            Self::Cte => "cte",
        }
    }

    /// The kind that a word of dbt's names.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "table" => Some(Self::Table),
            "view" => Some(Self::View),
            "materialized_view" | "materializedview" => Some(Self::MaterializedView),
            "external" => Some(Self::External),
            "cte" => Some(Self::Cte),
            _ => None,
        }
    }
}

/// A schema of a database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaRef {
    /// Database (catalog) name.
    pub database: String,
    /// Schema name.
    pub schema: String,
}

/// The full name of a relation, with its quoting and, where known, its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relation {
    /// Database (catalog) name.
    pub database: String,
    /// Schema name.
    pub schema: String,
    /// Name within the schema.
    pub identifier: String,
    /// Kind, if known.
    pub kind: Option<RelationKind>,
    /// Which parts are quoted.
    pub quote: QuotePolicy,
}

impl Relation {
    /// A fully quoted relation of unknown kind.
    pub fn new(database: impl Into<String>, schema: impl Into<String>, identifier: impl Into<String>) -> Self {
        Self {
            database: database.into(),
            schema: schema.into(),
            identifier: identifier.into(),
            kind: None,
            quote: QuotePolicy::default(),
        }
    }

    /// The relation that a text names: `identifier`, `schema.identifier` or
    /// `database.schema.identifier`, parts in double quotes if they must be; what is missing is given.
    pub fn parse(text: &str, database: &str, schema: &str) -> Option<Self> {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        for character in text.trim().chars() {
            match character {
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                other => parts.last_mut()?.push(other),
            }
        }
        if quoted || parts.iter().any(String::is_empty) {
            return None;
        }
        match parts.as_slice() {
            [identifier] => Some(Self::new(database, schema, identifier)),
            [schema, identifier] => Some(Self::new(database, schema, identifier)),
            [database, schema, identifier] => Some(Self::new(database, schema, identifier)),
            _ => None,
        }
    }

    /// The same relation with a kind.
    #[must_use]
    pub fn with_kind(mut self, kind: RelationKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The same place under another identifier, kind forgotten.
    #[must_use]
    pub fn renamed(&self, identifier: impl Into<String>) -> Self {
        Self { identifier: identifier.into(), kind: None, ..self.clone() }
    }

    /// Its schema.
    pub fn schema_ref(&self) -> SchemaRef {
        SchemaRef { database: self.database.clone(), schema: self.schema.clone() }
    }

    /// Whether both name the same place, whatever their quoting or kind.
    pub fn same_place(&self, other: &Relation) -> bool {
        self.database == other.database && self.schema == other.schema && self.identifier == other.identifier
    }

    /// `schema.identifier`, for messages.
    pub fn short(&self) -> String {
        format!("{}.{}", self.schema, self.identifier)
    }

    /// The name as SQL: parts joined by dots, each within double quotes where the policy says so.
    /// An empty database or schema is left out.
    pub fn render(&self) -> String {
        let parts = [
            (&self.database, self.quote.database),
            (&self.schema, self.quote.schema),
            (&self.identifier, self.quote.identifier),
        ];
        let rendered: Vec<String> =
            parts.iter().filter(|(part, _)| !part.is_empty()).map(|(part, quote)| quote_part(part, *quote)).collect();
        rendered.join(".")
    }
}

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render())
    }
}

fn quote_part(part: &str, quote: bool) -> String {
    if quote { format!("\"{}\"", part.replace('"', "\"\"")) } else { part.to_owned() }
}

/// A column as the warehouse describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name, as stored.
    pub name: String,
    /// The warehouse's own type text, with length or precision.
    pub data_type: String,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Comment stored with the column.
    pub comment: Option<String>,
}

impl Column {
    /// A nullable column without comment.
    pub fn new(name: impl Into<String>, data_type: impl Into<String>) -> Self {
        Self { name: name.into(), data_type: data_type.into(), nullable: true, comment: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_to_three_parts() {
        let parse = |text| Relation::parse(text, "db", "main").map(|relation| relation.render());
        assert_eq!(parse("orders").as_deref(), Some(r#""db"."main"."orders""#));
        assert_eq!(parse("sales.orders").as_deref(), Some(r#""db"."sales"."orders""#));
        assert_eq!(parse(r#"shop.sales."Big.Orders""#).as_deref(), Some(r#""shop"."sales"."Big.Orders""#));
        for broken in ["", "a..b", "a.b.c.d", r#""a"#, "."] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }
}
