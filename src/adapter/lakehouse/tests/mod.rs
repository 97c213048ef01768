//! Each test opens a lakehouse in a folder of its own and looks at it through SQL.

mod change;
mod external;
mod relations;

use std::sync::Arc;

use super::Lakehouse;
use crate::adapter::{Adapter, AdapterError, Session};
use crate::relation::{Relation, RelationOp, Scalar, TableOptions, TableShape};

/// A lakehouse in a folder of its own, with one open session.
struct Bench {
    folder: tempfile::TempDir,
    lakehouse: Arc<Lakehouse>,
    session: Box<dyn Session>,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lakehouse = open(folder.path());
        let session = lakehouse.session().await.unwrap();
        Self { folder, lakehouse, session }
    }

    async fn apply(&mut self, op: RelationOp) -> Result<crate::outcome::AdapterResponse, AdapterError> {
        self.session.apply(&[op]).await
    }

    async fn table(&mut self, name: &str, query: &str) {
        let answer = self.apply(replace_table(name, query)).await.unwrap();
        assert_eq!(answer.code, "SELECT");
    }

    /// Applies an operation that must succeed; answers how many rows it wrote.
    async fn done(&mut self, op: RelationOp) -> Option<u64> {
        self.apply(op).await.unwrap_or_else(|error| panic!("{error:?}")).rows_affected
    }

    async fn execute(&mut self, sql: &str) -> Option<u64> {
        self.session.execute(sql).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}")).rows_affected
    }

    /// How many commits a table has seen.
    fn commits(&self, table: &str) -> usize {
        let log = self.folder.path().join("lake/main").join(table).join("_delta_log");
        walkdir::WalkDir::new(log)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "json"))
            .count()
    }

    async fn rows(&mut self, sql: &str) -> String {
        rows(self.session.as_mut(), sql).await
    }
}

fn open(folder: &std::path::Path) -> Arc<Lakehouse> {
    let output = serde_json::json!({"type": "lakehouse", "path": "lake", "schema": "main"});
    Arc::new(Lakehouse::from_profile(output.as_object().unwrap(), folder, 4).unwrap())
}

fn relation(name: &str) -> Relation {
    Relation::new("aquifer", "main", name)
}

fn replace_table(name: &str, query: &str) -> RelationOp {
    RelationOp::ReplaceTable {
        target: relation(name),
        existing: None,
        query: query.to_owned(),
        shape: TableShape::default(),
        options: TableOptions::default(),
    }
}

fn replace_view(name: &str, query: &str) -> RelationOp {
    RelationOp::ReplaceView { target: relation(name), existing: None, query: query.to_owned() }
}

/// Rows as text: fields parted by `|`, rows by newlines, NULL as `NULL`.
async fn rows(session: &mut dyn Session, sql: &str) -> String {
    let (table, _) = session.query(sql).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    let line = |row: &Vec<Scalar>| {
        row.iter()
            .map(|value| if *value == Scalar::Null { "NULL".to_owned() } else { value.to_string() })
            .collect::<Vec<_>>()
            .join("|")
    };
    table.rows().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}
