//! Opening connections: startup options, TLS, retries, and errors that say where and what to do.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::SslMode as DriverSslMode;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{AsyncMessage, Client, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::dialect::quote_identifier;
use super::profile::{Profile, Secret, SslMode};
use super::{error, tls};
use crate::adapter::{AdapterError, AdapterErrorKind};

/// Opens connections of one profile.
pub(super) struct Connector {
    profile: Profile,
    tls: OnceLock<MakeRustlsConnect>,
    /// Whether the server is asked to look whether we are still there: not where it cannot.
    watched: AtomicBool,
}

/// A fresh connection.
pub(super) struct Connected {
    pub(super) client: Client,
    /// The server's major version, if it told one.
    pub(super) version: Option<u32>,
}

impl Connector {
    pub(super) fn new(profile: Profile) -> Self {
        Self { profile, tls: OnceLock::new(), watched: AtomicBool::new(true) }
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Connects, trying again as often as `retries` allows while trying again can help.
    ///
    /// # Errors
    /// `Connection` naming host, port and user; `Settings` for certificates that cannot be read.
    pub(super) async fn connect(&self) -> Result<Connected, AdapterError> {
        let mut attempt = 0;
        loop {
            match self.connect_once().await {
                Err(error) if error.transient && attempt < self.profile.retries => {
                    // COMPAT: waits 0, 1, 4, 9, ... seconds (dbt 1.11).
                    tokio::time::sleep(Duration::from_secs(u64::from(attempt).pow(2))).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// TLS as the profile asks for; also for cancel requests.
    pub(super) fn tls(&self) -> Result<MakeRustlsConnect, AdapterError> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let built = tls::connector(&self.profile.tls)?;
        Ok(self.tls.get_or_init(|| built).clone())
    }

    /// The profile's session settings as statements: for connection poolers that refuse startup
    /// options, and for going back to them.
    pub(super) fn setup_statements(&self) -> String {
        let statement = |(name, value): &(&str, String)| match *name {
            "role" => format!("set role {};", quote_identifier(value)),
            _ => format!("set {name} to {value};"),
        };
        settings(&self.profile).iter().map(statement).collect()
    }

    async fn connect_once(&self) -> Result<Connected, AdapterError> {
        let mut last = None;
        for mode in driver_modes(&self.profile) {
            let mut outcome = self.connect_with(mode, true).await;
            if let Err(Failure::Driver(error)) = &outcome
                && refuses_watching(error)
            {
                self.watched.store(false, Ordering::Relaxed);
                outcome = self.connect_with(mode, true).await;
            }
            match outcome {
                Err(Failure::Driver(error)) if refuses_options(&error) => {
                    self.watched.store(false, Ordering::Relaxed);
                    return self.connect_with(mode, false).await.map_err(|failure| self.explain(failure));
                }
                Err(Failure::Driver(error)) if error.as_db_error().is_some() => last = Some(Failure::Driver(error)),
                outcome => return outcome.map_err(|failure| self.explain(failure)),
            }
        }
        Err(self.explain(last.unwrap_or(Failure::TimedOut)))
    }

    async fn connect_with(&self, mode: DriverSslMode, with_options: bool) -> Result<Connected, Failure> {
        let mut config = self.config();
        config.ssl_mode(mode);
        let watched = self.watched.load(Ordering::Relaxed);
        if with_options && let Some(options) = startup_options(&self.profile, watched) {
            config.options(options);
        }
        let opening = config.connect(self.tls().map_err(Failure::Settings)?);
        let (client, connection) = match self.profile.connect_timeout {
            Duration::ZERO => opening.await,
            limit => tokio::time::timeout(limit, opening).await.map_err(|_| Failure::TimedOut)?,
        }
        .map_err(Failure::Driver)?;
        let version = connection.parameter("server_version").and_then(major_version);
        tokio::spawn(drive(connection));
        if !with_options {
            client.batch_execute(&self.setup_statements()).await.map_err(Failure::Driver)?;
        }
        Ok(Connected { client, version })
    }

    fn config(&self) -> Config {
        let profile = &self.profile;
        let mut config = Config::new();
        config
            .host(&profile.host)
            .port(profile.port)
            .user(&profile.user)
            .dbname(&profile.database)
            .application_name(&profile.application_name);
        if let Some(password) = &profile.password {
            config.password(Secret::reveal(password));
        }
        if !profile.keepalives_idle.is_zero() {
            config.keepalives_idle(profile.keepalives_idle);
        }
        if !profile.connect_timeout.is_zero() {
            config.connect_timeout(profile.connect_timeout);
        }
        config
    }

    fn explain(&self, failure: Failure) -> AdapterError {
        let Profile { user, database, connect_timeout, .. } = &self.profile;
        let place = self.profile.place();
        let (mut error, cause) = match failure {
            Failure::Settings(error) => return error,
            Failure::TimedOut => {
                let error = AdapterError::new(AdapterErrorKind::Connection, "");
                (AdapterError { transient: true, ..error }, format!("no answer within {connect_timeout:?}"))
            }
            Failure::Driver(driver) => {
                let error = error::of_request(&driver);
                let cause = error.message.clone();
                (AdapterError { kind: AdapterErrorKind::Connection, ..error }, cause)
            }
        };
        error.message = format!("cannot connect to PostgreSQL at {place} as `{user}`, database `{database}`: {cause}");
        error.hint = Some(match error.sqlstate.as_deref() {
            Some("28P01" | "28000") => "check `user` and `pass` of the profile's output".to_owned(),
            Some("3D000") => "check `dbname` of the profile's output, or create the database".to_owned(),
            Some("53300") => "the server has no connection left: lower `threads`, or raise its limit".to_owned(),
            _ => "check that the server runs, and `host` and `port` of the profile's output".to_owned(),
        });
        error
    }
}

enum Failure {
    Settings(AdapterError),
    Driver(tokio_postgres::Error),
    TimedOut,
}

/// What libpq tries, in order.
fn driver_modes(profile: &Profile) -> Vec<DriverSslMode> {
    match profile.tls.mode {
        _ if profile.is_socket() => vec![DriverSslMode::Disable],
        SslMode::Disable => vec![DriverSslMode::Disable],
        SslMode::Allow => vec![DriverSslMode::Disable, DriverSslMode::Require],
        SslMode::Prefer => vec![DriverSslMode::Prefer],
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => vec![DriverSslMode::Require],
    }
}

/// How often the server looks, while a statement runs, whether we are still there (PostgreSQL 14): the
/// statements of a run that was killed end, and what `retry` runs does not wait for their locks.
const WATCHING: &str = "client_connection_check_interval";
const WATCHED_EVERY: &str = "5s";

/// Settings that go with the connection itself, so that they cost no round trip.
fn startup_options(profile: &Profile, watched: bool) -> Option<String> {
    let mut settings = settings(profile);
    if watched {
        settings.push((WATCHING, WATCHED_EVERY.to_owned()));
    }
    let escape = |text: &str| text.replace('\\', "\\\\").replace(' ', "\\ ");
    let options: Vec<String> = settings.iter().map(|(name, value)| format!("-c {name}={}", escape(value))).collect();
    (!options.is_empty()).then(|| options.join(" "))
}

fn settings(profile: &Profile) -> Vec<(&'static str, String)> {
    let mut settings = Vec::new();
    if let Some(path) = &profile.search_path {
        settings.push(("search_path", path.clone()));
    }
    if let Some(role) = &profile.role {
        settings.push(("role", role_name(role)));
    }
    settings
}

/// COMPAT: the role is written as in `set role`, folded to lower case unless quoted (dbt 1.11).
fn role_name(written: &str) -> String {
    match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => written.to_lowercase(),
    }
}

/// Older servers do not know the setting, and some systems cannot carry it out.
fn refuses_watching(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|refusal| refusal.message().contains(WATCHING))
}

fn refuses_options(error: &tokio_postgres::Error) -> bool {
    let about_options = |message: &str| message.contains("startup parameter") && message.contains("options");
    error.as_db_error().is_some_and(|refusal| {
        (*refusal.code() == SqlState::PROTOCOL_VIOLATION || refusal.code().code().starts_with("08"))
            && about_options(refusal.message())
    })
}

fn major_version(text: &str) -> Option<u32> {
    text.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

/// Moves bytes until the connection ends, and passes on what the server says unasked.
async fn drive<S, T>(mut connection: Connection<S, T>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match std::future::poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                // "There is no transaction in progress" follows from rolling back to be sure.
                let expected = *notice.code() == SqlState::NO_ACTIVE_SQL_TRANSACTION;
                if notice.parsed_severity() == Some(Severity::Warning) && !expected {
                    tracing::warn!(target: "aquifer::postgres", "{}", notice.message());
                } else {
                    tracing::debug!(target: "aquifer::postgres", "{}", notice.message());
                }
            }
            Some(Ok(_)) => {}
            // Whoever waits for an answer is told of the error by the client.
            Some(Err(_)) | None => return,
        }
    }
}
