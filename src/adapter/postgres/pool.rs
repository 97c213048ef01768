//! Open connections, kept for the next session, and the means to cancel what they run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio_postgres::{CancelToken, Client};

use super::connect::Connector;
use super::dialect::PostgresDialect;
use crate::adapter::AdapterError;

/// What a session may have changed of its connection's state, undone for the next one.
///
/// `discard all` is the same, but cannot stand beside a rollback in one text.
const RESET: &str = "rollback; set session authorization default; reset all; close all; unlisten *; \
                     select pg_advisory_unlock_all(); discard sequences; discard temp;";

/// Connections of one adapter.
///
/// There is no upper limit: a session waits for no other, so two sessions of one node cannot block
/// each other. The scheduler's threads are the limit; `keep` connections stay open between sessions.
pub(super) struct Pool {
    connector: Connector,
    keep: usize,
    /// What undoes a session's traces.
    reset: String,
    idle: Mutex<Vec<Arc<Client>>>,
    running: Mutex<HashMap<u64, CancelToken>>,
    next_lease: AtomicU64,
}

/// A connection on loan; it goes back when dropped.
pub(super) struct Lease {
    pool: Arc<Pool>,
    id: u64,
    client: Arc<Client>,
    /// What is known of the connection's state.
    pub(super) state: LeaseState,
}

/// What the next session would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeaseState {
    /// As fresh.
    Clean,
    /// Settings, temporary tables or an open transaction may be left.
    Touched,
    /// An answer is awaited, or was given up on.
    Busy,
    /// The server is gone.
    Lost,
}

impl Pool {
    pub(super) fn new(connector: Connector, keep: usize) -> Self {
        let (idle, running) = Default::default();
        let reset = format!("{RESET} {}", connector.setup_statements());
        Self { connector, keep, reset, idle, running, next_lease: AtomicU64::new(0) }
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A connection that is open, kept or new.
    ///
    /// # Errors
    /// As [`Connector::connect`].
    pub(super) async fn lease(self: &Arc<Self>, dialect: &PostgresDialect) -> Result<Lease, AdapterError> {
        let client = match self.take_idle() {
            Some(client) => client,
            None => {
                let connected = self.connector.connect().await?;
                connected.version.into_iter().for_each(|version| dialect.learn_version(version));
                Arc::new(connected.client)
            }
        };
        let id = self.next_lease.fetch_add(1, Ordering::Relaxed);
        lock(&self.running).insert(id, client.cancel_token());
        Ok(Lease { pool: Arc::clone(self), id, client, state: LeaseState::Clean })
    }

    /// Asks the server to stop what the connections on loan are running, all at the same time.
    pub(super) async fn cancel_all(&self) {
        let tokens: Vec<CancelToken> = lock(&self.running).values().cloned().collect();
        let Ok(tls) = self.connector.tls() else { return };
        let requests = tokens.iter().map(|token| token.cancel_query(tls.clone()));
        for outcome in futures::future::join_all(requests).await {
            if let Err(error) = outcome {
                tracing::debug!(target: "aquifer::postgres", "a cancel request failed: {error}");
            }
        }
    }

    fn take_idle(&self) -> Option<Arc<Client>> {
        let mut idle = lock(&self.idle);
        while let Some(client) = idle.pop() {
            if !client.is_closed() {
                return Some(client);
            }
        }
        None
    }

    fn give_back(&self, client: Arc<Client>) {
        let mut idle = lock(&self.idle);
        if idle.len() < self.keep && !client.is_closed() {
            idle.push(client);
        }
    }
}

impl Lease {
    /// The connection.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The connection, for a request that travels beside another one.
    pub(super) fn share(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let token = lock(&self.pool.running).remove(&self.id);
        let client = Arc::clone(&self.client);
        match self.state {
            LeaseState::Clean => self.pool.give_back(client),
            LeaseState::Touched => {
                // The first poll sends the request; the next session's statements queue behind it,
                // so nobody waits for the answer.
                let _ = client.batch_execute(&self.pool.reset).now_or_never();
                self.pool.give_back(client);
            }
            LeaseState::Busy => abandon(&self.pool, token),
            LeaseState::Lost => {}
        }
    }
}

/// Stops a statement that nobody waits for any more; its connection is closed, not kept.
fn abandon(pool: &Arc<Pool>, token: Option<CancelToken>) {
    let (Some(token), Ok(runtime), Ok(tls)) = (token, tokio::runtime::Handle::try_current(), pool.connector.tls())
    else {
        return;
    };
    runtime.spawn(async move { token.cancel_query(tls).await });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
