use crate::diagnostic::{Code, Diagnostic};

/// What kind of failure a warehouse reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdapterErrorKind {
    /// It cannot be reached, or the connection broke.
    Connection,
    /// It refused a statement.
    Sql,
    /// The statement was cancelled on request.
    Cancelled,
    /// A concurrent writer won.
    Conflict,
    /// The adapter cannot do this.
    Unsupported,
    /// The profile's settings do not fit.
    Settings,
    /// The adapter broke one of its own rules.
    Internal,
}

/// A failure, in the warehouse's own words and with what it says of the place.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct AdapterError {
    /// Kind.
    pub kind: AdapterErrorKind,
    /// SQLSTATE or the like.
    pub sqlstate: Option<String>,
    /// The warehouse's message, one sentence or more.
    pub message: String,
    /// Its detail line.
    pub detail: Option<String>,
    /// Its hint.
    pub hint: Option<String>,
    /// Byte offset within the user's own query (that given to `query`/`describe`, or
    /// [`crate::relation::RelationOp::query`] of the operation that failed).
    pub query_offset: Option<usize>,
    /// Whether trying again may help (connection lost, deadlock, serialization failure).
    pub transient: bool,
}

impl AdapterError {
    /// An error with kind and message.
    pub fn new(kind: AdapterErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            sqlstate: None,
            message: message.into(),
            detail: None,
            hint: None,
            query_offset: None,
            transient: false,
        }
    }
}

impl AdapterErrorKind {
    /// The code that users see.
    pub const fn code(self) -> Code {
        match self {
            Self::Connection => Code::ConnectionFailed,
            Self::Sql | Self::Conflict => Code::SqlError,
            Self::Cancelled => Code::Cancelled,
            Self::Unsupported => Code::Unsupported,
            Self::Settings => Code::InvalidValue,
            Self::Internal => Code::Internal,
        }
    }
}

/// Without a place: whoever knows the statement's origin adds it.
impl From<&AdapterError> for Diagnostic {
    fn from(error: &AdapterError) -> Self {
        let mut diagnostic = Self::error(error.kind.code(), error.message.clone());
        diagnostic.notes.extend(error.detail.clone());
        diagnostic.help.extend(error.hint.clone());
        diagnostic
    }
}
