//! The settings of a `type: postgres` output, checked all at once.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::resource::JsonMap;

/// Where and as whom to connect.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) database: String,
    pub(super) schema: String,
    pub(super) role: Option<String>,
    pub(super) search_path: Option<String>,
    pub(super) application_name: String,
    /// Zero waits as long as the system does.
    pub(super) connect_timeout: Duration,
    /// Zero leaves it to the system.
    pub(super) keepalives_idle: Duration,
    /// Further attempts after the first.
    pub(super) retries: u32,
    pub(super) tls: TlsSettings,
}

/// How the connection is encrypted and whom it trusts, in libpq's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub(super) mode: SslMode,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) root_certificate: Option<PathBuf>,
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// A value that is never shown.
#[derive(Clone)]
pub(super) struct Secret(String);

impl Secret {
    /// The value, for the connection itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SslMode {
    const ALL: [(&'static str, SslMode); 6] = [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];

    pub(super) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }
}

impl Profile {
    /// Reads an output's mapping, its Jinja rendered.
    ///
    /// # Errors
    /// `Settings`, naming every key that is missing or malformed.
    pub(super) fn read(output: &JsonMap) -> Result<Self, AdapterError> {
        let mut keys = Keys { output, problems: Vec::new() };
        let profile = Self {
            host: keys.required(&["host"]),
            port: keys.number(&["port"], 5432),
            user: keys.required(&["user"]),
            password: keys.text(&["password", "pass"]).map(Secret),
            database: keys.required(&["dbname", "database"]),
            schema: keys.required(&["schema"]),
            role: keys.text(&["role"]),
            search_path: keys.text(&["search_path"]),
            application_name: keys.text(&["application_name"]).unwrap_or_else(|| "dbt".to_owned()),
            connect_timeout: Duration::from_secs(keys.number(&["connect_timeout"], 10)),
            keepalives_idle: Duration::from_secs(keys.number(&["keepalives_idle"], 0)),
            retries: keys.number(&["retries"], 1),
            tls: TlsSettings {
                mode: keys.ssl_mode(),
                certificate: keys.text(&["sslcert"]).map(PathBuf::from),
                key: keys.text(&["sslkey"]).map(PathBuf::from),
                root_certificate: keys.text(&["sslrootcert"]).map(PathBuf::from),
            },
        };
        match keys.problems.as_slice() {
            [] => Ok(profile),
            problems => {
                let message = format!("the postgres output does not fit: {}", problems.join("; "));
                Err(AdapterError::new(AdapterErrorKind::Settings, message))
            }
        }
    }

    /// Whether the host is the folder of a Unix-domain socket.
    pub(super) fn is_socket(&self) -> bool {
        self.host.starts_with('/') || self.host.starts_with('@')
    }

    /// What may be shown of it: label and value.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let or_default = |text: &Option<String>| text.clone().unwrap_or_else(|| "default".to_owned());
        let facts = [
            ("host", self.host.clone()),
            ("port", self.port.to_string()),
            ("user", self.user.clone()),
            ("database", self.database.clone()),
            ("schema", self.schema.clone()),
            ("connect_timeout", self.connect_timeout.as_secs().to_string()),
            ("role", or_default(&self.role)),
            ("search_path", or_default(&self.search_path)),
            ("keepalives_idle", self.keepalives_idle.as_secs().to_string()),
            ("sslmode", self.tls.mode.as_str().to_owned()),
            ("application_name", self.application_name.clone()),
            ("retries", self.retries.to_string()),
        ];
        facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    /// `host:port`, for messages.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Reads keys and remembers what is wrong with them.
struct Keys<'a> {
    output: &'a JsonMap,
    problems: Vec<String>,
}

impl Keys<'_> {
    fn text(&mut self, names: &[&str]) -> Option<String> {
        let (name, value) = names.iter().find_map(|name| Some((*name, self.output.get(*name)?)))?;
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            // YAML reads an unquoted password of digits as a number.
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Array(_) | Value::Object(_) => {
                self.problems.push(format!("`{name}` must be text"));
                None
            }
        }
    }

    fn required(&mut self, names: &[&str]) -> String {
        let before = self.problems.len();
        self.text(names).unwrap_or_else(|| {
            if self.problems.len() == before {
                let others: Vec<String> = names.iter().skip(1).map(|name| format!(" (or `{name}`)")).collect();
                let name = names.first().copied().unwrap_or_default();
                self.problems.push(format!("`{name}`{} is missing", others.concat()));
            }
            String::new()
        })
    }

    fn number<N: std::str::FromStr>(&mut self, names: &[&str], default: N) -> N {
        let Some(text) = self.text(names) else { return default };
        text.trim().parse().unwrap_or_else(|_| {
            let name = names.first().copied().unwrap_or_default();
            self.problems.push(format!("`{name}` must be a whole number within range, not `{text}`"));
            default
        })
    }

    fn ssl_mode(&mut self) -> SslMode {
        let Some(text) = self.text(&["sslmode"]) else { return SslMode::default() };
        SslMode::from_name(&text).unwrap_or_else(|| {
            let known: Vec<&str> = SslMode::ALL.iter().map(|(name, _)| *name).collect();
            self.problems.push(format!("`sslmode` must be one of {}, not `{text}`", known.join(", ")));
            SslMode::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(output: Value) -> Result<Profile, String> {
        Profile::read(output.as_object().expect("a mapping")).map_err(|error| error.message)
    }

    #[test]
    fn numbers_may_come_as_text_and_passwords_as_numbers() {
        let profile = read(json!({
            "host": "h", "port": "5433", "user": "u", "pass": 1234, "dbname": "d", "schema": "s",
            "connect_timeout": "3", "retries": 0, "sslmode": "verify-full"
        }));
        let profile = profile.expect("fits");
        assert_eq!((profile.port, profile.retries, profile.tls.mode), (5433, 0, SslMode::VerifyFull));
        assert_eq!(profile.password.as_ref().map(Secret::reveal), Some("1234"));
        assert!(!format!("{profile:?}").contains("1234"), "the password shows");
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let message = read(json!({ "host": "h", "port": 70000, "user": ["u"], "schema": "s", "sslmode": "on" }));
        insta::assert_snapshot!(message.expect_err("does not fit"), @"the postgres output does not fit: `port` must be a whole number within range, not `70000`; `user` must be text; `dbname` (or `database`) is missing; `sslmode` must be one of disable, allow, prefer, require, verify-ca, verify-full, not `on`");
    }
}
