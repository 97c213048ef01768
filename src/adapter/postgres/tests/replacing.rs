//! Tables and views in the place of others.

use super::*;
use crate::relation::{IndexSpec, ShapedColumn};

const TABLE: Option<RelationKind> = Some(RelationKind::Table);
const VIEW: Option<RelationKind> = Some(RelationKind::View);
const MATERIALIZED: Option<RelationKind> = Some(RelationKind::MaterializedView);

#[tokio::test]
async fn a_table_is_built_and_replaced() {
    with_server("table", async |server| {
        let first = server.apply(&[server.table("t", None, "select 1 as a union all select 2 -- end")]).await;
        assert_eq!((first.message.as_str(), first.code.as_str(), first.rows_affected), ("SELECT 2", "SELECT", Some(2)));
        let second = server.apply(&[server.table("t", TABLE, "select a + 10 as a, 'x' as b from {s}.t")]).await;
        assert_eq!(second.message, "SELECT 2");
        assert_eq!(server.rows("select * from {s}.t order by 1").await, "11|x\n12|x");
        assert_eq!(server.names().await, ["t"], "leftovers");
    })
    .await;
}

#[tokio::test]
async fn views_on_a_replaced_table_survive_and_see_the_new_rows() {
    with_server("swap_views", async |server| {
        server.apply(&[server.table("t", None, "select 1 as a, 'x'::text as b")]).await;
        server
            .execute(
                "create view {s}.low with (security_barrier=true) as select a from {s}.t; \
                 create view {s}.high as select low.a, t.b from {s}.low join {s}.t using (a); \
                 comment on view {s}.low is 'kept'; grant select on {s}.low to public",
            )
            .await;
        let identity = "select c.oid, c.reloptions, obj_description(c.oid), c.relacl::text from pg_class c \
                        where c.oid in ('{s}.low'::regclass, '{s}.high'::regclass) order by relname";
        let before = server.rows(identity).await;
        server.apply(&[server.table("t", TABLE, "select 2 as a, 'y'::text as b, true as added")]).await;
        assert_eq!(server.rows(identity).await, before);
        assert_eq!(server.rows("select * from {s}.high").await, "2|y");
        assert_eq!(server.rows("select current_setting('search_path')").await, "\"$user\", public");
    })
    .await;
}

#[tokio::test]
async fn a_view_whose_column_changes_type_is_built_anew_with_what_hangs_on_it() {
    with_server("swap_retype", async |server| {
        server.apply(&[server.table("t", None, "select 1 as a")]).await;
        server
            .execute(
                "create view {s}.low as select a from {s}.t; \
                 create materialized view {s}.stored as select a from {s}.low; \
                 create unique index stored_a on {s}.stored (a); comment on column {s}.stored.a is 'number'; \
                 create view {s}.high as select a from {s}.stored; grant select on {s}.high to public",
            )
            .await;
        server.apply(&[server.table("t", TABLE, "select 7::bigint as a")]).await;
        assert_eq!(server.rows("select a, pg_typeof(a)::text from {s}.high").await, "7|bigint");
        let kept = "select (select count(*) from pg_indexes where schemaname = '{s}' and indexname = 'stored_a'), \
                    col_description('{s}.stored'::regclass, 1), \
                    has_table_privilege('public', '{s}.high', 'select')";
        assert_eq!(server.rows(&kept.replace("'public', ", "'pg_monitor', ")).await, "1|number|true");
    })
    .await;
}

#[tokio::test]
async fn a_view_that_no_longer_fits_goes_and_the_table_is_built() {
    with_server("swap_drop", async |server| {
        server.apply(&[server.table("t", None, "select 1 as a, 2 as b")]).await;
        server
            .execute(
                "create view {s}.fits as select a from {s}.t; create view {s}.broken as select b from {s}.t; \
                 create view {s}.above as select * from {s}.broken",
            )
            .await;
        server.apply(&[server.table("t", TABLE, "select 3 as a")]).await;
        assert_eq!(server.names().await, ["fits", "t"]);
        assert_eq!(server.rows("select * from {s}.fits").await, "3");
    })
    .await;
}

