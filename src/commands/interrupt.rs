//! Ctrl-C and SIGTERM: nothing new starts, and what the warehouses run is cancelled.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::adapter::Adapter;
use crate::report::{Event, Reporter};
use crate::run::Interrupt;

/// How often statements are cancelled after a signal: a node that was between two statements then may
/// have begun another one since.
const AGAIN: Duration = Duration::from_millis(100);

/// Waits for a signal as long as it lives.
pub(super) struct Listener(JoinHandle<()>);

impl Listener {
    /// Throws the switch at the first signal, and cancels until nobody listens any more.
    pub(super) fn new(interrupt: Interrupt, reporter: Arc<dyn Reporter>, adapters: Vec<Arc<dyn Adapter>>) -> Self {
        Self(tokio::spawn(async move {
            signal().await;
            interrupt.trigger();
            reporter.report(&Event::Interrupted);
            loop {
                futures::future::join_all(adapters.iter().map(|adapter| adapter.cancel_all())).await;
                tokio::time::sleep(AGAIN).await;
            }
        }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler there is nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
