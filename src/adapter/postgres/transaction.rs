use crate::adapter::{AdapterError, AdapterErrorKind};

/// How far a session's transaction has come.
///
/// ```text
/// None --begin--> Pending --first statement--> Open --error--> Failed
///   ^                |                           |               |
///   +----------------+----commit, rollback-------+---------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    /// Every text is a transaction of its own.
    None,
    /// Begun, but the server has not been told: `begin` travels ahead of the first statement.
    Pending,
    /// Begun.
    Open,
    /// A statement failed; nothing but a rollback will do.
    Failed,
}

impl Transaction {
    /// The statement to send ahead of the next one.
    pub(super) fn leading(self) -> Option<&'static str> {
        (self == Self::Pending).then_some("begin")
    }

    /// The state after a statement.
    pub(super) fn after_statement(self, failed: bool) -> Self {
        match self {
            Self::None => Self::None,
            _ if failed => Self::Failed,
            Self::Pending => Self::Open,
            other => other,
        }
    }

    /// What the server would say: also where it never saw the transaction begin, because the text
    /// that carried `begin` could not be parsed, no statement may slip out of it.
    ///
    /// # Errors
    /// `Sql`, in a transaction that failed.
    pub(super) fn refuse_if_failed(self) -> Result<(), AdapterError> {
        if self != Self::Failed {
            return Ok(());
        }
        let message = "current transaction is aborted, commands ignored until end of transaction block";
        let error = AdapterError::new(AdapterErrorKind::Sql, message);
        Err(AdapterError { sqlstate: Some("25P02".to_owned()), ..error })
    }
}
