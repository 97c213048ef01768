//! What goes from one target of a profile to another: sources read from PostgreSQL, models published
//! to it.

use crate::support::{Project, Warehouse};

/// A project of a warehouse, with a database `app` as a second target.
fn project(warehouse: Warehouse, app: &Warehouse) -> Project {
    let project = Project::new(warehouse);
    let profiles = format!("{}    app: {}\n", project.profiles("test"), app.output("main"));
    project.write("profiles.yml", &profiles);
    project
}

/// What the other database holds, as its own project sees it.
fn on(app: Warehouse) -> Project {
    Project::new(app)
}

fn execute(app: &Warehouse, sql: &str) {
    match app {
        Warehouse::Postgres(database) => database.execute(sql),
        Warehouse::Lakehouse | Warehouse::Bucket(_) => unreachable!("the other target is a database"),
    }
}

on_every_warehouse! {
    /// The table of the other target holds the model's rows, with its types, indexes, descriptions and
    /// privileges, run after run; views on it stay.
    fn a_model_is_published(warehouse: Warehouse) {
        let app = Warehouse::postgres();
        let project = project(warehouse, &app)
            .file(
                "models/daily.sql",
                "{{ config(materialized='table') }}
                 select 1 as id, cast(1.50 as numeric(10, 2)) as amount, 'a\\b\tc' as note, date '2026-01-31' as day,
                        cast('2026-01-31 10:00:00.25' as timestamp) as at, true as ok, cast(null as text) as nothing
                 union all
                 select {{ var('n', 2) }}, cast(-0.25 as numeric(10, 2)), '', date '1999-12-31', null, false, 'x'",
            )
            .file(
                "models/daily.yml",
                "models:
  - name: daily
    description: Every day
    config:
      persist_docs: {relation: true, columns: true}
      publish:
        target: app
        relation: marts.daily_rows
        indexes: [{columns: [id], unique: true}]
        grants: {select: [pg_read_all_data]}
    columns: [{name: amount, description: Money}]
",
            );
        project.run("run").succeeds().says("Published `daily` to `app` as marts.daily_rows: 2 rows");
        execute(&app, "create view marts.seen as select id, note from marts.daily_rows");
        project.run_arguments(&["run", "--vars", "{n: 3}"]).succeeds();
        let app = on(app);
        assert_eq!(
            app.rows("select id, amount, note, day, at, ok, nothing from marts.daily_rows order by id"),
            [
                ["1", "1.5", "a\\b\tc", "2026-01-31", "2026-01-31T10:00:00.250000", "true", "NULL"],
                ["3", "-0.25", "", "1999-12-31", "NULL", "false", "x"],
            ]
        );
        assert_eq!(app.rows("select id from marts.seen order by id"), [["1"], ["3"]]);
        assert_eq!(
            app.rows("select a.attname::text, format_type(atttypid, atttypmod) from pg_attribute a
                      where attrelid = 'marts.daily_rows'::regclass and attnum > 0 order by attnum")[1..5],
            [
                ["amount", "numeric(10,2)"],
                ["note", "text"],
                ["day", "date"],
                ["at", "timestamp without time zone"],
            ]
        );
        assert_eq!(
            app.rows("select indisunique, obj_description('marts.daily_rows'::regclass), \
                             has_table_privilege('pg_read_all_data', 'marts.daily_rows', 'select')
                      from pg_index where indrelid = 'marts.daily_rows'::regclass"),
            [["true", "Every day", "true"]]
        );
        assert_eq!(app.rows("select count(*) from pg_class where relname like '%aq\\_%'"), [["0"]]);
    }

    /// A copy that fails is the model's failure, at its config, and leaves the old table.
    fn a_publication_that_fails_changes_nothing(warehouse: Warehouse) {
        let app = Warehouse::postgres();
        let project = project(warehouse, &app)
            .file(
                "models/a.sql",
                "{{ config(materialized='table', publish={'target': 'app', 'indexes': [{'columns': ['id'], 'unique': true}]}) }}
                 select 1 as id union all select {{ var('n', 2) }}",
            )
            .file("models/b.sql", "select * from {{ ref('a') }}");
        project.run("run").succeeds();
        project
            .run_arguments(&["run", "--vars", "{n: 1}"])
            .exits_with(1)
            .says("`a` cannot be published to `app`")
            .says("models/a.sql");
        assert_eq!(project.statuses(), ["a: error", "b: skipped"]);
        assert_eq!(on(app).rows("select id from main.a order by id"), [["1"], ["2"]]);
    }

    /// What `publish:` cannot mean is told before anything runs; a target that is not there, before the
    /// model is built.
    fn a_mistaken_publication_is_told(warehouse: Warehouse) {
        let app = Warehouse::postgres();
        let project = project(warehouse, &app).file("models/a.sql", "select 1 as id");
        let write = |publish: &str| {
            let text = format!("models: [{{name: a, config: {{publish: {publish}}}}}]\n");
            project.write("models/a.yml", &text);
        };
        write("{target: app, relaton: x}");
        project.run("run").exits_with(2).says("there is no key `relaton`").says("did you mean `relation`?");
        write("{relation: x}");
        project.run("run").exits_with(2).says("it names no `target`");
        write("{target: app, relation: a.b.c.d}");
        project.run("run").exits_with(1).says("`a.b.c.d` is no name of a table");
        write("{target: apk}");
        project.run("run").exits_with(1).says("does not have a target named 'apk'").says("it has `dev`, `app`");
        write("{target: apk, enabled: \"{{ target.name == 'prod' }}\"}");
        project.run("run").succeeds();
    }
}

/// Built into the target it is published to, under the same name, a model is there already.
#[test]
fn a_model_is_not_published_over_itself() {
    let project = Project::new(Warehouse::postgres())
        .file("models/a.sql", "{{ config(publish={'target': 'dev', 'relation': var('to', 'a')}) }} select 1 as id");
    project.run("run").succeeds().says_not("Published");
    assert_eq!(project.rows("select relkind from pg_class where oid = 'main.a'::regclass"), [["v"]]);
    project.run("run --vars {\"to\":\"copies.a\"}").succeeds().says("Published `a` to `dev` as copies.a");
    assert_eq!(project.rows("select id from copies.a"), [["1"]]);
}

/// A run over no rows must not empty what others read.
#[test]
fn an_empty_run_publishes_nothing() {
    let app = Warehouse::postgres();
    let project = project(Warehouse::postgres(), &app)
        .file("models/a.sql", "{{ config(publish={'target': 'app'}) }} select 1 as id");
    project.run("run --empty").succeeds().says_not("Published");
    assert_eq!(on(app).rows("select to_regclass('main.a') is null"), [["true"]]);
}

#[cfg(feature = "lakehouse")]
const TYPES: &str = "
    create schema sales;
    create type sales.mood as enum ('good', 'bad');
    create table sales.orders (
        id bigint, small smallint, price numeric(10, 2), loose numeric, ratio double precision, single real,
        note varchar(20), code char(3), day date, at timestamp, seen timestamptz, ok boolean, raw bytea,
        doc jsonb, key uuid, feeling sales.mood, tags text[], clock time, wait interval
    );
    insert into sales.orders values
        (1, -2, 12.30, 0.1234567891, 0.1, 1.5, 'tab\there', 'ab', '2026-01-31', '2026-01-31 10:00:00.000001',
         '2026-01-31 10:00:00+02', true, '\\x00ff', '{\"a\": 1}', '11111111-2222-3333-4444-555555555555', 'good',
         '{a,\"b c\"}', '10:11:12', '1 day 02:00:00'),
        (2, null, null, -123456789012345.5, null, null, '', null, '0001-01-01', '9999-12-31 23:59:59.999999',
         null, false, null, null, null, 'bad', null, null, null);";

#[cfg(feature = "lakehouse")]
const SOURCE: &str = "
sources:
  - name: app
    schema: sales
    tables:
      - name: orders
        external: {target: app}
      - name: again
        external: {target: app, relation: sales.orders}
        columns: [{name: loose, data_type: 'numeric(20, 2)'}]
";

/// Every type arrives, or becomes the text that PostgreSQL writes.
#[cfg(feature = "lakehouse")]
#[test]
fn tables_of_another_target_are_read() {
    let app = Warehouse::postgres();
    execute(&app, TYPES);
    let project = project(Warehouse::lakehouse(), &app)
        .file("models/sources.yml", SOURCE)
        .file("models/orders.sql", "{{ config(materialized='table') }} select * from {{ source('app', 'orders') }}")
        .file("models/loose.sql", "select id, loose from {{ source('app', 'again') }}");
    project.run("run").succeeds();
    assert_eq!(
        project.rows(
            "select id, small, price, loose, ratio, single, note, code, day, at, seen, ok from main.orders order by id"
        ),
        [
            [
                "1",
                "-2",
                "12.3",
                "0.1234567891",
                "0.1",
                "1.5",
                "tab\there",
                "ab",
                "2026-01-31",
                "2026-01-31T10:00:00.000001",
                "2026-01-31T08:00:00+00:00",
                "true",
            ],
            [
                "2",
                "NULL",
                "NULL",
                "-123456789012345.5",
                "NULL",
                "NULL",
                "",
                "NULL",
                "0001-01-01",
                "9999-12-31T23:59:59.999999",
                "NULL",
                "false",
            ],
        ]
    );
    assert_eq!(
        project.rows("select raw::text, doc, key, feeling, tags, clock, wait from main.orders order by id limit 1"),
        [[
            "\\x00ff",
            "{\"a\": 1}",
            "11111111-2222-3333-4444-555555555555",
            "good",
            "{a,\"b c\"}",
            "10:11:12",
            "1 day 02:00:00",
        ]]
    );
    assert_eq!(project.rows("select loose from main.orders where id = 1"), [["0.1234567891"]]);
    project
        .run_arguments(&[
            "show",
            "--inline",
            "select loose, count(*) as n from {{ source('app', 'again') }} group by 1 order by 1",
        ])
        .succeeds()
        .says("0.12");
}

/// Only the rows that are compared with a constant travel; nothing is lost by that.
#[cfg(feature = "lakehouse")]
#[test]
fn conditions_are_made_where_the_rows_are() {
    let app = Warehouse::postgres();
    // A row that cannot be read shows which rows are.
    execute(
        &app,
        "create schema sales;
         create table sales.orders as
         select n as id, case n when 7 then 'infinity'::date else '2026-01-01'::date + n end as day, 'k' || n as key,
                n * 1.5 as price, n % 2 = 0 as even
         from generate_series(1, 20) as n;",
    );
    let project = project(Warehouse::lakehouse(), &app).file("models/sources.yml", SOURCE);
    let show = |condition: &str| {
        let sql = format!("select count(day) as n from {{{{ source('app', 'orders') }}}} where {condition}");
        project.run_arguments(&["show", "--output", "json", "--inline", &sql])
    };
    for (condition, count) in [
        ("id < 7", 6),
        ("7 < id", 13),
        ("id in (1, 2, 99)", 2),
        ("key = 'k3'", 1),
        ("id between 8 and 9", 2),
        ("price > 12.0 and even", 6),
        ("day < date '2026-01-04'", 2),
    ] {
        show(condition).succeeds().says(&format!("\"n\": {count}"));
    }
    show("true").exits_with(2).says("column `day`: the date `infinity`").says("sales.orders");
    // An order of texts is this warehouse's own.
    show("key > 'k8'").exits_with(2).says("infinity");
    show("id + 0 < 7").exits_with(2).says("infinity");
}

/// A table or a target that is not there is told with its name, when it is needed.
#[cfg(feature = "lakehouse")]
#[test]
fn what_is_not_there_is_told() {
    let app = Warehouse::postgres();
    let project = project(Warehouse::lakehouse(), &app)
        .file("models/sources.yml", SOURCE)
        .file("models/free.sql", "select 1 as id")
        .file("models/orders.sql", "select * from {{ source('app', 'orders') }}");
    project.run("run --select free").succeeds();
    project.run("run").exits_with(1).says("there is no table `sales.orders` in target `app`").says("orders.sql");
    project.write("models/sources.yml", &SOURCE.replace("target: app", "target: apk"));
    project.run("run").exits_with(1).says("does not have a target named 'apk'");
    project.write("models/sources.yml", &SOURCE.replace("target: app", "target: app, location: x.csv"));
    project.run("run").exits_with(2).says("stands both in files and in target `app`");
}
