use std::sync::Arc;
use std::time::Duration;

/// What is heard of a session.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// A statement, as it is sent.
    Sent(&'a str),
    /// It ended well.
    Answered {
        /// The warehouse's answer.
        status: &'a str,
        /// Wall time.
        elapsed: Duration,
    },
}

/// Hears every statement that a session sends, and its answer.
pub type Listener = Arc<dyn Fn(Heard<'_>) + Send + Sync>;

/// A comment that travels with statements, for the warehouse's own logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryComment {
    /// Its text, without the comment signs.
    pub text: String,
    /// Whether it stands behind the statement instead of in front of it.
    pub append: bool,
}

/// What goes along with the statements of a session.
#[derive(Clone, Default)]
pub struct Tap {
    /// The comment, if there is one.
    pub comment: Option<QueryComment>,
    /// Who hears the statements, if anyone does.
    pub listener: Option<Listener>,
    /// The run that they belong to, for warehouses that keep a history of their tables.
    pub invocation_id: String,
}

impl Tap {
    /// What stands in front of a statement.
    pub fn prefix(&self) -> String {
        match &self.comment {
            Some(comment) if !comment.append => format!("/* {} */\n", comment.text),
            _ => String::new(),
        }
    }

    /// A statement as it is sent; whoever listens hears it.
    pub fn send(&self, sql: &str) -> String {
        let sent = match &self.comment {
            // COMPAT: dbt puts the comment before the last semicolon (dbt 1.11).
            Some(comment) if comment.append => {
                let sql = sql.trim_end();
                format!("{}\n/* {} */;", sql.strip_suffix(';').unwrap_or(sql), comment.text)
            }
            _ => format!("{}{sql}", self.prefix()),
        };
        if let Some(listener) = &self.listener {
            listener(Heard::Sent(&sent));
        }
        sent
    }

    /// Says that a statement ended well; whoever listens hears it.
    pub fn answered(&self, status: impl FnOnce() -> String, elapsed: Duration) {
        if let Some(listener) = &self.listener {
            listener(Heard::Answered { status: &status(), elapsed });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stand_in_front_or_behind() {
        let comment = |append| Some(QueryComment { text: "who".to_owned(), append });
        assert_eq!(Tap { comment: comment(false), ..Tap::default() }.send("select 1;"), "/* who */\nselect 1;");
        assert_eq!(Tap { comment: comment(true), ..Tap::default() }.send("select 1;\n"), "select 1\n/* who */;");
        assert_eq!(Tap::default().send("select 1"), "select 1");
    }
}
