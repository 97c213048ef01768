declare
  old_oid oid := to_regclass({old_name});
  new_oid oid := to_regclass({new_name});
  old_prefix text := {new_identifier};
  prefix text := {identifier};
  path text := current_setting('search_path');
  verbosity text := current_setting('client_min_messages');
  old_kind text;
  has_dependents bool;
  dependents jsonb;
  item record;
  step text;
begin
  if old_oid is null then
    execute format('alter table %s rename to %s', new_oid::regclass, {bare_name});
  else
    -- Definitions are captured with every name in full, whatever the session's path.
    perform set_config('search_path', '', true);
    -- What the cascade would say of views that come back right after is no news.
    perform set_config('client_min_messages', 'warning', true);
    {lock}
    {capture}
    if exists (select from jsonb_to_recordset(dependents) as d(oid oid) where d.oid = new_oid) then
      raise exception 'relation % would depend on itself', old_oid::regclass using errcode = 'invalid_object_definition';
    end if;
    select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end
      into old_kind from pg_class where oid = old_oid;
    execute format('alter table %s rename to %s', old_oid::regclass, {bare_old_name});
    execute format('alter table %s rename to %s', new_oid::regclass, {bare_name});
    -- A view that is replaced keeps its identity, and with it grants, comments and the views on top.
    for item in select * from jsonb_to_recordset(dependents) as d(direct bool, kind text, name text, with_options text, definition text)
      where d.direct and d.kind = 'v'
    loop
      begin
        execute format('create or replace view %s%s as %s', item.name, item.with_options, item.definition);
      exception when others then
        null; -- The new columns do not fit: it goes with the old relation and is built anew below.
      end;
    end loop;
    execute format('drop %s %s cascade', old_kind, old_oid::regclass);
    {rebuild}
    perform set_config('client_min_messages', verbosity, true);
    perform set_config('search_path', path, true);
  end if;
  -- Names the server derived from the replacement's follow it.
  for item in select conname as name, prefix || substr(conname, length(old_prefix) + 1) as new_name
    from pg_constraint where conrelid = new_oid and starts_with(conname, old_prefix)
  loop
    begin
      execute format('alter table %s rename constraint %I to %I', new_oid::regclass, item.name, item.new_name);
    exception when duplicate_table or duplicate_object then
      null;
    end;
  end loop;
end
