/// A named query that another query reads as if it were a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cte {
    /// Its name, as SQL.
    pub name: String,
    /// Its query.
    pub query: String,
}

/// A query with something put in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    /// The whole.
    pub sql: String,
    /// Byte at which the insertion begins.
    pub at: usize,
    /// Its length in bytes.
    pub length: usize,
}

/// The query with common table expressions in front of its own ones.
///
/// A query that begins with WITH (RECURSIVE or not, comments before it or not) keeps it; any other gets
/// one of its own, in front of everything.
pub fn inject_ctes(query: &str, ctes: &[Cte]) -> Injected {
    if ctes.is_empty() {
        return Injected { sql: query.to_owned(), at: 0, length: 0 };
    }
    let list: Vec<String> = ctes.iter().map(|cte| format!("{} as (\n{}\n)", cte.name, cte.query)).collect();
    let list = list.join(", ");
    let (at, text) = match end_of_with(query) {
        Some(end) => (end, format!(" {list},")),
        None => (0, format!("with {list}\n")),
    };
    let (before, after) = query.split_at(at);
    Injected { sql: format!("{before}{text}{after}"), at, length: text.len() }
}

/// Byte after a leading WITH or WITH RECURSIVE.
fn end_of_with(query: &str) -> Option<usize> {
    let start = skip_blank(query, 0);
    let end = keyword(query, start, "with")?;
    let next = skip_blank(query, end);
    Some(keyword(query, next, "recursive").unwrap_or(end))
}

/// Byte after the keyword, if it stands at this byte as a whole word.
fn keyword(query: &str, at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    let found = query.get(at..end)?;
    let goes_on = query.get(end..)?.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    (found.eq_ignore_ascii_case(word) && !goes_on).then_some(end)
}

/// The first byte at or after `from` that is neither white space nor comment.
fn skip_blank(query: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = query.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let comment = if trimmed.starts_with("--") {
            trimmed.find('\n').map_or(trimmed.len(), |length| length + 1)
        } else if trimmed.starts_with("/*") {
            block_comment(trimmed)
        } else {
            return at;
        };
        at += comment;
    }
}

/// Length of a block comment; they nest, as in PostgreSQL.
fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => {
                (depth, at) = (depth.saturating_sub(1), at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(query: &str) -> String {
        inject_ctes(query, &[Cte { name: "x".to_owned(), query: "select 1".to_owned() }]).sql
    }

    #[test]
    fn a_query_keeps_its_own_with() {
        assert_eq!(injected("select * from x"), "with x as (\nselect 1\n)\nselect * from x");
        assert_eq!(
            injected("\n-- note\nWith a as (select 1) select 2"),
            "\n-- note\nWith x as (\nselect 1\n), a as (select 1) select 2"
        );
        assert_eq!(
            injected("with recursive a as (select 1) select 2"),
            "with recursive x as (\nselect 1\n), a as (select 1) select 2"
        );
        assert_eq!(injected("/* /* with */ */ withdrawals"), "with x as (\nselect 1\n)\n/* /* with */ */ withdrawals");
        assert_eq!(inject_ctes("select 1", &[]).sql, "select 1");
    }

    #[test]
    fn the_insertion_can_be_taken_out_again() {
        let query = "with a as (select 1) select 2";
        let Injected { sql, at, length } = inject_ctes(query, &[Cte { name: "x".to_owned(), query: "q".to_owned() }]);
        assert_eq!(format!("{}{}", &sql[..at], &sql[at + length..]), query);
    }
}
