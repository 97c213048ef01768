select '{"a": 1, "b": "x"}'::jsonb ->> 'a', '{"a": 1, "b": "x"}'::jsonb ->> 'b', '{"a": 1}'::jsonb ->> 'z';
select '{"a": {"b": [1, 2]}}'::jsonb -> 'a' -> 'b' ->> 0, '{"a": {"b": [1, 2]}}'::jsonb -> 'a' ->> 'b';
select '{"a": {"b": [1, 2]}}'::jsonb #>> '{a,b,1}', '{"a": {"b": [1, 2]}}'::jsonb #> '{a,b}';
select '[1, "two", null, true]'::jsonb ->> 1, '[1, "two", null, true]'::jsonb ->> 2, '[1, "two", null, true]'::jsonb ->> 3, '[1, 2]'::jsonb ->> -1;
select '{"b":1,"a":2}'::jsonb, '{"b":1,"a":2}'::json, '{"aa":1,"b":2,"b":3}'::jsonb;
-- differs: numbers are kept as doubles
-- here: 1.1|100.0|12345678901234567890
select '{"a":1.10}'::jsonb ->> 'a', '{"a":1e2}'::jsonb ->> 'a', '{"a":12345678901234567890}'::jsonb ->> 'a';
select 'nope'::jsonb;
select ('{"a": 5}'::jsonb ->> 'a')::int + 1, ('{"a": "1.5"}'::jsonb ->> 'a')::numeric(10,2);
select '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ? 'b', '{"a": 1, "b": 2}'::jsonb @> '{"a": 1}', '{"a": 1}'::jsonb <@ '{"a": 1, "b": 2}';
select jsonb_typeof('{"a": 1}'), jsonb_typeof('[1]'), jsonb_typeof('"x"'), jsonb_typeof('1'), jsonb_typeof('null'), json_typeof('true');
select jsonb_array_length('[1, 2, 3]'), json_array_length('[]');
select jsonb_array_elements('[1, "a", {"b": 2}]'::jsonb);
select jsonb_array_elements_text('[1, "a", null]'::jsonb);
select e ->> 'n' from jsonb_array_elements('[{"n": 1}, {"n": 2}]'::jsonb) as e order by 1;
select jsonb_object_keys('{"b": 1, "a": 2}'::jsonb);
select x.id, e.value ->> 'n' from (values (1, '[{"n": 1}, {"n": 2}]'::jsonb)) as x(id, doc), jsonb_array_elements(x.doc) as e(value) order by 2;
select jsonb_build_object('a', 1, 'b', 'x', 'c', null, 'd', true);
-- differs: json is built as jsonb is
-- here: {"a": 1}
select json_build_object('a', 1);
select jsonb_build_array(1, 'a', null), to_jsonb(5), to_jsonb('a'::text);
select jsonb_extract_path_text('{"a": {"b": 1}}', 'a', 'b'), json_extract_path_text('{"a": "x"}', 'a');
-- loud: a key is not taken away by -
select '{"a": 1, "b": 2}'::jsonb - 'a';
select doc ->> 'k' from (values ('{"k": "v"}'::jsonb), (null), ('{}')) as t(doc) order by 1;
select count(*) from (values ('{"k": "v"}'::jsonb), ('{"k": null}')) as t(doc) where doc ->> 'k' is not null;
select '{"a": "quote \" and \\ and \u00e9"}'::jsonb ->> 'a';
select '{"a": {"b": 1}}'::json -> 'a', '{"a": {"b": 1}}'::jsonb -> 'a', '{"a": null}'::jsonb -> 'a', '{"a": null}'::jsonb ->> 'a';
-- loud: no such functions
select jsonb_strip_nulls('{"a": null, "b": 1}'), jsonb_set('{"a": 1}', '{a}', '2');
select json_object_keys('{"b": 1, "a": 2}'::json);
-- loud: no such aggregate
select jsonb_agg(x order by x) from (values (2), (1)) as t(x);
