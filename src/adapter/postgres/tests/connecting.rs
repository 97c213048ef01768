//! Profiles, and connections that do not come about.

use super::*;
use crate::adapter::AdapterErrorKind;

async fn refusal(changes: serde_json::Value) -> AdapterError {
    adapter(changes).session().await.err().expect("no connection")
}

#[tokio::test]
async fn a_refused_connection_names_the_place_and_not_the_password() {
    let error = refusal(json!({ "host": "127.0.0.1", "port": 1, "password": "s3cret-word", "retries": 1 })).await;
    assert_eq!((error.kind, error.transient), (AdapterErrorKind::Connection, true));
    assert!(error.message.contains("127.0.0.1:1"), "{}", error.message);
    assert!(!format!("{error:?}").contains("s3cret-word"));
    assert_eq!(
        error.hint.as_deref(),
        Some("check that the server runs, and `host` and `port` of the profile's output")
    );
}

#[tokio::test]
async fn a_refused_user_is_not_tried_again_and_the_password_not_told() {
    let changes = json!({ "user": "no such user", "password": "s3cret-word", "retries": 50 });
    let error = refusal(changes.clone()).await;
    assert_eq!((error.kind, error.transient), (AdapterErrorKind::Connection, false));
    assert!(error.sqlstate.as_deref().is_some_and(|code| code.starts_with("28")));
    assert_eq!(error.hint.as_deref(), Some("check `user` and `pass` of the profile's output"));
    assert!(!format!("{error:?}{:?}", adapter(changes).connection_facts()).contains("s3cret-word"));
}

#[tokio::test]
async fn an_absent_database_is_named() {
    let error = refusal(json!({ "dbname": "no_such_database" })).await;
    assert_eq!(error.sqlstate.as_deref(), Some("3D000"));
    assert!(error.message.contains("no_such_database"));
}

#[tokio::test]
async fn settings_come_with_the_connection() {
    let adapter = adapter(
        json!({ "search_path": "\"$user\", pg_catalog, public", "role": "PG_Monitor", "application_name": "an app" }),
    );
    let state = "select current_user, current_setting('search_path'), current_setting('application_name')";
    let expected = "pg_monitor|\"$user\", pg_catalog, public|an app";
    let mut session = adapter.session().await.expect("connects");
    assert_eq!(rows(session.as_mut(), state).await, expected);
    session.execute("reset role; set search_path to public").await.expect("sets");
    drop(session);
    assert_eq!(rows(adapter.session().await.expect("connects").as_mut(), state).await, expected);
}

#[tokio::test]
async fn tls_modes_are_as_in_libpq() {
    let encrypted = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
    let mut session = adapter(json!({})).session().await.expect("connects");
    let speaks_tls = rows(session.as_mut(), "show ssl").await == "on";
    for (mode, encrypts) in [("disable", false), ("allow", false), ("prefer", speaks_tls), ("require", true)] {
        match adapter(json!({ "sslmode": mode })).session().await {
            Ok(mut session) => assert_eq!(rows(session.as_mut(), encrypted).await, encrypts.to_string(), "{mode}"),
            Err(error) => assert!(encrypts && !speaks_tls, "{mode}: {error}"),
        }
    }
    let error = refusal(json!({ "sslmode": "verify-full" })).await;
    assert_eq!(error.kind, AdapterErrorKind::Connection, "the server's certificate is signed by nobody");
    let error = refusal(json!({ "sslmode": "verify-ca", "sslrootcert": "/no/such/root.crt" })).await;
    assert_eq!(error.kind, AdapterErrorKind::Settings);
    assert!(error.message.contains("`/no/such/root.crt`"), "{}", error.message);
}
