select 1 union select 1;
select 1 union all select 1;
select 1 union all select 2 order by 1 desc;
select 1 as x intersect select 1;
select x from (values (1), (2), (2)) as t(x) intersect all select x from (values (2), (2), (3)) as s(x);
select x from (values (1), (2), (2)) as t(x) except select 1 order by 1;
select x from (values (1), (2), (2)) as t(x) except all select 2 order by 1;
select 1, 'a' union all select 2, null order by 1;
select null union all select 1 order by 1;
select 1 union all select 2::bigint order by 1;
select 1 union all select 2.5::double precision order by 1;
select date '2024-01-01' union all select timestamp '2024-01-02 10:00:00' order by 1;
-- more: texts and numbers meet as text
-- columns: ?column? text
-- here: 1
-- here: a
select 'a' union all select 1 order by 1;
select 1, 2 union all select 1;
(select 2 as x order by x limit 1) union all (select 1 limit 1) order by x;
select 1 as a union all select 2 as b order by a;
select x from (select 1 as x union select 2 union select 2) t order by x;
select 'a' as k, 1 as v union all select 'b', 2 order by k;
select 1::numeric(10,2) union all select 2.555 order by 1;
select 1 union select 2 intersect select 2 order by 1;
select '2024-01-01'::date as d union all select null order by d;
select 'x'::varchar(5) union all select 'yy' order by 1;
select true union all select null order by 1;
-- differs: texts and numbers meet as text
-- here: 1
-- here: 2
select 1 union all select '2' order by 1;
values (1) union all values (2) order by 1;
select * from (select 1 a, 2 b union all select 3, 4) u order by a;
select count(*) from (select x from generate_series(1, 10) as g(x)) t;
select x, y from (values (1, 'a'), (1, 'a'), (1, 'a'), (2, null), (2, null)) as t(x, y) except all select x, y from (values (1, 'a'), (2, null), (3, 'c')) as s(x, y) order by 1;
select x, y from (values (1, 'a'), (1, 'a'), (1, 'a'), (2, null), (2, null)) as t(x, y) intersect all select x, y from (values (1, 'a'), (1, 'a'), (2, null), (3, 'c')) as s(x, y) order by 1;
-- differs: the type is the left side's
-- here: 1
-- here: 1
-- here: 2
select x from (values (1), (1), (2)) as t(x) union all select x from (values (1), (2)) as t(x) except all select x::bigint from (values (1), (2)) as t(x) order by 1;
select distinct x from (values (1), (1), (2)) as t(x) except all select 2 order by 1;
select x from (values (1), (1), (2)) as t(x) intersect all (select 1 union all select 1 union all select 1) order by 1;
select x from (values (1), (2)) as t(x) where x in (select y from (values (1), (1)) as s(y) except all select 1);
select distinct on (t.x) t.x, t.k from (values (1, 3), (2, 2), (1, 1)) t(x, k) order by t.x, t.x, t.k;
