//! The kinds of stores that have buckets: addresses, keys of the profile, and how one is opened.
//!
//! What the profile leaves out is taken from the environment, under the names that the store's own tools
//! use, and then from the machine's identity.

use std::sync::Arc;

use deltalake::logstore::ObjectStoreRef;
use object_store::ClientConfigKey;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
#[cfg(feature = "azure")]
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
#[cfg(feature = "gcs")]
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use super::super::error;
use crate::adapter::{AdapterError, AdapterErrorKind};

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    /// Amazon's, and all that speak like it.
    S3,
    /// Azure's containers.
    #[cfg(feature = "azure")]
    Azure,
    /// Google's buckets.
    #[cfg(feature = "gcs")]
    Google,
}

impl Provider {
    /// The store of an address.
    ///
    /// # Errors
    /// `Unsupported` for a scheme that this executable does not know.
    pub(super) fn of_scheme(scheme: &str) -> Result<Self, AdapterError> {
        let feature: Option<&str> = match scheme {
            "s3" => return Ok(Self::S3),
            #[cfg(feature = "azure")]
            "az" => return Ok(Self::Azure),
            #[cfg(feature = "gcs")]
            "gs" => return Ok(Self::Google),
            #[cfg(not(feature = "azure"))]
            "az" => Some("azure"),
            #[cfg(not(feature = "gcs"))]
            "gs" => Some("gcs"),
            _ => None,
        };
        let message = match feature {
            Some(_) => format!("this executable was built without stores at `{scheme}://`"),
            None => format!("the lakehouse cannot stand at `{scheme}://`"),
        };
        let mut error = AdapterError::new(AdapterErrorKind::Unsupported, message);
        error.hint = Some(match feature {
            Some(feature) => format!("build it with `cargo build --release --features {feature}`"),
            None => "it stands in a folder, or at `s3://`, `az://` or `gs://`".to_owned(),
        });
        Err(error)
    }

    /// What its addresses begin with.
    pub(super) const fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            #[cfg(feature = "azure")]
            Self::Azure => "az",
            #[cfg(feature = "gcs")]
            Self::Google => "gs",
        }
    }

    /// The key of the output that its keys stand under.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            #[cfg(feature = "azure")]
            Self::Azure => "azure",
            #[cfg(feature = "gcs")]
            Self::Google => "gcs",
        }
    }

    /// Its keys.
    pub(super) const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &[
                "endpoint",
                "region",
                "access_key_id",
                "secret_access_key",
                "session_token",
                "path_style",
                "allow_http",
            ],
            #[cfg(feature = "azure")]
            Self::Azure => &[
                "account",
                "access_key",
                "sas_token",
                "tenant_id",
                "client_id",
                "client_secret",
                "emulator",
                "endpoint",
                "allow_http",
            ],
            #[cfg(feature = "gcs")]
            Self::Google => &["service_account", "service_account_key", "endpoint", "anonymous", "allow_http"],
        }
    }

    /// The bucket of a name. Nothing is sent yet.
    ///
    /// # Errors
    /// `Settings` when the keys do not fit together.
    pub(super) fn open(self, name: &str, keys: &[(String, String)]) -> Result<ObjectStoreRef, AdapterError> {
        match self {
            Self::S3 => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(name);
                let with = |builder: AmazonS3Builder, (key, value): &(String, String)| match key.as_str() {
                    // The store calls the opposite by a name.
                    "path_style" => builder.with_virtual_hosted_style_request(value != "true"),
                    key => builder.with_config(s3_key(key), value),
                };
                built(keys.iter().fold(builder, with).build())
            }
            #[cfg(feature = "azure")]
            Self::Azure => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(name);
                let with = |builder: MicrosoftAzureBuilder, (key, value): &(String, String)| {
                    builder.with_config(azure_key(key), value)
                };
                built(keys.iter().fold(builder, with).build())
            }
            #[cfg(feature = "gcs")]
            Self::Google => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(name);
                let with = |builder: GoogleCloudStorageBuilder, (key, value): &(String, String)| {
                    builder.with_config(google_key(key), value)
                };
                built(keys.iter().fold(builder, with).build())
            }
        }
    }
}

fn built<S: object_store::ObjectStore>(store: object_store::Result<S>) -> Result<ObjectStoreRef, AdapterError> {
    Ok(Arc::new(store.map_err(error::from_store)?))
}

fn s3_key(key: &str) -> AmazonS3ConfigKey {
    match key {
        "endpoint" => AmazonS3ConfigKey::Endpoint,
        "region" => AmazonS3ConfigKey::Region,
        "access_key_id" => AmazonS3ConfigKey::AccessKeyId,
        "secret_access_key" => AmazonS3ConfigKey::SecretAccessKey,
        "session_token" => AmazonS3ConfigKey::Token,
        _ => AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp),
    }
}

#[cfg(feature = "azure")]
fn azure_key(key: &str) -> AzureConfigKey {
    match key {
        "account" => AzureConfigKey::AccountName,
        "access_key" => AzureConfigKey::AccessKey,
        "sas_token" => AzureConfigKey::SasKey,
        "tenant_id" => AzureConfigKey::AuthorityId,
        "client_id" => AzureConfigKey::ClientId,
        "client_secret" => AzureConfigKey::ClientSecret,
        "emulator" => AzureConfigKey::UseEmulator,
        "endpoint" => AzureConfigKey::Endpoint,
        _ => AzureConfigKey::Client(ClientConfigKey::AllowHttp),
    }
}

#[cfg(feature = "gcs")]
fn google_key(key: &str) -> GoogleConfigKey {
    match key {
        "service_account" => GoogleConfigKey::ServiceAccount,
        "service_account_key" => GoogleConfigKey::ServiceAccountKey,
        "endpoint" => GoogleConfigKey::BaseUrl,
        "anonymous" => GoogleConfigKey::SkipSignature,
        _ => GoogleConfigKey::Client(ClientConfigKey::AllowHttp),
    }
}
