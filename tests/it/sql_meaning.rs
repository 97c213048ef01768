//! SQL means the same on both warehouses: every statement of `tests/sql/*.sql` is run on PostgreSQL
//! and on the lakehouse, and names, types and values of the two answers are compared.
//!
//! A statement ends with `;` at the end of a line. Comments before it say what is expected to differ:
//!
//! ```sql
//! -- loud: why                the lakehouse refuses what PostgreSQL answers
//! -- differs: why             both answer, and the lakehouse's answer is
//! -- here: a|b                this, a line for each row
//! -- more: why                the lakehouse answers what PostgreSQL refuses: these columns,
//! -- columns: a integer|b text
//! -- here: 1|x                and these rows
//! -- says: words              both refuse it, the lakehouse with these words
//! ```
//!
//! Whatever is not announced must be equal, and what is announced must be so: an entry that no longer
//! differs fails.
//!
//! `AQUIFER_SQL_TOPIC=dates` runs one file, `AQUIFER_SQL_SHOW=1` prints both answers of each failure.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aquifer::adapter::{Adapter, AdapterError, Session, registry};
use aquifer::relation::{Scalar, Table};

/// What a statement's comments announce.
#[derive(Debug, Clone, PartialEq)]
enum Expected {
    Same,
    Loud,
    Differs(Vec<String>),
    More { columns: String, rows: Vec<String> },
    Refused(String),
}

struct Case {
    line: usize,
    sql: String,
    expected: Expected,
}

/// What a warehouse answers: names, types and rows, or a refusal.
type Answer = Result<Answered, String>;

struct Answered {
    names: Vec<String>,
    types: Vec<String>,
    rows: Vec<Vec<Scalar>>,
}

#[test]
fn statements_mean_the_same_on_both_warehouses() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // The program's own threads have as much.
    let runtime = runtime.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().unwrap();
    let failures = runtime.block_on(compare_all());
    assert!(failures.is_empty(), "{} statements:\n{}", failures.len(), failures.join("\n"));
}

async fn compare_all() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let lakehouse = lakehouse(folder.path());
    let postgres = postgres();
    let mut failures = Vec::new();
    let only = std::env::var("AQUIFER_SQL_TOPIC").ok();
    for file in topics() {
        let topic = file.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != topic) {
            continue;
        }
        for case in cases(&std::fs::read_to_string(&file).unwrap()) {
            let (there, here) = tokio::join!(answer(&postgres, &case.sql), answer(&lakehouse, &case.sql));
            if let Err(why) = judge(&case.expected, &there, &here) {
                failures.push(format!("{topic}.sql:{}: {why}\n    {}", case.line, case.sql.replace('\n', "\n    ")));
            }
        }
    }
    failures
}

fn topics() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "sql"));
    files.sort();
    files
}

fn lakehouse(folder: &Path) -> Arc<dyn Adapter> {
    let output = serde_json::json!({"type": "lakehouse", "path": "lake", "schema": "main"});
    registry::open(output.as_object().unwrap(), folder, 4).unwrap()
}

fn postgres() -> Arc<dyn Adapter> {
    let address = std::env::var("AQUIFER_TEST_POSTGRES").expect("AQUIFER_TEST_POSTGRES: the address of a server");
    let url = url::Url::parse(&address).unwrap();
    let output = serde_json::json!({
        "type": "postgres", "host": url.host_str().unwrap(), "port": url.port().unwrap_or(5432),
        "user": url.username(), "password": url.password().unwrap_or_default(),
        "dbname": url.path().trim_start_matches('/'), "schema": "public",
    });
    registry::open(output.as_object().unwrap(), Path::new("."), 4).unwrap()
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let (mut sql, mut expected, mut start) = (Vec::new(), Expected::Same, 0);
    for (number, line) in text.lines().enumerate() {
        if sql.is_empty() && line.trim().is_empty() {
            continue;
        }
        if sql.is_empty() && line.starts_with("--") {
            announce(line, &mut expected);
            continue;
        }
        if sql.is_empty() {
            start = number + 1;
        }
        sql.push(line.trim_end().trim_end_matches(';'));
        if line.trim_end().ends_with(';') {
            cases.push(Case { line: start, sql: sql.join("\n"), expected });
            (sql, expected) = (Vec::new(), Expected::Same);
        }
    }
    assert!(sql.is_empty(), "the last statement has no end: {sql:?}");
    cases
}

