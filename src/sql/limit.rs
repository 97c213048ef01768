use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// The first rows of a query; `None` is all of them.
///
/// COMPAT: a query that has a limit of its own is not wrapped, so that the warehouse refuses it (dbt
/// 1.11); see [`has_limit`].
pub fn limited(query: &str, rows: Option<usize>) -> String {
    let query = query.trim_end().trim_end_matches(';').trim_end();
    rows.map_or_else(|| query.to_owned(), |rows| format!("{query}\nlimit {rows}"))
}

/// Whether the whole query has a LIMIT or FETCH clause; a query that cannot be read has none.
pub fn has_limit(query: &str) -> bool {
    match Parser::parse_sql(&PostgreSqlDialect {}, query).as_deref() {
        Ok([Statement::Query(query)]) => query.limit_clause.is_some() || query.fetch.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_its_order() {
        assert_eq!(limited("select 1 order by 1;\n", Some(5)), "select 1 order by 1\nlimit 5");
        assert_eq!(limited("select 1 -- limit 3", Some(2)), "select 1 -- limit 3\nlimit 2");
        assert_eq!(limited("select 1;", None), "select 1");
    }

    #[test]
    fn only_a_limit_of_the_whole_query_counts() {
        assert!(has_limit("select 1 limit 9"));
        assert!(!has_limit("select * from (select 1 limit 9) as x -- limit 3"));
    }
}
