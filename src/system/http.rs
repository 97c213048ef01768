//! Fetching and sending over HTTP; the sole user of the HTTP client.

use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::diagnostic::{Code, Diagnostic};

/// No package is larger than this.
const MOST_BYTES: u64 = 512 << 20;

/// How often a request is tried that the network or the server let down.
const ATTEMPTS: u32 = 4;

/// Fetches documents and archives, and sends messages.
#[derive(Debug)]
pub struct Http {
    agent: ureq::Agent,
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    /// A client that trusts what the operating system trusts, and goes through the proxy that the
    /// environment names.
    pub fn new() -> Self {
        let native = rustls_native_certs::load_native_certs().certs;
        let roots = if native.is_empty() {
            RootCerts::WebPki
        } else {
            RootCerts::Specific(Arc::new(native.iter().map(|root| Certificate::from_der(root).to_owned()).collect()))
        };
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("aquifer/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: ureq::Agent::new_with_config(config) }
    }

    /// The content at an address; `None` when the server knows of none.
    ///
    /// # Errors
    /// `download-failed`.
    pub fn get(&self, url: &str) -> Result<Option<Vec<u8>>, Box<Diagnostic>> {
        let mut attempt = 1;
        loop {
            match self.once(url) {
                Ok(content) => return Ok(Some(content)),
                Err(ureq::Error::StatusCode(404 | 410)) => return Ok(None),
                Err(error) if attempt < ATTEMPTS && may_pass(&error) => {
                    std::thread::sleep(Duration::from_millis(200) * attempt);
                    attempt += 1;
                }
                Err(error) => return Err(Box::new(failed(url, &error))),
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Why it did not arrive. The address is not in it: whoever knows it may send there.
    pub fn post(&self, url: &str, message: &serde_json::Value) -> Result<(), String> {
        let mut attempt = 1;
        loop {
            let sent = self.agent.post(url).header("Content-Type", "application/json").send(message.to_string());
            match sent {
                Ok(_) => return Ok(()),
                Err(error)
                    if attempt < ATTEMPTS && may_pass(&error) && !matches!(error, ureq::Error::ConnectionFailed) =>
                {
                    std::thread::sleep(Duration::from_millis(200) * attempt);
                    attempt += 1;
                }
                Err(error) => return Err(without_address(&error)),
            }
        }
    }

    fn once(&self, url: &str) -> Result<Vec<u8>, ureq::Error> {
        let mut response = self.agent.get(url).call()?;
        response.body_mut().with_config().limit(MOST_BYTES).read_to_vec()
    }
}

/// Whether trying again may help.
fn may_pass(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::StatusCode(code) => *code >= 500 || *code == 429,
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

fn without_address(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(code) => format!("the server answers with status {code}"),
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::HostNotFound => "the host is not known".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::Timeout(_) => "the server takes too long".to_owned(),
        _ => "the request failed".to_owned(),
    }
}

fn failed(url: &str, error: &ureq::Error) -> Diagnostic {
    let problem = Diagnostic::error(Code::DownloadFailed, format!("`{url}` cannot be fetched"));
    match error {
        ureq::Error::StatusCode(code) => problem.caused_by(format!("the server answers with status {code}")),
        other => problem.caused_by(other).help(
            "check the address and the network; a proxy is taken from HTTPS_PROXY, and what is installed keeps working",
        ),
    }
}
