//! Queries, transactions, loads, errors, cancelling.

use arrow::datatypes::DataType;

use super::*;
use crate::adapter::{AdapterErrorKind, Load, TextRows};
use crate::relation::Column;

#[tokio::test]
async fn values_come_with_their_types() {
    with_server("types", async |server| {
        server.execute("create type {s}.mood as enum ('fine'); create domain {s}.age as int").await;
        let sql = "select true as b, 1::int2 as i2, 2 as i4, 3::int8 as i8, 1.5::float4 as f4, 0.1::float8 as f8, \
                   12.50::numeric(10, 2) as n, 'ü' as t, 'a'::varchar(3) as v, '2024-02-29'::date as d, \
                   '2024-02-29 12:00:00.25'::timestamp as ts, '2024-02-29 12:00:00+02'::timestamptz as tz, \
                   '12:30'::time as c, '1 day 02:00'::interval as iv, array[1, 2] as a, '{\"k\": 1}'::jsonb as j, \
                   'fine'::SCHEMA.mood as e, 7::SCHEMA.age as g, null::int as z, null as u"
            .replace("SCHEMA", &server.schema);
        let (table, response) = server.session().await.query(&sql).await.expect("reads");
        assert_eq!((response.message.as_str(), response.rows_affected), ("SELECT 1", Some(1)));
        let types: Vec<&DataType> = table.schema().fields().iter().map(|field| field.data_type()).collect();
        assert_eq!(
            types[..6],
            [
                &DataType::Boolean,
                &DataType::Int16,
                &DataType::Int32,
                &DataType::Int64,
                &DataType::Float32,
                &DataType::Float64
            ]
        );
        assert_eq!(types[6], &DataType::Decimal128(38, 2));
        assert_eq!((types[16], types[17]), (&DataType::Utf8, &DataType::Int32));
        let row = server.rows(&sql).await;
        insta::assert_snapshot!(row, @r#"true|1|2|3|1.5|0.1|12.50|ü|a|2024-02-29|2024-02-29 12:00:00.250|2024-02-29 10:00:00+00|12:30:00|1 day 02:00:00|{1,2}|{"k": 1}|fine|7||"#);
    })
    .await;
}

#[tokio::test]
async fn odd_values_fall_back_to_text() {
    with_server("odd", async |server| {
        let sql = "select 'infinity'::date, 'NaN'::numeric, '-infinity'::timestamptz, 1e30::numeric(40, 0), 'NaN'::float8, 1 as a, 2 as a";
        assert_eq!(server.rows(sql).await, "infinity|NaN|-infinity|1000000000000000000000000000000|NaN|1|2");
        assert_eq!(server.rows("select 1 as n where false").await, "");
        let (table, _) = server.session().await.query("select 1::int8 as n where false").await.expect("reads");
        assert_eq!((table.column_names(), table.row_count()), (vec!["n"], 0));
    })
    .await;
}

#[tokio::test]
async fn a_query_may_be_no_query() {
    with_server("no_query", async |server| {
        let mut session = server.session().await;
        let create = format!("create table {}.t (a int)", server.schema);
        let (table, response) = session.query(&create).await.expect("creates");
        assert_eq!((table.row_count(), response.message.as_str()), (0, "CREATE TABLE"));
        let insert = format!("insert into {}.t values (1), (2) returning a", server.schema);
        let (table, response) = session.query(&insert).await.expect("inserts");
        assert_eq!((table.row_count(), response.message.as_str()), (2, "INSERT 0 2"));
        assert_eq!(session.query("-- nothing").await.expect("empty").1.message, "");
        let (table, _) = session.query("select 1 as a; select 'x' as b, 'y' as c").await.expect("two");
        assert_eq!(table.column_names(), ["b", "c"]);
        assert_eq!(
            session
                .execute(&format!("update {}.t set a = 3 where a = 1; ", server.schema))
                .await
                .expect("updates")
                .message,
            "UPDATE 1"
        );
    })
    .await;
}

#[tokio::test]
async fn hooks_do_not_blur_the_answer() {
    with_server("hooks", async |server| {
        let hook = |sql: &str| RelationOp::Statement(sql.replace("{s}", &server.schema));
        let unit = [
            hook("create table {s}.log (a text); insert into {s}.log values ('before'), ('x'); -- done"),
            server.table("t", None, "select generate_series(1, 5) as a"),
            hook("insert into {s}.log select a::text from {s}.t;\nselect 1, 2;"),
        ];
        assert_eq!(server.apply(&unit).await.message, "SELECT 5");
        assert_eq!(server.rows("select count(*) from {s}.log").await, "7");
        assert_eq!(server.apply(&[hook("insert into {s}.log values ('a')")]).await.message, "INSERT 0 1");
        // Alone, a statement is in no transaction.
        server.apply(&[hook("vacuum {s}.t")]).await;
        server.apply(&[]).await;
    })
    .await;
}

#[tokio::test]
async fn errors_point_into_the_users_query() {
    with_server("offsets", async |server| {
        let query = "select 'äöü€😀' as a, -- ü\n  nonsense as b";
        let at = query.find("nonsense");
        let ops = [
            server.table("Tänze", None, query),
            server.table("Tänze", Some(RelationKind::Table), query),
            server.view("Tänze", None, query),
            server.materialized("Tänze", Some(RelationKind::View), query),
        ];
        for op in ops {
            let unit = [RelationOp::Statement("select 'ä'".to_owned()), op];
            let error = server.try_apply(&unit).await.expect_err("refused");
            assert_eq!((error.kind, error.sqlstate.as_deref()), (AdapterErrorKind::Sql, Some("42703")));
            assert_eq!(error.query_offset, at);
            let mut session = server.session().await;
            session.begin().await.expect("begins");
            assert_eq!(session.apply(&unit).await.expect_err("refused").query_offset, at);
        }
        let mut session = server.session().await;
        assert_eq!(session.query(query).await.expect_err("refused").query_offset, at);
        assert_eq!(session.describe(query).await.expect_err("refused").query_offset, at);
        session.begin().await.expect("begins");
        assert_eq!(session.execute(query).await.expect_err("refused").query_offset, at);
        let open = "select (1 as a";
        let error = server.try_apply(&[server.table("t", None, open)]).await.expect_err("refused");
        assert_eq!(error.query_offset, open.find("as"));
        let short = "select 1 as a from";
        let error = server.try_apply(&[server.table("t", None, short)]).await.expect_err("refused");
        assert_eq!(error.query_offset, Some(short.len()));
    })
    .await;
}

#[tokio::test]
async fn describe_tells_full_types_without_running() {
    with_server("describe", async |server| {
        let sql = "select 1 as a, 'x'::varchar(7) as b, 1.5::numeric(10, 2) as c, array['t'] as d, now()::timestamp(3) as e where 1 / 0 = 1";
        let columns = server.session().await.describe(sql).await.expect("describes");
        let columns: Vec<String> = columns.into_iter().map(|column| column.data_type).collect();
        assert_eq!(columns, ["integer", "character varying(7)", "numeric(10,2)", "text[]", "timestamp(3) without time zone"]);
    })
    .await;
}

#[tokio::test]
async fn rows_are_loaded_within_the_transaction() {
    with_server("load", async |server| {
        server.execute("create table {s}.seed (id int, \"Text\" text, d date)").await;
        let columns = [Column::new("id", "int"), Column::new("Text", "text"), Column::new("d", "date")];
        let rows = [
            vec![Some("1"), Some("a\tb\nc\\N"), Some("2024-01-01")],
            vec![Some("2"), Some(""), None],
            vec![Some("3"), None, None],
        ];
        let rows: TextRows = rows.into_iter().collect();
        let target = server.relation("seed");
        let mut session = server.session().await;
        session.begin().await.expect("begins");
        let response = session.load(&Load { target: &target, columns: &columns, rows: &rows }).await.expect("loads");
        assert_eq!((response.message.as_str(), response.rows_affected), ("INSERT 3", Some(3)));
        assert_eq!(server.rows("select count(*) from {s}.seed").await, "0");
        session.commit().await.expect("commits");
        assert_eq!(
            server.rows("select id, \"Text\" = E'a\\tb\\nc\\\\N', \"Text\" is null from {s}.seed order by 1").await,
            "1|true|false\n2|false|false\n3||true"
        );
        let bad = [vec![Some("4"), None, None], vec![Some("5"), None, Some("31 June")]].into_iter().collect();
        let error = session.load(&Load { target: &target, columns: &columns, rows: &bad }).await.expect_err("refused");
        assert_eq!(error.detail.as_deref(), Some("line 2, column d: \"31 June\""));
        assert_eq!(server.rows("select count(*) from {s}.seed").await, "3");
    })
    .await;
}

#[tokio::test]
async fn transactions_end_as_told() {
    with_server("transactions", async |server| {
        server.execute("create table {s}.t (a int)").await;
        let insert = format!("insert into {}.t values (1)", server.schema);
        let count = async || server.rows("select count(*) from {s}.t").await;
        let mut session = server.session().await;
        session.begin().await.expect("begins");
        session.execute(&insert).await.expect("inserts");
        session.rollback().await.expect("rolls back");
        assert_eq!(count().await, "0");
        session.execute(&insert).await.expect("inserts");
        assert_eq!(count().await, "1", "without a transaction each statement stands");
        // A text that cannot be parsed never began the transaction on the server; still nothing may
        // slip out of it.
        session.begin().await.expect("begins");
        session.execute("selec 1").await.expect_err("refused");
        assert_eq!(session.execute(&insert).await.expect_err("aborted").sqlstate.as_deref(), Some("25P02"));
        session.commit().await.expect_err("nothing to commit");
        session.begin().await.expect("begins");
        session.execute(&insert).await.expect("inserts");
        drop(session);
        assert_eq!(count().await, "1", "a dropped session rolls back");
    })
    .await;
}

#[tokio::test]
async fn a_session_leaves_nothing_to_the_next() {
    with_server("leftovers", async |server| {
        let adapter = super::adapter(serde_json::json!({ "search_path": "pg_catalog", "application_name": "kept" }));
        let mut session = adapter.session().await.expect("connects");
        let pid = rows(session.as_mut(), "select pg_backend_pid()").await;
        session.execute("set search_path to public; create temporary table t (a int); set application_name to 'x'").await.expect("sets");
        session.apply(&[RelationOp::CreateTemporaryTable { target: server.relation("u"), query: "select 1".to_owned() }]).await.expect("creates");
        drop(session);
        let mut session = adapter.session().await.expect("connects");
        let state = "select pg_backend_pid(), current_setting('search_path'), current_setting('application_name'), to_regclass('pg_temp.t')::text, to_regclass('pg_temp.u')::text";
        assert_eq!(rows(session.as_mut(), state).await, format!("{pid}|pg_catalog|kept||"));
    })
    .await;
}

#[tokio::test]
async fn a_killed_connection_is_told_as_lost_and_its_work_undone() {
    with_server("killed", async |server| {
        server.execute("create table {s}.t (a int)").await;
        let mut session = server.session().await;
        let pid = rows(session.as_mut(), "select pg_backend_pid()").await;
        session.begin().await.expect("begins");
        session.execute(&format!("insert into {}.t values (1)", server.schema)).await.expect("inserts");
        server.execute(&format!("select pg_terminate_backend({pid})")).await;
        let error = session.execute("select 1").await.expect_err("lost");
        assert_eq!((error.kind, error.transient), (AdapterErrorKind::Connection, true));
        drop(session);
        assert_eq!(server.rows("select count(*) from {s}.t").await, "0");
    })
    .await;
}

#[tokio::test]
async fn all_running_statements_are_cancelled() {
    with_server("cancel", async |server| {
        let adapter = super::adapter(serde_json::json!({}));
        let wait = async |number: usize| {
            let mut session = adapter.session().await.expect("connects");
            let outcome =
                session.execute(&format!("select pg_sleep(600) /* aq_cancel_{number} {} */", server.schema)).await;
            let error = outcome.expect_err("cancelled");
            // The connection is as good as before.
            assert_eq!(rows(session.as_mut(), "select 1").await, "1");
            error
        };
        let cancel = async || {
            let running = format!(
                "select count(*) from pg_stat_activity where query like 'select pg_sleep%{}%' and state = 'active'",
                server.schema
            );
            while server.rows(&running).await != "3" {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            adapter.cancel_all().await;
        };
        let (one, two, three, ()) = futures::join!(wait(1), wait(2), wait(3), cancel());
        for error in [one, two, three] {
            assert_eq!((error.kind, error.sqlstate.as_deref()), (AdapterErrorKind::Cancelled, Some("57014")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_statement_nobody_waits_for_is_stopped() {
    with_server("abandoned", async |server| {
        let mut session = server.session().await;
        let sql = format!("select pg_sleep(600) /* {} */", server.schema);
        let running = format!("select count(*) from pg_stat_activity where query = '{sql}' and state = 'active'");
        {
            let executing = session.execute(&sql);
            futures::pin_mut!(executing);
            while server.rows(&running).await != "1" {
                let _ = futures::poll!(executing.as_mut());
            }
        }
        drop(session);
        while server.rows(&running).await != "0" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
}
