use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// A query cut to a number of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// The query.
    pub text: String,
    /// Bytes that stand in front of the original query.
    pub before: usize,
}

/// The first rows of a query; `None` is all of them. A query that has a limit of its own is wrapped,
/// any other gets one, so that its order is kept.
pub fn limited(query: &str, rows: Option<usize>) -> Limited {
    let query = query.trim_end().trim_end_matches(';').trim_end();
    let Some(rows) = rows else { return Limited { text: query.to_owned(), before: 0 } };
    if has_limit(query) {
        let before = "select * from (\n";
        return Limited { text: format!("{before}{query}\n) as limited\nlimit {rows}"), before: before.len() };
    }
    Limited { text: format!("{query}\nlimit {rows}"), before: 0 }
}

/// Whether the whole query has a LIMIT or FETCH clause; a query that cannot be read has none.
fn has_limit(query: &str) -> bool {
    match Parser::parse_sql(&PostgreSqlDialect {}, query).as_deref() {
        Ok([Statement::Query(query)]) => query.limit_clause.is_some() || query.fetch.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_its_order_and_its_own_limit() {
        assert_eq!(limited("select 1 order by 1;\n", Some(5)).text, "select 1 order by 1\nlimit 5");
        assert_eq!(
            limited("select 1 limit 9", Some(5)).text,
            "select * from (\nselect 1 limit 9\n) as limited\nlimit 5"
        );
        assert_eq!(limited("select 1 -- limit 3", Some(2)).text, "select 1 -- limit 3\nlimit 2");
        assert_eq!(limited("select 1;", None).text, "select 1");
    }
}
