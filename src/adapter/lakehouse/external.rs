//! Sources that others keep: files as they are (CSV, JSON lines, Parquet, Avro, Delta), and tables of
//! another warehouse.
//!
//! A location is a file, a folder or a glob, below the project or absolute. Folders named
//! `column=value` give columns. Files are looked at when a statement first names the source.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::avro::AvroFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::SessionState;
use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use deltalake::{DeltaTable, DeltaTableBuilder};
use futures::TryStreamExt;
use tokio::sync::OnceCell;
use url::Url;

use super::foreign::ForeignRows;
use super::log::last_commit;
use super::scan::provider;
use super::{error, types};
use crate::adapter::{AdapterError, AdapterErrorKind, ExternalPlace, ExternalSource};
use crate::relation::{Column, Relation};

/// A declared source and, once it was needed, its rows.
#[derive(Debug)]
pub(super) struct External {
    source: ExternalSource,
    project_root: PathBuf,
    opened: OnceCell<Arc<dyn TableProvider>>,
}

/// Files as a source declares them.
struct Files<'a> {
    project_root: &'a Path,
    relation: &'a Relation,
    location: &'a str,
    format: Option<&'a str>,
    options: &'a [(String, String)],
    columns: &'a [Column],
}

/// What files are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
    Parquet,
    Avro,
    Delta,
}

impl External {
    /// A source whose files nobody has looked at yet.
    ///
    /// # Errors
    /// `Unsupported` for a format that cannot be read.
    pub(super) fn new(source: &ExternalSource, project_root: &Path) -> Result<Self, AdapterError> {
        let external = Self { source: source.clone(), project_root: project_root.to_owned(), opened: OnceCell::new() };
        if let Some(files) = external.files() {
            files.format()?;
            files.check_options()?;
        }
        Ok(external)
    }

    /// The rows as a table.
    ///
    /// # Errors
    /// `Sql` when there are none or they cannot be read.
    pub(super) async fn provider(&self, state: &SessionState) -> Result<Arc<dyn TableProvider>, AdapterError> {
        let opened = self.opened.get_or_try_init(|| self.open(state)).await;
        opened.cloned().map_err(|mut cause| {
            let place = match &self.source.place {
                ExternalPlace::Files { location, .. } => location.clone(),
                ExternalPlace::Table(table) => format!("{} in `{}`", table.relation.short(), table.target),
            };
            cause.message = format!("source `{}` ({place}): {}", self.source.relation.short(), cause.message);
            cause
        })
    }

    async fn open(&self, state: &SessionState) -> Result<Arc<dyn TableProvider>, AdapterError> {
        match (&self.source.place, self.files()) {
            (_, Some(files)) => files.open(state).await,
            (ExternalPlace::Table(table), _) => Ok(Arc::new(ForeignRows::open(table, &self.source).await?)),
            (ExternalPlace::Files { .. }, None) => Err(AdapterError::new(AdapterErrorKind::Internal, "no files")),
        }
    }

    /// When the rows last changed, as far as files tell.
    ///
    /// # Errors
    /// `Connection`, `Sql` when they cannot be looked at.
    pub(super) async fn changed_at(&self, state: &SessionState) -> Result<Option<DateTime<Utc>>, AdapterError> {
        match self.files() {
            Some(files) if files.format()? == Format::Delta => last_commit(&files.delta().await?).await,
            Some(files) => files.changed_at(state).await,
            None => Ok(None),
        }
    }

    fn files(&self) -> Option<Files<'_>> {
        let ExternalPlace::Files { location, format, options } = &self.source.place else { return None };
        let (relation, columns) = (&self.source.relation, self.source.columns.as_slice());
        Some(Files {
            project_root: &self.project_root,
            relation,
            location,
            format: format.as_deref(),
            options,
            columns,
        })
    }
}

