//! Schemas, drops, renames, comments, privileges, lists.

use indexmap::IndexMap;

use super::*;
use crate::relation::GrantChange;

#[tokio::test]
async fn many_create_one_schema_at_once() {
    with_server("schemas", async |server| {
        let schema = SchemaRef { schema: format!("{}_New \"one\"", server.schema), ..server.schema_ref() };
        let op = [RelationOp::CreateSchema(schema.clone())];
        let creators = (0..8).map(async |_| server.apply(&op).await);
        futures::future::join_all(creators).await;
        assert!(server.adapter.list_schemas(&server.database).await.expect("lists").contains(&schema.schema));
        server.apply(&[RelationOp::DropSchema(schema.clone())]).await;
        server.apply(&[RelationOp::DropSchema(schema.clone())]).await;
        assert!(!server.adapter.list_schemas(&server.database).await.expect("lists").contains(&schema.schema));
    })
    .await;
}

#[tokio::test]
async fn a_drop_finds_out_the_kind() {
    with_server("drop", async |server| {
        server.execute("create view {s}.a as select 1; create table {s}.b (x int); create materialized view {s}.c as select 1; create view {s}.d as select * from {s}.b").await;
        let drop = |identifier: &str, kind: Option<RelationKind>, cascade| RelationOp::Drop {
            relation: Relation { kind, ..server.relation(identifier) },
            cascade,
        };
        let error = server.try_apply(&[drop("b", Some(RelationKind::Table), false)]).await.expect_err("refused");
        assert_eq!(error.sqlstate.as_deref(), Some("2BP01"));
        for (identifier, kind) in [("a", Some(RelationKind::Table)), ("b", None), ("c", Some(RelationKind::View)), ("absent", None)] {
            server.apply(&[drop(identifier, kind, true)]).await;
        }
        assert_eq!(server.names().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn rename_truncate_refresh_clone() {
    with_server("rename", async |server| {
        server
            .execute("create table {s}.a as select 1 as x; create materialized view {s}.m as select * from {s}.a")
            .await;
        let (a, b) = (server.relation("a"), server.relation("B b"));
        server.apply(&[RelationOp::Rename { from: a.clone(), to: b.clone() }]).await;
        server.execute("insert into {s}.\"B b\" values (2)").await;
        assert_eq!(
            server.apply(&[RelationOp::Refresh(server.relation("m"))]).await.message,
            "REFRESH MATERIALIZED VIEW"
        );
        assert_eq!(server.rows("select count(*) from {s}.m").await, "2");
        server.apply(&[RelationOp::Clone { target: a.clone(), existing: None, source: b.clone() }]).await;
        assert_eq!(server.rows("select count(*) from {s}.a").await, "2");
        server.apply(&[RelationOp::Truncate(b)]).await;
        assert_eq!(server.rows("select count(*) from {s}.a").await, "0");
    })
    .await;
}

#[tokio::test]
async fn an_empty_table_takes_the_place_of_another() {
    with_server("empty", async |server| {
        server.execute("create table {s}.seed as select 1 as id; create view {s}.v as select id from {s}.seed").await;
        let mut id = crate::relation::Column::new("id", "integer");
        id.nullable = false;
        let op = RelationOp::CreateEmptyTable {
            target: server.relation("seed"),
            existing: None,
            columns: vec![id, crate::relation::Column::new("Name", "text")],
            options: TableOptions::default(),
        };
        assert_eq!(server.apply(&[op]).await.message, "CREATE TABLE");
        assert_eq!(server.rows("select count(*) from {s}.v").await, "0");
        let columns = server.session().await.columns(&server.relation("seed")).await.expect("columns");
        assert_eq!((columns[0].nullable, columns[1].name.as_str()), (false, "Name"));
    })
    .await;
}

#[tokio::test]
async fn comments_are_stored_for_columns_that_are_there() {
    with_server("comments", async |server| {
        for (identifier, create) in [
            ("t", "create table {s}.t (a int, \"B\" int)"),
            ("v", "create materialized view {s}.v as select 1 as a, 2 as \"B\""),
        ] {
            server.execute(create).await;
            let columns = IndexMap::from([
                ("a".to_owned(), "it's".to_owned()),
                ("absent".to_owned(), "x".to_owned()),
                ("B".to_owned(), "two\nlines \\".to_owned()),
            ]);
            let relation = server.relation(identifier);
            let op = RelationOp::Comment { relation, description: Some("whole".to_owned()), columns };
            server.apply(std::slice::from_ref(&op)).await;
            server.apply(&[op]).await;
        }
        let catalog = server.adapter.catalog(&[server.schema_ref()]).await.expect("catalog");
        let summary: Vec<_> = catalog
            .iter()
            .map(|relation| {
                (relation.relation.identifier.as_str(), relation.table_type.as_str(), relation.comment.as_deref())
            })
            .collect();
        assert_eq!(summary, [("t", "BASE TABLE", Some("whole")), ("v", "MATERIALIZED VIEW", Some("whole"))]);
        let comments: Vec<_> = catalog[0].columns.iter().map(|column| column.comment.as_deref()).collect();
        assert_eq!(comments, [Some("it's"), Some("two\nlines \\")]);
        assert!(catalog[0].owner.is_some());
    })
    .await;
}

#[tokio::test]
async fn privileges_are_given_and_taken() {
    with_server("grants", async |server| {
        server.execute("create table {s}.t (a int)").await;
        let change = |grant: &[(&str, &str)], revoke: &[(&str, &str)]| {
            let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(privilege, role)| ((*privilege).to_owned(), vec![(*role).to_owned()])).collect();
            RelationOp::Grant(GrantChange { relation: server.relation("t"), grant: map(grant), revoke: map(revoke) })
        };
        let may = "select has_table_privilege('pg_monitor', '{s}.t', 'select'), has_table_privilege('pg_monitor', '{s}.t', 'insert')";
        server.apply(&[change(&[("select", "pg_monitor"), ("insert", "pg_monitor")], &[])]).await;
        assert_eq!(server.rows(may).await, "true|true");
        server.apply(&[change(&[], &[("insert", "pg_monitor")])]).await;
        assert_eq!(server.rows(may).await, "true|false");
    })
    .await;
}

#[tokio::test]
async fn relations_of_many_schemas_come_in_one_list() {
    with_server("lists", async |server| {
        server.execute("create table {s}.p (a int) partition by list (a); create view {s}.\"View\" as select 1").await;
        let absent = SchemaRef { schema: "no such schema".to_owned(), ..server.schema_ref() };
        let listed = server.adapter.list_relations(&[absent, server.schema_ref()]).await.expect("lists");
        let listed: Vec<_> = listed.into_iter().map(|relation| (relation.identifier, relation.kind)).collect();
        assert_eq!(
            listed,
            [("View".to_owned(), Some(RelationKind::View)), ("p".to_owned(), Some(RelationKind::Table))]
        );
        assert!(server.session().await.columns(&server.relation("absent")).await.expect("columns").is_empty());
    })
    .await;
}
