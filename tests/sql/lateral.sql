-- Subqueries that look at the row beside them. `c` are customers, `o` their orders.

with c as (select * from (values (1, 'ann'), (2, 'bob'), (3, null)) as t(id, name)), o as (select * from (values (10, 1, 5, date '2025-01-01'), (11, 1, 7, date '2025-01-02'), (12, 1, 1, date '2025-01-03'), (13, 2, 9, date '2025-02-01'), (14, null, 4, date '2025-02-02')) as t(oid, cid, amount, at)) select c.id, x.oid, x.at from c cross join lateral (select o.oid, o.at from o where o.cid = c.id order by o.at desc limit 2) x order by 1, 2;
with c as (select * from (values (1, 'ann'), (2, 'bob'), (3, null)) as t(id, name)), o as (select * from (values (10, 1, 5), (11, 1, 7), (12, 1, 1), (13, 2, 9)) as t(oid, cid, amount)) select c.*, x.* from c left join lateral (select oid, amount from o where o.cid = c.id order by amount desc limit 1) x on true order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1), (12, 1), (13, 2)) as t(oid, cid)) select * from c, lateral (select oid from o where cid = c.id order by oid offset 1 limit 1) as x order by 1, 2;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, x.doubled from c, lateral (select o.oid * 2 as doubled from o where o.cid = c.id order by -o.oid limit 1) as x order by 1;
with q as (select * from (values ('a', 3), ('a', 7), ('b', 1)) as t(k, at)), p as (select * from (values ('a', 1, 10), ('a', 5, 20), ('b', 2, 30)) as t(k, since, price)) select q.*, p.price from q left join lateral (select price from p where p.k = q.k and p.since <= q.at order by p.since desc limit 1) p on true order by 1, 2;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, x.total, x.n, x.listed from c cross join lateral (select sum(oid) as total, count(*) as n, array_agg(oid order by oid) as listed from o where o.cid = c.id) x order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, x.total from c cross join lateral (select sum(oid) as total from o where o.cid = c.id having sum(oid) > 15) x order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, x.n from c cross join lateral (select count(*) as n from o where o.cid <= c.id) x order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, x.oid, x.prev, x.n from c cross join lateral (select oid, lag(oid) over (order by oid) as prev, row_number() over (order by oid desc) as n from o where o.cid = c.id) x order by 1, 2;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1, 'x'), (11, 1, 'y'), (12, 1, 'y'), (13, 2, 'x')) as t(oid, cid, kind)) select c.id, x.kind, x.n from c cross join lateral (select kind, count(*) as n from o where o.cid = c.id group by kind order by count(*) desc, kind limit 1) x order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, x.v from c cross join lateral (select distinct oid % 2 as v from o where o.cid = c.id) x order by 1, 2;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1), (12, 1), (13, 2)) as t(oid, cid)) select c.id, x.oid from c cross join lateral (select distinct on (oid % 2) oid from o where o.cid = c.id order by oid % 2, oid desc) x order by 1, 2;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select c.id, x.oid from c cross join lateral (select o.oid from o where o.cid = c.id union all select c.id * 100) x order by 1, 2;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select c.id, x.oid from c cross join lateral (select o.oid from o where o.cid = c.id union select 10) x order by 1, 2;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select c.id, x.s from c cross join lateral (select c.id + o.oid as s from o where o.cid = c.id) x order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)), k as (select * from (values (10, 'k')) as t(oid, tag)) select c.id, x.oid, x.tag from c cross join lateral (select o.oid, k.tag from o left join k on k.oid = o.oid where o.cid = c.id order by o.oid limit 1) x order by 1;
with c as (select * from (values (1, 5), (2, 50)) as t(id, least)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select c.id, x.oid from c left join lateral (select oid from o where o.cid = c.id limit 1) x on x.oid > c.least order by 1;
select c.id, s.y, s.z from (values (1), (2)) as c(id), lateral (select c.id * 10 as y, c.id + 1 as z) s order by 1;
select c.id, s.z from (values (1), (2)) as c(id) cross join lateral (select c.id + 1 as y) a cross join lateral (select a.y * c.id as z) s order by 1;
select c.id, s.y from (values (1), (2)) as c(id) left join lateral (select c.id as y where c.id > 1) s on true order by 1;
select c.id, x.k, x.v from (values (1, 10, 20), (2, 30, null)) as c(id, a, b) cross join lateral (values ('a', c.a), ('b', c.b)) as x(k, v) order by 1, 2;
select c.id, x.k, x.v from (values (1, 10, 20), (2, 30, null)) as c(id, a, b) cross join lateral (select 'a' as k, c.a as v union all select 'b', c.b) x where x.v is not null order by 1, 2;
select c.id, x.w from (values (1, 'a b'), (2, 'c')) as c(id, words) cross join lateral (select unnest(string_to_array(c.words, ' ')) as w) x order by 1, 2;
select * from (values (1), (null)) as c(id) cross join lateral (select count(*) as n from (values (1), (null)) as o(id) where o.id is not distinct from c.id) x order by 1;
select c.id, x.n from (values (1), (1), (2)) as c(id) cross join lateral (select count(*) as n from (values (1), (1)) as o(id) where o.id = c.id) x order by 1;

-- Subqueries that give one value.
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1, 5), (11, 1, 7), (13, 2, 9)) as t(oid, cid, amount)) select c.id, (select oid from o where o.cid = c.id order by amount desc limit 1) as best, (select count(*) from o where o.cid = c.id) as n from c order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, coalesce((select max(oid) from o where o.cid < c.id), 0) + 1 as next from c order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id from c where (select oid from o where o.cid = c.id order by oid limit 1) > 10 order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (11, 1), (13, 2)) as t(oid, cid)) select c.id, (select max(p) from (select lag(oid) over (order by oid) as p from o where o.cid = c.id) s) as p from c order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select c.id, exists (select 1 from o where o.cid = c.id) as has, not exists (select 1 from o where o.cid = c.id and o.oid > 10) as has_none, case when exists (select 1 from o where o.cid > c.id) then 'later' else 'none' end as later from c order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select count(*) filter (where has) as n from (select exists (select 1 from o where o.cid = c.id) as has from c) s;
select c.id, (select c.id * 2) as twice from (values (1), (2)) as c(id) order by 1;
with o as (select * from (values (10, 1), (13, 2)) as t(oid, cid)) select c.id, (select oid from o where o.cid = c.id) as one from (values (1), (2)) as c(id) order by 1;

