//! The warehouses of a test: each test has one of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, NoTls};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Where a test's project is built. Its schema is always `main`.
pub enum Warehouse {
    /// Delta tables in the project's folder.
    Lakehouse,
    /// Delta tables in a bucket.
    Bucket(Bucket),
    /// A database that is dropped when the test ends.
    Postgres(Box<Database>),
}

impl Warehouse {
    /// The embedded lakehouse.
    pub fn lakehouse() -> Self {
        Self::Lakehouse
    }

    /// The embedded lakehouse, at a new place in the bucket that `AQUIFER_TEST_S3` names.
    pub fn bucket() -> Self {
        Self::Bucket(Bucket::create())
    }

    /// A new database on the server that `AQUIFER_TEST_POSTGRES` names.
    pub fn postgres() -> Self {
        Self::Postgres(Box::new(Database::create()))
    }

    /// Whether it is PostgreSQL, for what the two must say differently.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// The output of a profile, as YAML in one line.
    pub fn output(&self, schema: &str) -> String {
        match self {
            Self::Lakehouse => format!("{{type: lakehouse, path: target/lakehouse, schema: {schema}, threads: 4}}"),
            Self::Bucket(bucket) => bucket.output(schema),
            Self::Postgres(database) => database.output(schema),
        }
    }
}

/// A place in a bucket of a test's own. It goes when the server's files do.
pub struct Bucket {
    /// `http://key:secret@host:port/bucket`.
    server: url::Url,
    folder: String,
}

impl Bucket {
    fn create() -> Self {
        let url = std::env::var("AQUIFER_TEST_S3")
            .expect("AQUIFER_TEST_S3 must be the URL of a bucket; start a server: eval \"$(tests/setup/s3.sh)\"");
        let server = url.parse().expect("AQUIFER_TEST_S3 must be a URL such as http://key:secret@host:port/bucket");
        Self { server, folder: format!("it_{}", uuid::Uuid::new_v4().simple()) }
    }

    fn output(&self, schema: &str) -> String {
        let (key, secret) = (self.server.username(), self.server.password().unwrap_or_default());
        let endpoint = &self.server[..url::Position::BeforeUsername];
        let host = &self.server[url::Position::BeforeHost..url::Position::AfterPort];
        format!(
            "{{type: lakehouse, path: 's3:/{}/{}', schema: {schema}, threads: 4, s3: {{endpoint: '{endpoint}{host}', \
             region: us-east-1, access_key_id: '{key}', secret_access_key: '{secret}', path_style: true, \
             allow_http: true}}}}",
            self.server.path(),
            self.folder
        )
    }
}

/// A database of a test's own.
pub struct Database {
    server: tokio_postgres::Config,
    name: String,
}

impl Database {
    fn create() -> Self {
        let url = std::env::var("AQUIFER_TEST_POSTGRES").expect(
            "AQUIFER_TEST_POSTGRES must be the URL of a server; start one: eval \"$(tests/setup/postgres.sh)\"",
        );
        let server = url.parse().expect("AQUIFER_TEST_POSTGRES must be a URL such as postgresql://user:pw@host/db");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = Self { server, name: format!("aquifer_it_{}_{number}", std::process::id()) };
        database.on_the_server(&format!("create database {}", database.name));
        database
    }

    fn output(&self, schema: &str) -> String {
        let host = match self.server.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            _ => "localhost".to_owned(),
        };
        let port = self.server.get_ports().first().copied().unwrap_or(5432);
        let user = self.server.get_user().unwrap_or("postgres");
        let password = String::from_utf8_lossy(self.server.get_password().unwrap_or_default());
        format!(
            "{{type: postgres, host: '{host}', port: {port}, user: '{user}', password: '{password}', \
             dbname: {}, schema: {schema}, threads: 4}}",
            self.name
        )
    }

    /// Runs statements in this database, past the engine.
    pub fn execute(&self, sql: &str) {
        let mut server = self.server.clone();
        server.dbname(&self.name);
        execute(&server, sql);
    }

    fn on_the_server(&self, sql: &str) {
        execute(&self.server, sql);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() || std::env::var_os("AQUIFER_KEEP").is_none() {
            self.on_the_server(&format!("drop database if exists {} with (force)", self.name));
        }
    }
}

fn execute(server: &tokio_postgres::Config, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection): (Client, _) = server.connect(NoTls).await.expect("the test server answers");
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        drop(client);
        let _ = connection.await;
    });
}
