-- PIVOT and UNPIVOT are not of PostgreSQL's language. The expected answers are DuckDB's.

-- more: PIVOT
-- columns: id integer|jan bigint|feb bigint
-- here: 1|10|20
-- here: 2|5|NULL
select * from (values (1, 'jan', 10), (1, 'feb', 20), (2, 'jan', 5), (2, null, 7)) as t(id, month, amount) pivot (sum(amount) for month in ('jan' as jan, 'feb')) order by 1;
-- more: PIVOT of a query before
-- columns: id integer|jan bigint
-- here: 1|10
with t as (select 1 as id, 'jan' as month, 10 as amount), p as (select * from t pivot (sum(amount) for month in ('jan')) as s) select id, p.jan from p;
-- more: PIVOT with several aggregates
-- columns: id integer|jan_total bigint|jan_n bigint|f_total bigint|f_n bigint
-- here: 1|10|1|20|1
-- here: 2|5|1|NULL|0
select * from (values (1, 'jan', 10), (1, 'feb', 20), (2, 'jan', 5)) as t(id, month, amount) pivot (sum(amount) as total, count(*) as n for month in ('jan', 'feb' as f)) order by 1;
-- more: PIVOT with a name for the aggregate
-- columns: id integer|jan_total bigint
-- here: 1|10
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) as total for month in ('jan'));
-- more: PIVOT of NULL
-- columns: id integer|jan bigint|NULL bigint
-- here: 1|10|NULL
-- here: 2|NULL|7
select * from (values (1, 'jan', 10), (2, null, 7)) as t(id, month, amount) pivot (sum(amount) for month in ('jan', null)) order by 1;
-- more: PIVOT over two columns
-- columns: amount integer|1_jan bigint|x bigint
-- here: 5|0|1
-- here: 10|1|0
select * from (values (1, 'jan', 10), (2, 'jan', 5)) as t(id, month, amount) pivot (count(*) for (id, month) in ((1, 'jan'), (2, 'jan') as x)) order by 1;
-- more: PIVOT over numbers
-- columns: month text|1 numeric|2 numeric
-- here: feb|NULL|2.5
-- here: jan|1.5|NULL
select * from (values (1, 'jan', 1.5), (2, 'feb', 2.5)) as t(id, month, amount) pivot (max(amount) for id in (1, 2)) order by 1;
-- more: PIVOT with names of its own
-- columns: a integer|b bigint
-- here: 1|10
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) for t.month in ('jan')) as p(a, b) where p.b > 0;
-- more: PIVOT of all rows
-- columns: jan bigint|feb bigint
-- here: NULL|NULL
select * from (select 'x' as month, 1 as amount limit 0) as t pivot (sum(amount) for month in ('jan', 'feb'));
-- more: PIVOT of an average
-- columns: id integer|jan numeric
-- here: 1|1.5000000000000000
select * from (values (1, 'jan', 1), (1, 'jan', 2)) as t(id, month, amount) pivot (avg(amount) for month in ('jan'));
-- more: PIVOT of a join, joined
-- columns: id integer|jan bigint|name text
-- here: 1|10|one
select p.*, n.name from (select t.id, m.month, t.amount from (values (1, 1, 10)) as t(id, m, amount) join (values (1, 'jan')) as m(m, month) on m.m = t.m) pivot (sum(amount) for month in ('jan')) as p join (values (1, 'one')) as n(id, name) on n.id = p.id;
-- more: PIVOT of a PIVOT
-- columns: n bigint
-- here: 2
select count(*) as n from (values (1, 'a', 'x', 1), (2, 'a', 'y', 1)) as t(id, g, h, v) pivot (sum(v) for g in ('a')) as p pivot (sum(a) for h in ('x', 'y'));
-- more: PIVOT with a value where there is none
-- columns: id integer|jan bigint|feb bigint
-- here: 1|10|0
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) for month in ('jan', 'feb') default on null (0));
-- says: the input of PIVOT has no column `mont`
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) for mont in ('jan'));
-- says: PIVOT gives the column `jan` twice
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) for month in ('jan', 'jan'));
-- says: PIVOT lists constants, and `jan` is none
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) for month in (jan));
-- says: PIVOT over values that only the data knows
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) for month in (any));
-- says: PIVOT needs an aggregate such as `sum(amount)`
select * from (values (1, 'jan', 10)) as t(id, month, amount) pivot (sum(amount) over () for month in ('jan'));

-- more: UNPIVOT leaves NULL out
-- columns: id integer|month text|amount integer
-- here: 1|feb|20
-- here: 1|jan|10
-- here: 2|mar|5
select * from (values (1, 10, 20, null), (2, null, null, 5)) as w(id, jan, feb, mar) unpivot (amount for month in (jan, feb, mar)) order by 1, 2;
-- more: UNPIVOT with NULL
-- columns: id integer|mar integer|month text|amount integer
-- here: 1|NULL|February|20
-- here: 1|NULL|jan|10
-- here: 2|5|February|NULL
-- here: 2|5|jan|NULL
select * from (values (1, 10, 20, null), (2, null, null, 5)) as w(id, jan, feb, mar) unpivot include nulls (amount for month in (jan, feb as "February")) order by 1, 3;
-- more: UNPIVOT into two columns
-- columns: id integer|part text|x integer|y integer
-- here: 1|a|10|20
-- here: 1|c_d|30|NULL
select * from (values (1, 10, 20, 30, null)) as w(id, a, b, c, d) unpivot ((x, y) for part in ((a, b) as a, (c, d))) order by 1, 2;
-- more: UNPIVOT of numbers of several types
-- columns: id integer|k text|v numeric
-- here: 1|a|2.0
-- here: 1|b|2.5
select u.id, u.k, u.v from (select 1 as id, 2 as a, 2.5 as b) as s unpivot (v for k in (a, b)) as u order by 2;
-- more: UNPIVOT and names
-- columns: i integer|k text|v integer
-- here: 1|a|2
select * from (select 1 as id, 2 as a) as s unpivot (v for n in (a)) as u(i, k, v);
-- says: UNPIVOT needs columns of one type: `a` is integer, `b` is text
select * from (select 1 as id, 2 as a, 'x' as b) as s unpivot (v for n in (a, b));
-- says: the input of UNPIVOT has no column `nope`
select * from (select 1 as id, 2 as a) as s unpivot (v for n in (a, nope));
-- says: UNPIVOT gives the column `id` twice
select * from (select 1 as id, 2 as a) as s unpivot (v for id in (a));
