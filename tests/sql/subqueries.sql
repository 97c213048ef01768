with a as (select 1 as x), b as (select x + 1 as y from a) select * from b;
with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select n from r order by n;
with recursive r as (select 1 as n, 1 as f union all select n + 1, f * (n + 1) from r where n < 5) select * from r order by n;
with a(p, q) as (values (1, 'a')) select p, q from a;
with a as materialized (select 1 as x) select * from a;
select (select max(x) from (values (1), (2)) as t(x));
select x, (select count(*) from (values (1), (2), (3)) as b(y) where b.y <= a.x) from (values (1), (3)) as a(x) order by 1;
select x, (select sum(y) from (values (1, 10), (1, 5)) as b(x, y) where b.x = a.x) from (values (1), (2)) as a(x) order by 1;
select x from (values (1), (2), (3)) as t(x) where x > (select avg(y) from (values (1), (3)) as b(y));
select x = any (array[1, 2]), x = all (array[1]) from (values (1)) as t(x);
select x from (values (1), (2), (3)) as t(x) where x = any (select y from (values (1), (3)) as b(y)) order by 1;
select x from (values (1), (2), (3)) as t(x) where x > all (select y from (values (1), (2)) as b(y));
select x from (values (1), (2), (3)) as t(x) where x > any (select y from (values (1), (2)) as b(y)) order by 1;
select exists (select 1 where false), exists (select 1);
-- loud: a subquery of a literal that gives no row
select (select 1 where false);
select (select x from (values (1), (2)) as t(x));
select x from (select 1 as x union all select 2) t order by x;
select * from (select 1 as a, 2 as b) s(p, q);
select case when x = 1 then 'one' when x = 2 then 'two' else 'many' end from (values (1), (2), (3)) as t(x) order by x;
select case x when 1 then 'one' else null end from (values (1), (2)) as t(x) order by x;
select case when false then 1 end;
select x from (values (1), (2)) as t(x) where x in (1, null);
-- loud: rows compared by order
select x, y from (values (1, 'a'), (2, 'b')) as t(x, y) where (x, y) > (1, 'a');
-- loud: rows compared by order
select (1, 2) < (1, 3);
select 1 as "Mixed Case", 2 as "select";
select "x" from (values (1)) as t(x);
select count(*) from (select 1 limit 0) t;
select a.* from (select 1 as x) a where a.x = 1 and not (a.x = 2);
values (1, 'a'), (2, 'b');
select * from (values (1, 'a'), (2, null)) v order by 1;
-- loud: BETWEEN SYMMETRIC
select x from (values (1), (2), (3)) as t(x) where x between symmetric 3 and 2 order by 1;
select avg(x) from (select sum(y) as x from (values ('a', 1), ('a', 2), ('b', 5)) as t(g, y) group by g) s;
select x, y from (values (1, 2)) as t(x, y) where y = (select max(z) from (values (1, 2), (1, 1)) as s(x, z) where s.x = t.x);
with t as (select 1 as x union select 1) select count(*) from t;
select * from (values (1), (2)) as t(x) where exists (select 1 from (values (1)) as s(y) where s.y = t.x and s.y < 5);
table_that_is_not_there;
select * from table_that_is_not_there;
select nope from (values (1)) as t(x);
select nope(1);
select 1 where 1;
select 1 where null;