impl Files<'_> {
    async fn open(&self, state: &SessionState) -> Result<Arc<dyn TableProvider>, AdapterError> {
        match self.format()? {
            Format::Delta => self.open_delta().await,
            format => self.open_files(format, state).await,
        }
    }

    /// The time of the youngest file.
    async fn changed_at(&self, state: &SessionState) -> Result<Option<DateTime<Utc>>, AdapterError> {
        let url = ListingTableUrl::parse(self.address()).map_err(error::from_datafusion)?;
        let store = state.runtime_env().object_store(&url).map_err(error::from_datafusion)?;
        let ending = self.ending(self.format()?);
        let mut files = url.list_all_files(state, &*store, &ending).await.map_err(error::from_datafusion)?;
        let mut youngest = None;
        while let Some(file) = files.try_next().await.map_err(error::from_datafusion)? {
            youngest = youngest.max(Some(file.last_modified));
        }
        Ok(youngest)
    }

    async fn open_delta(&self) -> Result<Arc<dyn TableProvider>, AdapterError> {
        provider(&self.delta().await?).await
    }

    async fn delta(&self) -> Result<DeltaTable, AdapterError> {
        let url = match Url::parse(self.location) {
            Ok(url) if self.location.contains("://") => url,
            _ => Url::from_directory_path(self.project_root.join(self.location))
                .map_err(|()| self.refused("is no folder"))?,
        };
        let mut table =
            DeltaTableBuilder::from_url(url).and_then(DeltaTableBuilder::build).map_err(error::from_delta)?;
        table.load().await.map_err(error::from_delta)?;
        Ok(table)
    }

    async fn open_files(&self, format: Format, state: &SessionState) -> Result<Arc<dyn TableProvider>, AdapterError> {
        let url = ListingTableUrl::parse(self.address()).map_err(error::from_datafusion)?;
        let ending = self.ending(format);
        if is_empty(state, &url, &ending).await? {
            return Err(nothing(&ending));
        }
        let options = ListingOptions::new(self.reader(format)?).with_file_extension(ending);
        let partitions = options.infer_partitions(state, &url).await.map_err(error::from_datafusion)?;
        let partitions = partitions.into_iter().map(|name| {
            let kind = self.declared(&name).transpose()?.unwrap_or(DataType::Utf8);
            Ok((name, kind))
        });
        let options = options.with_table_partition_cols(partitions.collect::<Result<Vec<_>, AdapterError>>()?);
        let found = options.infer_schema(state, &url).await.map_err(error::from_datafusion)?;
        if found.fields().is_empty() {
            return Err(self.refused("holds no file with columns"));
        }
        let schema = self.schema(&found, format)?;
        let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema);
        Ok(Arc::new(ListingTable::try_new(config).map_err(error::from_datafusion)?))
    }

    /// Where the files are, for DataFusion.
    fn address(&self) -> String {
        let location = self.location;
        if location.contains("://") {
            return location.to_owned();
        }
        let mut path = self.project_root.join(location).display().to_string();
        // A folder is told from a file by its end.
        if !self.names_files() && !path.ends_with('/') {
            path.push('/');
        }
        path
    }

    /// Whether the location's last part is a file or a glob, rather than a folder.
    fn names_files(&self) -> bool {
        let last = self.location.rsplit('/').next().unwrap_or_default();
        last.contains(['.', '*', '?', '['])
    }

    /// `format:`, in small letters.
    fn named(&self) -> Option<String> {
        self.format.map(str::to_ascii_lowercase)
    }

    fn format(&self) -> Result<Format, AdapterError> {
        let location = self.location.to_ascii_lowercase();
        let last = location.rsplit('/').next().unwrap_or_default();
        let bare = COMPRESSIONS.iter().find_map(|(ending, _)| last.strip_suffix(ending)).unwrap_or(last);
        let named = self.named();
        let word = named.as_deref().unwrap_or_else(|| bare.rsplit('.').next().unwrap_or_default());
        match word {
            "csv" | "tsv" => Ok(Format::Csv),
            "json" | "jsonl" | "ndjson" => Ok(Format::Json),
            "parquet" => Ok(Format::Parquet),
            "avro" => Ok(Format::Avro),
            "delta" => Ok(Format::Delta),
            _ => {
                let mut error = self.refused("does not say what it is written in, or the lakehouse cannot read that");
                error.hint = Some("give `format: csv`, `json`, `parquet` or `delta` under `external:`".to_owned());
                Err(error)
            }
        }
    }

    fn check_options(&self) -> Result<(), AdapterError> {
        match self.options.iter().find(|(key, _)| !OPTIONS.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) => {
                let mut error = self.refused(&format!("has an unknown option `{key}`"));
                error.hint = Some(format!("known are {}", OPTIONS.join(", ")));
                Err(error)
            }
        }
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn reader(&self, format: Format) -> Result<Arc<dyn FileFormat>, AdapterError> {
        let compression = self.compression()?;
        Ok(match format {
            Format::Csv => {
                let tabs = self.location.contains(".tsv") || self.format == Some("tsv");
                let delimiter = self.byte("delimiter")?.unwrap_or(if tabs { b'\t' } else { b',' });
                let mut csv = CsvFormat::default()
                    .with_has_header(self.option("header") != Some("false"))
                    .with_delimiter(delimiter)
                    .with_escape(self.byte("escape")?)
                    .with_newlines_in_values(self.option("newlines_in_values") == Some("true"))
                    .with_file_compression_type(compression);
                if let Some(quote) = self.byte("quote")? {
                    csv = csv.with_quote(quote);
                }
                Arc::new(csv)
            }
            Format::Json => Arc::new(JsonFormat::default().with_file_compression_type(compression)),
            Format::Avro => Arc::new(AvroFormat),
            Format::Parquet | Format::Delta => Arc::new(ParquetFormat::default()),
        })
    }

    fn byte(&self, name: &str) -> Result<Option<u8>, AdapterError> {
        match self.option(name).map(|text| if text == "\\t" { "\t" } else { text }) {
            None => Ok(None),
            Some(text) if text.len() == 1 => Ok(text.bytes().next()),
            Some(text) => Err(self.refused(&format!("has the option `{name}: {text}`, which must be one character"))),
        }
    }

    fn compression(&self) -> Result<FileCompressionType, AdapterError> {
        let ending = COMPRESSIONS.iter().find(|(ending, _)| self.location.ends_with(ending));
        match self.option("compression").or(ending.map(|(_, name)| *name)) {
            None | Some("none") => Ok(FileCompressionType::UNCOMPRESSED),
            Some("gzip") => Ok(FileCompressionType::GZIP),
            Some("bzip2") => Ok(FileCompressionType::BZIP2),
            Some("xz") => Ok(FileCompressionType::XZ),
            Some("zstd") => Ok(FileCompressionType::ZSTD),
            Some(other) => Err(self.refused(&format!("has an unknown `compression: {other}`"))),
        }
    }

    /// The end of the names of files in a folder; a glob says itself which files are meant.
    fn ending(&self, format: Format) -> String {
        if self.names_files() {
            return String::new();
        }
        let compression =
            self.option("compression").and_then(|name| COMPRESSIONS.iter().find(|(_, known)| *known == name));
        let named = self.named();
        let format = match (format, named.as_deref()) {
            // Words for a format that are endings too.
            (Format::Csv | Format::Json, Some(word @ ("tsv" | "jsonl" | "ndjson"))) => word,
            (Format::Csv, _) => "csv",
            (Format::Json, _) => "json",
            (Format::Avro, _) => "avro",
            (Format::Parquet | Format::Delta, _) => "parquet",
        };
        format!(".{format}{}", compression.map_or("", |(ending, _)| ending))
    }

    /// The columns' types: as declared where the files themselves have none, in microseconds.
    fn schema(&self, found: &Schema, format: Format) -> Result<SchemaRef, AdapterError> {
        let field = |field: &Arc<Field>| {
            let declared = match format {
                Format::Csv | Format::Json => self.declared(field.name()).transpose()?,
                Format::Parquet | Format::Avro | Format::Delta => None,
            };
            let kind = declared.unwrap_or_else(|| match field.data_type() {
                DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
                DataType::Null => DataType::Utf8,
                other => other.clone(),
            });
            Ok(Field::new(field.name(), kind, true))
        };
        let fields = found.fields().iter().map(field).collect::<Result<Vec<_>, AdapterError>>()?;
        Ok(Arc::new(Schema::new(fields)))
    }

    fn declared(&self, name: &str) -> Option<Result<DataType, AdapterError>> {
        self.columns.iter().find(|column| column.name == name).map(|column| types::parse(&column.data_type))
    }

    fn refused(&self, why: &str) -> AdapterError {
        let message = format!("source `{}`: `{}` {why}", self.relation.short(), self.location);
        AdapterError::new(AdapterErrorKind::Unsupported, message)
    }
}

