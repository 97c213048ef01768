use std::ops::Range;

use crate::adapter::Script;

/// The command word a statement is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    /// As the server spells it, without the count.
    pub(crate) word: &'static str,
    /// Whether a number of rows comes with it.
    pub(crate) counted: bool,
}

impl Tag {
    pub(crate) const SELECT: Tag = Tag { word: "SELECT", counted: true };
    pub(crate) const INSERT: Tag = Tag { word: "INSERT 0", counted: true };
    pub(crate) const MERGE: Tag = Tag { word: "MERGE", counted: true };
    pub(crate) const DELETE: Tag = Tag { word: "DELETE", counted: true };
    pub(crate) const DO: Tag = Tag::plain("DO");

    /// A command that counts nothing.
    pub(crate) const fn plain(word: &'static str) -> Tag {
        Tag { word, counted: false }
    }
}

/// The statements of one operation, in order, with what the server answers to each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statements {
    sql: String,
    query: Option<Range<usize>>,
    tags: Vec<Tag>,
    answer: usize,
    of_user: bool,
}

impl Statements {
    /// A single statement without a user's query.
    pub(crate) fn one(tag: Tag, sql: impl AsRef<str>) -> Self {
        let mut statements = Self::default();
        statements.push(tag, sql);
        statements
    }

    /// The user's own text: any number of statements, possibly none.
    pub(crate) fn of_user(sql: &str) -> Self {
        Self { sql: sql.to_owned(), of_user: true, ..Self::default() }
    }

    /// Adds a statement, given without its semicolon.
    pub(crate) fn push(&mut self, tag: Tag, sql: impl AsRef<str>) -> &mut Self {
        self.start();
        self.sql.push_str(sql.as_ref());
        self.finish(tag)
    }

    /// Adds the statement that holds the user's query and answers for the operation.
    ///
    /// The query gets lines of its own, so that a closing comment in it cannot swallow `after`.
    pub(crate) fn push_query(&mut self, tag: Tag, before: &str, query: &str, after: &str) -> &mut Self {
        self.start();
        self.sql.push_str(before);
        self.sql.push('\n');
        let from = self.sql.len();
        self.sql.push_str(query);
        self.query = Some(from..self.sql.len());
        self.sql.push('\n');
        self.sql.push_str(after);
        self.finish(tag).answers()
    }

    /// Makes the statement added last the one that answers for the operation.
    pub(crate) fn answers(&mut self) -> &mut Self {
        self.answer = self.tags.len().saturating_sub(1);
        self
    }

    fn start(&mut self) {
        if !self.sql.is_empty() {
            self.sql.push('\n');
        }
    }

    fn finish(&mut self, tag: Tag) -> &mut Self {
        self.sql.push(';');
        self.tags.push(tag);
        self
    }

    /// The text of all statements.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// Where the user's query stands in the text.
    pub(crate) fn query(&self) -> Option<&Range<usize>> {
        self.query.as_ref()
    }

    /// The command words, one a statement; none are known of a user's own text.
    pub(crate) fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Index of the statement that answers for the operation.
    pub(crate) fn answer(&self) -> usize {
        self.answer
    }

    /// Whether this is a user's own text.
    pub(crate) fn is_of_user(&self) -> bool {
        self.of_user
    }

    /// As the dialect's script.
    pub(crate) fn into_script(self) -> Script {
        Script { sql: self.sql, query: self.query }
    }
}
