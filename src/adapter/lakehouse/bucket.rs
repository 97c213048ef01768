//! A place in an S3-compatible bucket.
//!
//! Commits are safe without a lock service: a commit's file is put on the condition that it is not
//! there yet, which the store must support (S3, MinIO, R2, SeaweedFS and others do).

use std::sync::Arc;

use datafusion::execution::SessionState;
use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
};
use deltalake::{DeltaResult, Path};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use serde_json::Value;
use url::Url;

use super::error;
use super::storage::Storage;
use crate::adapter::{AdapterError, AdapterErrorKind};

/// A place in a bucket and how to reach it.
#[derive(Clone)]
pub(super) struct Bucket {
    name: String,
    prefix: String,
    settings: Vec<(AmazonS3ConfigKey, String)>,
}

impl Bucket {
    /// Reads the part after `s3://` and the keys under `s3`.
    ///
    /// # Errors
    /// `Settings` for a missing bucket or an unknown key.
    pub(super) fn read(address: &str, keys: Option<&Value>) -> Result<Self, AdapterError> {
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        if name.is_empty() {
            return Err(settings("`path` names no bucket; write `s3://bucket/folder`"));
        }
        let keys = match keys {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(keys)) => keys.iter().map(setting).collect::<Result<_, _>>()?,
            Some(_) => return Err(settings("`s3` must be a mapping of keys such as `endpoint` and `region`")),
        };
        Ok(Self { name: name.to_owned(), prefix: prefix.trim_matches('/').to_owned(), settings: keys })
    }

    /// The bucket as a storage, which the engine's readers know as well. Nothing is sent yet.
    ///
    /// # Errors
    /// `Settings` when the keys do not fit together.
    pub(super) fn open(&self, state: &SessionState) -> Result<Storage, AdapterError> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&self.name);
        for (key, value) in &self.settings {
            builder = builder.with_config(*key, value);
        }
        let store: ObjectStoreRef = Arc::new(builder.build().map_err(error::from_store)?);
        let address = Url::parse(&format!("s3://{}", self.name)).map_err(|cause| settings(&cause.to_string()))?;
        let scheme = Url::parse("s3://").map_err(|cause| settings(&cause.to_string()))?;
        logstore_factories().insert(scheme, Arc::new(BucketLogs));
        state.runtime_env().register_object_store(&address, Arc::clone(&store));
        let root = Path::parse(&self.prefix).map_err(|cause| settings(&cause.to_string()))?;
        Ok(Storage::bucket(store, address, root))
    }
}

fn setting((key, value): (&String, &Value)) -> Result<(AmazonS3ConfigKey, String), AdapterError> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (key, text) = match key.as_str() {
        "endpoint" => (AmazonS3ConfigKey::Endpoint, text),
        "region" => (AmazonS3ConfigKey::Region, text),
        "access_key_id" => (AmazonS3ConfigKey::AccessKeyId, text),
        "secret_access_key" => (AmazonS3ConfigKey::SecretAccessKey, text),
        "session_token" => (AmazonS3ConfigKey::Token, text),
        "path_style" => {
            let virtual_hosts = if text == "true" { "false" } else { "true" };
            (AmazonS3ConfigKey::VirtualHostedStyleRequest, virtual_hosts.to_owned())
        }
        "allow_http" => (AmazonS3ConfigKey::Client(object_store::ClientConfigKey::AllowHttp), text),
        other => {
            let mut error = settings(&format!("`s3` has no key `{other}`"));
            error.hint = Some(
                "known are endpoint, region, access_key_id, secret_access_key, session_token, path_style and allow_http"
                    .to_owned(),
            );
            return Err(error);
        }
    };
    Ok((key, text))
}

fn settings(message: &str) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Settings, message)
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.name, self.prefix)
    }
}

impl std::fmt::Debug for Bucket {
    /// Without the keys' values: some are secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bucket").field(&self.to_string()).finish()
    }
}

/// Logs of tables in buckets: commits by conditional put.
struct BucketLogs;

impl LogStoreFactory for BucketLogs {
    fn with_options(
        &self,
        prefixed_store: ObjectStoreRef,
        root_store: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed_store, root_store, location, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_and_its_secrets_are_not_shown() {
        let keys =
            serde_json::json!({"endpoint": "http://localhost:1", "secret_access_key": "hush", "path_style": true});
        let bucket = Bucket::read("warehouse/a/b/", Some(&keys)).unwrap();
        assert_eq!(bucket.to_string(), "s3://warehouse/a/b");
        assert!(!format!("{bucket:?}").contains("hush"));
        assert!(Bucket::read("", None).is_err());
        assert!(Bucket::read("x", Some(&serde_json::json!({"colour": 1}))).unwrap_err().message.contains("colour"));
    }
}
