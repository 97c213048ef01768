select a.x, b.y from (values (1), (2)) as a(x) join (values (2, 'b'), (3, 'c')) as b(x, y) on a.x = b.x;
select a.x, b.y from (values (1), (2)) as a(x) left join (values (2, 'b'), (3, 'c')) as b(x, y) on a.x = b.x order by 1;
select a.x, b.y from (values (1), (2)) as a(x) right join (values (2, 'b'), (3, 'c')) as b(x, y) on a.x = b.x order by 2;
select a.x, b.x from (values (1), (2)) as a(x) full join (values (2), (3)) as b(x) on a.x = b.x order by 1, 2;
select x, a.n, b.n from (values (1, 'a')) as a(x, n) join (values (1, 'b')) as b(x, n) using (x);
select * from (values (1, 'a')) as a(x, n) join (values (1, 'b')) as b(x, m) using (x);
select * from (values (1, 'a')) as a(x, n) natural join (values (1, 'b')) as b(x, m);
select a.x, b.y from (values (1), (2)) as a(x) cross join (values (10)) as b(y) order by 1;
select a.x, b.y from (values (1), (2)) as a(x), (values (10)) as b(y) where a.x = 1;
select a.x from (values (1), (null)) as a(x) join (values (1), (null)) as b(x) on a.x = b.x;
select a.x from (values (1), (null)) as a(x) join (values (1), (null)) as b(x) on a.x is not distinct from b.x order by 1;
select a.x, b.lo from (values (5)) as a(x) join (values (1, 10)) as b(lo, hi) on a.x between b.lo and b.hi;
-- loud: LATERAL without a table of its own
select a.x, s.y from (values (1), (2)) as a(x), lateral (select a.x * 10 as y) s order by 1;
select a.x, s.y from (values (1), (2)) as a(x) cross join lateral (select b.y from (values (1, 10), (1, 11), (2, 20)) as b(x, y) where b.x = a.x) s order by 1, 2;
-- loud: LATERAL with LIMIT
select a.x, s.y from (values (1), (2)) as a(x) left join lateral (select b.y from (values (1, 10), (1, 11)) as b(x, y) where b.x = a.x order by b.y desc limit 1) s on true order by 1;
select a.x, u.v from (values (1, array[10, 20])) as a(x, arr), unnest(a.arr) as u(v) order by 2;
select a.x, v from (values (1, array['p', 'q'])) as a(x, arr) cross join lateral unnest(arr) as u(v) order by 2;
-- loud: WITH ORDINALITY over a column
select a.x, u.v, u.n from (values (1, array[10, 20])) as a(x, arr), unnest(a.arr) with ordinality as u(v, n) order by 2;
select a.x from (values (1), (2), (3)) as a(x) where exists (select 1 from (values (2)) as b(x) where b.x = a.x);
select a.x from (values (1), (2), (3)) as a(x) where not exists (select 1 from (values (2)) as b(x) where b.x = a.x) order by 1;
select a.x from (values (1), (2)) as a(x) where a.x in (select x from (values (2), (null)) as b(x));
select a.x from (values (1), (2)) as a(x) where a.x not in (select x from (values (2), (null)) as b(x));
select a.x from (values (1), (2)) as a(x) where a.x not in (select x from (values (2)) as b(x));
-- loud: IN of several columns
select a.x from (values (1), (2)) as a(x) where (a.x, 5) in (select x, y from (values (2, 5)) as b(x, y));
select a.x from (values (1, 2), (2, 3)) as a(x, y) where (a.x, a.y) in ((1, 2), (5, 6));
select a.x from (values (1, 2), (2, 3)) as a(x, y) where (a.x, a.y) not in ((1, 2), (5, 6));
select a.x from (values (1, 2)) as a(x, y) where (a.x, a.y) = (1, 2);
select a.x, b.x from (values (1)) as a(x) left join (values (2)) as b(x) on a.x = b.x and b.x > 1;
select a.x, coalesce(b.n, 0) from (values (1), (2)) as a(x) left join (select x, count(*) as n from (values (1), (1)) as c(x) group by x) b on a.x = b.x order by 1;
select a.x from (values (1::bigint)) as a(x) join (values (1::int)) as b(x) on a.x = b.x;
select a.x from (values (1.0)) as a(x) join (values (1)) as b(x) on a.x = b.x;
select distinct on (x) x, y from (values (1, 2), (1, 3), (2, 5)) as t(x, y) order by x, y desc;
select x from (values (3), (1), (2)) as t(x) order by x fetch first 2 rows only;
select x from (values (3), (1), (2)) as t(x) order by x offset 1 fetch next 1 row only;
select x from (values (3), (1), (2)) as t(x) order by x limit 1 offset 1;
select x from (values (3), (1), (2)) as t(x) order by x offset 2;
select distinct x from (values (1), (1), (2)) as t(x) order by x;
select x as y from (values (3), (1)) as t(x) order by y;
select x from (values (3, 'b'), (1, 'a'), (2, null)) as t(x, y) order by y;
select x from (values (3, 'b'), (1, 'a'), (2, null)) as t(x, y) order by y desc nulls last;
select t.*, 1 as one from (values (1, 2)) as t(a, b);
select a.x, b.y, c.z from (values (1)) as a(x) join (values (1, 2)) as b(x, y) on a.x = b.x join (values (2, 3)) as c(y, z) on b.y = c.y;
select a.x from (values ('a')) as a(x) join (values ('A')) as b(x) on lower(a.x) = lower(b.x);
