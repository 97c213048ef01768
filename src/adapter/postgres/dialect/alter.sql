declare
  old_oid oid := to_regclass({old_name});
  path text := current_setting('search_path');
  verbosity text := current_setting('client_min_messages');
  has_dependents bool;
  dependents jsonb;
  item record;
  step text;
begin
  perform set_config('search_path', '', true);
  perform set_config('client_min_messages', 'warning', true);
  {lock}
  {capture}
  for item in select * from jsonb_to_recordset(dependents) as d(oid oid, direct bool, kind text, name text) where d.direct loop
    continue when not exists (select from pg_class where oid = item.oid);
    execute format('drop %s %s cascade', case item.kind when 'm' then 'materialized view' else 'view' end, item.name);
  end loop;
  perform set_config('search_path', path, true);
  execute {statement};
  perform set_config('search_path', '', true);
  {rebuild}
  perform set_config('client_min_messages', verbosity, true);
  perform set_config('search_path', path, true);
end
