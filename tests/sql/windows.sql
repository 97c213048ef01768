select x, row_number() over (order by x), rank() over (order by x), dense_rank() over (order by x) from (values (1), (2), (2), (3)) as t(x) order by 1, 2;
select x, sum(x) over (order by x), avg(x) over (order by x), count(*) over () from (values (1), (2), (3)) as t(x) order by x;
select g, x, sum(x) over (partition by g order by x) from (values ('a', 1), ('a', 2), ('b', 5)) as t(g, x) order by g, x;
select x, lag(x) over (order by x), lead(x) over (order by x), lag(x, 2) over (order by x), lag(x, 1, 0) over (order by x) from (values (1), (2), (3)) as t(x) order by x;
select x, first_value(x) over (order by x), last_value(x) over (order by x rows between unbounded preceding and unbounded following), nth_value(x, 2) over (order by x rows between unbounded preceding and unbounded following) from (values (1), (2), (3)) as t(x) order by x;
select x, sum(x) over (order by x rows between 1 preceding and current row), avg(x) over (order by x rows between 1 preceding and 1 following) from (values (1), (2), (3), (4)) as t(x) order by x;
select x, sum(x) over (order by x range between 1 preceding and current row) from (values (1), (2), (4)) as t(x) order by x;
-- differs: ntile gives bigint
-- here: 1|1|0|0.25
-- here: 2|1|0.3333333333333333|0.5
-- here: 3|2|0.6666666666666666|0.75
-- here: 4|2|1|1
select x, ntile(2) over (order by x), percent_rank() over (order by x), cume_dist() over (order by x) from (values (1), (2), (3), (4)) as t(x) order by x;
select x, sum(x) over w, max(x) over w from (values (1), (2), (3)) as t(x) window w as (order by x) order by x;
select x, row_number() over (order by x) - 1, row_number() over (order by x) % 2 from (values (5), (6)) as t(x) order by x;
select x - row_number() over (order by x) as island from (values (1), (2), (5)) as t(x) order by 1;
select * from (select x, row_number() over (partition by x order by y desc) as rn from (values (1, 2), (1, 3)) as t(x, y)) q where rn = 1;
select x, sum(x) over (order by d range between interval '1 day' preceding and current row) from (values (1, date '2024-01-01'), (2, date '2024-01-02'), (4, date '2024-01-04')) as t(x, d) order by d;
select d, d - lag(d) over (order by d) from (values (date '2024-01-01'), (date '2024-01-05')) as t(d) order by d;
select d, extract(epoch from d - lag(d) over (order by d)) from (values (timestamp '2024-01-01 00:00:00'), (timestamp '2024-01-01 00:30:00')) as t(d) order by d;
select x, sum(case when x > 1 then 1 else 0 end) over (order by x) from (values (1), (2), (3)) as t(x) order by x;
select x, count(*) filter (where x > 1) over () from (values (1), (2), (3)) as t(x) order by x;
select g, max(x) over (partition by g) - x from (values ('a', 1), ('a', 5)) as t(g, x) order by 2;
select x, sum(x::bigint) over (order by x) from (values (1), (2)) as t(x) order by x;
select x, sum(x) over (order by x rows between current row and 1 following) from (values (1.5), (2.5)) as t(x) order by x;
select x, string_agg(x::text, ',') over (order by x) from (values (1), (2)) as t(x) order by x;
select x, bool_or(x > 1) over (order by x) from (values (1), (2)) as t(x) order by x;
select x, lag(y) over (partition by x order by y) is null from (values (1, 1), (1, 2)) as t(x, y) order by y;
select x, coalesce(lag(x) over (order by x), 0) + x from (values (1), (2)) as t(x) order by x;
select x, row_number() over (order by x desc nulls last) from (values (1), (null), (2)) as t(x) order by 2;
select x, row_number() over (order by x) from (values (1), (null), (2)) as t(x) order by 2;
select x, sum(x) over (order by x groups between 1 preceding and current row) from (values (1), (1), (2), (3)) as t(x) order by x;
select x, stddev(x) over (order by x) from (values (1::double precision), (3)) as t(x) order by x;
select last_value(x) over (order by x) from (values (1), (2)) as t(x) order by 1;
select x, round(100.0 * x / sum(x) over (), 2) from (values (1), (2)) as t(x) order by x;
select x, array_agg(x) over (order by x) from (values (1), (2)) as t(x) order by x;