fn announce(comment: &str, expected: &mut Expected) {
    let text = comment.trim_start_matches('-').trim_start();
    let Some((word, rest)) = text.split_once(':') else { return };
    match (word, &mut *expected) {
        ("loud", _) => *expected = Expected::Loud,
        ("more", _) => *expected = Expected::More { columns: String::new(), rows: Vec::new() },
        ("columns", Expected::More { columns, .. }) => *columns = rest.trim().to_owned(),
        ("differs", _) => *expected = Expected::Differs(Vec::new()),
        ("here", Expected::Differs(rows) | Expected::More { rows, .. }) => rows.push(rest.trim().to_owned()),
        ("says", _) => *expected = Expected::Refused(rest.trim().to_owned()),
        _ => {}
    }
}

/// The answer to a statement. A panic is a refusal that no statement may expect.
async fn answer(adapter: &Arc<dyn Adapter>, sql: &str) -> Answer {
    let (adapter, sql) = (Arc::clone(adapter), sql.to_owned());
    let asked = tokio::spawn(async move {
        let mut session = adapter.session().await.map_err(told)?;
        ask(session.as_mut(), &sql).await.map_err(told)
    });
    asked.await.unwrap_or_else(|_| Err(PANIC.to_owned()))
}

const PANIC: &str = "it panics";

async fn ask(session: &mut dyn Session, sql: &str) -> Result<Answered, AdapterError> {
    let columns = session.describe(sql).await?;
    let (table, _): (Table, _) = session.query(sql).await?;
    Ok(Answered {
        names: columns.iter().map(|column| column.name.clone()).collect(),
        types: columns.iter().map(|column| kind(&column.data_type)).collect(),
        rows: table.rows().expect("rows can be read"),
    })
}

fn told(error: AdapterError) -> String {
    error.message
}

/// A type without what the lakehouse keeps in text: lengths, and types that have no files of their own.
fn kind(name: &str) -> String {
    let (bare, array) = match name.strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (name, ""),
    };
    let bare = match bare.split_once('(') {
        Some((before, rest)) => format!("{before}{}", rest.split_once(')').map_or("", |(_, after)| after)),
        None => bare.to_owned(),
    };
    let bare = match bare.as_str() {
        "character varying" | "character" | "name" | "unknown" | "\"char\"" | "json" | "jsonb" | "uuid" | "regtype" => {
            "text".to_owned()
        }
        other if other.starts_with("interval ") => "interval".to_owned(),
        other => other.to_owned(),
    };
    format!("{bare}{array}")
}

fn judge(expected: &Expected, there: &Answer, here: &Answer) -> Result<(), String> {
    if here.as_ref().is_err_and(|why| why == PANIC) {
        return Err("the lakehouse panics".to_owned());
    }
    let same = match (there, here) {
        (Err(_), Err(_)) => Ok(()),
        (Ok(there), Ok(here)) => compare(there, here),
        (Ok(_), Err(why)) => Err(format!("the lakehouse refuses it: {why}")),
        (Err(why), Ok(here)) => {
            Err(format!("PostgreSQL refuses it ({why}), the lakehouse says {}", shown(here).join(" / ")))
        }
    };
    match (expected, there, here) {
        (Expected::Same, ..) => same,
        (Expected::Refused(words), Err(_), Err(why)) if why.contains(words) => Ok(()),
        (Expected::Refused(words), Err(_), Err(why)) => Err(format!("it says {why:?}, not {words:?}")),
        (_, _, _) if same.is_ok() => Err("it is announced to differ and does not".to_owned()),
        (Expected::Loud, Ok(_), Err(_)) => Ok(()),
        (Expected::More { columns, rows }, Err(_), Ok(here)) => {
            let named: Vec<String> =
                here.names.iter().zip(&here.types).map(|(name, kind)| format!("{name} {kind}")).collect();
            match *columns == named.join("|") && *rows == shown(here) {
                true => Ok(()),
                false => Err(format!("the lakehouse says {}: {}", named.join("|"), shown(here).join(" / "))),
            }
        }
        (Expected::Differs(rows), Ok(_), Ok(here)) if *rows == shown(here) => Ok(()),
        (Expected::Differs(rows), Ok(_), Ok(here)) => {
            Err(format!("announced is {}, the lakehouse says {}", rows.join(" / "), shown(here).join(" / ")))
        }
        _ => Err(format!("it does not differ as announced: {}", same.err().unwrap_or_default())),
    }
}

fn compare(there: &Answered, here: &Answered) -> Result<(), String> {
    if there.types != here.types {
        return Err(format!("types: PostgreSQL {:?}, lakehouse {:?}", there.types, here.types));
    }
    let mut unique = there.names.clone();
    unique.sort();
    unique.dedup();
    if unique.len() == there.names.len() && there.names != here.names {
        return Err(format!("names: PostgreSQL {:?}, lakehouse {:?}", there.names, here.names));
    }
    let equal = there.rows.len() == here.rows.len()
        && there.rows.iter().zip(&here.rows).all(|(left, right)| {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        });
    if equal {
        return Ok(());
    }
    Err(format!("values: PostgreSQL {}, lakehouse {}", shown(there).join(" / "), shown(here).join(" / ")))
}

