select null = null, null <> 1, null is null, 1 is not null, null is not distinct from null, 1 is distinct from null;
select null and true, null and false, null or true, null or false, not null::boolean;
select true is true, null is true, null::boolean is unknown, false is not true, true is not null;
select coalesce(null, null, 3), coalesce(null, 'a'), nullif(1, 1), nullif(1, 2), nullif('a', '');
select 1 in (1, null), 2 in (1, null), 2 not in (1, null), null in (1);
select case when null then 1 else 2 end, case null when null then 1 else 2 end;
select null || 'a', concat(null, 'a'), length(null), null + 1;
select sum(x), count(x), avg(x), min(x) from (values (null::int)) as t(x);
select count(*) from (values (1), (null)) as t(x) where x <> 1;
select count(*) from (values (1), (null)) as t(x) where not (x = 1);
select x from (values (1), (null), (2)) as t(x) order by x;
select x from (values (1), (null), (2)) as t(x) order by x desc;
select x from (values (1), (null), (2)) as t(x) order by x nulls first;
select distinct x from (values (null), (null), (1)) as t(x) order by x;
select x, count(*) from (values (null), (null), (1)) as t(x) group by x order by x;
select greatest(null, 1), least(null, 1), greatest(null, null::int);
select null between 1 and 2, 1 between null and 2, 3 between null and 2;
select null like 'a', 'a' like null;
select bool_and(x), bool_or(x) from (values (null::boolean)) as t(x);
select array_agg(x) from (values (null::int), (1)) as t(x);
select true and (null is null), not (null is not null);
-- loud: no such functions
select num_nulls(1, null), num_nonnulls(1, null);
select null;
select null::int + 1, null::text || 'x', null::date + 1;
select true > false, false < true;
-- loud: a text is no boolean by itself
select true = 't';
select x and y, x or y from (values (true, null::boolean), (false, null), (null, null)) as t(x, y) order by 1, 2;
select 1 where null is null;
select coalesce(x, y, 'z') from (values (null, 'b'), ('a', null), (null, null)) as t(x, y) order by 1;
-- more: a function of other warehouses
-- columns: ifnull integer
-- here: 1
select ifnull(null, 1);
select x is null, x is not null from (values (1), (null)) as t(x) order by 1;
select 1 is distinct from 1 or true, true and 1 is distinct from 1 or true, not 1 is distinct from 2 and false, 1 is not distinct from 1 and false;
select x from (values (1), (2)) as t(x) where x is distinct from 1 and x is distinct from 3 or x = 1 order by x;
select x # x, x & x, x | x, x - x, x = x, x <> x from (values (null::int), (3)) t(x) order by 1;
select 12 # 10, -1 # 7, 5::bigint # 3, x # 0 from (values (4), (null)) t(x) order by 4;
select x, b from (values (15, null::boolean), (0, true), (6, true), (59, false), (null, true)) t(x, b) where x not in (10, 5, 7, case when b then 6 end) order by 1;
select x, b, x in (10, 0, 7, case when b then 6 end), x not in (10, case when b then 6 end, 5, 8) from (values (15, null::boolean), (0, true), (6, true), (59, false), (null, true)) t(x, b) order by 1;
select x from (values ('a', null), ('b', 'c'), ('d', 'd')) t(x, y) where x not in ('p', 'q', 'r', coalesce(y, x)) order by 1;
select sum(case when p is true then 1 end), count(*) filter (where p is not true), count(*) filter (where p is unknown), count(distinct p is false) filter (where p is distinct from true) from (values (true), (false), (null)) as t(p);
