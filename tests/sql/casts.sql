select 1.7::int, 1.2::int, -1.7::int, 2.5::int, 3.5::int;
select 1.7::double precision::int, 2.5::double precision::int, 3.5::double precision::int, -2.5::double precision::int;
select 1.7::double precision::bigint, 1.7::real::int;
select cast(1.7 as bigint), cast('42' as int), cast(' 42 ' as int), cast('-7' as bigint);
select '4.5'::int;
select 'abc'::int;
select ''::int;
select '2147483648'::int;
select 2147483648::int;
select 40000::smallint;
select 1e10::double precision::int;
select 'NaN'::double precision::int;
select x::int from (values (1.4), (1.5), (2.5), (-1.5)) as t(x);
select x::int from (values (1.4::double precision), (1.5::double precision), (2.5::double precision), ((-1.5)::double precision)) as t(x);
select true::int, false::int, 1::boolean, 0::boolean, 5::boolean;
select 't'::boolean, 'true'::boolean, 'yes'::boolean, 'on'::boolean, '1'::boolean, 'f'::boolean, 'no'::boolean, 'OFF'::boolean;
select 'maybe'::boolean;
select true::text, false::text, 1::text, (-5)::text, 1.50::text, null::text;
select true::varchar, 123::varchar(2), 'abc'::varchar(2), 'abcdef'::char(3);
select 'abc'::varchar(5), 'äöü'::varchar(2);
-- differs: char(n) is not padded with blanks
-- here: ab
select 'ab'::char(5);
select 1.0::double precision::text, 1.5::double precision::text, 1e100::double precision::text, 0.1::real::text, 1234567::real::text, 12345678::real::text;
select 'Infinity'::double precision::text, '-Infinity'::double precision::text, 'NaN'::double precision::text;
select date '2024-03-01'::text, timestamp '2024-03-01 12:30:00'::text, timestamp '2024-03-01 12:30:00.5'::text, timestamp '2024-03-01 12:30:00.123456'::text;
select timestamp '2024-03-01 00:00:00'::varchar, timestamptz '2024-03-01 12:00:00+02'::text;
select interval '1 day'::text, interval '90 minutes'::text, interval '-1 day'::text, interval '1.5 seconds'::text;
select time '12:30:00'::text;
-- differs: VALUES that mix doubles and decimals are decimals
-- here: 1.500000000000000
-- here: 0.100000000000000
select x::text from (values (1.5::double precision), (0.1)) as t(x);
select array[1,2,3]::text, array['a','b c',null]::text, array[]::int[]::text;
select '2024-03-01'::date, '2024-03-01 12:30:00'::timestamp, '2024-03-01T12:30:00'::timestamp, '2024-03-01'::timestamp;
select '2024-03-01 12:30:00+02'::timestamptz, '2024-03-01 12:30:00Z'::timestamptz, '2024-03-01 12:30:00.123456'::timestamp;
select '2024-03-01 12:30:00'::date, timestamp '2024-03-01 12:30:00'::date, date '2024-03-01'::timestamp;
select '2024-02-30'::date;
select 'garbage'::date;
select '20240301'::date;
select '2024-3-1'::date;
select timestamp '2024-03-01 12:30:45.678'::time, '12:30'::time;
select timestamptz '2024-03-01 12:00:00+02'::timestamp, timestamp '2024-03-01 12:00:00'::timestamptz;
select timestamptz '2024-03-01 23:00:00-02'::date;
select '9999-12-31'::timestamp, '0001-01-01'::timestamp, '1900-01-01 00:00:00'::timestamp, date '9999-12-31'::timestamp;
select cast(null as int), null::timestamp, cast(null as numeric(10,2));
-- loud: an interval with a time of day
select '1 year 2 months 3 days 04:05:06'::interval;
select '1 day'::interval, '2 hours 30 minutes'::interval, '1 month'::interval;
select '5'::numeric + 1, '5' + 1;
select 'a' || 1, 1 || 'a', 'a' || 1.50, 'a' || true, 'x' || date '2024-01-01', 'x' || null;
select 'x' || timestamp '2024-01-01 10:00:00', 'x' || 1.0::double precision;
select concat('a', 1, null, 2.50, true), concat_ws('-', 'a', null, 3, date '2024-01-01');
select 1::bigint::int::smallint, 5::int::bigint::numeric;
select int '5', bigint '6', float8 '1.5', bool 'true', text 'abc', varchar 'x';
select cast('12.345' as double precision), '1e5'::double precision, '  7.5 '::double precision;
select 'a1b2c3d4-0000-4000-8000-000000000000'::uuid, 'A1B2C3D4-0000-4000-8000-000000000000'::uuid::text;
select 'nope'::uuid;
select '\x4142'::bytea, 'AB'::bytea;
-- loud: no type "char"
select 'x'::"char";
select x::bigint from (values ('1'), ('22'), (null)) as t(x);
select x::timestamp from (values ('2024-01-01'), (null)) as t(x);
select x::numeric(10,2) from (values ('1.239'), ('2')) as t(x);
select cast(x as date) from (values (timestamp '2024-01-01 23:59:59')) as t(x);
select 1::int4, 1::int8, 1::int2, 1::float4, 1::float8;
select 1::decimal(5,1), 1::dec(5), 1::numeric(5);
