//! PostgreSQL 13 to 17 through tokio-postgres.
