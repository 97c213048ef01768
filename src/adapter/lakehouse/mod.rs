//! The embedded lakehouse: DataFusion and Delta Lake.
