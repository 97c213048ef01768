//! Writing into tables that stand.

use super::*;
use crate::adapter::Dialect;
use crate::adapter::postgres::PostgresDialect;
use crate::relation::{AlterColumns, Column, ConflictPolicy, MergeSpec};

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

async fn people(server: &Server) -> Relation {
    server.execute("create table {s}.people (id int, name text, age int); insert into {s}.people values (1, 'a', 10), (2, 'b', 20)").await;
    server.relation("people")
}

const ALL: &str = "select * from {s}.people order by id, name";

#[tokio::test]
async fn append_matches_by_name() {
    with_server("append", async |server| {
        let target = people(server).await;
        let query = "select 30 as age, 3 as id, 'c' as name, 'unused' as extra".to_owned();
        let response = server.apply(&[RelationOp::Append { target, columns: names(&["id", "age"]), query }]).await;
        assert_eq!((response.message.as_str(), response.code.as_str()), ("INSERT 0 1", "INSERT"));
        assert_eq!(server.rows("select * from {s}.people where id = 3").await, "3||30");
    })
    .await;
}

#[tokio::test]
async fn delete_insert_reads_the_target_as_it_was() {
    with_server("delete_insert", async |server| {
        let target = people(server).await;
        let op = |unique_key: &[&str], predicates: &[&str], query: &str| RelationOp::DeleteInsert {
            target: target.clone(),
            columns: names(&["id", "name", "age"]),
            unique_key: names(unique_key),
            predicates: names(predicates),
            query: query.replace("{s}", &server.schema),
        };
        let response = server
            .apply(&[op(&["id"], &[], "select id, name || '!' as name, age + 1 as age from {s}.people where id = 2")])
            .await;
        assert_eq!(response.message, "INSERT 0 1");
        assert_eq!(server.rows(ALL).await, "1|a|10\n2|b!|21");
        server
            .apply(&[op(
                &["id", "upper(name)"],
                &["DBT_INTERNAL_DEST.age < 15"],
                "select 1 as id, 'A' as name, 11 as age union all select 2, 'b!', 22",
            )])
            .await;
        assert_eq!(server.rows(ALL).await, "1|A|11\n2|b!|21\n2|b!|22");
        server.apply(&[op(&[], &[], "select 9 as id, 'z' as name, 0 as age")]).await;
        assert_eq!(server.rows("select count(*) from {s}.people").await, "4");
    })
    .await;
}

#[tokio::test]
async fn replace_where_reads_the_target_as_it_was() {
    with_server("replace_where", async |server| {
        let target = people(server).await;
        let op = RelationOp::ReplaceWhere {
            target,
            columns: names(&["id", "name", "age"]),
            predicate: "id >= 2 -- and later".to_owned(),
            query: format!("select id, name, age * 2 as age from {}.people where id >= 2 -- same", server.schema),
        };
        assert_eq!(server.apply(&[op]).await.message, "INSERT 0 1");
        assert_eq!(server.rows(ALL).await, "1|a|10\n2|b|40");
    })
    .await;
}

fn merge(target: &Relation, update_columns: Option<&[&str]>, predicates: &[&str], query: &str) -> MergeSpec {
    MergeSpec {
        target: target.clone(),
        columns: names(&["id", "name", "age"]),
        unique_key: names(&["id"]),
        source_key: None,
        update_columns: update_columns.map(names),
        predicates: names(predicates),
        query: query.to_owned(),
        conflict: ConflictPolicy::Fail,
    }
}

const NEWS: &str = "select 2 as id, 'B' as name, 21 as age union all select 3, 'c', 30";

