//! Changing some rows of a table: the files that hold them are written anew without them, or with
//! other values, in the same commit that adds the new rows.
//!
//! ```text
//! which files hold rows that change?  ->  their other rows, and the new rows, into new files
//!                                     ->  one commit: old files out, new files in
//! ```
//!
//! The steps are SQL of ours over what a statement is given: `aquifer_given.source` (the user's
//! rows) and `aquifer_given.target` (the table; its rows carry the file they stand in).

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use deltalake::DeltaTable;
use deltalake::arrow::array::{AsArray, RecordBatch};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::DataType;
use deltalake::kernel::{Action, Remove};

use super::catalog::{GIVEN, StatementCatalog};
use super::names::quoted;
use super::session::LakehouseSession;
use super::warehouse::Place;
use super::write::Sink;
use super::{error, scan};
use crate::adapter::{AdapterError, AdapterErrorKind};

/// The column of the target that names the file a row stands in.
pub(super) const FILE: &str = "__aquifer_file";

/// A table whose rows are about to change, pinned at the version they are changed from.
pub(super) struct Target {
    /// Where it stands.
    pub(super) place: Place,
    /// Its state.
    pub(super) table: DeltaTable,
    /// What the statement sees; names of the table resolve to this state.
    pub(super) catalog: StatementCatalog,
    /// Where its new rows go.
    pub(super) sink: Sink,
}

/// Files that hold rows to change, by the address of each.
pub(super) type Touched = HashSet<String>;

impl Target {
    /// Opens the table and gives it to a new statement as `aquifer_given.target`.
    ///
    /// # Errors
    /// `Sql` when there is no such table.
    pub(super) async fn open(session: &LakehouseSession, place: &Place) -> Result<Self, AdapterError> {
        let table = session.warehouse.existing_table(place).await?;
        let catalog = session.catalog();
        catalog.pin(place, &table).await?;
        catalog.give("target", with_file_column(&table, None).await?);
        Ok(Self { place: place.clone(), sink: Sink::of(&table, &session.warehouse.base)?, table, catalog })
    }

    /// From now on `aquifer_given.target` holds the rows of these files only.
    ///
    /// # Errors
    /// `Sql` when the table cannot be read.
    pub(super) async fn narrow(&self, touched: &Touched) -> Result<(), AdapterError> {
        self.catalog.give("target", with_file_column(&self.table, Some(touched)).await?);
        Ok(())
    }

    /// The files named by a query of ours whose first column is [`FILE`].
    ///
    /// # Errors
    /// The query's.
    pub(super) async fn files(&self, session: &LakehouseSession, text: &str) -> Result<Touched, AdapterError> {
        let plan = self.catalog.plan_text(text).await?;
        file_names(&session.collect(&self.catalog, &plan).await?)
    }

    /// Actions that take the touched files out of the table.
    ///
    /// # Errors
    /// `Sql` when the table's log cannot be read, `Internal` when a touched file is not in it.
    pub(super) fn removals(&self, touched: &Touched) -> Result<Vec<Action>, AdapterError> {
        let state = self.table.snapshot().map_err(error::from_delta)?;
        let root = decoded(self.table.table_url().as_str());
        let wanted: HashSet<String> = touched.iter().map(|file| decoded(file)).collect();
        let files = state.snapshot().try_log_data().map_err(error::from_delta)?;
        let removals: Vec<Remove> = files
            .iter()
            .filter(|file| {
                let path = file.path();
                wanted.contains(path.as_ref()) || wanted.contains(&format!("{}/{path}", root.trim_end_matches('/')))
            })
            .map(|file| file.remove_action(true))
            .collect();
        if removals.len() != touched.len() {
            let message = format!("of {} files to rewrite {} are in the table's log", touched.len(), removals.len());
            return Err(AdapterError::new(AdapterErrorKind::Internal, message));
        }
        Ok(removals.into_iter().map(Action::Remove).collect())
    }

    /// The table's columns as SQL, each with a prefix.
    pub(super) fn columns(&self, prefix: &str) -> String {
        let names = self.sink.schema.fields().iter().map(|field| format!("{prefix}{}", quoted(field.name())));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// `aquifer_given.{name}`, as SQL.
pub(super) fn given(name: &str) -> String {
    format!("{GIVEN}.{name}")
}

async fn with_file_column(
    table: &DeltaTable,
    touched: Option<&Touched>,
) -> Result<Arc<dyn TableProvider>, AdapterError> {
    let mut builder = table.table_provider().with_file_column(FILE);
    if let Some(touched) = touched {
        builder = builder.with_file_paths(touched);
    }
    builder.await.map(scan::wrapped).map_err(error::from_datafusion)
}

/// The texts of the first column.
///
/// # Errors
/// `Internal` when it holds no text.
pub(super) fn file_names(batches: &[RecordBatch]) -> Result<Touched, AdapterError> {
    let mut names = Touched::new();
    for batch in batches {
        let texts = cast(batch.column(0), &DataType::Utf8).map_err(|cause| error::from_datafusion(cause.into()))?;
        names.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(names)
}

/// An address without percent signs for other characters.
fn decoded(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
