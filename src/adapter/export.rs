//! Files that others read.

/// Files that hold the rows of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileExport {
    /// A file, or with partitions a folder; below the project, absolute, or an address.
    pub location: String,
    /// What they are written in.
    pub format: ExportFormat,
    /// Columns whose values become folders named `column=value`.
    pub partition_by: Vec<String>,
}

/// What exported files are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values with a header.
    Csv,
    /// A JSON object a line.
    Json,
    /// Parquet.
    Parquet,
}

impl ExportFormat {
    /// The format of a word, or of a file's ending.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "json" | "jsonl" | "ndjson" => Self::Json,
            "parquet" => Self::Parquet,
            _ => return None,
        })
    }
}