/// Whether there is no file with that ending.
async fn is_empty(state: &SessionState, url: &ListingTableUrl, ending: &str) -> Result<bool, AdapterError> {
    let store = state.runtime_env().object_store(url).map_err(error::from_datafusion)?;
    let mut files = url.list_all_files(state, &*store, ending).await.map_err(error::from_datafusion)?;
    Ok(files.try_next().await.map_err(error::from_datafusion)?.is_none())
}

/// What is said where no file stands; a glob has no ending of its own.
fn nothing(ending: &str) -> AdapterError {
    if ending.is_empty() {
        return AdapterError::new(AdapterErrorKind::Sql, "no such file".to_owned());
    }
    let mut error = AdapterError::new(AdapterErrorKind::Sql, format!("no file whose name ends in `{ending}`"));
    error.hint = Some(
        "of a folder, files with the ending of `format` are read (`csv`, `tsv`, `json`, `jsonl`, `ndjson`, `parquet`, \
         `avro`); a glob such as `folder/*.txt` names others"
            .to_owned(),
    );
    error
}

/// What may stand under `options`.
const OPTIONS: [&str; 6] = ["delimiter", "header", "quote", "escape", "newlines_in_values", "compression"];

/// Endings of compressed files.
const COMPRESSIONS: [(&str, &str); 4] = [(".gz", "gzip"), (".bz2", "bzip2"), (".xz", "xz"), (".zst", "zstd")];
