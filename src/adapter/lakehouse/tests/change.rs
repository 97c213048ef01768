use indexmap::IndexMap;

use super::{Bench, open, relation, replace_view};
use crate::adapter::Adapter;
use crate::relation::{AlterColumns, Column, ConflictPolicy, MergeSpec, RelationOp};

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

fn append(query: &str) -> RelationOp {
    RelationOp::Append { target: relation("t"), columns: names(&["id", "name"]), query: query.to_owned() }
}

fn delete_insert(key: &[&str], predicates: &[&str], query: &str) -> RelationOp {
    RelationOp::DeleteInsert {
        target: relation("t"),
        columns: names(&["id", "name"]),
        unique_key: names(key),
        predicates: names(predicates),
        query: query.to_owned(),
    }
}

fn replace_where(predicate: &str, query: &str) -> RelationOp {
    RelationOp::ReplaceWhere {
        target: relation("t"),
        columns: names(&["id", "name"]),
        predicate: predicate.to_owned(),
        query: query.to_owned(),
    }
}

fn merge(update: Option<&[&str]>, query: &str) -> RelationOp {
    RelationOp::Merge(MergeSpec {
        target: relation("t"),
        columns: names(&["id", "name"]),
        unique_key: names(&["id"]),
        source_key: None,
        update_columns: update.map(names),
        predicates: Vec::new(),
        query: query.to_owned(),
        conflict: ConflictPolicy::Fail,
    })
}

const ALL: &str = "select * from main.t order by id, name";

