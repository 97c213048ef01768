//! Rows into files that others read. They are written beside the place that they are for and put
//! there when they are whole.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::datasource::file_format::csv::CsvFormatFactory;
use datafusion::datasource::file_format::json::JsonFormatFactory;
use datafusion::datasource::file_format::parquet::ParquetFormatFactory;
use datafusion::datasource::file_format::{FileFormatFactory, format_as_file_type};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use deltalake::arrow::array::{AsArray, RecordBatch};
use deltalake::arrow::datatypes::UInt64Type;

use super::error;
use super::session::LakehouseSession;
use crate::adapter::{AdapterError, AdapterErrorKind, ExportFormat, FileExport};
use crate::system::{FileSystem, OsFileSystem};

impl LakehouseSession {
    /// Writes the rows of a query into files; how many they were.
    pub(super) async fn export_rows(&self, sql: &str, export: &FileExport) -> Result<u64, AdapterError> {
        let catalog = self.catalog();
        let plan = catalog.plan_query(sql).await?;
        if export.location.contains("://") {
            // An object is there when it is whole.
            let copy = copy(plan, export, export.location.clone())?;
            return counted(&self.collect_once(&catalog, &copy).await?);
        }
        let place = self.warehouse.profile.project_root.join(&export.location);
        let (folder, fresh) = beside(&place)?;
        let address = format!("{}{}", fresh.display(), if export.partition_by.is_empty() { "" } else { "/" });
        let written = async {
            let copy = copy(plan, export, address)?;
            counted(&self.collect_once(&catalog, &copy).await?)
        };
        let outcome = match written.await {
            Ok(rows) => put_in_place(&folder, &fresh, &place).map(|()| rows),
            Err(error) => Err(error),
        };
        // What is left there is of no use; what went wrong before is the thing to tell.
        let _ = OsFileSystem.remove_dir_all(&folder);
        outcome
    }
}

/// The plan whose rows go into files, and which gives their number.
fn copy(plan: LogicalPlan, export: &FileExport, address: String) -> Result<LogicalPlan, AdapterError> {
    let (factory, options): (Arc<dyn FileFormatFactory>, &[(&str, &str)]) = match export.format {
        ExportFormat::Csv => (
            Arc::new(CsvFormatFactory::new()),
            &[
                ("format.has_header", "true"),
                ("format.timestamp_format", "%Y-%m-%d %H:%M:%S%.f"),
                ("format.timestamp_tz_format", "%Y-%m-%d %H:%M:%S%.f%:z"),
            ],
        ),
        ExportFormat::Json => (Arc::new(JsonFormatFactory::new()), &[]),
        ExportFormat::Parquet => (Arc::new(ParquetFormatFactory::new()), &[]),
    };
    let options: HashMap<String, String> =
        options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    LogicalPlanBuilder::copy_to(plan, address, format_as_file_type(factory), options, export.partition_by.clone())
        .and_then(LogicalPlanBuilder::build)
        .map_err(error::from_datafusion)
}

fn counted(batches: &[RecordBatch]) -> Result<u64, AdapterError> {
    let counts = batches.iter().filter_map(|batch| batch.columns().first()?.as_primitive_opt::<UInt64Type>());
    Ok(counts.flat_map(|counts| counts.values().iter()).sum())
}

/// A new folder beside a place, and the place's name in it.
fn beside(place: &Path) -> Result<(PathBuf, PathBuf), AdapterError> {
    let name = place.file_name().ok_or_else(|| {
        let message = format!("`{}` is no file that rows can be written to", place.display());
        AdapterError::new(AdapterErrorKind::Sql, message)
    })?;
    let folder = place.with_file_name(format!(".{}", uuid::Uuid::new_v4().simple()));
    let fresh = folder.join(name);
    Ok((folder, fresh))
}

/// Puts what was written in the place of what is there. A file is replaced at once, a folder in two steps.
fn put_in_place(folder: &Path, fresh: &Path, place: &Path) -> Result<(), AdapterError> {
    if OsFileSystem.is_dir(place) {
        OsFileSystem.rename(place, &folder.join("replaced")).map_err(error::from_io)?;
    }
    OsFileSystem.rename(fresh, place).map_err(error::from_io)
}
