//! dbt's cross-database macros: what they mean is the same on every warehouse.

use crate::support::Project;

/// Expressions and what they give, as text.
const CASES: &[(&str, &str)] = &[
    ("{{ dbt.datediff(\"'2024-01-31'\", \"'2024-02-01'\", 'month') }}", "1"),
    ("{{ dbt.datediff(\"'2024-01-01'\", \"'2024-03-01'\", 'day') }}", "60"),
    // Weeks begin on Sundays: 2024-01-07 is one.
    ("{{ dbt.datediff(\"'2024-01-06'\", \"'2024-01-07'\", 'week') }}", "1"),
    ("{{ dbt.datediff(\"'2024-01-07'\", \"'2024-01-13'\", 'week') }}", "0"),
    ("{{ dbt.datediff(\"'2024-01-14'\", \"'2024-01-07'\", 'week') }}", "-2"),
    ("{{ dbt.datediff(\"'2024-01-14'\", \"'2024-01-08'\", 'week') }}", "-1"),
    ("{{ dbt.datediff(\"'2024-01-09'\", \"'2024-01-01'\", 'week') }}", "-1"),
    ("{{ dbt.datediff(\"'2024-01-07'\", \"'2024-01-07'\", 'week') }}", "0"),
    ("{{ dbt.datediff(\"'2024-01-07 12:00:00'\", \"'2024-01-07 10:00:00'\", 'week') }}", "-1"),
    ("{{ dbt.datediff(\"'1999-12-31 23:59:59.999999'\", \"'2000-01-01'\", 'millisecond') }}", "1"),
    ("{{ dbt.datediff(\"'1999-12-31 23:59:59.999999'\", \"'2000-01-01'\", 'hour') }}", "1"),
    ("extract(day from {{ dbt.dateadd('month', 1, \"cast('2024-01-31' as timestamp)\") }})", "29"),
    ("extract(day from {{ dbt.last_day(\"cast('2024-02-03' as date)\", 'month') }})", "29"),
    ("extract(month from {{ dbt.last_day(\"cast('2024-02-03' as date)\", 'quarter') }})", "3"),
    ("extract(month from {{ dbt.date_trunc('quarter', \"cast('2024-02-03' as timestamp)\") }})", "1"),
    ("extract(year from {{ dbt.date(2024, 2, 3) }})", "2024"),
    ("{{ dbt.split_part(\"'a,b,c'\", \"','\", 2) }}", "b"),
    ("{{ dbt.split_part(\"'a,b,c'\", \"','\", -1) }}", "c"),
    ("{{ dbt.concat([\"'a'\", \"'b'\"]) }}", "ab"),
    ("{{ dbt.length(\"'abc'\") }}", "3"),
    ("{{ dbt.position(\"'c'\", \"'abc'\") }}", "3"),
    ("{{ dbt.replace(\"'abc'\", \"'b'\", \"'x'\") }}", "axc"),
    ("{{ dbt.right(\"'abc'\", 2) }}", "bc"),
    ("{{ dbt.hash(\"'ab'\") }}", "187ef4436122d1cc2f40dc2b92f0eba0"),
    ("{{ dbt.safe_cast(\"'12'\", dbt.type_int()) }}", "12"),
    ("{{ dbt.cast_bool_to_text('1 = 1') }}", "true"),
    ("{{ dbt.string_literal(dbt.escape_single_quotes(\"it's\")) }}", "it's"),
    ("case when {{ dbt.equals('1', '1') }} then 'same' else 'other' end", "same"),
    ("(select {{ dbt.listagg('x', \"'-'\", 'order by x') }} from (select 'b' as x union all select 'a') as t)", "a-b"),
    ("(select {{ dbt.listagg('x', \"'-'\", 'order by x', 1) }} from (select 'b' as x union all select 'a') as t)", "a"),
    ("(select {{ dbt.bool_or('x > 1') }} from (select 1 as x union all select 2) as t)", "true"),
    ("(select {{ dbt.any_value('x') }} from (select 7 as x union all select 7) as t)", "7"),
    ("(select count(*) from ({{ dbt.generate_series(5) }}) as s)", "5"),
    (
        "(select count(*) from ({{ dbt.date_spine('day', \"cast('2024-02-27' as date)\", \"cast('2024-03-02' as date)\") }}) as s)",
        "4",
    ),
    ("(select count(*) from (select 1 as a {{ dbt.except() }} select 1) as s)", "0"),
    ("(select count(*) from (select 1 as a {{ dbt.intersect() }} select 1) as s)", "1"),
    ("{{ dbt.get_powers_of_two(27) }}", "5"),
    ("'{{ dbt.dates_in_range('20240228', '20240301') | join(' ') }}'", "20240228 20240229 20240301"),
];

on_every_warehouse! {
    /// Each expression gives the same everywhere.
    fn mean_the_same_everywhere(warehouse: Warehouse) {
        let columns: Vec<String> =
            CASES.iter().enumerate().map(|(at, (sql, _))| format!("cast({sql} as varchar) as c{at}")).collect();
        let project = Project::new(warehouse).file("models/all_of_them.sql", &format!("select\n{}\n", columns.join(",\n")));
        project.run("build").succeeds();
        let found = project.rows("select * from main.all_of_them");
        for ((sql, wanted), found) in CASES.iter().zip(&found[0]) {
            assert_eq!(found, wanted, "{sql}");
        }
    }
}
