//! Sources that stand in files.

use std::path::Path;

use super::{Bench, rows};
use crate::adapter::{Adapter, AdapterErrorKind, ExternalPlace, ExternalSource};
use crate::relation::{Column, Relation};

fn files(name: &str, location: &str, format: Option<&str>, options: &[(&str, &str)]) -> ExternalSource {
    let option = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    ExternalSource {
        relation: Relation::new("aquifer", "raw", name),
        place: ExternalPlace::Files {
            location: location.to_owned(),
            format: format.map(str::to_owned),
            options: options.iter().map(option).collect(),
        },
        columns: Vec::new(),
    }
}

fn source(name: &str, location: &str) -> ExternalSource {
    files(name, location, None, &[])
}

fn csv(name: &str, location: &str) -> ExternalSource {
    files(name, location, Some("csv"), &[])
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
    let options = [("delimiter", ";"), ("header", "false")];
    let mut declared = files("money", "money.txt", Some("csv"), &options);
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
    let mut events = files("events", "events", Some("json"), &[]);
    events.columns = vec![Column::new("day", "date")];
    let sql = "select day, count(*), count(kind) from raw.events where day >= '2024-03-01' group by day order by day";
    assert_eq!(read(&mut bench, events, sql).await, "2024-03-01|1|1\n2024-03-02|2|0");
}

#[tokio::test]
async fn the_format_says_which_files_of_a_folder_are_read() {
    let mut bench = Bench::new().await;
    let folder = bench.folder.path().to_owned();
    write(&folder, "topic/partition=0/a.jsonl", "{\"id\": 1}\n{\"id\": 2}\n");
    write(&folder, "topic/partition=0/b.json", "{\"id\": 3}\n");
    write(&folder, "tabs/a.tsv", "id\tname\n1\tAda\n");
    for (name, location, format, sum) in
        [("lines", "topic", "jsonl", "3"), ("objects", "topic", "json", "3"), ("tabs", "tabs", "tsv", "1")]
    {
        let source = files(name, location, Some(format), &[]);
        assert_eq!(read(&mut bench, source, &format!("select sum(id) from raw.{name}")).await, sum, "{name}");
    }
    bench.lakehouse.register_external(&[files("none", "topic", Some("ndjson"), &[])]).await.unwrap();
    let error = bench.session.query("select * from raw.none").await.unwrap_err();
    assert!(error.message.contains("no file whose name ends in `.ndjson`"), "{}", error.message);
    assert!(error.hint.unwrap().contains("a glob such as"));
}

/// A file of two rows, as the format's specification has it.
fn avro() -> Vec<u8> {
    const SCHEMA: &str = r#"{"type": "record", "name": "user", "fields":
        [{"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]}]}"#;
    let long = |number: usize| {
        let (mut rest, mut bytes) = (number * 2, Vec::new());
        while rest > 127 {
            bytes.push(u8::try_from(rest % 128 + 128).unwrap());
            rest /= 128;
        }
        bytes.push(u8::try_from(rest).unwrap());
        bytes
    };
    let text = |text: &str| [long(text.len()), text.as_bytes().to_vec()].concat();
    let rows = [long(1), long(1), text("Ada"), long(2), long(0)].concat();
    let sync = vec![7; 16];
    let meta = [long(2), text("avro.schema"), text(SCHEMA), text("avro.codec"), text("null"), long(0)].concat();
    [b"Obj\x01".to_vec(), meta, sync.clone(), long(2), long(rows.len()), rows, sync].concat()
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the files of a test")]
async fn avro_files_are_read() {
    let mut bench = Bench::new().await;
    std::fs::write(bench.folder.path().join("users.avro"), avro()).unwrap();
    let sql = "select id, name from raw.users order by id";
    assert_eq!(read(&mut bench, source("users", "users.avro"), sql).await, "1|Ada\n2|NULL");
}

#[tokio::test]
async fn tables_of_another_lakehouse_are_read_as_delta() {
    let mut bench = Bench::new().await;
    bench.table("orders", "select 1 as id, 2.50 as amount").await;
    let other = files("orders", "lake/main/orders", Some("delta"), &[]);
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
