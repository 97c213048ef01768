select array[1, 2, 3], array['a', 'b'], array[1.5, 2.5], array[null, 1];
select (array[10, 20, 30])[1], (array[10, 20, 30])[5], (array[10, 20, 30])[2:3];
select array_length(array[1, 2, 3], 1), cardinality(array[1, 2]), array_length(array[]::int[], 1), cardinality(array[]::int[]);
select 1 = any(array[1, 2]), 5 = any(array[1, 2]), null = any(array[1]), 1 = any(array[null, 2]), 1 <> all(array[2, 3]);
select array_append(array[1], 2), array_prepend(0, array[1]), array_cat(array[1], array[2]), array[1] || array[2], array[1] || 2, 0 || array[1];
select array_position(array['a', 'b'], 'b'), array_position(array['a'], 'z'), array_remove(array[1, 2, 1], 1), array_replace(array[1, 2], 1, 9);
select array[1, 2] @> array[1], array[1] <@ array[1, 2], array[1, 2] = array[1, 2];
-- loud: no operator &&
select array[1, 2] && array[2, 3];
select unnest(array[1, 2, 3]);
select unnest(array['a', null]);
select x, unnest(arr) from (values (1, array[1, 2]), (2, array[]::int[]), (3, null)) as t(x, arr) order by 1, 2;
select v from unnest(array[3, 1, 2]) as u(v) order by v;
select v, n from unnest(array['a', 'b']) with ordinality as u(v, n) order by n;
select * from unnest(array[1, 2]) order by 1;
select unnest(array[1, 2]) + 1;
-- loud: no ARRAY of a subquery
select array(select x from (values (2), (1)) as t(x) order by x);
select array_agg(x order by x) from (values (3), (1)) as t(x);
select array_to_string(array_agg(x order by x), '-') from (values (3), (1)) as t(x);
select string_to_array('1,2,3', ',')::int[];
-- loud: no bounds of arrays
select array_upper(array[1, 2], 1), array_lower(array[1, 2], 1), array_ndims(array[1, 2]);
select x[1], x[2] from (values (array['a', 'b'])) as t(x);
-- differs: the type is integer[][]
-- here: {{1,2},{3,4}}
select array[[1, 2], [3, 4]];
select array[1, 2]::text[];
select generate_series(1, 3) as n order by n desc;
select count(*) from (select generate_series(1, 100)) t;
select a, b from (values (1, array[1, 2])) as t(a, arr), unnest(arr) as b order by b;
select (string_to_array('a-b', '-'))[2], split_part('a-b', '-', 2);
select array_position(array[1, 2, 3], 3) - 1;
select sum(v) from unnest(array[1, 2, 3]) as u(v);
select max(v), min(v) from (select unnest(array[1.5, 2.5]) as v) t;
select array_agg(distinct x order by x) from (values (1), (1), (2)) as t(x);
-- loud: arrays are not read from text
select '{1,2,3}'::int[], '{a,b}'::text[];