#[tokio::test]
async fn every_kind_takes_the_place_of_every_other() {
    with_server("switch", async |server| {
        let build = |kind: RelationKind, existing, number: usize| match kind {
            RelationKind::View => server.view("x", existing, &format!("select {number} as n")),
            RelationKind::MaterializedView => server.materialized("x", existing, &format!("select {number} as n")),
            _ => server.table("x", existing, &format!("select {number} as n")),
        };
        let kinds = [RelationKind::Table, RelationKind::View, RelationKind::MaterializedView];
        let hints = [None, TABLE, VIEW, MATERIALIZED];
        server.apply(&[build(RelationKind::Table, None, 0)]).await;
        server.execute("create view {s}.above as select n from {s}.x").await;
        let mut number = 0;
        for from in kinds {
            for to in kinds {
                // The hint is wrong more often than right.
                for hint in hints {
                    number += 1;
                    server.apply(&[build(from, hint, number)]).await;
                    server.apply(&[build(to, hint, number + 1000)]).await;
                    assert_eq!(server.kind("x").await, Some(to), "{from:?} -> {to:?}, told {hint:?}");
                    assert_eq!(server.rows("select n from {s}.above").await, (number + 1000).to_string());
                }
            }
        }
        assert_eq!(server.names().await, ["above", "x"]);
    })
    .await;
}

