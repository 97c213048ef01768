declare
  named oid := {name}::regclass;
  wanted text := {description};
  wanted_columns json := {columns};
  item record;
begin
  for item in
    select case when k.objsubid = 0
        then format('comment on %s %s is %L',
          case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
          c.oid::regclass, k.description)
        else format('comment on column %s.%I is %L', c.oid::regclass, k.column_name, k.description) end as statement
    from pg_class c
    cross join lateral (
      select 0 as objsubid, null::name as column_name, wanted as description where wanted is not null
      union all
      select a.attnum, a.attname, w.value
      from json_each_text(wanted_columns) w join pg_attribute a on a.attrelid = c.oid and a.attname = w.key
      where a.attnum > 0 and not a.attisdropped
    ) k
    left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = k.objsubid
    where c.oid = named and coalesce(d.description, '') is distinct from k.description
  loop
    execute item.statement;
  end loop;
end
