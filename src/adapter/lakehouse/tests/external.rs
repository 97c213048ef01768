//! Sources that stand in files.

use std::path::Path;

use super::{Bench, rows};
use crate::adapter::{Adapter, AdapterErrorKind, ExternalSource};
use crate::relation::{Column, Relation};

fn source(name: &str, location: &str) -> ExternalSource {
    ExternalSource {
        relation: Relation::new("aquifer", "raw", name),
        location: location.to_owned(),
        format: None,
        options: Vec::new(),
        columns: Vec::new(),
    }
}

fn csv(name: &str, location: &str) -> ExternalSource {
    ExternalSource { format: Some("csv".to_owned()), ..source(name, location) }
}

#[allow(clippy::disallowed_methods, reason = "the files of a test")]
fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn read(bench: &mut Bench, source: ExternalSource, sql: &str) -> String {
    bench.lakehouse.register_external(&[source]).await.unwrap();
    rows(bench.session.as_mut(), sql).await
}

#[tokio::test]
async fn csv_files_are_read_by_name_folder_and_glob() {
    let mut bench = Bench::new().await;
    let folder = bench.folder.path().to_owned();
    write(&folder, "data/a.csv", "id,name,at\n1,Ada,2024-03-01 10:00:00\n2,,2024-03-02 11:30:00\n");
    write(&folder, "data/b.csv", "id,name,at\n3,Bob,2024-03-03 00:00:00\n");
    for (name, location, count) in [("one", "data/a.csv", "2"), ("all", "data", "3"), ("glob", "data/*.csv", "3")] {
        assert_eq!(read(&mut bench, csv(name, location), &format!("select count(*) from raw.\"{name}\"")).await, count);
    }
    assert_eq!(
        rows(bench.session.as_mut(), "select id, name, at from raw.one order by id").await,
        "1|Ada|2024-03-01 10:00:00\n2|NULL|2024-03-02 11:30:00"
    );
}

#[tokio::test]
async fn declared_types_and_options_of_csv_hold() {
    let mut bench = Bench::new().await;
    write(bench.folder.path(), "money.txt", "1;2.50\n2;\n");
    let mut declared = source("money", "money.txt");
    declared.format = Some("csv".to_owned());
    let option = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    declared.options = vec![option("delimiter", ";"), option("header", "false")];
    declared.columns = vec![Column::new("column_1", "bigint"), Column::new("column_2", "numeric(10,2)")];
    let sql = "select column_1, column_2, column_2 + 1 from raw.money order by 1";
    assert_eq!(read(&mut bench, declared, sql).await, "1|2.50|3.50\n2|NULL|NULL");
}

#[tokio::test]
async fn json_lines_and_folders_named_by_values_are_read() {
    let mut bench = Bench::new().await;
    let folder = bench.folder.path().to_owned();
    write(&folder, "events/day=2024-03-01/x.json", "{\"user\": 1, \"kind\": \"view\"}\n");
    write(&folder, "events/day=2024-03-02/x.json", "{\"user\": 2, \"kind\": null}\n{\"user\": 3}\n");
    let mut events = source("events", "events");
    events.format = Some("json".to_owned());
    events.columns = vec![Column::new("day", "date")];
    let sql = "select day, count(*), count(kind) from raw.events where day >= '2024-03-01' group by day order by day";
    assert_eq!(read(&mut bench, events, sql).await, "2024-03-01|1|1\n2024-03-02|2|0");
}

#[tokio::test]
async fn tables_of_another_lakehouse_are_read_as_delta() {
    let mut bench = Bench::new().await;
    bench.table("orders", "select 1 as id, 2.50 as amount").await;
    let mut other = source("orders", "lake/main/orders");
    other.format = Some("delta".to_owned());
    assert_eq!(read(&mut bench, other, "select id, amount from raw.orders").await, "1|2.50");
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let mut bench = Bench::new().await;
    let error = bench.lakehouse.register_external(&[source("book", "book.xlsx")]).await.unwrap_err();
    assert_eq!(error.kind, AdapterErrorKind::Unsupported);
    bench.lakehouse.register_external(&[source("gone", "nowhere/*.csv")]).await.unwrap();
    let error = bench.session.query("select * from raw.gone").await.unwrap_err();
    assert!(error.message.contains("nowhere/*.csv"), "{}", error.message);
}
