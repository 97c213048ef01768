select count(*), count(x), count(distinct x), sum(x), avg(x), min(x), max(x) from (values (1), (2), (2), (null)) as t(x);
select sum(x), avg(x) from (values (1::bigint), (9223372036854775807)) as t(x);
select sum(x) from (values (9223372036854775807), (9223372036854775807)) as t(x);
select sum(x), avg(x) from (values (1::smallint), (2::smallint)) as t(x);
select sum(x), avg(x) from (values (1.5::double precision), (2.5::double precision)) as t(x);
-- differs: the sum is double precision
-- here: 4|2
select sum(x), avg(x) from (values (1.5::real), (2.5::real)) as t(x);
select sum(x), avg(x), count(x), max(x) from (values (1), (2)) as t(x) where false;
select sum(case when x > 1 then 1 else 0 end), count(case when x > 1 then 1 end) from (values (1), (2), (3)) as t(x);
select sum(1), sum(1.5), count(1), max(5) from (values (1), (2), (3)) as t(x);
select g, sum(x), count(*) from (values ('a', 1), ('b', 2), ('a', 3)) as t(g, x) group by g order by g;
select g, sum(x) from (values ('a', 1), ('b', 2), ('a', 3)) as t(g, x) group by 1 order by 2 desc;
select g, sum(x) from (values ('a', 1), ('b', 2), ('a', 3)) as t(g, x) group by g having sum(x) > 2 order by g;
select g, sum(x) as total from (values ('a', 1), ('b', 2), (null, 3)) as t(g, x) group by g order by g;
select g, sum(x) as total from (values ('a', 1), ('b', 2), (null, 3)) as t(g, x) group by g order by g desc;
select g, sum(x) as total from (values ('a', 1), ('b', 2), (null, 3)) as t(g, x) group by g order by g nulls first;
select g, h, sum(x) from (values ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 3)) as t(g, h, x) group by rollup (g, h) order by g, h;
select g, h, sum(x) from (values ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 3)) as t(g, h, x) group by cube (g, h) order by g, h;
select g, h, sum(x), grouping(g) from (values ('a', 'x', 1), ('a', 'y', 2)) as t(g, h, x) group by grouping sets ((g), (h), ()) order by g, h;
select sum(x) filter (where x > 1), count(*) filter (where x is null) from (values (1), (2), (3), (null)) as t(x);
select sum(distinct x), avg(distinct x) from (values (1), (1), (4)) as t(x);
select sum(x), count(distinct x) from (values (1), (2), (2), (null)) as t(x);
select sum(x), sum(y), count(distinct x), max(y) from (values (1, 2::bigint), (2, 3), (2, 3), (null, null)) as t(x, y);
select g, count(*), count(y), count(distinct x), avg(y), min(x) from (values ('a', 1, 2), ('a', 1, 4), ('b', 3, null), ('b', null, 5), (null, 7, 8)) as t(g, x, y) group by g order by g;
select count(distinct x), count(*), sum(x) from (values (1)) as t(x) where false;
select count(distinct x), count(distinct y), count(*), sum(y), avg(y) from (values (1, 'a', 1.5), (1, 'b', 2.5), (2, 'b', 3), (null, null, null)) as t(x, z, y);
select g, count(distinct x), count(distinct y), count(distinct z), count(*), sum(x) from (values ('a', 1, 'p', 1.5), ('a', 1, 'q', 2.5), ('b', 2, 'q', 3), ('b', null, null, null), (null, 4, 'r', 1)) as t(g, x, y, z) group by g order by g;
select g, h, count(distinct x), count(distinct y), count(*) filter (where x > 1), bool_or(x > 2) from (values ('a', 'i', 1, 5), ('a', 'i', 3, 5), ('b', 'j', 2, 6)) as t(g, h, x, y) group by g, h order by g, h;
select count(distinct x) filter (where y > 1), count(distinct x), count(*) filter (where y > 1) from (values (1, 1), (2, 2), (2, 3), (3, 0)) as t(x, y);
select sum(distinct x), sum(x), avg(distinct x), avg(x), count(distinct x), count(x) from (values (1), (1), (4), (null)) as t(x);
select g, sum(distinct x), sum(x) from (values ('a', 1.5), ('a', 1.5), ('b', 2)) as t(g, x) group by g order by g;
select min(distinct x), max(distinct y), count(distinct x) from (values (1, 'b'), (2, 'a'), (2, 'a')) as t(x, y);
select x % 2 as odd, count(distinct x / 2), count(distinct upper(y)), count(1) from (values (1, 'a'), (2, 'A'), (3, 'b')) as t(x, y) group by 1 order by 1;
select count(distinct x), count(distinct x + 1), count(distinct 5), count(*) from (values (1), (2)) as t(x);
select g, count(distinct x) as n from (values ('a', 1), ('a', 2), ('b', 1)) as t(g, x) group by g having count(*) > 1 and count(distinct x) > 1 order by count(distinct x);
select count(distinct x), string_agg(y, ',' order by y), count(*) from (values (1, 'a'), (1, 'b')) as t(x, y);
select g, count(distinct x), count(*) from (values ('a', 1), ('a', 1), ('b', 2)) as t(g, x) group by rollup (g) order by g;
select count(distinct x), sum(y) from (values (1.5::double precision, interval '1 day'), (1.5, interval '2 days')) as t(x, y);
select (select count(distinct u.x) from (values (1, 'a'), (2, 'a'), (2, 'b')) as u(x, k) where u.k = t.k), count(*) from (values ('a'), ('b')) as t(k) group by t.k order by t.k;
select bool_and(x), bool_or(x), every(x) from (values (true), (false), (null)) as t(x);
select stddev(x), stddev_samp(x), stddev_pop(x), variance(x), var_samp(x), var_pop(x) from (values (1::double precision), (2), (4)) as t(x);
-- differs: they are double precision until they are cast
-- here: 1.53|1.25|2.33
select round(stddev(x), 2), round(stddev_pop(x), 2), round(variance(x), 2) from (values (1), (2), (4)) as t(x);
select corr(x, y), covar_pop(x, y), covar_samp(x, y), regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x) from (values (1::double precision, 2::double precision), (2, 4.5), (3, 5)) as t(x, y);
select array_agg(x order by x), array_agg(x order by x desc) from (values (2), (1), (3)) as t(x);
select array_agg(x order by x) from (values ('b'), ('a'), (null)) as t(x);
select array_agg(x) from (values (1)) as t(x) where false;
select string_agg(x, ',' order by y) from (values ('b', 1), ('a', 2)) as t(x, y);
select string_agg(x::text, ',' order by x) from (values (2), (10), (1)) as t(x);
select percentile_cont(0.5) within group (order by x) from (values (1), (2), (3), (10)) as t(x);
select percentile_disc(0.5) within group (order by x), percentile_disc(0.75) within group (order by x) from (values (1), (2), (3), (10)) as t(x);
select percentile_cont(0.25) within group (order by x desc) from (values (1.0), (2.0), (3.5)) as t(x);
select mode() within group (order by x) from (values (1), (2), (2), (3)) as t(x);
select g, mode() within group (order by x) from (values ('a', 'p'), ('a', 'q'), ('a', 'q'), ('b', 'z')) as t(g, x) group by g order by g;
select bit_and(x), bit_or(x) from (values (5), (3)) as t(x);
select min(x), max(x) from (values ('b'), ('a')) as t(x);
-- more: booleans have an order
-- columns: min boolean|max boolean
-- here: false|true
select min(x), max(x) from (values (true), (false)) as t(x);
select bool_or(x > 2) from (values (1), (3)) as t(x);
select count(*) from (values (1), (2)) as t(x) having count(*) > 5;
select x % 2 = 0 as even, count(*), avg(x) from (values (1), (2), (3)) as t(x) group by x % 2 = 0 order by 1;
select extract(year from d) as y, count(*) from (values (date '2024-01-01'), (date '2023-05-01')) as t(d) group by 1 order by 1;
select date_trunc('month', d)::date as m, sum(x) from (values (timestamp '2024-01-15 00:00:00', 1), (timestamp '2024-01-20 00:00:00', 2)) as t(d, x) group by 1;
select x::int as i, count(*) from (values (1.4), (1.6), (2.2)) as t(x) group by x::int order by i;
select count(distinct (x, y)) from (values (1, 2), (1, 2), (1, 3)) as t(x, y);
select max(length(x)), sum(length(x)) from (values ('a'), ('bbb')) as t(x);
select sum(x * y), sum(x) * sum(y), avg(x / y::numeric) from (values (1, 2), (3, 4)) as t(x, y);
select round(avg(x), 2), round(avg(x)::numeric, 1), avg(x)::int from (values (1), (2), (2)) as t(x);
select round(sum(x)::numeric / count(*), 4) from (values (1), (2), (2)) as t(x);
select sum(x)::int, count(*)::int, sum(x)::bigint from (values (1), (2)) as t(x);
select coalesce(sum(x), 0) from (values (1)) as t(x) where false;
select sum(x + y) from (values (2147483647, 0), (1, 1)) as t(x, y);
select sum(sum(x)) over () from (values (1), (2)) as t(x) group by x;
-- more: PostgreSQL has it from version 16
-- columns: any_value integer
-- here: 7
select any_value(x) from (values (7), (7)) as t(x);
select first_value from (values (1)) as t(first_value);
-- loud: no such aggregate
select json_agg(x) from (values (1)) as t(x);
select sum(interval '1 hour') from (values (1), (2)) as t(x);
select avg(x), sum(x) from (values (interval '1 hour'), (interval '2 hours')) as t(x);
select min(d), max(d) from (values (timestamp '2024-01-01 00:00:00'), (timestamp '2024-05-01 00:00:00')) as t(d);
select g, count(*) * 100.0 / sum(count(*)) over () from (values ('a'), ('a'), ('b')) as t(g) group by g order by g;
select x, count(*) over (partition by x) from (values (1), (1), (2)) as t(x) order by x;
select sum(x) from (values (1.5::numeric(10, 2)), (2.25)) as t(x) group by ();
select count(*) as n, sum(x) as s from (values (1), (2)) as t(x) where x > 5 group by ();
select 1 as one from (values (1), (2)) as t(x) where x > 5 group by ();
select g, count(*) as n from (values ('a', 1), ('a', 2), ('b', 1)) as t(g, x) group by g, () order by 1;
select count(distinct x) as d, sum(x) as s, sum(y) as t, max(y) as m from (values (1, 1.5), (1, 2.5), (2, null)) as t(x, y);
select g, count(distinct x) as d, sum(x) as s, sum(x::bigint) as b, sum(y) as t from (values ('a', 1, 1.5), ('a', 1, 2.5), ('b', 2, null)) as t(g, x, y) group by g order by 1;
select sum(distinct x) as s, sum(y) as t from (values (1, 1.5), (1, 2.5), (2, null)) as t(x, y);
select percentile_cont(0.65) within group (order by x) as a, percentile_cont(0.95) within group (order by x::numeric(10, 2)) as b from (values (1), (2), (1000)) as t(x);
select percentile_cont(array[0.1, 0.95, null]) within group (order by x desc) as c, percentile_disc(array[0.1, 0.95]) within group (order by x) as d from (values (1), (2), (1000)) as t(x);
select g, percentile_cont(0.3) within group (order by x) as c, percentile_cont(0.3) within group (order by x) filter (where x > 100) as n from (values ('a', 1), ('a', 5), ('b', 3), ('c', null)) as t(g, x) group by g order by 1;
select percentile_cont(1.5) within group (order by x) from (values (1), (2)) as t(x);
select count(1), count(*), count('x'), count(null) from (values (1), (2)) t(x);
select x, count(1), count(*), sum(x) from (values (1), (2)) t(x) group by rollup (x) order by x;
select string_agg(x, ',' order by x), string_agg(x, ',' order by x desc), percentile_cont(0.5) within group (order by y), percentile_disc(0.5) within group (order by y desc), array_agg(y order by x desc) from (values ('b', 1.5::float8), ('a', 2.5), ('c', 7)) as t(x, y);
select g, string_agg(x, '|' order by y), mode() within group (order by x desc), string_agg(x, '|' order by x desc) from (values ('p', 'b', 1), ('p', 'a', 2), ('q', 'c', 3), ('q', 'c', 4)) as t(g, x, y) group by g order by g;
select avg(1), count(1), count(*), avg(2.5), count(null::int) from (values (1), (2)) t(x);