-- EXISTS and IN.
with c as (select * from (values (1), (2), (null)) as t(id)), o as (select * from (values (1), (null)) as t(cid)) select c.id, c.id in (select cid from o) as f, c.id not in (select cid from o) as g, c.id in (select cid from o where false) as h from c order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (1), (5)) as t(cid)) select c.id, case when c.id in (select cid from o) then 'y' else 'n' end as f, count(*) from c group by 1, 2 order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (1), (5)) as t(cid)) select sum(case when c.id in (select cid from o) then 1 else 0 end) as s, count(*) filter (where exists (select 1 from o where o.cid = c.id)) as n from c;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1, 5), (11, 1, 7), (13, 2, 9)) as t(oid, cid, amount)) select c.id, sum((select max(oid) from o where o.cid = c.id)) as s from c group by c.id order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1, 5), (11, 1, 7), (13, 2, 9)) as t(oid, cid, amount)) select c.id from c where exists (select 1 from (select *, row_number() over (order by oid) as n from o where o.cid = c.id) s where n = 1 and amount > 6) order by 1;
with c as (select * from (values (1), (2), (3)) as t(id)), o as (select * from (values (10, 1, 5), (11, 1, 7), (13, 2, 9)) as t(oid, cid, amount)) select c.id from c where c.id in (select s.cid from (select *, row_number() over (order by oid) as n from o where o.cid = c.id) s where n = 1 and amount > 6) order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1)) as t(oid, cid)) select c.id from c where exists (select max(oid) from o where o.cid = c.id) order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1), (12, 2)) as t(oid, cid)) select c.id from c where exists (select 1 from o where o.cid = c.id offset 1) order by 1;
with c as (select * from (values (1), (2)) as t(id)), o as (select * from (values (10, 1), (11, 1), (12, 2)) as t(oid, cid)) select c.id, (select count(*) from (select oid from o where o.cid = c.id limit 1) s) as n from c order by 1;

-- Through derived tables, and compared with an expression.
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k, (select sum(x) from u where abs(u.x) = t.k) as s from (values (1), (2), (null)) as t(k) order by 1;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k from (values (1), (2), (null)) as t(k) where exists (select 1 from (select x * 2 as y from u where abs(u.x) = t.k) as q where q.y > 1) order by 1;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k from (values (1), (2), (null)) as t(k) where not exists (select 1 from (select x * 2 as y from u where u.x = t.k) as q where q.y > 1) order by 1;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k from (values (1), (2), (null)) as t(k) where t.k * 2 in (select q.y from (select x * 2 as y from u where abs(u.x) = t.k) as q) order by 1;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k from (values (1), (2), (null)) as t(k) where t.k * 2 not in (select q.y from (select x * 2 as y from u where abs(u.x) = t.k) as q) order by 1;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k, r.y from (values (1), (2), (null)) as t(k) cross join lateral (select q.y from (select x * 2 as y from u where abs(u.x) = t.k) as q) as r order by 1, 2;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k from (values (1), (5)) as t(k) where (select q.s from (select sum(x) as s from u where u.x = t.k) as q) = 1;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k from (values (1), (5)) as t(k) where (select sum(x) from u where abs(u.x) = t.k) = 0;
with u as (select * from (values (1), (-1), (5)) as v(x)) select t.k, (select count(*) from u where u.x::text = t.k) as n from (values ('1'), ('2')) as t(k) order by 1;
select g, y, (select sum(u.x) from (values (date '2023-05-01', 1), (date '2024-01-01', 2), (date '2024-02-01', 4)) as u(d, x) where extract(year from u.d) = t.y) as s from (select distinct 'a' as g, extract(year from d) as y from (values (date '2024-03-01'), (date '2022-01-01')) as v(d)) as t group by g, y order by 1, 2;