async fn bench() -> Bench {
    let mut bench = Bench::new().await;
    bench.table("t", "select * from (values (1, 'a'), (2, 'b'), (3, 'c')) as v (id, name)").await;
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_appended_by_name() {
    let mut bench = bench().await;
    let count = bench.done(append("select 'd' as name, 4 as id, 'x' as other")).await;
    assert_eq!(count, Some(1));
    assert_eq!(bench.rows(ALL).await, "1|a\n2|b\n3|c\n4|d");
    assert_eq!(bench.commits("t"), 2);
    bench.done(append("select id + 10 as id, cast(null as text) as name from main.t where id = 1")).await;
    assert_eq!(bench.rows("select * from main.t where name is null").await, "11|NULL");
    let error = bench.apply(append("select 1 as id, 'x' as naem")).await.unwrap_err();
    assert_eq!(error.message, "the query has no column `name`");
    let error = bench.apply(append("select 'x' as id, 'x' as name")).await.unwrap_err();
    assert_eq!(error.message, "column `id`: a value of type text does not fit into integer");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_with_a_key_of_the_query_make_way() {
    let mut bench = bench().await;
    let query = "select * from (values (2, 'B'), (2, 'BB'), (9, 'i')) as v (id, name)";
    assert_eq!(bench.done(delete_insert(&["id"], &[], query)).await, Some(3));
    assert_eq!(bench.rows(ALL).await, "1|a\n2|B\n2|BB\n3|c\n9|i");
    assert_eq!(bench.commits("t"), 2);
    let spared =
        delete_insert(&["id", "upper(name)"], &["dbt_internal_dest.name <> 'B'"], "select 2 as id, 'b' as name");
    bench.done(spared).await;
    assert_eq!(bench.rows(ALL).await, "1|a\n2|B\n2|BB\n2|b\n3|c\n9|i");
    bench.done(delete_insert(&["id"], &[], "select 1 as id, 'x' as name where false")).await;
    assert_eq!(bench.rows("select count(*) from main.t").await, "6");
    bench.done(delete_insert(&["id"], &[], "select id, name || '!' as name from main.t where id = 2")).await;
    assert_eq!(bench.rows(ALL).await, "1|a\n2|B!\n2|BB!\n2|b!\n3|c\n9|i");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_key_replaces_nothing() {
    let mut bench = bench().await;
    bench.done(append("select null as id, 'n' as name")).await;
    bench.done(delete_insert(&["id"], &[], "select null as id, 'm' as name")).await;
    assert_eq!(bench.rows("select name from main.t where id is null order by 1").await, "m\nn");
    bench.done(merge(None, "select null as id, 'o' as name")).await;
    assert_eq!(bench.rows("select name from main.t where id is null order by 1").await, "m\nn\no");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_replaced() {
    let mut bench = bench().await;
    bench.done(replace_where("id >= 2", "select 5 as id, 'e' as name")).await;
    assert_eq!(bench.rows(ALL).await, "1|a\n5|e");
    let error = bench.apply(replace_where("id >= 2", "select 1 as id, 'z' as name")).await.unwrap_err();
    assert!(error.message.contains("`id >= 2`"), "{error:?}");
    assert_eq!(bench.rows(ALL).await, "1|a\n5|e");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_updates_and_adds() {
    let mut bench = bench().await;
    let count = bench.done(merge(None, "select * from (values (2, 'B'), (4, 'd')) as v (id, name)")).await;
    assert_eq!(count, Some(2));
    assert_eq!(bench.rows(ALL).await, "1|a\n2|B\n3|c\n4|d");
    bench.done(merge(Some(&[]), "select * from (values (2, 'ignored'), (5, 'e')) as v (id, name)")).await;
    assert_eq!(bench.rows(ALL).await, "1|a\n2|B\n3|c\n4|d\n5|e");
    bench.done(merge(None, "select 1 as id, 'x' as name where false")).await;
    assert_eq!(bench.rows("select count(*) from main.t").await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_with_a_key_twice_names_it() {
    let mut bench = bench().await;
    let error =
        bench.apply(merge(None, "select * from (values (2, 'x'), (2, 'y')) as v (id, name)")).await.unwrap_err();
    assert_eq!(error.message, "a row of `main.t` matches more than one row of the source");
    assert_eq!(error.detail.as_deref(), Some("the source holds more than one row with id = 2"));
    assert_eq!(bench.rows(ALL).await, "1|a\n2|b\n3|c");
    bench.done(merge(None, "select * from (values (7, 'x'), (7, 'y')) as v (id, name)")).await;
    assert_eq!(bench.rows("select * from main.t where id = 7 order by 2").await, "7|x\n7|y");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_files_with_matches_are_written_anew() {
    let mut bench = bench().await;
    bench.done(append("select 10 as id, 'j' as name")).await;
    let before = data_files(&bench);
    bench.done(merge(None, "select 10 as id, 'J' as name")).await;
    let after = data_files(&bench);
    assert_eq!((before, after), (2, 3));
    assert_eq!(bench.rows("select name from main.t where id = 10").await, "J");
}

fn data_files(bench: &Bench) -> usize {
    let files = walkdir::WalkDir::new(bench.folder.path()).into_iter().filter_map(Result::ok);
    files.filter(|entry| entry.path().extension().is_some_and(|end| end == "parquet")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn written_statements_change_rows() {
    let mut bench = bench().await;
    for (statement, count, rows) in [
        ("insert into main.t values (4, 'd'), (5, null)", 2, "1|a\n2|b\n3|c\n4|d\n5|NULL"),
        ("insert into main.t (name) select 'n'", 1, "1|a\n2|b\n3|c\n4|d\n5|NULL\nNULL|n"),
        ("delete from main.t where id > 3 or id is null", 3, "1|a\n2|b\n3|c"),
        ("update main.t set name = upper(name) where id = 2", 1, "1|a\n2|B\n3|c"),
        (
            "update main.t as x set name = s.n from (select 1 as k, 'one' as n) as s where x.id = s.k",
            1,
            "1|one\n2|B\n3|c",
        ),
        ("delete from main.t using (select 3 as k) as s where t.id = s.k", 1, "1|one\n2|B"),
        ("delete from main.t where id in (select max(id) from main.t)", 1, "1|one"),
        (
            "merge into main.t as d using (select 1 as id, 'x' as name union all select 2, 'y') as s on d.id = s.id
             when matched and s.name = 'x' then delete
             when not matched then insert (id, name) values (s.id * 10, s.name)",
            2,
            "20|y",
        ),
        ("update main.t set id = id + 1", 1, "21|y"),
        ("delete from main.t", 1, ""),
    ] {
        assert_eq!(bench.execute(statement).await, Some(count), "{statement}");
        assert_eq!(bench.rows(ALL).await, rows, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn written_statements_define_relations() {
    let mut bench = Bench::new().await;
    bench
        .execute(
            "create schema if not exists other;
             create table other.t (id integer not null, name varchar(20));
             insert into other.t values (1, 'a');
             alter table other.t add column more text;
             alter table other.t rename to u;
             create view other.v as select id, more from other.u;
             comment on table other.u is 'the table';
             create table main.copy as select * from other.v",
        )
        .await;
    assert_eq!(bench.rows("select * from main.copy").await, "1|NULL");
    let error = bench.session.execute("insert into other.u values (null, 'b')").await.unwrap_err();
    assert_eq!(error.message, "null value in column \"id\" violates not-null constraint");
    bench.execute("drop schema other cascade; drop table main.copy").await;
    assert!(bench.lakehouse.list_schemas("aquifer").await.unwrap().iter().all(|schema| schema == "main"));
    let error = bench.session.execute("drop table main.copy").await.unwrap_err();
    assert_eq!(error.message, "relation `main.copy` does not exist");
    let error = bench.session.execute("vacuum main.copy").await.unwrap_err();
    assert_eq!(error.kind, crate::adapter::AdapterErrorKind::Unsupported);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_added_dropped_and_retyped() {
    let mut bench = bench().await;
    bench
        .done(RelationOp::AlterColumns(AlterColumns {
            relation: relation("t"),
            add: vec![Column::new("price", "numeric(10,2)")],
            drop: vec![],
            retype: vec![],
        }))
        .await;
    assert_eq!(bench.rows("select price from main.t where id = 1").await, "NULL");
    bench
        .done(RelationOp::AlterColumns(AlterColumns {
            relation: relation("t"),
            add: vec![Column::new("day", "date")],
            drop: names(&["name"]),
            retype: vec![Column::new("id", "text")],
        }))
        .await;
    assert_eq!(bench.rows("select * from main.t order by 1").await, "1|NULL|NULL\n2|NULL|NULL\n3|NULL|NULL");
    let columns = bench.session.columns(&relation("t")).await.unwrap();
    let types: Vec<&str> = columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["text", "numeric(10,2)", "date"]);
    assert_eq!(bench.commits("t"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_stay_through_changes_of_rows() {
    let mut bench = bench().await;
    let comment = RelationOp::Comment {
        relation: relation("t"),
        description: Some("things".to_owned()),
        columns: IndexMap::from([("id".to_owned(), "the key".to_owned())]),
    };
    bench.done(comment.clone()).await;
    bench.done(comment).await;
    assert_eq!(bench.commits("t"), 2);
    bench.done(append("select 4 as id, 'd' as name")).await;
    bench.execute("delete from main.t where id = 1").await;
    let columns = bench.session.columns(&relation("t")).await.unwrap();
    assert_eq!(columns[0].comment.as_deref(), Some("the key"));
    assert_eq!(columns[1].comment, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_emptied_cloned_and_renamed() {
    let mut bench = bench().await;
    let clone = RelationOp::Clone { target: relation("copy"), existing: None, source: relation("t") };
    bench.done(clone).await;
    bench.done(RelationOp::Truncate(relation("t"))).await;
    assert_eq!(bench.rows("select (select count(*) from main.t), (select count(*) from main.copy)").await, "0|3");
    bench.done(RelationOp::Rename { from: relation("copy"), to: relation("moved") }).await;
    bench.done(replace_view("v", "select * from main.moved")).await;
    bench.done(RelationOp::Rename { from: relation("v"), to: relation("w") }).await;
    assert_eq!(bench.rows("select count(*) from main.w").await, "3");
    let error = bench.apply(RelationOp::Rename { from: relation("moved"), to: relation("w") }).await.unwrap_err();
    assert_eq!(error.message, "`main.moved` cannot be renamed: `main.w` exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_tables_are_a_sessions_own() {
    let mut bench = Bench::new().await;
    let target = crate::relation::Relation::new("", "", "scratch");
    bench.done(RelationOp::CreateTemporaryTable { target, query: "select 1 as id".to_owned() }).await;
    assert_eq!(bench.rows("select * from scratch").await, "1");
    let mut other = bench.lakehouse.session().await.unwrap();
    assert!(other.query("select * from scratch").await.is_err());
    bench.execute("drop table scratch").await;
    assert!(bench.session.query("select * from scratch").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_in_two_processes_lose_nothing() {
    let mut bench = bench().await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let lakehouse = open(bench.folder.path());
        tasks.spawn(async move {
            let mut session = lakehouse.session().await.unwrap();
            for round in 0..3 {
                let id = 100 + writer * 10 + round;
                let op = merge(None, &format!("select {id} as id, 'w' as name union all select 1, 'w{writer}'"));
                session.apply(&[op]).await.unwrap();
                session.apply(&[append(&format!("select {id} + 1000 as id, 'x' as name"))]).await.unwrap();
            }
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap();
    }
    assert_eq!(bench.rows("select count(*), count(distinct id) from main.t").await, "27|27");
}
