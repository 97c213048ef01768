declare
  named oid := to_regclass({name});
begin
  if named is not null then
    execute format('drop %s %s{cascade}',
      (select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end
       from pg_class where oid = named),
      named::regclass);
  end if;
end