/// Equal values. Digits beyond the tenth after the point, which division chooses as it likes, and the
/// last bits of binary fractions are not compared.
fn equal(there: &Scalar, here: &Scalar) -> bool {
    match (there, here) {
        (Scalar::Float(there), Scalar::Float(here)) => {
            there == here
                || there.is_nan() && here.is_nan()
                || (there - here).abs() <= 1e-13 * there.abs().max(here.abs())
        }
        // PostgreSQL's decimals of many digits arrive as text.
        (Scalar::Decimal(there) | Scalar::Text(there), Scalar::Decimal(here)) => same_number(there, here),
        (there, here) => there == here,
    }
}

fn same_number(there: &str, here: &str) -> bool {
    let digits = |text: &str| text.split_once('.').map_or(0, |(_, after)| after.len());
    let (left, right) = (digits(there), digits(here));
    let common = left.min(right);
    if common >= 10 && left != right {
        let cut = |text: &str, by: usize| text[..text.len() - by].replace('.', "").parse::<i128>().ok();
        return match (cut(there, left - common), cut(here, right - common)) {
            // The last common digit may be rounded.
            (Some(there), Some(here)) => there.abs_diff(here) <= 1,
            _ => false,
        };
    }
    let bare = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    bare(there) == bare(here)
}

fn shown(answer: &Answered) -> Vec<String> {
    let value = |value: &Scalar| match value {
        Scalar::Null => "NULL".to_owned(),
        other => other.to_string(),
    };
    answer.rows.iter().map(|row| row.iter().map(value).collect::<Vec<_>>().join("|")).collect()
}

/// Where rows stand in tables, of which files are skipped and which are joined.
#[cfg(feature = "lakehouse")]
mod tables {
    use crate::support::{Project, Warehouse};

    /// Conditions on a table in partitions, where files are skipped: NULL keeps no row.
    #[test]
    fn conditions_keep_the_same_rows_of_tables() {
        let model = "{{ config(materialized='table', partition_by=['part']) }}
            select * from (values (1, 1, 'a'), (2, 2, null), (3, null, 'b'), (4, 1, 'c')) as t(id, part, word)";
        let build = |warehouse| {
            let project = Project::new(warehouse).file("models/events.sql", model);
            project.run("run").succeeds();
            project
        };
        let (there, here) = (build(Warehouse::postgres()), build(Warehouse::lakehouse()));
        let conditions = [
            "part <> 1",
            "part in (1, null)",
            "part not in (1, null)",
            "part not in (2, 1)",
            "part = 1 or null",
            "part is null and null",
            "part between null and 2",
            "not (part > 1)",
            "part is distinct from 1",
            "id > 1 and null",
            "id not in (1, null)",
            "id > 3 and case when id > 0 then null::boolean end",
            "not (id = id and part = part)",
            "part = 1 and word <> 'a'",
            "not (part = 1 and word = 'a')",
            "word not in ('a', null)",
            "coalesce(part, 1) = 1 and coalesce(word, 'x') <> 'a'",
        ];
        for condition in conditions {
            let sql = format!("select id from main.events where {condition} order by id");
            assert_eq!(here.rows(&sql), there.rows(&sql), "{condition}");
        }
    }

    /// Two tables with columns of the same names, joined in every way: a condition on one is not asked of the other.
    #[test]
    fn conditions_on_joins_are_asked_of_their_table() {
        let table = |rows: &str| {
            format!("{{{{ config(materialized='table') }}}} select * from (values {rows}) as t(id, flag, n)")
        };
        let build = |warehouse| {
            let project = Project::new(warehouse)
                .file("models/a.sql", &table("(1, true, 10), (2, false, 20), (3, null, 30), (5, true, 50)"))
                .file(
                    "models/c.sql",
                    &table("(1, true, 11), (2, true, 20), (3, false, 30), (4, true, 41), (6, null, 60)"),
                );
            project.run("run").succeeds();
            project
        };
        let (there, here) = (build(Warehouse::postgres()), build(Warehouse::lakehouse()));
        let conditions = [
            "a.flag is not true and c.n > 15",
            "c.flag is not true and a.n < 40",
            "coalesce(a.flag, true)",
            "a.n is distinct from c.n",
        ];
        for join in ["join", "left join", "right join", "full join"] {
            for condition in conditions {
                let sql = format!(
                    "select c.flag, count(*) as rows, sum(a.n) as sum from main.a {join} main.c on a.id = c.id where {condition} \
                     group by 1 order by 1 nulls first, 2"
                );
                assert_eq!(here.rows(&sql), there.rows(&sql), "{join}, {condition}");
            }
        }
    }
}
