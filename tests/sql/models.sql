-- What models are made of, a statement of each kind.

select x, sum(x) over (order by x rows between 1 preceding and 1 following) as s, avg(x) over (order by x rows 2 preceding) as a from (values (1), (2), (4), (8)) as t(x) order by 1;
select x, sum(x) over (order by x range between 1 preceding and 1 following) as s from (values (1), (2), (4), (5)) as t(x) order by 1;
select d, sum(x) over (order by d range between interval '2 days' preceding and current row) as s from (values (date '2024-01-01', 1), (date '2024-01-02', 2), (date '2024-01-05', 3)) as t(d, x) order by 1;
select x, count(*) over (order by x groups between 1 preceding and current row) as c from (values (1), (1), (2), (3)) as t(x) order by 1;
select x, first_value(x) over w as f, last_value(x) over w as l, nth_value(x, 2) over w as n from (values (3), (1), (2)) as t(x) window w as (order by x rows between unbounded preceding and unbounded following) order by 1;
select x, ntile(3) over (order by x) as n, percent_rank() over (order by x) as p, cume_dist() over (order by x) as c from (values (1), (2), (2), (4)) as t(x) order by 1;
select g, x, sum(x) filter (where x > 1) over (partition by g order by x) as s from (values ('a', 1), ('a', 2), ('b', 3)) as t(g, x) order by 1, 2;
select x, lag(x, 2, -1) over (order by x) as l, lead(x) over (order by x desc) as m from (values (1), (2), (3)) as t(x) order by 1;
-- loud: EXCLUDE in a frame
select x, sum(x) over (order by x rows between current row and unbounded following exclude current row) as s from (values (1), (2), (3)) as t(x) order by 1;
select g, h, sum(x) as s, grouping(g) as gg, grouping(g, h) as gh from (values ('a', 'p', 1), ('a', 'q', 2), ('b', 'p', 3)) as t(g, h, x) group by rollup (g, h) order by 1, 2, 3;
select g, h, count(*) as n from (values ('a', 'p', 1), ('a', 'q', 2), ('b', 'p', 3)) as t(g, h, x) group by cube (g, h) order by 1, 2, 3;
select g, h, max(x) as m from (values ('a', 'p', 1), ('a', 'q', 2), ('b', 'p', 3)) as t(g, h, x) group by grouping sets ((g), (h), ()) order by 1, 2, 3;
select count(*) filter (where x > 1) as a, sum(x) filter (where x is null) as b, array_agg(x order by x desc) filter (where x is not null) as c from (values (1), (2), (null)) as t(x);
select string_agg(distinct x, '|' order by x desc) as s, string_agg(x, ', ' order by x) filter (where x <> 'b') as f from (values ('b'), ('a'), ('b'), ('c')) as t(x);
select percentile_cont(0.5) within group (order by x) as m, percentile_cont(0.25) within group (order by x desc) as q, percentile_disc(0.5) within group (order by x) as d from (values (1), (2), (3), (10)) as t(x);
select corr(x, y) as c, covar_pop(x, y) as v, regr_slope(y, x) as s, stddev_pop(x) as d, var_samp(x) as r from (values (1.0::float8, 2.0::float8), (2, 4.5), (3, 5.5)) as t(x, y);
select split_part('a-b-c', '-', 2) as a, split_part('a-b-c', '-', -1) as b, split_part('abc', 'x', 2) as c, left('abcd', -1) as d, right('abcd', 2) as e;
select initcap('hello wORLD of-sql') as a, reverse('abc') as b, repeat('ab', 3) as c, lpad('7', 3, '0') as d, rpad('abcd', 2) as e, translate('12345', '143', 'ax') as f;
select regexp_replace('a1b22', '[0-9]+', '#', 'g') as a, regexp_replace('Hello', 'h', 'j', 'i') as b, regexp_replace('ab12', '([a-z]+)([0-9]+)', '\2\1') as c, substring('foo123' from '[0-9]+') as d;
select (regexp_match('2024-05-06', '(\d+)-(\d+)'))[2] as a, regexp_count('banana', 'an') as b, regexp_substr('a1b2', '[0-9]') as c, regexp_like('abc', '^A', 'i') as d;
select 'abc' ~ '^a' as a, 'abc' ~* 'B' as b, 'abc' !~ 'z' as c, 'a_c' like 'a\_c' as d, 'aXc' ilike 'A_C' as e;
-- loud: an escape character of one's own
select 'a%c' like 'a!%c' escape '!' as f;
select date_trunc('week', timestamp '2024-03-03 10:11:12') as a, date_trunc('quarter', date '2024-05-06') as b, date_part('dow', date '2024-03-03') as c, extract(isodow from date '2024-03-03') as d, extract(week from date '2024-12-30') as e;
select date '2024-01-31' + interval '1 month' as a, timestamp '2024-03-31 12:00:00' - interval '1 month 1 day' as b, date '2024-03-01' - date '2024-02-01' as c, date '2024-03-01' - 1 as d;
select age(timestamp '2024-03-01', timestamp '2023-01-15') as a, interval '1 day 25 hours' as b, interval '90 minutes' * 2 as c, justify_hours(interval '50 hours') as d;
select extract(epoch from interval '1 day 2 hours') as a, extract(epoch from timestamp '2024-01-01 00:00:10') as b, make_date(2024, 2, 29) as c, to_date('05/06/2024', 'DD/MM/YYYY') as d, to_timestamp('2024-01-02 03:04', 'YYYY-MM-DD HH24:MI')::timestamp as e;
select to_char(timestamp '2024-03-05 14:05:06', 'FMMonth DD, YYYY HH12:MI AM') as a, to_char(1234567.891, '9,999,999.99') as b, to_char(date '2024-03-05', 'IYYY-IW Dy Q') as c, to_char(12, '0000') as d;
select generate_series(date '2024-01-30', date '2024-02-02', interval '1 day')::date as d order by 1;
select * from generate_series(10, 1, -4) as s(x) order by 1;
select g::date as d, extract(dow from g)::int as w from generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '12 hours') as g order by g;
select array[1, 2, 3] || 4 as a, array_append(array[1], 2) as b, array_cat(array[1], array[2, 3]) as c, array_position(array['a', 'b'], 'b') as d, array_to_string(array[1, null, 3], '-', 'x') as e, cardinality(array[1, 2]) as f;
select array[1, 2] @> array[1] as a, 2 = any(array[1, 2]) as c, (array['x', 'y'])[1] as d, array_remove(array[1, 2, 1], 1) as e, (array[1, 2, 3])[2:3] as f;
-- loud: && of arrays
select array[1, 2] && array[2, 3] as b;
select distinct on (g) g, x, y from (values ('a', 1, 'p'), ('a', 2, 'q'), ('b', 5, 'r')) as t(g, x, y) order by g, x desc nulls last;
select x from (select x, row_number() over (partition by g order by x desc) as n from (values ('a', 1), ('a', 2), ('b', 3)) as t(g, x)) s where n = 1 order by 1;
select '{"a": {"b": [1, 2, {"c": "x"}]}}'::jsonb #>> '{a,b,2,c}' as a, ('{"a": 1.50}'::jsonb ->> 'a')::numeric as b, jsonb_typeof('[1]'::jsonb) as c, jsonb_array_length('[1, 2, 3]'::jsonb) as d;
-- loud: a function that gives rows of several columns
select key, value from jsonb_each_text('{"a": 1, "b": "x"}'::jsonb) order by 1;
select jsonb_build_object('a', 1, 'b', array[1, null], 'c', array['x']) as a, to_jsonb(row_number() over ()) as b, '{"a": 1}'::jsonb ? 'a' as c, '{"a": 1}'::jsonb @> '{"a": 1}'::jsonb as d;
-- loud: no such aggregates
select jsonb_agg(x order by x) as a, jsonb_object_agg(k, x) as b from (values ('p', 2), ('q', 1)) as t(k, x);
select round(2.5) as a, round(-2.5) as b, round(2.345, 2) as c, round(2.5::float8) as d, trunc(-2.7) as e, ceil(2.1) as f, floor(-2.1) as g, 7 / 2 as h, -7 / 2 as i, 7 % -3 as j, mod(-7, 3) as k;
select 10 / 4.0 as a, 1 / 3::numeric as b, 2 ^ 10 as c, sqrt(2.0::float8) as d, ln(10.0::float8) as e, log(100.0::float8) as f, exp(1.0::float8) as g, power(2, 0.5::float8) as h, sign(-3) as i, abs(-4.5) as j;
select width_bucket(5.35, 0.024, 10.06, 5) as a, greatest(1, null, 3) as b, least('b', 'a') as c, nullif(1, 1) as d, coalesce(null, null, 5) as e;
-- differs: these are bigint
-- here: 6|12|120
select gcd(12, 18) as f, lcm(4, 6) as g, factorial(5) as h;
select md5('a') as a, encode(sha256('a'::bytea), 'hex') as b, ascii('A') as c, chr(66) as d, length('äö') as e, octet_length('äö') as f, position('b' in 'abc') as g, strpos('abc', 'c') as h, overlay('abcdef' placing 'zz' from 2 for 3) as i;
select concat('a', null, 1, true) as a, concat_ws('-', 'a', null, 'b') as b, 'a' || null as c, trim(both 'x' from 'xxaxx') as d, ltrim('  a') as e, btrim('xyaxy', 'xy') as f, format('%s-%s', 'a', 1) as h;
select 'a' < 'B' as a, 'Z' < 'a' as b, 'é' > 'f' as c;
select x, y from (values ('b'), ('A'), ('a'), ('_')) as t(x) cross join (values (1)) as u(y) order by x;
select cast('12' as int) + 1 as a, '3.7'::numeric::int as b, 't'::boolean as c, '2024-01-02'::date + 1 as d, 5::text || 'x' as e, 1.0::text as f, 1e20::float8::text as g, true::int as h, 0.1::float4::text as i;
with t(a, b) as (values (1, 'x'), (2, 'y')) select (a, b) = (1, 'x') as e, row(a, b) is null as f from t order by 1;
select bool_and(x > 0) as a, bool_or(x > 2) as b, every(x > 1) as c, count(distinct x) as d, min(x) as e, sum(distinct x) as f from (values (1), (3), (3)) as t(x);
select d::date as day, coalesce(s.n, 0) as n from generate_series(date '2024-01-01', date '2024-01-03', '1 day') as d left join (values (date '2024-01-02', 5)) as s(day, n) on s.day = d::date order by 1;
select * from (values (1, 'a'), (2, 'b')) as t(id, name) where (id, name) not in (values (1, 'a')) order by 1;
select id from (values (1, 'a'), (2, 'b'), (null, 'c')) as t(id, name) where name <> 'z' and (id, name) in (select v.id, v.name from (values (1, 'a'), (null, 'c')) as v(id, name)) order by 1;
select * from (values (1, 'a'), (2, 'b')) as t(id, name) where (id, name) in (values (1, 'a')) order by 1;
with recursive t(n, path) as (select 1, '1' union all select n + 1, path || '>' || (n + 1) from t where n < 4) select * from t order by 1;
select 1 as a intersect select 1 union all select 2 order by 1;
-- loud: an expression that is grouped by twice
select date_trunc('month', d)::date as m, sum(x) as s, sum(sum(x)) over (order by date_trunc('month', d)) as r from (values (date '2024-01-05', 1), (date '2024-02-05', 2), (date '2024-02-06', 3)) as t(d, x) group by 1, date_trunc('month', d) order by 1;
select timestamp '2024-01-01 10:00:00' at time zone 'America/New_York' as a, timestamptz '2024-07-01 10:00:00+00' at time zone 'Europe/Berlin' as b;
select timestamp '2024-01-01 10:00' as a, '2024-01-01T10:00'::timestamp as b, timestamptz '2024-01-01 10:00+02' as c, '2024-01-01 10:00:05.5'::timestamp as d;
select x::timestamp as a, x::timestamptz as b from (values (' 2024-01-01 10:00 '), ('2024-01-01'), (null)) as t(x) order by 1;
select d::timestamp as a, d::timestamp::date as b, t::timestamp::timestamptz as c, n::timestamp as n from (values (date '2024-01-05', timestamp '2024-01-05 10:00', null)) as s(d, t, n);
select date_bin('15 minutes', timestamp '2024-01-01 10:22:00', timestamp '2024-01-01 00:00:00') as c;
-- loud: no such operator
select (date '2024-01-01', date '2024-02-01') overlaps (date '2024-01-15', date '2024-03-01') as b;
select unnest(array[1, 2]) as a, unnest(array['x', 'y', 'z']) as b;
select x from (values (1), (2), (3)) as t(x) order by x desc limit 1 offset 1;
select sum(x) as s from (values (0.1), (0.2)) as t(x) having sum(x) = 0.3;
select lower(g) as g, count(*) as n from (values ('A'), ('a'), ('b')) as t(g) group by lower(g) having count(*) > 1 order by n desc;
select case when x > 1 then 'big' end as c, count(*) as n from (values (1), (2), (3)) as t(x) group by case when x > 1 then 'big' end order by 1 nulls first;