#[tokio::test]
async fn a_view_loses_and_gains_columns() {
    with_server("view_columns", async |server| {
        assert_eq!(server.apply(&[server.view("v", None, "select 1 as a, 2 as b")]).await.message, "CREATE VIEW");
        server.execute("create view {s}.above as select a from {s}.v").await;
        server.apply(&[server.view("v", VIEW, "select 'text' as a")]).await;
        assert_eq!(server.rows("select * from {s}.above").await, "text");
        server.apply(&[server.view("v", VIEW, "select 'more' as a, 1 as z")]).await;
        assert_eq!(server.rows("select * from {s}.above").await, "more");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_picture_is_put_right_within_an_open_transaction_too() {
    with_server("wrong_in_transaction", async |server| {
        server.execute("create view {s}.x as select 1 as a; create table {s}.log (a int)").await;
        let mut session = server.session().await;
        session.begin().await.expect("begins");
        session.execute(&format!("insert into {}.log values (1)", server.schema)).await.expect("inserts");
        session.apply(&[server.table("x", None, "select 5 as a")]).await.expect("replaces");
        assert_eq!(server.kind("x").await, VIEW, "others see the old until the commit");
        session.commit().await.expect("commits");
        assert_eq!(server.rows("select x.a, log.a from {s}.x, {s}.log").await, "5|1");
    })
    .await;
}

#[tokio::test]
async fn a_relation_that_would_depend_on_itself_is_refused() {
    with_server("itself", async |server| {
        server.apply(&[server.table("t", None, "select 1 as a")]).await;
        server.execute("create view {s}.v as select a from {s}.t").await;
        let error = server.try_apply(&[server.view("t", TABLE, "select a from {s}.v")]).await.expect_err("refused");
        assert_eq!(error.sqlstate.as_deref(), Some("42P17"));
        assert_eq!(server.rows("select * from {s}.v").await, "1");
    })
    .await;
}

#[tokio::test]
async fn names_may_be_long_and_odd() {
    with_server("names", async |server| {
        let long = "ä".repeat(31) + "x";
        let odd = "Dollar $aq$ {lock} \"quoted\" 'single' %s\\";
        for name in [long.as_str(), odd] {
            server.apply(&[server.table(name, None, "select 1 as a")]).await;
            let relation = server.relation(name);
            let view =
                format!("create view {{s}}.\"on {}\" as select a from {relation}", if name == odd { 1 } else { 2 });
            server.execute(&view).await;
            server.apply(&[server.table(name, TABLE, "select 2 as a")]).await;
            server.apply(&[server.view(name, TABLE, "select 3 as a")]).await;
            let columns = indexmap::IndexMap::from([("a".to_owned(), "it's {columns} $aq$".to_owned())]);
            let description = Some("d".to_owned());
            server.apply(&[RelationOp::Comment { relation: relation.clone(), description, columns }]).await;
            let described = server.session().await.columns(&relation).await.expect("columns");
            assert_eq!(described[0].comment.as_deref(), Some("it's {columns} $aq$"));
        }
        assert_eq!(server.rows("select a from {s}.\"on 1\" union all select a from {s}.\"on 2\"").await, "3\n3");
        assert_eq!(server.names().await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn long_names_that_begin_alike_are_built_at_the_same_time() {
    with_server("alike", async |server| {
        let names: Vec<String> = (0..4).map(|number| format!("{}{number}", "n".repeat(62))).collect();
        for _ in 0..2 {
            let builds =
                names.iter().map(async |name| server.apply(&[server.table(name, TABLE, "select 1 as a")]).await);
            futures::future::join_all(builds).await;
        }
        assert_eq!(server.names().await, names);
    })
    .await;
}

#[tokio::test]
async fn a_contract_is_kept_at_every_build() {
    with_server("contract", async |server| {
        let column = |name: &str, data_type: &str, constraints: &[&str]| ShapedColumn {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            constraints: constraints.iter().map(|text| (*text).to_owned()).collect(),
        };
        let build = |existing, query: &str| RelationOp::ReplaceTable {
            target: server.relation("orders"),
            existing,
            query: query.to_owned(),
            shape: TableShape {
                columns: Some(vec![
                    column("\"id\"", "integer", &["not null", "primary key"]),
                    column("note", "varchar(5)", &[]),
                ]),
                constraints: vec!["constraint one_note unique (note)".to_owned(), "check (id > 0)".to_owned()],
            },
            options: TableOptions::default(),
        };
        // By name: the query's order does not matter.
        let response = server.apply(&[build(None, "select 'a' as note, 1 as id")]).await;
        assert_eq!(response.message, "INSERT 0 1");
        for _ in 0..2 {
            server.apply(&[build(TABLE, "select 'b' as note, 2 as id")]).await;
            let constraints = "select conname from pg_constraint where conrelid = '{s}.orders'::regclass order by 1";
            assert_eq!(server.rows(constraints).await, "one_note\norders_id_check\norders_pkey");
        }
        let error = server.try_apply(&[build(TABLE, "select 'c' as note, 0 as id")]).await.expect_err("refused");
        assert_eq!(error.sqlstate.as_deref(), Some("23514"));
        assert_eq!(server.rows("select * from {s}.orders").await, "2|b");
    })
    .await;
}

#[tokio::test]
async fn indexes_have_the_same_names_after_every_build() {
    with_server("indexes", async |server| {
        let index = |columns: &[&str], unique, method: Option<&str>| IndexSpec {
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            unique,
            method: method.map(str::to_owned),
        };
        let indexes =
            vec![index(&["a"], true, None), index(&["a", "b"], false, Some("btree")), index(&["a"], true, None)];
        let build = |existing| RelationOp::ReplaceTable {
            target: server.relation("t"),
            existing,
            query: "select 1 as a, 2 as b".to_owned(),
            shape: TableShape::default(),
            options: TableOptions { indexes: indexes.clone(), unlogged: true, ..TableOptions::default() },
        };
        server.apply(&[build(None)]).await;
        let listed = "select indexname, indexdef from pg_indexes where schemaname = '{s}' order by 1";
        let before = server.rows(listed).await;
        assert_eq!(before.lines().count(), 2);
        server.apply(&[build(TABLE)]).await;
        assert_eq!(server.rows(listed).await, before);
        assert_eq!(server.rows("select relpersistence::text from pg_class where oid = '{s}.t'::regclass").await, "u");
    })
    .await;
}

#[tokio::test]
async fn readers_never_find_the_table_absent_or_empty() {
    with_server("readers", async |server| {
        server.apply(&[server.table("t", None, "select 1 as a")]).await;
        server.execute("create view {s}.v as select a from {s}.t").await;
        let done = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::SeqCst;
        let read = async || {
            let mut reads = 0;
            while !done.load(order) {
                assert_eq!(server.rows("select count(*) from {s}.v").await, "1");
                assert_eq!(server.rows("select count(*) from {s}.t").await, "1");
                reads += 1;
            }
            reads
        };
        let write = async || {
            for number in 0..40 {
                server.apply(&[server.table("t", TABLE, &format!("select {number} as a"))]).await;
            }
            done.store(true, order);
        };
        let (one, two, ()) = futures::join!(read(), read(), write());
        assert!(one > 0 && two > 0);
    })
    .await;
}

#[tokio::test]
async fn two_that_build_the_same_relation_both_succeed() {
    with_server("two_builders", async |server| {
        for existing in [None, TABLE] {
            let builds = (0..6).map(async |number| {
                server.apply(&[server.table("t", existing, &format!("select {number} as a"))]).await
            });
            futures::future::join_all(builds).await;
            assert_eq!(server.names().await, ["t"]);
        }
    })
    .await;
}