#[tokio::test]
async fn merge_updates_and_inserts() {
    with_server("merge", async |server| {
        let target = people(server).await;
        let response = server.apply(&[RelationOp::Merge(merge(&target, None, &[], NEWS))]).await;
        assert_eq!(response.message, "MERGE 2");
        assert_eq!(server.rows(ALL).await, "1|a|10\n2|B|21\n3|c|30");
        let partly =
            merge(&target, Some(&["age"]), &["DBT_INTERNAL_DEST.age > 5"], "select 1 as id, 'no' as name, 11 as age");
        server.apply(&[RelationOp::Merge(partly)]).await;
        let nothing = merge(&target, Some(&[]), &[], "select 1 as id, 'no' as name, 0 as age");
        server.apply(&[RelationOp::Merge(nothing)]).await;
        assert_eq!(server.rows(ALL).await, "1|a|11\n2|B|21\n3|c|30");
    })
    .await;
}

#[tokio::test]
async fn a_merge_that_hits_a_row_twice_names_the_key() {
    with_server("merge_twice", async |server| {
        let target = people(server).await;
        let twice = merge(&target, None, &[], "select 2 as id, 'x' as name, 0 as age union all select 2, 'y', 1");
        let error = server.try_apply(&[RelationOp::Merge(twice)]).await.expect_err("refused");
        assert_eq!(error.sqlstate.as_deref(), Some("21000"));
        assert_eq!(error.detail.as_deref(), Some("the query has 2 rows with the key (id) = (2)"));
        assert_eq!(server.rows(ALL).await, "1|a|10\n2|b|20");
    })
    .await;
}

/// Servers before 15 have no MERGE; what they are sent instead runs on any.
#[tokio::test]
async fn merge_of_older_servers_does_the_same() {
    with_server("merge_old", async |server| {
        let target = people(server).await;
        let dialect = PostgresDialect::default();
        dialect.learn_version(13);
        let run = async |spec: MergeSpec| {
            let script = dialect.render(&RelationOp::Merge(spec));
            server.session().await.execute(&script.sql).await
        };
        run(merge(&target, None, &[], NEWS)).await.expect("merges");
        assert_eq!(server.rows(ALL).await, "1|a|10\n2|B|21\n3|c|30");
        // Changes the very column that the predicate looks at.
        run(merge(&target, Some(&["age"]), &["DBT_INTERNAL_DEST.age = 10"], "select 1 as id, 'no' as name, 11 as age"))
            .await
            .expect("merges");
        assert_eq!(server.rows(ALL).await, "1|a|11\n2|B|21\n3|c|30");
        let twice = merge(&target, None, &[], "select 2 as id, 'x' as name, 0 as age union all select 2, 'y', 1");
        assert_eq!(run(twice).await.expect_err("refused").sqlstate.as_deref(), Some("21000"));
    })
    .await;
}

#[tokio::test]
async fn columns_are_altered_under_views() {
    with_server("alter", async |server| {
        let relation = people(server).await;
        server
            .execute(
                "create view {s}.v as select id, name from {s}.people; create view {s}.w as select age from {s}.people",
            )
            .await;
        let change = AlterColumns {
            relation,
            add: vec![Column::new("note", "character varying(9)")],
            drop: names(&["age"]),
            retype: vec![Column::new("id", "bigint")],
        };
        server.apply(&[RelationOp::AlterColumns(change)]).await;
        let columns = server.session().await.columns(&server.relation("people")).await.expect("columns");
        let columns: Vec<String> =
            columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect();
        assert_eq!(columns, ["id bigint", "name text", "note character varying(9)"]);
        assert_eq!(server.names().await, ["people", "v"]);
        assert_eq!(server.rows("select id, pg_typeof(id)::text from {s}.v order by 1 limit 1").await, "1|bigint");
    })
    .await;
}

#[tokio::test]
async fn a_unit_is_all_or_nothing() {
    with_server("atomic", async |server| {
        let target = people(server).await;
        let add = |query: &str| RelationOp::Append {
            target: target.clone(),
            columns: names(&["id"]),
            query: query.to_owned(),
        };
        let error = server.try_apply(&[add("select 5 as id"), add("select 1 / 0 as id")]).await.expect_err("fails");
        assert_eq!(error.sqlstate.as_deref(), Some("22012"));
        assert_eq!(server.rows("select count(*) from {s}.people").await, "2");
    })
    .await;
}