-- A value of which only the data say that it is one.
with u as (select * from (values (1, 'a'), (2, 'b')) as v(id, name)) select t.k, (select name from u where u.id = t.k) as name from (values (1), (2), (3), (null)) as t(k) order by 1;
with u as (select * from (values (1, 'a'), (2, 'b')) as v(id, name)) select t.k from (values (1), (2), (3)) as t(k) where (select name from u where u.id = t.k) = 'b';
with u as (select * from (values (1, 'a'), (1, 'b')) as v(id, name)) select t.k, (select name from u where u.id = t.k) as name from (values (2), (3)) as t(k) order by 1;
-- says: more than one row returned by a subquery
with u as (select * from (values (1, 'a'), (1, 'b')) as v(id, name)) select t.k, (select name from u where u.id = t.k) as name from (values (1), (3)) as t(k);

-- In conditions of joins, in ORDER BY and in windows.
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1, 'a'), (-1, 'b'), (5, 'a'), (2, null)) as v(k, w)) select t.k, u.w from t join u on u.k = (select max(v.k) from u as v where v.k = t.k) order by 1, 2;
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1, 'a'), (-1, 'b'), (5, 'a'), (2, null)) as v(k, w)) select t.k, u.w from t join u on u.k = (select max(v.k) from u as v where v.k = t.k and v.w = u.w) order by 1, 2;
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1, 'a'), (-1, 'b'), (5, 'a'), (2, null)) as v(k, w)) select t.k, u.w from t left join u on u.k = (select max(v.k) from u as v where abs(v.k) = t.k) order by 1, 2;
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1, 'a'), (-1, 'b'), (5, 'a'), (2, null)) as v(k, w)) select t.k, u.k as uk, u.w from t full join u on u.k = t.k and exists (select 1 from u as v where v.k = t.k and v.w = 'a') order by 1, 2;
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1, 'a'), (-1, 'b'), (5, 'a'), (2, null)) as v(k, w)) select t.k, u.k as uk from t right join u on u.k = t.k and t.k in (select v.k from u as v where v.w = 'a') order by 1, 2;
-- loud: rows of both sides are there only when the condition is known
with t as (select * from (values (1, 'a')) as v(k, w)), u as (select * from (values (1, 'a')) as v(k, w)) select t.k, u.w from t left join u on u.k = t.k and u.k not in (select v.k from u as v where v.w = t.w);
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1), (-1), (5), (2)) as v(k)) select k, w from t order by (select count(*) from u where u.k <= t.k) desc, w;
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1, 'a'), (5, 'c'), (2, 'b')) as v(k, w)) select w, sum(k) as s from t group by w order by (select min(u.k) from u where u.w = t.w) desc, 1;
with t as (select * from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as v(k, w)), u as (select * from (values (1), (-1), (5), (2)) as v(k)) select k, w, rank() over (order by (select count(*) from u where u.k <= t.k)) as r, sum(k) over (partition by (select max(u.k) from u where u.k = t.k)) as s from t order by 1, 2;

-- IN of several columns.
select k, w from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as t(k, w) where (k, w) not in (select * from (values (1, 'a'), (5, 'c'), (2, null)) as u(k, w)) order by 1, 2;
select k, w from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'd')) as t(k, w) where (k, w) not in (select * from (values (1, 'a'), (5, 'c')) as u(k, w)) order by 1, 2;
select k, w from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as t(k, w) where (k, w) not in (select 1, 'a' where false) order by 1, 2;
select k, w, (k, w) in (select * from (values (1, 'a'), (5, 'c'), (2, null)) as u(k, w)) as i, (k, w) not in (select * from (values (1, 'a'), (5, 'c'), (2, null)) as u(k, w)) as n from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as t(k, w) order by 1, 2;
select k, w from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'c')) as t(k, w) where (k, w) in (select * from (values (1, 'a')) as u(k, w)) or k = 2 order by 1, 2;
