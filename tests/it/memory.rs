//! Models that are larger than the memory they may have.

#![cfg(feature = "lakehouse")]

use crate::support::{Project, Warehouse};

const SORTED: &str = "{{ config(materialized='table') }}
    select n, md5(cast(n as text)) || md5(cast(-n as text)) as key from generate_series(1, 600000) as t(n) order by key";

/// A project whose statements may hold little, with further keys in its output.
fn tight(keys: &str) -> Project {
    limited("64MB", keys)
}

fn limited(limit: &str, keys: &str) -> Project {
    let project = Project::new(Warehouse::lakehouse()).file("models/sorted.sql", SORTED);
    let keys = format!("threads: 1, memory_limit: {limit}, {keys}");
    let profiles = project.profiles("test").replace("threads: 4", &keys);
    project.write("profiles.yml", &profiles);
    project
}

#[test]
fn what_does_not_fit_spills() {
    let project = tight("spill_path: target/spilled");
    project.run("run").succeeds();
    assert_eq!(project.rows("select count(*), max(n) from main.sorted"), [["600000", "600000"]]);
    assert!(project.path("target/spilled").is_dir());
    assert_eq!(std::fs::read_dir(project.path("target/spilled")).unwrap().count(), 0, "spilled files are removed");
}

/// Neither side of a join fits, so that it is sorted on disk: joins in one part, and in several that
/// wait for each other.
#[test]
fn a_join_that_does_not_fit_spills() {
    for (limit, rows, width) in [("64MB", 250_000, 8), ("256MB", 160_000, 64)] {
        let side = format!(
            "{{{{ config(materialized='table') }}}}
            select (n::bigint * 7919) % {rows} as id, repeat(md5(n::text), {width}) as key from generate_series(1, {rows}) as t(n)"
        );
        let joined = "{{ config(materialized='table') }}
            select a.id, a.key as one, b.key as other from {{ ref('one') }} a join {{ ref('other') }} b on b.id = a.id";
        let project = limited(limit, "spill_path: target/spilled")
            .file("models/sorted.sql", "select 1 as n")
            .file("models/one.sql", &side)
            .file("models/other.sql", &side)
            .file("models/joined.sql", joined);
        project.run("run --debug").succeeds().says("joins that sort both sides");
        let rows = rows.to_string();
        assert_eq!(
            project.rows(
                "select count(*), count(distinct id), sum(case when one = other then 1 else 0 end) from main.joined"
            ),
            [[rows.as_str(), &rows, &rows]]
        );
        assert_eq!(std::fs::read_dir(project.path("target/spilled")).unwrap().count(), 0, "spilled files are removed");
    }
}

/// Values that count once, beside others and of two columns: none of them is held in memory.
#[test]
fn distinct_values_that_do_not_fit_spill() {
    let counted = "{{ config(materialized='table') }}
        select n % 3 as part, count(*) as rows, sum(n) as total, count(distinct md5(n::text)) as keys,
            count(distinct n / 2) as pairs
        from generate_series(1, 300000) as t(n) group by 1";
    let project = tight("spill_path: target/spilled").file("models/sorted.sql", "select 1 as n");
    let project = project.file("models/counted.sql", counted);
    project.run("run").succeeds();
    assert_eq!(
        project.rows("select part, rows, total, keys, pairs from main.counted order by part"),
        [
            ["0", "100000", "15000150000", "100000", "100000"],
            ["1", "100000", "14999950000", "100000", "100000"],
            ["2", "100000", "15000050000", "100000", "100000"]
        ]
    );
}

/// The rows that are merged are read several times, and kept on disk meanwhile.
#[test]
fn a_merge_of_rows_that_do_not_fit_spills() {
    let merged = "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }}
        select n as id, repeat(md5(n::text), 8) || '{{ var('tag') }}' as payload
        from generate_series({{ var('lo') }}, {{ var('hi') }}) as t(n)";
    let first = ["run", "--vars", "{tag: a, lo: 1, hi: 60000}"];
    let second = ["run", "--vars", "{tag: b, lo: 30001, hi: 120000}"];
    let project = tight("spill_path: target/spilled").file("models/sorted.sql", "select 1 as n");
    let project = project.file("models/merged.sql", merged);
    project.run_arguments(&first).succeeds();
    let profiles = std::fs::read_to_string(project.path("profiles.yml")).unwrap();
    project.write("profiles.yml", &profiles.replace("spill_path: target/spilled", "spill_limit: 64KB"));
    project.run_arguments(&second).exits_with(1).says("not enough memory").says("`spill_limit`");
    project.write("profiles.yml", &profiles);
    project.run_arguments(&second).succeeds();
    assert_eq!(
        project
            .rows("select right(payload, 1) as t, count(*), min(id), max(id) from main.merged group by 1 order by 1"),
        [["a", "30000", "1", "30000"], ["b", "90000", "30001", "120000"]]
    );
    assert_eq!(std::fs::read_dir(project.path("target/spilled")).unwrap().count(), 0, "spilled files are removed");
}

#[test]
fn what_cannot_spill_either_is_told() {
    let project = tight("spill_limit: 64KB");
    project.run("run").exits_with(1).says("not enough memory").says("`spill_limit`").says("models/sorted.sql");
    project.write("models/sorted.sql", "{{ config(materialized='table') }} select 1 as n");
    project.run("run").succeeds();
}

#[test]
fn a_limit_that_is_no_size_is_told() {
    let project = tight("spill_limit: much");
    project.run("run").exits_with(2).says("`spill_limit` must be a size such as `4GB`, not `\"much\"`");
}
