//! Behaviour against a real server, named by `AQUIFER_TEST_POSTGRES`. Each test has a schema of its
//! own, so they run side by side.

mod connecting;
mod incremental;
mod managing;
mod replacing;
mod running;

use serde_json::json;

use super::Postgres;
use crate::adapter::{Adapter, AdapterError, Session};
use crate::outcome::AdapterResponse;
use crate::relation::{Relation, RelationKind, RelationOp, Scalar, SchemaRef, TableOptions, TableShape};
use crate::resource::JsonMap;

/// A server, and a schema of it for one test.
struct Server {
    adapter: Postgres,
    database: String,
    schema: String,
}

/// The profile output that the variable's URL means.
fn output() -> JsonMap {
    #[allow(clippy::disallowed_methods, reason = "the server to test against is given from outside")]
    let text = std::env::var("AQUIFER_TEST_POSTGRES").expect(
        "AQUIFER_TEST_POSTGRES is not set: these tests need a PostgreSQL server; \
         run `eval \"$(tests/setup/postgres.sh)\"` to start one and set it",
    );
    let url = url::Url::parse(&text).expect("AQUIFER_TEST_POSTGRES is a URL");
    let output = json!({
        "type": "postgres",
        "host": url.host_str().unwrap_or("localhost"),
        "port": url.port().unwrap_or(5432),
        "user": url.username(),
        "password": url.password(),
        "dbname": url.path().trim_start_matches('/'),
        "schema": "public",
        "application_name": "aquifer tests",
    });
    output.as_object().expect("a mapping").clone()
}

fn adapter(changes: serde_json::Value) -> Postgres {
    let mut output = output();
    for (key, value) in changes.as_object().expect("a mapping") {
        output.insert(key.clone(), value.clone());
    }
    Postgres::from_profile(&output, 4).expect("the output fits")
}

/// Runs a test in a fresh schema, and removes the schema when the test went well.
async fn with_server<T>(name: &str, test: impl AsyncFnOnce(&Server) -> T) {
    let adapter = adapter(json!({}));
    let database = adapter.profile().database.clone();
    let schema = format!("aq_{name}_{}", std::process::id());
    let server = Server { adapter, database, schema };
    server.execute(&format!("drop schema if exists {0} cascade; create schema {0}", server.schema)).await;
    test(&server).await;
    server.execute(&format!("drop schema {} cascade", server.schema)).await;
}

impl Server {
    fn relation(&self, identifier: &str) -> Relation {
        Relation::new(&self.database, &self.schema, identifier)
    }

    fn schema_ref(&self) -> SchemaRef {
        self.relation("any").schema_ref()
    }

    async fn session(&self) -> Box<dyn Session> {
        self.adapter.session().await.expect("connects")
    }

    async fn execute(&self, sql: &str) {
        // `{s}` stands for the schema.
        let sql = sql.replace("{s}", &self.schema);
        self.session().await.execute(&sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    async fn try_apply(&self, ops: &[RelationOp]) -> Result<AdapterResponse, AdapterError> {
        self.session().await.apply(ops).await
    }

    async fn apply(&self, ops: &[RelationOp]) -> AdapterResponse {
        self.try_apply(ops).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// All rows, a line each, values separated by bars.
    async fn rows(&self, sql: &str) -> String {
        rows(self.session().await.as_mut(), &sql.replace("{s}", &self.schema)).await
    }

    /// Kind of what stands there.
    async fn kind(&self, identifier: &str) -> Option<RelationKind> {
        let relations = self.adapter.list_relations(&[self.schema_ref()]).await.expect("lists");
        relations.iter().find(|relation| relation.identifier == identifier).and_then(|relation| relation.kind)
    }

    /// Names of all relations that stand in the schema.
    async fn names(&self) -> Vec<String> {
        let relations = self.adapter.list_relations(&[self.schema_ref()]).await.expect("lists");
        relations.into_iter().map(|relation| relation.identifier).collect()
    }

    fn table(&self, identifier: &str, existing: Option<RelationKind>, query: &str) -> RelationOp {
        RelationOp::ReplaceTable {
            target: self.relation(identifier),
            existing,
            query: query.replace("{s}", &self.schema),
            shape: TableShape::default(),
            options: TableOptions::default(),
        }
    }

    fn view(&self, identifier: &str, existing: Option<RelationKind>, query: &str) -> RelationOp {
        RelationOp::ReplaceView {
            target: self.relation(identifier),
            existing,
            query: query.replace("{s}", &self.schema),
        }
    }

    fn materialized(&self, identifier: &str, existing: Option<RelationKind>, query: &str) -> RelationOp {
        RelationOp::ReplaceMaterializedView {
            target: self.relation(identifier),
            existing,
            query: query.replace("{s}", &self.schema),
            options: TableOptions::default(),
        }
    }
}

async fn rows(session: &mut dyn Session, sql: &str) -> String {
    let (table, _) = session.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    let rows = table.rows().expect("readable");
    let line = |row: &Vec<Scalar>| row.iter().map(Scalar::to_string).collect::<Vec<_>>().join("|");
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
