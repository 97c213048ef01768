use super::{Bench, open, relation, replace_table, replace_view, rows};
use crate::adapter::{Adapter, Load};
use crate::relation::{Column, RelationKind, RelationOp, SchemaRef, TableOptions};

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_made_and_read_back() {
    let mut bench = Bench::new().await;
    bench.table("t", "select 1 as id, 'x' as name, timestamp '2025-01-02 03:04:05' as at, 1.50 as price").await;
    assert_eq!(bench.rows("select * from \"aquifer\".\"main\".\"t\"").await, "1|x|2025-01-02 03:04:05|1.50");
    assert_eq!(bench.rows("select id from main.t").await, "1");
    assert_eq!(bench.rows("select id from T").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_replaced_with_another_schema_and_may_read_itself() {
    let mut bench = Bench::new().await;
    bench.table("t", "select 1 as id, 'x' as name").await;
    bench.table("t", "select id, id + 1 as next from main.t union all select 7, null").await;
    assert_eq!(bench.rows("select * from main.t order by id").await, "1|2\n7|NULL");
    let columns = bench.session.columns(&relation("t")).await.unwrap();
    assert_eq!(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_replacement_leaves_the_old_rows() {
    let mut bench = Bench::new().await;
    bench.table("t", "select 1 as id").await;
    let error = bench.apply(replace_table("t", "select cast('x' || id as int) as id from main.t")).await.unwrap_err();
    assert!(error.message.contains("x1"), "{error:?}");
    assert_eq!(bench.rows("select * from main.t").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_planned_when_read() {
    let mut bench = Bench::new().await;
    bench.table("t", "select 1 as id").await;
    bench.apply(replace_view("v", "select id * 2 as double from main.t")).await.unwrap();
    bench.apply(replace_view("w", "select double + 1 as more from main.v")).await.unwrap();
    assert_eq!(bench.rows("select * from main.w").await, "3");
    bench.table("t", "select 10 as id").await;
    assert_eq!(bench.rows("select * from main.w").await, "21");
    let mut other = open(bench.folder.path()).session().await.unwrap();
    assert_eq!(rows(other.as_mut(), "select * from main.w").await, "21");
    bench.apply(RelationOp::Drop { relation: relation("t"), cascade: false }).await.unwrap();
    let error = bench.session.query("select * from main.w").await.unwrap_err();
    assert!(error.message.contains("main.v"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_a_table_or_a_view_but_never_nothing() {
    let mut bench = Bench::new().await;
    bench.table("x", "select 1 as id").await;
    bench.apply(replace_view("x", "select 2 as id")).await.unwrap();
    assert_eq!(bench.rows("select * from main.x").await, "2");
    let main = [SchemaRef { database: "aquifer".to_owned(), schema: "main".to_owned() }];
    assert_eq!(bench.lakehouse.list_relations(&main).await.unwrap()[0].kind, Some(RelationKind::View));
    bench.table("x", "select id + 1 as id from main.x").await;
    assert_eq!(bench.rows("select * from main.x").await, "3");
    let listed = bench.lakehouse.list_relations(&main).await.unwrap();
    assert_eq!((listed.len(), listed[0].kind), (1, Some(RelationKind::Table)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_is_loaded_into_an_empty_table() {
    let mut bench = Bench::new().await;
    let columns = [Column::new("id", "integer"), Column::new("name", "text"), Column::new("day", "date")];
    let create = RelationOp::CreateEmptyTable {
        target: relation("seed"),
        existing: None,
        columns: columns.to_vec(),
        options: TableOptions::default(),
    };
    bench.apply(create).await.unwrap();
    let target = relation("seed");
    let rows = [vec![Some("1"), Some("a"), Some("2025-01-01")], vec![Some("2"), None, None]].into_iter().collect();
    let answer = bench.session.load(&Load { target: &target, columns: &columns, rows: &rows }).await.unwrap();
    assert_eq!(answer.rows_affected, Some(2));
    assert_eq!(bench.rows("select * from main.seed order by 1").await, "1|a|2025-01-01\n2|NULL|NULL");
    let bad = [vec![Some("3"), None, None], vec![Some("x"), None, None]].into_iter().collect();
    let error = bench.session.load(&Load { target: &target, columns: &columns, rows: &bad }).await.unwrap_err();
    assert_eq!(error.message, "line 2, column `id`: `x` is no integer");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_point_into_the_query() {
    let mut bench = Bench::new().await;
    bench.table("t", "select 1 as id").await;
    for (sql, at) in [
        ("select id,\n  nope from main.t", "nope"),
        ("select id from main.missing", "main.missing"),
        ("select id frm main.t", "main"),
    ] {
        let error = bench.session.query(sql).await.unwrap_err();
        eprintln!("{error:?}");
        assert_eq!(error.query_offset, sql.find(at), "{sql}: {error:?}");
    }
}
