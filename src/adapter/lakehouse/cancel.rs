//! Stopping what runs, on request.

use std::future::Future;

use tokio::sync::watch;

use crate::adapter::{AdapterError, AdapterErrorKind};

/// A bell that every running statement listens to. Statements that start after it rang are not
/// concerned.
#[derive(Debug)]
pub(super) struct Cancellation {
    bell: watch::Sender<u64>,
}

impl Default for Cancellation {
    fn default() -> Self {
        Self { bell: watch::Sender::new(0) }
    }
}

impl Cancellation {
    /// Stops all that is running now.
    pub(super) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// The work's result, or `Cancelled` as soon as the bell rings; the work is dropped then, which
    /// ends its scans and removes its unfinished files.
    ///
    /// # Errors
    /// The work's own, and `Cancelled`.
    pub(super) async fn guard<T>(
        &self,
        work: impl Future<Output = Result<T, AdapterError>> + Send,
    ) -> Result<T, AdapterError> {
        let mut ear = self.bell.subscribe();
        ear.mark_unchanged();
        tokio::select! {
            biased;
            _ = ear.changed() => {
                Err(AdapterError::new(AdapterErrorKind::Cancelled, "the statement was cancelled"))
            }
            result = work => result,
        }
    }
}
