use md5::{Digest, Md5};

use crate::relation::{IndexSpec, Relation, SchemaRef};

/// Longer identifiers are cut by the server without a word.
pub(crate) const MAX_IDENTIFIER_BYTES: usize = 63;

/// What a table or view is called while it is built beside the one it replaces.
const NEW_SUFFIX: &str = "__aq_tmp";
/// What the replaced one is called until it is dropped.
const OLD_SUFFIX: &str = "__aq_old";
/// What a temporary table with the rows of a query is called.
const SOURCE_SUFFIX: &str = "__aq_src";

/// An identifier in double quotes.
pub(crate) fn quote_identifier(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// A string literal.
pub(crate) fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text within dollar quotes that do not occur in it.
pub(super) fn dollar_quote(text: &str) -> String {
    let mut tag = "$aq$".to_owned();
    let mut number = 0;
    while text.contains(&tag) {
        number += 1;
        tag = format!("$aq{number}$");
    }
    format!("{tag}{text}{tag}")
}

/// Columns in double quotes, separated by commas.
pub(super) fn quote_columns<S: AsRef<str>>(columns: &[S]) -> String {
    join(columns, |column| quote_identifier(column.as_ref()))
}

/// Items rendered and separated by commas.
pub(super) fn join<T>(items: &[T], render: impl Fn(&T) -> String) -> String {
    items.iter().map(render).collect::<Vec<_>>().join(", ")
}

/// A relation's identifier alone, quoted by its policy.
pub(super) fn bare(relation: &Relation) -> String {
    let quote = crate::relation::QuotePolicy { database: false, schema: false, identifier: relation.quote.identifier };
    Relation { database: String::new(), schema: String::new(), quote, ..relation.clone() }.render()
}

/// A schema's name, without its database: there is only the one connected to.
pub(super) fn schema(schema: &SchemaRef) -> String {
    quote_identifier(&schema.schema)
}

/// The name a replacement is built under.
pub(super) fn replacement(target: &Relation) -> Relation {
    target.renamed(with_suffix(&target.identifier, NEW_SUFFIX))
}

/// The name the replaced relation gets until it is dropped.
pub(super) fn replaced(target: &Relation) -> Relation {
    target.renamed(with_suffix(&target.identifier, OLD_SUFFIX))
}

/// A temporary table of the session, for the rows to be written to a target.
pub(super) fn source(target: &Relation) -> Relation {
    temporary(&target.renamed(with_suffix(&target.identifier, SOURCE_SUFFIX)))
}

/// A relation's name without database and schema, as temporary tables have it.
pub(super) fn temporary(relation: &Relation) -> Relation {
    Relation { database: String::new(), schema: String::new(), ..relation.clone() }
}

/// An index's name: a hash of what it is, so that names are short and settled.
///
/// COMPAT: a name of 32 hexadecimal digits as dbt gives, though without the time of day (dbt 1.11).
pub(super) fn index(relation: &Relation, index: &IndexSpec) -> String {
    let method = index.method.as_deref().unwrap_or_default();
    let text = format!("{}_{}_{}_{method}", index.columns.join("_"), relation.render(), index.unique);
    hash(&text)
}

fn with_suffix(identifier: &str, suffix: &str) -> String {
    if identifier.len() + suffix.len() <= MAX_IDENTIFIER_BYTES {
        return format!("{identifier}{suffix}");
    }
    let mark = hash(identifier);
    let mark = mark.get(..8).unwrap_or(&mark);
    let room = MAX_IDENTIFIER_BYTES - suffix.len() - mark.len() - 1;
    let kept = identifier.floor_char_boundary(room);
    format!("{}_{mark}{suffix}", identifier.get(..kept).unwrap_or_default())
}

fn hash(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart_and_within_the_limit() {
        let long = "ü".repeat(31);
        let one = replacement(&Relation::new("d", "s", format!("{long}a"))).identifier;
        let two = replacement(&Relation::new("d", "s", format!("{long}b"))).identifier;
        assert!(one.len() <= MAX_IDENTIFIER_BYTES && two.len() <= MAX_IDENTIFIER_BYTES);
        assert_ne!(one, two);
        assert!(one.ends_with(NEW_SUFFIX));
    }

    #[test]
    fn the_limit_counts_bytes_not_characters() {
        let fits = "a".repeat(MAX_IDENTIFIER_BYTES - NEW_SUFFIX.len());
        assert_eq!(replacement(&Relation::new("d", "s", fits.clone())).identifier, format!("{fits}{NEW_SUFFIX}"));
    }

    #[test]
    fn dollar_quotes_give_way_to_the_text() {
        assert_eq!(dollar_quote("a $aq$ b"), "$aq1$a $aq$ b$aq1$");
    }
}
