//! Command tags: the driver keeps the server's count and drops its word, which is put back here.

use crate::outcome::AdapterResponse;

/// A response as dbt words it: `SELECT 5`, `INSERT 0 3`, `CREATE VIEW`.
pub(super) fn of_tag(word: &str, rows: Option<u64>) -> AdapterResponse {
    let message = rows.map_or_else(|| word.to_owned(), |rows| format!("{word} {rows}"));
    let code = word.split(' ').filter(|part| part.parse::<u64>().is_err()).collect::<Vec<_>>().join(" ");
    AdapterResponse { message, code, rows_affected: rows }
}

/// The response to a user's own text, judged by the words its last statement begins with.
pub(super) fn of_text(sql: &str, last_count: Option<u64>) -> AdapterResponse {
    let words = first_words(last_statement(sql));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(count) = last_count else { return AdapterResponse::default() };
    match words.as_slice() {
        [] => AdapterResponse::default(),
        ["SELECT" | "WITH" | "VALUES" | "TABLE", ..] => of_tag("SELECT", Some(count)),
        ["INSERT", ..] => of_tag("INSERT 0", Some(count)),
        [word @ ("UPDATE" | "DELETE" | "MERGE" | "COPY"), ..] => of_tag(word, Some(count)),
        // A table made from a query is answered as the query.
        ["CREATE", ..] if count > 0 => of_tag("SELECT", Some(count)),
        [verb @ ("CREATE" | "DROP" | "ALTER"), rest @ ..] => match object(rest) {
            Some(object) => of_tag(&format!("{verb} {object}"), None),
            None => of_tag(verb, None),
        },
        [word, ..] => of_tag(word, None),
    }
}

/// Whether a text leaves nothing behind in its session, as far as its first word tells.
pub(super) fn only_reads(sql: &str) -> bool {
    let words = first_words(last_statement(sql));
    let reads = ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"];
    words.first().is_some_and(|word| reads.contains(&word.as_str()))
        && !sql.trim_end_matches([';', ' ', '\n']).contains(';')
}

fn object(words: &[&str]) -> Option<String> {
    const BETWEEN: [&str; 9] =
        ["OR", "REPLACE", "TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "UNIQUE", "RECURSIVE"];
    match words.iter().find(|word| !BETWEEN.contains(word)).copied()? {
        "MATERIALIZED" => Some("MATERIALIZED VIEW".to_owned()),
        "FOREIGN" => Some("FOREIGN TABLE".to_owned()),
        word => Some(word.to_owned()),
    }
}

fn first_words(statement: &str) -> Vec<String> {
    let letters = |character: char| !(character.is_ascii_alphabetic() || character == '_');
    statement.split(letters).filter(|word| !word.is_empty()).take(6).map(str::to_ascii_uppercase).collect()
}

/// Whether a text is one statement at most.
pub(super) fn is_one_statement(sql: &str) -> bool {
    statements(sql).len() < 2
}

fn last_statement(sql: &str) -> &str {
    statements(sql).last().copied().unwrap_or_default()
}

/// The text from each statement's first word on, to the very end; comments before it are passed over.
fn statements(sql: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut is_within, mut at) = (false, 0);
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, is_blank) = token(rest);
        if rest.starts_with(';') {
            is_within = false;
        } else if !is_within && !is_blank {
            is_within = true;
            statements.push(rest);
        }
        at += length;
    }
    statements
}

/// Byte length of the token at the start, and whether it is space or comment.
fn token(rest: &str) -> (usize, bool) {
    let until = |from: usize, end: &str| {
        rest.get(from..).and_then(|tail| tail.find(end)).map_or(rest.len(), |found| from + found + end.len())
    };
    if rest.starts_with("--") {
        return (until(2, "\n"), true);
    }
    if rest.starts_with("/*") {
        return (until(2, "*/"), true);
    }
    match rest.chars().next() {
        Some(quote @ ('\'' | '"')) => (until(1, if quote == '"' { "\"" } else { "'" }), false),
        Some('$') => match dollar_tag(rest) {
            Some(tag) => (until(tag.len(), tag), false),
            None => (1, false),
        },
        Some(character) => (character.len_utf8(), character.is_whitespace()),
        None => (0, true),
    }
}

fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest.get(1..)?.find('$')? + 2;
    let tag = rest.get(..end)?;
    let name = tag.trim_matches('$');
    name.chars().all(|character| character.is_alphanumeric() || character == '_').then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sql: &str, count: u64) -> String {
        of_text(sql, Some(count)).message
    }

    #[test]
    fn the_last_statement_gives_the_word() {
        assert_eq!(message("create table t (a int); insert into t values (1), (2)", 2), "INSERT 0 2");
        assert_eq!(
            message("-- insert\n/* delete */ create or replace view v as select 1;\n-- end\n", 0),
            "CREATE VIEW"
        );
        assert_eq!(message("create temporary table t as select 1", 1), "SELECT 1");
        assert_eq!(message("grant select on t to u", 0), "GRANT");
        assert_eq!(message("drop materialized view v", 0), "DROP MATERIALIZED VIEW");
    }

    #[test]
    fn quotes_hide_semicolons() {
        assert_eq!(message("update t set a = 'x; select' where b = \"c;d\"", 3), "UPDATE 3");
        assert_eq!(message("do $x$ begin; perform 1; end $x$", 0), "DO");
    }

    #[test]
    fn statements_are_told_apart() {
        assert!(is_one_statement("select ';' -- ;\n; /* ; */ \n"));
        assert!(is_one_statement(""));
        assert!(!is_one_statement("begin; select 1"));
    }

    #[test]
    fn nothing_but_comments_is_no_statement() {
        assert_eq!(message("-- nothing", 0), "");
    }
}
