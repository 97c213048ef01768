//! Encryption of the connection, with libpq's rules of whom to trust.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::profile::{SslMode, TlsSettings};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::system::{FileSystem, OsFileSystem};

/// The connector of a profile's TLS settings.
///
/// # Errors
/// `Settings` when a certificate or key cannot be read.
pub(super) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, AdapterError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier::new(settings, &provider)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => builder
            .with_client_auth_cert(certificates("sslcert", certificate)?, private_key(key)?)
            .map_err(|error| unfit(format!("`sslcert` and `sslkey` do not fit together: {error}")))?,
        (None, None) => builder.with_no_client_auth(),
        _ => return Err(unfit("`sslcert` and `sslkey` are needed together".to_owned())),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn unfit(message: String) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Settings, message)
}

fn read(key: &str, path: &Path) -> Result<Vec<u8>, AdapterError> {
    OsFileSystem.read(path).map_err(|error| unfit(format!("`{key}`: cannot read `{}`: {error}", path.display())))
}

fn certificates(key: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, AdapterError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(key, path)?).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(unfit(format!("`{key}`: `{}` holds no certificate in PEM format", path.display()))),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, AdapterError> {
    PrivateKeyDer::from_pem_slice(&read("sslkey", path)?)
        .map_err(|_| unfit(format!("`sslkey`: `{}` holds no unencrypted private key in PEM format", path.display())))
}

/// Checks the server's certificate as far as `sslmode` asks for.
#[derive(Debug)]
struct Verifier {
    /// `None`: any certificate will do.
    chain: Option<Arc<WebPkiServerVerifier>>,
    check_name: bool,
    /// Certificates trusted by themselves: a server's own one may stand in `sslrootcert`.
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(settings: &TlsSettings, provider: &Arc<CryptoProvider>) -> Result<Self, AdapterError> {
        let verifies = matches!(settings.mode, SslMode::VerifyCa | SslMode::VerifyFull);
        let file = settings.root_certificate.as_deref().filter(|path| *path != Path::new("system"));
        let trusted = match file {
            // libpq: with a root certificate at hand, `require` checks the chain too.
            Some(path) if verifies || settings.mode == SslMode::Require => certificates("sslrootcert", path)?,
            _ => Vec::new(),
        };
        let chain = if verifies || !trusted.is_empty() { Some(chain(&trusted, provider)?) } else { None };
        let check_name = settings.mode == SslMode::VerifyFull;
        Ok(Self { chain, check_name, trusted, provider: Arc::clone(provider) })
    }
}

fn chain(
    trusted: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, AdapterError> {
    let mut roots = RootCertStore::empty();
    if trusted.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    } else {
        roots.add_parsable_certificates(trusted.iter().cloned());
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| unfit(format!("no usable root certificate: {error}; set `sslrootcert`")))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The chain was found good before the name was looked at.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_name => Ok(ServerCertVerified::assertion()),
            Err(Error::InvalidCertificate(_))
                if !self.check_name && self.trusted.iter().any(|trusted| trusted == end_entity) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
