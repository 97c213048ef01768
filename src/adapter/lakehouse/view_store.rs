//! Views as small JSON files.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::adapter::{AdapterError, AdapterErrorKind};

/// A stored view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredView {
    /// The query, as given.
    pub(super) sql: String,
    /// Who wrote it: program and version.
    pub(super) created_by: String,
    /// When, RFC 3339.
    pub(super) created_at: String,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    /// Descriptions of its columns.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub(super) column_comments: IndexMap<String, String>,
}

impl StoredView {
    /// A view of a query, written now.
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            created_by: concat!("aquifer ", env!("CARGO_PKG_VERSION")).to_owned(),
            created_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            comment: None,
            column_comments: IndexMap::new(),
        }
    }

    /// Reads a stored view.
    ///
    /// # Errors
    /// `Sql` when the file is not one.
    pub(super) fn parse(name: &str, text: &[u8]) -> Result<Self, AdapterError> {
        serde_json::from_slice(text).map_err(|cause| {
            let message = format!("the stored view `{name}` cannot be read: {cause}");
            AdapterError::new(AdapterErrorKind::Sql, message)
        })
    }

    /// The file's content.
    ///
    /// # Errors
    /// `Internal`.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, AdapterError> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))?;
        text.push(b'\n');
        Ok(text)
    }
}
