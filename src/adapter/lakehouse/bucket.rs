//! A place in a bucket: of an S3-compatible store, of Azure, of Google.
//!
//! Commits are safe without a lock service: a commit's file is put on the condition that it is not
//! there yet, which the store must support (S3, MinIO, R2, SeaweedFS, Azure and Google do).

mod provider;

use std::sync::Arc;

use datafusion::execution::SessionState;
use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
};
use deltalake::{DeltaResult, Path};
use serde_json::Value;
use url::Url;

use super::storage::Storage;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::resource::JsonMap;
use provider::Provider;

/// A place in a bucket and how to reach it.
#[derive(Clone)]
pub(super) struct Bucket {
    provider: Provider,
    name: String,
    prefix: String,
    /// The provider's keys as the profile gives them.
    keys: Vec<(String, String)>,
}

impl Bucket {
    /// Reads an address (`s3`, `bucket/folder`) and the provider's section of the output.
    ///
    /// # Errors
    /// `Unsupported` for a scheme that this executable does not know, `Settings` for a missing bucket or an
    /// unknown key.
    pub(super) fn read(scheme: &str, address: &str, output: &JsonMap) -> Result<Self, AdapterError> {
        let provider = Provider::of_scheme(scheme)?;
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        if name.is_empty() {
            return Err(settings(&format!("`path` names no bucket; write `{scheme}://bucket/folder`")));
        }
        let section = provider.section();
        let keys = match output.get(section) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(keys)) => keys.iter().map(|key| known(provider, key)).collect::<Result<_, _>>()?,
            Some(_) => {
                let known = provider.keys().join(", ");
                return Err(settings(&format!("`{section}` must be a mapping of these keys: {known}")));
            }
        };
        Ok(Self { provider, name: name.to_owned(), prefix: prefix.trim_matches('/').to_owned(), keys })
    }

    /// The bucket as a storage, which the engine's readers know as well. Nothing is sent yet.
    ///
    /// # Errors
    /// `Settings` when the keys do not fit together.
    pub(super) fn open(&self, state: &SessionState) -> Result<Storage, AdapterError> {
        let url = |text: String| Url::parse(&text).map_err(|cause| settings(&cause.to_string()));
        let store: ObjectStoreRef = self.provider.open(&self.name, &self.keys)?;
        let address = url(format!("{}://{}", self.provider.scheme(), self.name))?;
        logstore_factories().insert(url(format!("{}://", self.provider.scheme()))?, Arc::new(BucketLogs));
        state.runtime_env().register_object_store(&address, Arc::clone(&store));
        let root = Path::parse(&self.prefix).map_err(|cause| settings(&cause.to_string()))?;
        Ok(Storage::bucket(store, address, root))
    }
}

fn known(provider: Provider, (key, value): (&String, &Value)) -> Result<(String, String), AdapterError> {
    if provider.keys().contains(&key.as_str()) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Ok((key.clone(), text));
    }
    let mut error = settings(&format!("`{}` has no key `{key}`", provider.section()));
    error.hint = Some(format!("known are {}", provider.keys().join(", ")));
    Err(error)
}

fn settings(message: &str) -> AdapterError {
    AdapterError::new(AdapterErrorKind::Settings, message)
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}/{}", self.provider.scheme(), self.name, self.prefix)
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

    fn read(scheme: &str, address: &str, output: serde_json::Value) -> Result<Bucket, AdapterError> {
        Bucket::read(scheme, address, output.as_object().unwrap())
    }

    #[test]
    fn a_bucket_is_named_and_its_secrets_are_not_shown() {
        let keys = serde_json::json!({"s3": {"endpoint": "http://localhost:1", "secret_access_key": "hush"}});
        let bucket = read("s3", "warehouse/a/b/", keys).unwrap();
        assert_eq!(bucket.to_string(), "s3://warehouse/a/b");
        assert!(!format!("{bucket:?}").contains("hush"));
        assert!(read("s3", "", serde_json::json!({})).is_err());
        let unknown = read("s3", "x", serde_json::json!({"s3": {"colour": 1}})).unwrap_err();
        assert!(unknown.message.contains("colour"));
    }

    #[test]
    fn a_store_that_was_not_built_in_is_said_with_its_feature() {
        for (scheme, feature, built_in) in
            [("az", "azure", cfg!(feature = "azure")), ("gs", "gcs", cfg!(feature = "gcs"))]
        {
            match read(scheme, "warehouse/a", serde_json::json!({})) {
                Ok(bucket) => assert_eq!((bucket.to_string(), built_in), (format!("{scheme}://warehouse/a"), true)),
                Err(error) => {
                    assert!(!built_in);
                    assert!(error.hint.unwrap().contains(&format!("--features {feature}")));
                }
            }
        }
        assert_eq!(read("ftp", "x", serde_json::json!({})).unwrap_err().kind, AdapterErrorKind::Unsupported);
    }
}
